/**
 * A platform that gives no answer for longer than any number of tries: nothing is given up, nothing is told
 * twice or too late, and it goes on by itself.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { unreachable } from '../../src/chat/refusals.js';
import type { Log } from '../../src/log.js';
import { silentLog } from '../../src/log.js';
import { readiness } from '../../src/monitor/readiness.js';
import { ann, ben, mod, TestHouse } from '../support/house.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let test: TestHouse;
afterEach(async () => {
  await test.stop();
});

const patience = { retryMs: 1, mostMs: 10, connectMs: 1000 };
const away = unreachable('fake', new Error('503'));

/** Lines of the log, by level. */
function listening(): { lines: string[]; log: Log } {
  const lines: string[] = [];
  const heard = (level: string) => (fields: object, words: string) =>
    void ('platform' in fields && lines.push(`${level}: ${words}`));
  const log = { ...silentLog, info: heard('info'), warn: heard('warn') } as unknown as Log;
  return { lines, log };
}

it('what was decided while a platform is away is carried out when it is back, and only what is still true is said', async () => {
  const { lines, log } = listening();
  test = await TestHouse.open(['votes.quorum=9'], undefined, true, { patience, log });
  const { platform, house, channel } = test;
  await test.open(1);
  const [a, b] = [test.sheet(1, 'A'), test.sheet(1, 'B')];
  for (const who of [ann, ben]) await platform.consent(channel, who);
  for (const who of [ann, ben]) await platform.mark(a.ref, who, '1');
  const notices = () =>
    platform.messages.flatMap(({ card }) => (card.data?.notice && card.title !== '' ? [card.title] : []));
  await until(() => test.state().rounds[0]!.state === 'open');
  await until(() => platform.messages.some(({ card }) => card.title.startsWith('Teaching')), 'the welcome');
  const before = notices();
  lines.length = 0;

  platform.outage = away;
  const act = (words: string) => platform.command(channel, mod, words);
  await act('session pause');
  await until(() => platform.refused > 0, 'the first try');
  await expect
    .poll(async () => (await readiness(house.checks)).checks.find(({ name }) => name === 'fake')!.why)
    .toMatch(
      /^(one thing waits|\d+ things wait) for an answer for \d+ s: another platform gives no answer \(503\)$/,
    );
  await act('session resume');
  await act('session pause');
  await act('session resume');
  await act('hide A1');
  await act('round close');
  // Eight tries were the end of it once.
  await until(() => platform.refused > 40, 'more tries');
  expect(test.state()).toMatchObject({ session: { state: 'active' }, rounds: [{ state: 'closing' }] });
  expect((await house.app.overview.status()).platforms).toMatchObject([{ name: 'fake', trouble: /wait/ }]);
  expect([notices(), platform.messages.some(({ card }) => card.kind === 'outcome')]).toEqual([before, false]);

  // A mark that nobody tells of: the close reads it.
  b.reactions.set('2', new Map([[ben.id, ben]]));
  platform.outage = null;
  await test.open(2);
  await until(() => platform.messages.some(({ card }) => card.kind === 'outcome'), 'the outcome');
  await until(
    async () => (await house.app.overview.status()).platforms[0]!.trouble === null,
    'the end of it',
  );
  expect(test.state().rounds[0]!.outcome).toMatchObject({ voters: 2 });
  for (const one of [a, b]) await expect.poll(() => one.card.data?.open).toBe(false);
  await expect.poll(() => notices().slice(before.length)).toEqual(['On we go', 'Hidden']);
  await until(() => lines.length > 1, 'the line at the end');
  expect(lines).toEqual([
    'warn: no answer: what was decided waits, and is tried until it is done',
    'info: nothing waits for an answer any more',
  ]);
});

it('what was missed is read once there is an answer, with the first words of a session that was opened meanwhile', async () => {
  const settings = ['votes.quorum=9', 'prompts.approval=true'];
  test = await TestHouse.open(settings, undefined, true, { patience, asksConsent: true });
  const { platform, house } = test;
  await test.open(1);
  const notice = platform.messages.find(({ card }) => card.key === 'consent')!;
  await platform.consent(test.channel, ann);
  platform.outage = away;
  platform.homes.set('other', 'server');
  await test.openSession('late', 'other');
  // Neither of these is ever told.
  notice.reactions.set('done', new Map([[ben.id, ben]]));
  test.sheet(1, 'A').reactions.set('1', new Map([[ann.id, ann]]));
  await platform.command('free', ben, 'session start a red rose');
  await platform.gap();
  await until(() => platform.refused > 30, 'more tries');
  const key = house.voterKey('fake', ben.id);
  expect(house.app.sessions.knows(key)).toBe(false);
  // The first words meet silence for longer than all else.
  const post = platform.post.bind(platform);
  let silent = 5;
  platform.post = (to, card) =>
    to === 'other' && card.key === 'consent' && silent-- > 0 ? Promise.reject(away) : post(to, card);
  platform.outage = null;
  await until(() => house.app.sessions.knows(key), 'the consent');
  await until(() => [...test.state().facts.values()].some(({ newest }) => newest !== undefined), 'the mark');
  const first = () =>
    platform.messages.filter(({ ref }) => ref.channel === 'other').map(({ card }) => card.key);
  // Nothing of the session stands above its first words, though it waited for an answer as well.
  await until(() => first().length > 2, 'what follows the first words');
  expect(first().slice(0, 2)).toEqual(['consent', 'late.welcome']);
  const cards = () =>
    platform.messages.filter(({ ref }) => ref.channel === 'free').map(({ card }) => card.key);
  await until(() => cards().includes('proposal.1'), 'the card of what was asked for');
});

it('whether a channel may still show what needs care is asked until there is an answer, in a gap and at a start', async () => {
  test = await TestHouse.open([], undefined, false, { patience });
  let { platform } = test;
  platform.guarded.add('taste');
  await test.openSession('cat', 'taste', { nsfw: true });
  await test.open(1);
  /** Nothing but this one question is refused, and only for a while. */
  let refusals = 0;
  const silentFor = (times: number) => {
    const ask = platform.mustGuard.bind(platform);
    refusals = times;
    platform.mustGuard = (channel) => (refusals-- > 0 ? Promise.reject(away) : ask(channel));
  };
  const rests = async () => {
    await test.until(({ session }) => session.state === 'paused');
    expect(refusals).toBeLessThan(0);
  };
  silentFor(3);
  platform.guarded.delete('taste');
  await platform.gap();
  await rests();

  platform.guarded.add('taste');
  await platform.command(test.channel, mod, 'session resume');
  await test.until(({ session }) => session.state === 'active');
  await test.stop(true);
  platform.guarded.delete('taste');
  silentFor(3);
  test = await TestHouse.open([], { dir: test.dir, platform }, true, { patience });
  ({ platform } = test);
  await rests();
});
