/**
 * On Slack, as it is sent: a session's notice and its first words stand above the bar of drawing, and that
 * above the ballots.
 */
import { afterAll, expect, test } from 'vitest';
import { scopes } from '../../bot/platforms/slack/manifest.js';
import { ends } from '../support/chat.js';
import { appToken, botToken, Peer } from '../support/slack-peer/peer.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

afterAll(() => Peer.end());

test('however long the notice takes, nothing of the round is above it', async () => {
  const peer = await Peer.start(scopes);
  const tokens = [`slack.botToken=${botToken}`, `slack.appToken=${appToken}`, `slack.api=${peer.api}`];
  const started = new Started(tokens);
  ends(() => peer.stop());
  ends(() => started.remove());
  const channel = await peer.channel('roses');
  await started.start();
  const before = (await peer.shown(channel)).length;
  const posted = async () =>
    (await peer.shown(channel)).slice(before).map((message) => JSON.stringify(message));
  const first = peer.front.gates.hold('chat.postMessage');
  await peer.command('ann', channel, 'session start a black cat');
  await first.reached;
  const drawn = async () => (await started.bodies('round')).some(({ state }) => state === 'posting');
  await until(drawn, 'a round that is drawn', 120_000);
  expect(await posted()).toEqual([]);
  first.open();
  await until(() => started.roundOpen(1), 'the round', 120_000);
  const said = await posted();
  expect(said).toHaveLength(5);
  const wanted = [
    /Before your votes count/,
    /black cat/,
    /Drew round 1/,
    /Round 1, sheet A/,
    /Round 1, sheet B/,
  ];
  for (const [i, words] of wanted.entries()) expect(said[i]).toMatch(words);
});
