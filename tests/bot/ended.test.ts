/**
 * Sessions that ended stay in the database until somebody asks for them. What a bot that was restarted
 * answers about one equals what the bot answered that had held it all along; a start reads no mark of it; and
 * what still happens to one is written as before.
 */
import { cpSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import { Connection } from '../../src/store/sqlite.js';
import { ann, ben, mod, TestHouse } from '../support/house.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let test: TestHouse | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await test?.stop();
  test = undefined;
});

const admin = fakeAccount('boss', 'admin');
const settings = ['votes.quorum=9', 'session.rounds=9', 'learner.steps=1'];

/**
 * Folder and platform of a bot that was stopped, the name of the session in `den`, and what the bot had
 * answered that held all.
 */
interface Lived {
  dir: string;
  platform: FakePlatform;
  den: string;
  before: Record<string, unknown>;
}
let life: Lived;
const kept = () => `${life.dir}-kept`;

/** `cat` in `taste` with a learned round and one given up, ended; `den` goes on, on the same server. */
beforeAll(async () => {
  test = await TestHouse.open(settings);
  const { platform, channel, dir } = test;
  for (const place of [channel, 'den']) platform.homes.set(place, 'server');
  for (const account of [ann, ben, mod]) await platform.consent(channel, account);
  await test.open(1);
  await platform.mark(test.sheet(1, 'A').ref, ann, '1');
  await platform.mark(test.sheet(1, 'B').ref, ann, 'none');
  await platform.mark(test.sheet(1, 'A').ref, ben, '2');
  await platform.command(channel, ann, 'me name show');
  await platform.command(channel, mod, 'round close');
  await test.open(2);
  await platform.mark(test.sheet(2, 'A').ref, ann, '2');
  await platform.command(channel, mod, 'session stop');
  const den = (await platform.command('den', mod, 'session start a rose'))!.data!.session as string;
  await test.open(1, den);
  await platform.mark(test.sheet(1, 'A', 'den').ref, ben, '1');
  // The story is the last that is carried out of a session that ended.
  await until(() => platform.messages.some(({ card }) => card.kind === 'story'), 'the story');
  expect(test!.house.app.sessions.get('cat')).toBeDefined();
  life = { dir, platform, den, before: await answers() };
  await test.stop(true);
  test = undefined;
  cpSync(dir, kept(), { recursive: true });
});
afterAll(() => {
  for (const dir of [life.dir, kept()]) rmSync(dir, { recursive: true, force: true });
});

/** The bot anew over the folder and the platform as they were. */
async function again(): Promise<{ dir: string; platform: FakePlatform; den: string }> {
  const { dir, den } = life;
  rmSync(dir, { recursive: true, force: true });
  cpSync(kept(), dir, { recursive: true });
  const { onPost: _, ...held } = life.platform;
  const platform = Object.assign(new FakePlatform(), structuredClone(held));
  test = await TestHouse.open(settings, { dir, platform });
  return { dir, platform, den };
}

async function restart(): Promise<void> {
  const { dir, platform } = test!;
  await test!.stop(true);
  test = await TestHouse.open(settings, { dir, platform });
}

/** What everyone is told who asks. */
async function answers(): Promise<Record<string, unknown>> {
  const { platform, channel, house } = test!;
  const found: Record<string, unknown> = {};
  const ask = async (who: typeof ann, text: string, where = channel) => {
    const { title, text: said, data, files } = (await platform.command(where, who, text))!;
    found[`${who.id} in ${where}: ${text}`] = { title, said, data, files };
  };
  for (const text of ['session status', 'session list', 'session thanks', 'me votes', 'me export'])
    for (const who of [ann, ben]) await ask(who, text);
  for (const text of ['voters', 'audit', 'review']) await ask(mod, text);
  for (const text of ['session list', 'me export', 'model list']) await ask(ann, text, 'den');
  await ask(ben, 'session list', 'elsewhere');
  for (const text of ['best B1', 'flag A1', 'session stop']) await ask(mod, text);
  for (const [path, name] of [
    [['session', 'rollback'], 'round'],
    [['exclude'], 'voter'],
    [['hide'], 'cell'],
    [['model', 'export'], 'session'],
  ] as const)
    found[`options of ${path.join(' ')}`] = await house.app.completion.complete({
      path,
      name,
      channel,
      account: admin,
    });
  found.status = await house.app.overview.status();
  found.adapter = await house.app.overview.adapter('cat', null, 'diffusers');
  return found;
}

/** Acts that were asked for in between are in the audit. */
const withoutAudit = (all: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !name.includes('audit')));

it('answers after a restart as before it', async () => {
  const { before } = life;
  expect(JSON.stringify(before)).toContain('acclaim-my-votes.csv');
  expect(before['ann in taste: session list']).toMatchObject({
    said: expect.stringContaining('**cat** (ended)'),
  });
  await again();
  expect(test!.house.app.sessions.get('cat')).toBeUndefined();
  expect(withoutAudit(await answers())).toEqual(withoutAudit(before));
});

