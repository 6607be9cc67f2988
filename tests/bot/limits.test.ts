/**
 * How much anybody may ask for: counted by person, network and server, with a clock that stands still; and on
 * a running bot, that a limited command does nothing, a limited mark is found by the sweep, and repeated
 * refusals are one row of the audit.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../bot/platforms/fake/platform.js';
import { type Counted, Limits } from '../../bot/services/limits.js';
import { mayOpen } from '../../bot/services/member-bounds.js';
import { loadConfig } from '../../src/config/load.js';
import { emptyState } from '../../src/domain/state/apply.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { ann, mod, TestHouse } from '../support/house.js';
import { makeSession } from '../support/rows.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const { limits: bounds } = loadConfig({
  env: {},
  set: [
    'limits.commands={ person: 4, stranger: 2, address: 5, strangers: 3 }',
    'limits.codes={ person: 2, address: 20, strangers: 20 }',
    'limits.moderators=3',
  ],
});
const asker = (id: string, fill: Partial<Counted['account']> = {}, known = false): Counted => ({
  account: { platform: 'fake', id, role: 'member', from: null, ...fill },
  known,
  server: 'one',
});

describe('counts', () => {
  let limits: Limits;
  beforeEach(() => {
    vi.useFakeTimers();
    limits = new Limits(bounds);
  });
  afterEach(() => vi.useRealTimers());

  /** How many of twenty go through. */
  async function taken(who: Counted, act: Parameters<Limits['admit']>[0] = 'command'): Promise<number> {
    let count = 0;
    for (let i = 0; i < 20; i++)
      await limits.admit(act, who).then(
        () => count++,
        () => {},
      );
    return count;
  }

  it('a person, a stranger, a moderator, whoever runs the host', async () => {
    expect(await taken(asker('ann', {}, true))).toBe(4);
    expect(await taken(asker('bea'))).toBe(2);
    expect(await taken(asker('mod', { role: 'moderator' }))).toBe(12);
    expect(await taken(asker('op', { role: 'operator' }))).toBe(20);
    expect(await taken(asker('ann', {}, true), 'code'), 'each kind on its own').toBe(2);
  });

  it('says when it goes on, and then it does', async () => {
    expect(await taken(asker('ann', {}, true))).toBe(4);
    vi.advanceTimersByTime(40_000);
    await expect(limits.admit('command', asker('ann', {}, true))).rejects.toMatchObject({
      code: 'limited',
      hint: 'Try again in 20 s.',
    });
    vi.advanceTimersByTime(20_000);
    expect(await taken(asker('ann', {}, true))).toBe(4);
  });

  it('a clock that is set back locks nobody out for longer', async () => {
    expect(await taken(asker('ann', {}, true))).toBe(4);
    vi.setSystemTime(Date.now() - 86_400_000);
    vi.advanceTimersByTime(60_000);
    expect(await taken(asker('ann', {}, true))).toBe(4);
  });

  it('whoever makes up names is one network, and all strangers of a server are one crowd', async () => {
    const from = '192.0.2.1';
    const names = async (fill: Partial<Counted['account']>, known: boolean) => {
      let count = 0;
      for (let i = 0; i < 10; i++)
        await limits.admit('command', asker(`name${i}`, fill, known)).then(
          () => count++,
          () => {},
        );
      return count;
    };
    expect(await names({ from }, true)).toBe(5);
    expect(await names({}, false)).toBe(3);
    expect(await taken({ ...asker('name0'), server: 'two' }), 'elsewhere one more').toBe(1);
    expect(await taken(asker('eve', {}, true)), 'who agreed is none of them').toBe(4);
  });
});

