/**
 * A gallery on Slack under the real `acclaim start`: the server's setting makes it one; a picture a message,
 * liked, disliked and starred by reactions, a vote while the bot is down, a best by command, one picture
 * hidden, the outcome edited in.
 */
import { afterAll, expect, test } from 'vitest';
import { type Message, type Name, Peer } from '../support/slack-peer/peer.js';
import { wordsOf } from '../support/slack-peer/rules.js';
import { startedOnSlack } from '../support/slack-peer/started.js';
import { until } from '../support/wait.js';

afterAll(() => Peer.end());

test('a gallery on Slack, from the setting to the outcome', async () => {
  const { peer, started } = await startedOnSlack((peer) => [
    `slack.roles.moderators=[${peer.id('mod')}]`,
    `slack.roles.admins=[${peer.id('dan')}]`,
    'votes.quorum=9',
    'session.images=2',
    'session.rounds=1',
  ]);
  const channel = await peer.channel('roses');
  await started.start();
  const say = async (who: Name, text: string, wanted: string) => {
    const asked = await peer.command(who, channel, text);
    await until(() => JSON.stringify(asked.answers).includes(wanted), `${wanted}, to ${text}`);
  };
  const imagesOf = (m: Message) =>
    ((m.blocks ?? []) as { type: string; alt_text?: string }[]).filter((b) => b.type === 'image');
  const fresh = (m: Message) => peer.message(channel, m.ts);

  await say('dan', 'settings ballots perhaps', 'gallery (one picture a message)');
  await say('dan', 'settings ballots gallery', 'gallery');
  await say('ann', 'session start a black cat', 'Session opened');
  const notices = async () =>
    (await peer.shown(channel)).filter((m) => JSON.stringify(m.blocks ?? []).includes('"I agree"'));
  await until(async () => (await notices()).length > 0, 'the notice');
  const notice = (await notices())[0]!;
  for (const name of ['bea', 'cem'] as const) await peer.press(name, channel, notice.ts, 'I agree');
  await until(() => started.roundOpen(1), 'the first round', 120_000);
  const [one, two] = (await peer.shown(channel)).filter((m) => imagesOf(m).length > 0) as [Message, Message];
  for (const m of [one, two])
    await until(async () => (await fresh(m)).reactions?.length === 3, 'the priming');
  for (const [i, m] of [one, two].entries()) {
    expect(imagesOf(m).map((b) => b.alt_text)).toEqual([`Picture #${i + 1}: “a black cat”`]);
    expect((await fresh(m)).reactions!.map((r) => r.name)).toEqual(['+1', '-1', 'star']);
  }

  const marks = async (n: number) => until(async () => (await started.facts()).length === n, `${n} marks`);
  // Slack's two names of a thumb, and a skin tone, are one mark.
  await peer.react('bea', channel, one.ts, '+1');
  await peer.tell(peer.reaction('cem', channel, one.ts, 'thumbsup::skin-tone-4'));
  await peer.react('bea', channel, two.ts, '-1');
  await peer.react('bea', channel, two.ts, '-1', false);
  await marks(4);
  await say('bea', 'best #2', 'is your best');
  await marks(5);
  await started.stop();
  await peer.set('cem', channel, two.ts, 'star');
  await started.start();
  // Found: cem's star. Gone: the thumb that was only told of. The best by command hangs nowhere and stays.
  await marks(7);
  await say('mod', 'hide #1', 'Hidden');
  await until(async () => imagesOf(await fresh(one)).length === 0, 'the picture to be gone');
  expect(wordsOf(await fresh(one))).toContain('held back');

  await say('mod', 'round close', 'Closed');
  const outcome = async () => (await started.bodies('round'))[0]!.outcome;
  await until(async () => (await outcome()) !== null, 'the close', 60_000);
  expect(await outcome()).toMatchObject({
    voters: 2,
    votes: 2,
    best: 1,
    cells: [{ index: 1, up: 2, seen: 2, stars: 2 }],
  });
  await until(async () => wordsOf(await fresh(two)).includes('2 of 2'), 'the outcome', 60_000);
  await expect.poll(async () => wordsOf(await fresh(two))).toContain('best of the round');
  await expect.poll(async () => JSON.stringify((await fresh(two)).blocks)).not.toContain('"Flag"');
  expect(peer.front.objections).toEqual([]);
}, 400_000);
