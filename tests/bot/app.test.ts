/**
 * A whole session on the in-memory platform with the real store, queue and engine, as people would run it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { factsOf } from '../../src/domain/voting/ledger.js';
import { projectPath } from '../../src/files/paths.js';
import { ann, ben, mod, TestHouse } from '../support/house.js';

// Seconds on an idle machine; a busy one may starve the engine, which is polite.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

let test: TestHouse | undefined;
afterEach(async () => {
  await test?.stop();
  test = undefined;
});

/** Marks that stand in the ledger of a round, as `sheet emoji`, private ones left out. */
function ledgerOf(house: TestHouse, round: number): string[] {
  const state = house.state();
  const ballots = [...state.ballots.values()].filter((b) => b.round === `cat.${round}`);
  return ballots
    .flatMap((b) =>
      factsOf(state, b)
        .known(false)
        .filter((f) => f.present)
        .map((f) => `${b.sheet} ${f.emoji} ${f.voter}`),
    )
    .sort();
}

/** What the platform shows, in the same words; the voter's key is the store's. */
function platformOf(house: TestHouse, round: number, key: (id: string) => string): string[] {
  return ['A', 'B']
    .flatMap((letter, sheet) =>
      [...house.sheet(round, letter).reactions].flatMap(([emoji, people]) =>
        [...people.keys()].map((id) => `${sheet} ${emoji} ${key(id)}`),
      ),
    )
    .sort();
}