it('reads no mark of it at a start, and all of it when it is asked for', async () => {
  const { dir, platform, den } = await again();
  await test!.stop(true);
  let read: { session: unknown; rows: number }[] = [];
  const all = Connection.prototype.all;
  vi.spyOn(Connection.prototype, 'all').mockImplementation(async function (this: Connection, sql, ...values) {
    const rows = await all.call(this, sql, ...values);
    if (/JOIN fact/.test(sql)) read.push({ session: values[0], rows: rows.length });
    return rows as never;
  });
  test = await TestHouse.open(settings, { dir, platform });
  await until(() => read.length > 0, 'the start');
  expect(read).toEqual([{ session: den, rows: 1 }]);
  read = [];
  // Metrics and whoever lives elsewhere ask for nothing either.
  await platform.command('den', ann, 'session status');
  expect(read).toEqual([]);
  await platform.command('taste', ann, 'session status');
  // Three sheets of two rounds have marks.
  expect(read).toEqual([{ session: 'cat', rows: 3 }]);
  read = [];
  await platform.command('taste', ann, 'session thanks');
  expect(read).toEqual([]);
});

it('keeps what comes too late, hides, counts anew, branches and goes on', async () => {
  const { platform } = await again();
  const sheet = test!.sheet(1, 'A').ref;
  const { app } = test!.house;
  const mark = (who: typeof ann, emoji: string) => platform.mark(sheet, who, emoji);
  await expect(mark(ann, '2')).rejects.toMatchObject({ code: 'round-closed' });
  const facts = async () => [...(await app.sessions.find('cat'))!.facts.get('cat.1.s0.0')!];
  expect((await facts()).at(-1)).toMatchObject({ emoji: '2', late: true });
  await restart();
  await platform.press(sheet, ann, 'flag', 'A1');
  expect(platform.replies.at(-1)!.card.text).toContain('has ended');

  // Excluded where the server goes on: rounds of the session that ended are counted anew.
  const cat = async () => (await test!.house.app.sessions.find('cat'))!;
  const voters = async () => (await cat()).rounds[0]!.outcome!.voters;
  await restart();
  const code = (await platform.command('den', mod, 'voters'))!.text.match(/\*\*([^*]+)\*\*/)![1]!;
  await platform.command('den', mod, `exclude ${code}`);
  expect(await voters()).toBe(1);
  await restart();
  await platform.command('den', mod, `include ${code}`);
  expect(await voters()).toBe(2);

  await restart();
  expect((await platform.command('taste', mod, 'hide A1 --round 1'))!.title).toBe('Hidden');
  await until(async () => (await cat()).images.get('cat.1')![0]!.state === 'hidden', 'the hidden picture');
  await restart();
  expect((await platform.command('den', mod, 'session stop'))!.title).toBe('Stopped');
  expect((await platform.command('taste', mod, 'session branch 1 a red rose'))!.title).toBe('Branched');
  await restart();
  // The branch goes on in the channel; stopped, undone, it goes on again.
  const branch = test!.house.app.sessions.liveIn('fake', 'taste')!.session;
  expect(branch).toMatchObject({ origin: { session: 'cat', round: 1 }, state: 'active' });
  await platform.command('taste', mod, 'session stop');
  await restart();
  expect((await platform.command('taste', mod, 'undo'))!.title).toBe('Undone');
  expect(test!.house.app.sessions.liveIn('fake', 'taste')!.session.id).toBe(branch.id);
  expect(test!.house.app.sessions.liveIn('fake', 'den')).toBeUndefined();
});

it('counts what ended today against the budgets of the day', async () => {
  test = await TestHouse.open([...settings, 'budgets.channelDay=8']);
  const { platform, channel, dir } = test;
  await test.open(1);
  await platform.command(channel, mod, 'session stop');
  await platform.command(channel, mod, 'session start a rose');
  await until(() => test!.house.app.sessions.liveIn('fake', channel)!.rounds.length === 1, 'a round');
  await platform.command(channel, mod, 'session stop');
  await test.stop(true);
  test = await TestHouse.open([...settings, 'budgets.channelDay=8'], { dir, platform });
  const answer = await platform.command(channel, mod, 'session start a hand');
  expect(answer!.text).toContain('after midnight (UTC)');
});

it('takes consent, a name and its withdrawal where every session has ended', async () => {
  const { platform } = await again();
  const { channel } = test!;
  await platform.command('den', mod, 'session stop');
  await restart();
  const cem = fakeAccount('cem');
  await platform.consent(channel, cem);
  expect((await platform.command(channel, cem, 'me name show'))!.title).toBe('By name');
  expect((await platform.command(channel, cem, 'me export'))!.title).toBe('Your data');
  expect((await platform.command(channel, ann, 'me forget'))!.title).toBe('Forgotten');
  // At once, or by an effect where a session is held that has still something to carry out.
  const held = async () => (await platform.command(channel, ann, 'me votes'))!.text;
  await until(async () => (await held()).includes('Nothing is held about you'), 'forgetting');
  const key = test!.house.voterKey('fake', 'ann');
  const state = (await test!.house.app.sessions.find('cat'))!;
  expect([...state.voters.keys()]).not.toContain(key);
  expect([...state.facts.values()].flatMap((facts) => [...facts]).map(({ voter }) => voter)).not.toContain(
    key,
  );
  expect(state.voters.get(test!.house.voterKey('fake', 'cem'))).toMatchObject({
    name: 'cem',
    consentAt: expect.any(Number),
  });
});
