/**
 * What a member owns, on a running bot: consent found after an absence, files of one's own data, forgetting
 * to the byte, a purge.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../bot/platforms/fake/platform.js';
import type { Attachment } from '../../src/chat/port.js';
import { Connection } from '../../src/store/sqlite.js';
import { TestHouse } from '../support/house.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

let test: TestHouse | undefined;
afterEach(async () => {
  await test?.stop();
  test = undefined;
});

const ann = { ...fakeAccount('account-of-ann-4711'), displayName: 'Annabel <@9> **Anonymous**' };
const ben = fakeAccount('account-of-ben-0815');
const dayMs = 86_400_000;

/** Files of the data folder, at any depth, in which the text stands. */
function holding(dir: string, text: string): string[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

function text(file: Attachment | undefined): string {
  return file && 'text' in file.content ? file.content.text : '';
}

it('a member agrees while the bot is away, votes, reads and takes their data, and leaves no byte', async () => {
  test = await TestHouse.open(['votes.quorum=2'], undefined, true, { asksConsent: true });
  const { platform, channel, dir } = test;
  await test.open(1);
  const [a, b] = [test.sheet(1, 'A').ref, test.sheet(1, 'B').ref];
  const notice = platform.messages.find((m) => m.card.key === 'consent')!;
  expect(notice.card.text).toContain('after 30 days');
  await platform.consent(channel, ben);
  await test.stop(true);
  await platform.mark(a, ann, '1');
  await platform.mark(notice.ref, ann, 'done');
  test = await TestHouse.open(['votes.quorum=2'], { dir, platform });
  const say = async (who: typeof ann, words: string) => (await platform.command(channel, who, words))!;
  const key = test.house.voterKey('fake', ann.id);
  const state = await test.until((s) => [...s.facts.values()].some((facts) => facts.ofVoter(key).length > 0));
  expect(state.voters.get(key)).toMatchObject({ name: null });

  expect((await say(ann, 'me name show')).title).toBe('By name');
  expect((await say(ann, 'session thanks')).text).toContain('**Annabel 9 Anonymous**: 1 round\n');
  for (const who of [ann, ben]) await platform.mark(b, who, '2');
  await platform.mark(a, ben, 'none');
  await platform.press(a, ann, 'done');
  await platform.press(a, ben, 'done');
  const closed = await test.until((s) => s.rounds[0]!.outcome !== null);
  const outcome = closed.rounds[0]!.outcome;
  expect(outcome).toMatchObject({ voters: 2, votes: 8 });
  await test.open(2);
  await platform.mark(test.sheet(2, 'A').ref, ann, '1');

  const told = (await say(ann, '/acclaim me')).text;
  expect(told).toContain('good: A1, B2; not good: 2');
  expect(told).toContain(': 3 marks in 2 rounds,');
  const { files } = await say(ann, 'me export');
  const [json, csv] = [JSON.parse(text(files?.[0])), text(files?.[1]).trim().split('\r\n')];
  expect(json.you).toMatchObject({ platform: 'fake', name: 'Annabel <@9> **Anonymous**', roundsVotedIn: 1 });
  // Two sheets of two in round 1, one in round 2.
  expect([json.votes.length, csv.length - 1]).toEqual([6, 6]);
  expect(csv[0]).toBe('session,prompt,round,picture,file,vote,best,marked,at,wrong');
  expect(csv[1]).toMatch(/^cat,a black cat inside a cardboard box,1,A1,images\/0000\.png,good,false,true,/);
  expect(json.marks.map((m: { emoji: string }) => m.emoji)).toEqual(['1', '2', 'done', '1']);
  expect(json.acts).toEqual([]);
  expect(
    holding(dir, key)
      .map((file) => file.slice(dir.length + 1))
      .sort(),
  ).toContain('acclaim.sqlite-wal');

  // What was taken back is no mark that is held, and nobody is thanked for it; the ledger keeps the changes.
  const cem = fakeAccount('cem');
  await platform.consent(channel, cem);
  await say(cem, 'me name show');
  for (const who of [ann, cem])
    for (const on of [true, false]) await platform.mark(test.sheet(2, 'A').ref, who, '2', on);
  expect((await say(ann, 'me')).text).toContain(': 3 marks in 2 rounds,');
  expect((await say(ann, 'me export')).text).toContain('6 votes from 6 changes of your marks');
  expect((await say(cem, 'me')).text).toContain(': 0 marks in 0 rounds,');
  const thanked = (await say(ann, 'session thanks')).text;
  expect(thanked).toContain('**Annabel 9 Anonymous**: 2 rounds\nand 1 person who stays unnamed');
  expect(thanked).not.toContain('cem');

  expect((await say(ann, 'me forget')).title).toBe('Forgotten');
  await until(() => !test!.state().voters.has(key), 'forgetting');
  for (const gone of [key, ann.id, 'Annabel'])
    await expect.poll(() => holding(dir, gone), { message: gone }).toEqual([]);
  // Closed rounds count what they counted; the open one has lost the mark.
  expect(test.state().rounds[0]!.outcome).toEqual(outcome);
  expect((await test.house.app.overview.status()).sessions[0]).toMatchObject({ votes: 0, voters: 0 });
  expect((await say(ann, 'me')).text).toContain('Nothing is held');
  expect((await say(ann, 'me name show')).title).toBe('Not done');

  // Her check mark hangs there still: it is no consent, neither now nor after a restart, until she says so
  // again.
  await test.stop(true);
  expect(holding(dir, key)).toEqual([]);
  test = await TestHouse.open(['votes.quorum=2'], { dir, platform });
  expect(test.state().voters.has(key)).toBe(false);
  await platform.press(notice.ref, ann, 'nothing');
  await platform.consent(channel, ann);
  expect(test.state().voters.has(key)).toBe(true);
});

it('a server that the bot was removed from is purged after the delay, over restarts, unless the bot is back', async () => {
  let shift = 0;
  const clock = { now: () => Date.now() + shift };
  const settings = ['votes.quorum=9', 'privacy.purgeDays=30'];
  test = await TestHouse.open(settings, undefined, false, { clock });
  const { platform, channel, dir } = test;
  platform.homes.set(channel, 'server-one-of-many');
  await test.openSession();
  await test.open(1);
  await platform.consent(channel, ann);
  await platform.mark(test.sheet(1, 'A').ref, ann, '1');
  await platform.command(channel, fakeAccount('boss', 'admin'), 'settings rounds 12');
  const key = test.house.voterKey('fake', ann.id);
  const pictures = join(dir, 'sessions', 'cat');
  expect(existsSync(pictures)).toBe(true);
  const again = async (days: number) => {
    await test!.stop(true);
    shift += days * dayMs;
    test = await TestHouse.open(settings, { dir, platform }, false, { clock });
  };

  await platform.invite(channel, 'server-one-of-many', false, clock.now());
  await again(29);
  expect(test.state().voters.has(key)).toBe(true);
  await platform.invite(channel, 'server-one-of-many', true, clock.now());
  await again(29);
  expect(test.state().voters.has(key)).toBe(true);

  // Removed while the bot is down: the start notices, and the delay runs from then.
  platform.homes.delete(channel);
  await again(1);
  await again(29);
  expect(test.state().voters.has(key)).toBe(true);
  await again(2);
  await until(() => test!.house.app.sessions.holding().length === 0, 'the purge');
  await until(() => !existsSync(pictures), 'the pictures');
  for (const gone of [key, 'server-one-of-many', 'cardboard'])
    await expect.poll(() => holding(dir, gone), { message: gone }).toEqual([]);
  expect((await test.house.app.overview.status()).sessions).toEqual([]);
});

/**
 * Sessions on servers of those names, and a clock that goes on without a restart: the purge of `spur` makes
 * it look.
 */
async function onServers(...servers: string[]) {
  let [shift, nudges] = [0, 0];
  const clock = { now: () => Date.now() + shift };
  const opened = await TestHouse.open(['privacy.purgeDays=30'], undefined, false, { clock });
  test = opened;
  const { platform, dir } = opened;
  for (const server of [...servers, 'spur']) {
    platform.homes.set(server, server);
    await opened.openSession(server, server);
    await opened.open(1, server);
  }
  return {
    platform,
    dir,
    ids: () => opened.house.app.sessions.holding().map(({ session }) => session.id),
    posts: (server: string) => opened.state(server).bindings[0]!.canPost,
    departures: () => departuresIn(dir),
    /** Whatever is due by then is done soon after. */
    later: async (days: number) => {
      await platform.invite('spur', 'spur', false, clock.now());
      shift += days * dayMs;
      const nudge = `nudge${nudges++}`;
      platform.homes.set(nudge, nudge);
      await opened.openSession(nudge, nudge);
      await platform.invite(nudge, nudge, false, clock.now());
    },
  };
}

async function departuresIn(dir: string): Promise<string[]> {
  const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
  try {
    return (await db.all<{ server: string }>('SELECT server FROM departure ORDER BY seq')).map(
      (d) => d.server,
    );
  } finally {
    await db.close();
  }
}

it('who came and went while the connection was away is found at the next one, both ways', async () => {
  const { platform, ids, posts, departures, later } = await onServers('back', 'gone');
  await platform.invite('back', 'back', false);
  expect([await departures(), posts('back'), posts('gone')]).toEqual([['back'], false, true]);

  // Nobody is told of either.
  platform.homes.set('back', 'back');
  platform.homes.delete('gone');
  await platform.gap();
  expect([await departures(), posts('back'), posts('gone')]).toEqual([['gone'], true, false]);
  await later(31);
  await until(() => !ids().includes('gone'), 'the purge');
  await until(() => !ids().includes('spur'), 'the other purge');
  expect(ids()).toContain('back');
});

it('right before a purge the platform is asked once more: back without a word is back', async () => {
  const { platform, dir, ids, departures, later } = await onServers('back', 'gone');
  await platform.uninstall();
  expect(await departures()).toEqual(['back', 'gone', 'spur']);
  platform.homes.delete('gone');
  // No event and no connection ever says so.
  platform.homes.set('back', 'back');
  await later(31);
  await until(() => !ids().includes('gone'), 'the purge');
  await until(() => !ids().includes('spur'), 'the other purge');
  expect([ids().sort(), await departures()]).toEqual([['back', 'nudge0'], ['nudge0']]);
  expect(existsSync(join(dir, 'sessions', 'back'))).toBe(true);
});

it('a platform that does not answer when a purge is due is asked again later', async () => {
  const { platform, ids, departures, later } = await onServers('gone');
  await platform.invite('gone', 'gone', false);
  const asked = vi.spyOn(platform, 'servers');
  platform.outage = new Error('503');
  await later(31);
  await until(() => asked.mock.calls.length === 2, 'the questions');
  expect([ids().sort(), await departures()]).toEqual([
    ['gone', 'nudge0', 'spur'],
    ['gone', 'spur', 'nudge0'],
  ]);
  platform.outage = null;
  await later(1);
  await until(() => !ids().includes('gone'), 'the purge');
});