describe('a session', () => {
  it('draws, takes votes that change, closes, learns, shows what came of it, and goes on', async () => {
    test = await TestHouse.open(['votes.quorum=2']);
    const { platform, channel, house } = test;
    await test.open(1);
    const [a, b] = [test.sheet(1, 'A'), test.sheet(1, 'B')];
    expect(a.card.pictures[0]!.file).toMatch(/\.png$/);
    expect(existsSync(a.card.pictures[0]!.file)).toBe(true);
    expect(a.card.pictures[0]!.alt).toContain('black cat');
    await test.until(() => a.primed.join() === '1,2,none' && b.primed.join() === '1,2,none');

    for (const who of [ann, ben]) await platform.consent(channel, who);
    await platform.mark(a.ref, ann, '1');
    await platform.mark(a.ref, ann, '2');
    await platform.mark(a.ref, ann, '2', false);
    await platform.mark(b.ref, ann, 'none');
    await platform.mark(a.ref, ben, '1');
    await platform.mark(b.ref, ben, '2');
    expect(JSON.stringify(platform.messages.map((m) => m.card))).not.toMatch(/"up":\d/);
    await platform.press(a.ref, ann, 'done');
    expect(test.state().rounds[0]!.state).toBe('open');
    await platform.press(a.ref, ben, 'done');

    const learned = await test.until((s) => s.rounds[0]!.state === 'done');
    const first = learned.rounds[0]!;
    expect(first.outcome).toMatchObject({ voters: 2, votes: 8 });
    expect(first.learned).toMatchObject({ steps: 2, learned: true });
    const keys = new Map([ann, ben].map((p) => [p.id, keyOf(test!, p.id)]));
    const standing = ledgerOf(test, 1).filter((line) => !line.includes('done'));
    expect(standing).toEqual(platformOf(test, 1, (id) => keys.get(id)!));

    await test.open(2);
    const cards = (kind: string) => platform.messages.filter(({ card }) => card.kind === kind);
    await expect.poll(() => cards('outcome').length).toBe(1);
    expect(cards('ballot')).toHaveLength(4);
    await expect.poll(() => a.card.text).toContain('Closed');
    await expect
      .poll(() => cards('progress').map(({ card }) => [card.title, card.progress]))
      .toEqual([
        ['Drew round 1', 1],
        ['Learned from round 1', 1],
        ['Drew round 2', 1],
      ]);
    const adapter = await house.app.overview.adapter('cat', null, 'diffusers');
    expect(adapter && existsSync(adapter.path)).toBe(true);
    expect((await house.app.overview.status()).sessions[0]).toMatchObject({
      round: 2,
      roundState: 'open',
      // A1 by both; B2 by one of two.
      approval: [1 / 4],
      judged: [{ round: 1, pictures: 4, judged: 4, liked: 1 }],
    });

    // A vote on what has closed is kept, not counted, and kindly refused.
    await expect(platform.mark(a.ref, ben, '2')).rejects.toMatchObject({
      code: 'round-closed',
      hint: expect.stringMatching(/newest/),
    });
    expect(test.state().rounds[0]!.outcome).toEqual(first.outcome);
  });

  it('shows nobody what the safety checker holds back, and rests when that is everything', async () => {
    // The checker's weights are random, so its bound is put where it parts the round's images.
    const checker = `safety.checker=${projectPath('tests/fixtures/tiny/safety/model')}`;
    test = await TestHouse.open([checker, 'safety.bound=9']);
    await test.open(1);
    const file = join(test.dir, 'sessions/cat/rounds/1/manifest.json');
    const marks: { score: number }[] = JSON.parse(readFileSync(file, 'utf8')).safety.images;
    const scores = marks.map((mark) => mark.score).sort((x, y) => y - x);
    await test.stop();

    test = await TestHouse.open([checker, 'safety.tries=0', `safety.bound=${(scores[0]! + scores[1]!) / 2}`]);
    const { id } = (await test.open(1)).rounds[0]!;
    const worst = marks.findIndex((mark) => mark.score === scores[0]);
    expect(test.state().images.get(id)![worst]).toMatchObject({ state: 'held', heldBy: 'checker' });
    const cells = [...test.state().ballots.values()].flatMap((ballot) => ballot.cells);
    expect(cells.sort()).toEqual([0, 1, 2, 3].filter((index) => index !== worst));
    await test.stop();

    test = await TestHouse.open([checker, 'safety.tries=1', 'safety.bound=-9']);
    const state = await test.until((s) => s.session.state === 'paused');
    expect(state.rounds[0]!.failure!.message).toContain('held every image back');
    expect(test.platform.messages.filter((m) => m.card.kind === 'ballot')).toEqual([]);
  });

  it('hears what people did while it was away, and goes on from where it was', async () => {
    test = await TestHouse.open(['votes.quorum=2']);
    const { platform, channel, dir } = test;
    await test.open(1);
    const a = test.sheet(1, 'A');
    for (const who of [ann, ben]) await platform.consent(channel, who);
    await platform.mark(a.ref, ann, '1');
    await platform.mark(a.ref, ben, '2');
    await test.stop(true);
    await platform.mark(a.ref, ben, '2', false);
    await platform.mark(a.ref, ben, '1');
    test = await TestHouse.open(['votes.quorum=2'], { dir, platform });
    const state = await test.open(1);
    const both = ['ann', 'ben'].map((who) => `0 1 ${keyOf(test!, who)}`).sort();
    await expect.poll(() => ledgerOf(test!, 1)).toEqual(both);
    expect(state.rounds).toHaveLength(1);
    expect(platform.messages.filter((m) => m.card.kind === 'ballot')).toHaveLength(2);
    await platform.press(a.ref, ann, 'done');
    await platform.press(a.ref, ben, 'done');
    await test.open(2);
  });

  it('counts nobody before consent, and everybody who has given it by the close', async () => {
    test = await TestHouse.open(['votes.quorum=1']);
    const { platform, channel } = test;
    await test.open(1);
    const a = test.sheet(1, 'A');
    await expect(platform.mark(a.ref, ben, '1')).rejects.toMatchObject({ code: 'not-allowed' });
    expect(ledgerOf(test, 1)).toEqual([]);
    await platform.consent(channel, ann);
    await platform.mark(a.ref, ann, '2');
    await platform.consent(channel, ben);
    await platform.press(a.ref, ann, 'done');
    const state = await test.until((s) => s.rounds[0]!.outcome !== null);
    // Ben's first mark hung there all along: the closing sweep found it.
    expect(state.rounds[0]!.outcome!.voters).toBe(2);
  });

  it('remembers consent that was given before there was any session', async () => {
    test = await TestHouse.open(['votes.quorum=1'], undefined, false);
    const { platform, channel } = test;
    await platform.consent(channel, ann);
    await test.openSession();
    await test.open(1);
    await platform.mark(test.sheet(1, 'A').ref, ann, '1');
    expect(ledgerOf(test, 1)).toEqual([`0 1 ${keyOf(test, 'ann')}`]);
  });

  it('rests after a failure that trying again cannot mend, and says what to mend', async () => {
    test = await TestHouse.open(['votes.quorum=1'], undefined, false);
    // As one that an earlier version took without a look at it.
    await test.openSession('cat', 'taste', { learner: { name: 'acclaim', maxGrowth: -1 } });
    await test.until((s) => s.session.state === 'paused');
    const round = test.state().rounds[0]!;
    expect(round).toMatchObject({ state: 'failed', failure: { code: 'config-invalid' } });
    const { messages } = test.platform;
    const said = () => messages.filter((m) => m.card.kind === 'notice').map((m) => m.card.text);
    await expect.poll(() => said().join()).toContain('maxGrowth');
  });
});