describe('what members may open', () => {
  const opened = (id: string, createdBy: string | null): SessionState =>
    emptyState({ ...makeSession({}), id, createdBy });
  const open = (role: 'member' | 'moderator' | 'operator', fill: object, all: SessionState[] = []) => {
    const opener = { account: { role }, by: 'ann', known: true, asked: {}, ...fill };
    return () => mayOpen(bounds, opener, { here: all, all });
  };

  it('no more than members may ask for; strangers a few together', () => {
    const nobodys = [1, 2, 3, 4, 5].map((i) => opened(`s${i}`, null));
    expect(open('member', {}, nobodys)).not.toThrow();
    expect(open('member', { known: false }, nobodys.slice(1))).not.toThrow();
    expect(open('member', { known: false }, nobodys)).toThrow(/^5 sessions go on here that are nobody's/);
    expect(open('member', { asked: { images: 256 } })).toThrow(/up to 64 images/);
    expect(open('member', { asked: { rounds: 1000 } })).toThrow(/up to 50 rounds/);
    expect(open('moderator', { known: false, asked: { images: 256, rounds: 1000 } })).not.toThrow();
  });

  it('a few at a time of one person, more of a server, some times as much of moderators', () => {
    const own = [1, 2, 3].map((i) => opened(`s${i}`, 'ann'));
    expect(open('member', {}, own.slice(1))).not.toThrow();
    expect(open('member', {}, own)).toThrow(/^3 sessions of yours/);
    expect(open('moderator', {}, own)).not.toThrow();
    const many = Array.from({ length: 30 }, (_, i) => opened(`o${i}`, 'others'));
    expect(open('member', {}, many)).toThrow(/^30 sessions go on here/);
    expect(open('moderator', {}, many)).not.toThrow();
    expect(open('operator', {}, [...many, ...many, ...many, ...many])).not.toThrow();
  });
});

describe('on a running bot', () => {
  let test: TestHouse;
  const settings = [
    'votes.quorum=9',
    'limits.commands={ person: 6, stranger: 3, address: 100, strangers: 1000 }',
    'limits.marks=0.2',
    'limits.agreements={ person: 2, address: 100, strangers: 100 }',
  ];
  beforeAll(async () => {
    test = await TestHouse.open(settings);
    await test.open(1);
  });
  afterAll(() => test.stop());
  const bea = fakeAccount('bea');
  const say = async (who: typeof ann, words: string) =>
    (await test.platform.command(test.channel, who, words))!;

  it('answers who is limited once, clearly, and does nothing; refusals are folded, and acts stay in sight', async () => {
    const many = fakeAccount('many', 'moderator');
    await say(many, 'settings quorum 8');
    for (let i = 0; i < 3; i++) expect((await say(ann, 'session pause')).title).toBe('Not allowed');
    const limited = await say(ann, 'session pause');
    expect(limited.title).toBe('Not done');
    expect(limited.text).toMatch(/^That is more than I can follow\. Try again in \d+ s\.$/);
    // As many strangers as it takes.
    for (let i = 0; i < 40; i++) await say(fakeAccount(`stranger${i}`), 'round redo');
    const { text } = await say(many, 'audit');
    expect(text).toMatch(/member: session pause \(refused: not-allowed\), 3 times since/);
    expect(text).toMatch(/member: round redo \(refused: not-allowed\), 40 times since/);
    expect(text).toContain('settings');
  });

  it('who agrees and leaves in turn is heard a few times, and may always leave', async () => {
    const key = test.house.voterKey('fake', bea.id);
    for (let i = 0; i < 2; i++) {
      await test.platform.consent(test.channel, bea);
      expect(test.house.app.sessions.knows(key)).toBe(true);
      await test.platform.consent(test.channel, bea, false);
      await test.until(({ voters }) => !voters.has(key));
    }
    await expect(test.platform.consent(test.channel, bea)).rejects.toMatchObject({ code: 'limited' });
    expect(test.house.app.sessions.knows(key)).toBe(false);
    await test.platform.consent(test.channel, bea, false);
  });

  it('a mark that came too fast is found when the round closes', async () => {
    await test.platform.consent(test.channel, ann);
    const sheets = ['A', 'B'].map((letter) => test.sheet(1, letter).ref);
    const marked = [];
    for (const ref of sheets)
      for (const emoji of ['1', '2'])
        marked.push(await test.platform.mark(ref, ann, emoji).catch((error) => error.code));
    expect(marked).toEqual([undefined, undefined, 'limited', 'limited']);
    await say(mod, 'round close');
    const { facts, rounds } = await test.until(({ rounds: [first] }) => first!.outcome !== null);
    expect(rounds[0]!.outcome).not.toBeNull();
    const kept = [...facts.values()].flatMap((list) => [...list]).filter(({ present }) => present);
    expect(kept.map(({ source }) => source)).toEqual(['live', 'live', 'sweep', 'sweep']);
  });
});
