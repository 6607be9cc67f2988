/** What a member owns, on a running bot: consent found after an absence, files of one's own data, forgetting to the byte, a purge. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../bot/platforms/fake/platform.js';
import type { Attachment } from '../../src/chat/port.js';
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
  expect((await say(ann, 'session thanks')).text).toContain('**Annabel 9 Anonymous**: 0 rounds');
  for (const who of [ann, ben]) await platform.mark(b, who, '2');
  await platform.mark(a, ben, 'none');
  await platform.press(a, ann, 'done');
  await platform.press(a, ben, 'done');
  const closed = await test.until((s) => s.rounds[0]!.outcome !== null);
  const outcome = closed.rounds[0]!.outcome;
  expect(outcome).toMatchObject({ voters: 2, votes: 8 });
  await test.open(2);
  await platform.mark(test.sheet(2, 'A').ref, ann, '1');

  expect((await say(ann, '/acclaim me')).text).toContain('good: A1, B2; not good: 2');
  const { files } = await say(ann, 'me export');
  const [json, csv] = [JSON.parse(text(files?.[0])), text(files?.[1]).trim().split('\r\n')];
  expect(json.you).toMatchObject({ platform: 'fake', name: 'Annabel <@9> **Anonymous**', roundsVotedIn: 1 });
  // Two sheets of two in round 1, one in round 2.
  expect([json.votes.length, csv.length - 1]).toEqual([6, 6]);
  expect(csv[0]).toBe('session,prompt,round,picture,file,vote,best,marked,at');
  expect(csv[1]).toMatch(/^cat,a black cat inside a cardboard box,1,A1,images\/0000\.png,good,false,true,/);
  expect(json.marks.map((m: { emoji: string }) => m.emoji)).toEqual(['1', '2', 'done', '1']);
  expect(json.acts).toEqual([]);
  expect(
    holding(dir, key)
      .map((file) => file.slice(dir.length + 1))
      .sort(),
  ).toContain('acclaim.sqlite-wal');

  expect((await say(ann, 'me forget')).title).toBe('Forgotten');
  await until(() => !test!.state().voters.has(key), 'forgetting');
  for (const gone of [key, ann.id, 'Annabel']) expect([gone, holding(dir, gone)]).toEqual([gone, []]);
  // Closed rounds count what they counted; the open one has lost the mark.
  expect(test.state().rounds[0]!.outcome).toEqual(outcome);
  expect((await test.house.app.status()).sessions[0]).toMatchObject({ votes: 0, voters: 0 });
  expect((await say(ann, 'me')).text).toContain('Nothing is held');
  expect((await say(ann, 'me name show')).title).toBe('Not done');

  // Her check mark hangs there still: it is no consent, neither now nor after a restart, until she says so again.
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
    expect([gone, holding(dir, gone)]).toEqual([gone, []]);
  expect(await test.house.app.status()).toEqual({ sessions: [] });
});