describe('commands', () => {
  it('do what they say, each by who may', async () => {
    test = await TestHouse.open(['votes.quorum=3']);
    const { platform, channel } = test;
    await test.open(1);
    const say = async (who: typeof ann, text: string) => (await platform.command(channel, who, text))!;
    expect((await say(ann, 'help')).text).toContain('/acclaim session start');
    expect((await say(ann, '/acclaim sesion status')).text).toContain(
      'Did you mean **/acclaim session status**',
    );
    expect((await say(ann, 'best Z9')).text).toContain('no picture Z9');
    expect((await say(ann, 'best')).text).toContain('/acclaim best CELL');
    expect(await say(ann, 'round close')).toMatchObject({ title: 'Not allowed' });
    expect((await say(ann, 'session start another')).text).toContain('A session runs in this channel');
    expect((await say(ann, 'me')).text).toContain('Nothing is held');
    expect((await say(ann, 'model list')).text).toContain('mini');
    expect((await say(ann, 'session list')).text).toContain('**cat** (active)');

    // Nobody has voted: nothing is said to be counted, and the channel is told what came of it.
    expect(await say(mod, 'round close')).toMatchObject({
      title: 'Closing',
      text: expect.stringContaining('without a vote the round stays open'),
    });
    const told = () => platform.messages.map((message) => message.card.text);
    await expect.poll(told).toContain('Round 1 has no votes yet, so it stays open.');
    expect(test.state().rounds[0]!.state).toBe('open');

    await platform.consent(channel, ann);
    await platform.mark(test.sheet(1, 'A').ref, ann, '2');
    expect((await say(ann, 'best A2')).title).toBe('Best');
    expect((await say(ann, 'me')).text).toContain('2 marks');
    expect((await say(ann, 'flag B1')).title).toBe('Flagged');
    // By the menu of a ballot, and by command: what is said last is all that is said.
    const sheet = test.sheet(1, 'A').ref;
    const menu = await platform.press(sheet, ann, 'why', 'A1 too-few ugly');
    expect(platform.replies.find(({ replyTo }) => replyTo === menu)!.card.text).toContain('too few, ugly');
    expect((await say(ann, 'why A1 wrong-colour')).text).toContain(
      '**A1**: wrong colour. It counts as not good',
    );
    expect((await say(ann, 'why A2 ugly')).text).toContain('But you call it good');
    expect((await say(ann, 'why A2 nothing')).text).toContain('nothing of **A2** any more');
    expect((await say(ann, 'why A1 dull')).text).toContain('too-few');
    for (const odd of ['A1', 'Z9 ugly', 'A1 ugly; close', 'A1 ugly --round=0']) {
      await platform.press(sheet, ann, 'why', odd);
      expect(platform.replies.at(-1)!.card.text).not.toContain('counts as not good');
    }
    expect(ledgerOf(test, 1).filter((line) => /colour|ugly|few/.test(line))).toEqual([
      expect.stringContaining('colour-1'),
    ]);
    // The buttons of a closed round's card: a moderator's, and only while its session goes on.
    const answered = async (who: typeof ann, button: string, value: string) => {
      const replyTo = await platform.press(sheet, who, button, value);
      return platform.replies.find((one) => one.replyTo === replyTo)!.card;
    };
    expect((await answered(ann, 'vary', 'cat 0')).title).toBe('Not allowed');
    for (const odd of ['dog 0', 'cat', 'cat 1; stop'])
      expect((await answered(mod, 'back', odd)).text).toBe('That session has ended.');
    expect((await answered(mod, 'back', 'cat 7')).text).toContain('Round 7 has no checkpoint');
    expect((await answered(mod, 'vary', 'cat 0')).title).toBe('More variety');
    expect(test.state().session.learner.until).toBe(0.5);
    const visitor = { ...ann, id: 'visitor', waits: true };
    await platform.consent(channel, visitor);
    const pressed = await platform.press(test.sheet(1, 'A').ref, visitor, 'done');
    const said = platform.replies.find(({ replyTo }) => replyTo === pressed)!.card.text;
    expect(said).toContain('until somebody vouches');
    expect((await say(visitor, 'flag B1')).text).toContain('until somebody vouches');
    expect((await say(mod, 'audit')).text).toMatch(/: flag B1 of round 1$/m);
    expect((await say(mod, 'round close')).title).toBe('Closed');
    const done = await test.until((s) => s.rounds[0]!.state === 'done');
    expect(done.rounds[0]!.outcome).toMatchObject({ best: 1, voters: 1 });
    await test.open(2);

    expect((await say(ann, 'session status')).text).toContain('Round 2');
    expect((await say(mod, 'round redo')).title).toBe('Drawn anew');
    await test.open(3);
    expect(test.state().rounds[1]!.state).toBe('aborted');
    expect((await say(mod, 'session rollback 7')).title).toBe('Not done');
    expect((await say(mod, 'session rollback 0')).title).toBe('Rolled back');
    const back = await test.open(4);
    expect(back.rounds.map((r) => r.state)).toEqual(['superseded', 'aborted', 'superseded', 'open']);
    expect(back.rounds[3]).toMatchObject({ parent: null, noise: 'plain' });

    expect((await say(ann, 'me forget')).title).toBe('Forgotten');
    const key = keyOf(test, 'ann');
    await test.until((s) => !s.voters.has(key));
    expect(JSON.stringify([...test.state().facts])).not.toContain(key);
    expect((await say(ann, 'me')).text).toContain('Nothing is held');
    expect((await say(mod, 'session pause')).title).toBe('Paused');
    expect((await say(mod, 'session resume')).title).toBe('Resumed');
    expect((await say(mod, 'session stop')).title).toBe('Stopped');
    expect(test.state().session).toMatchObject({ state: 'ended', end: 'stopped' });
    expect((await say(ann, 'best A1')).text).toContain('ended');
  });

  it('branch a session into a channel of its own, from what was learned', async () => {
    test = await TestHouse.open(['votes.quorum=1']);
    const { platform, channel, dir } = test;
    await test.open(1);
    await platform.consent(channel, mod);
    await platform.mark(test.sheet(1, 'A').ref, mod, '1');
    await platform.press(test.sheet(1, 'A').ref, mod, 'done');
    await test.open(2);
    await platform.command(channel, mod, 'session stop');
    await platform.command(channel, mod, 'session branch 1 a black cat');
    const branch = await test.until(() => test!.house.app.sessions.holding().length === 2);
    expect(branch).toBeDefined();
    const id = test.house.app.sessions.holding().find((s) => s.session.id !== 'cat')!.session.id;
    const state = await test.open(1, id);
    expect(state.session).toMatchObject({ origin: { session: 'cat', round: 1 }, prompt: 'a black cat' });
    expect(state.rounds[0]!.noise).toBe('learner');
    expect(existsSync(join(dir, 'sessions', id, 'rounds', '1', 'manifest.json'))).toBe(true);
  });
});

function keyOf(house: TestHouse, account: string): string {
  return house.house.voterKey('fake', account);
}
