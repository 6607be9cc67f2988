/**
 * On Discord, as it is sent: a session's notice and its first words stand above the bar of drawing, and that
 * above the ballots.
 */
import { expect, test } from 'vitest';
import { ends } from '../support/chat.js';
import { Peer, peerToken } from '../support/discord-peer/peer.js';
import { Started } from '../support/started.js';
import { until } from '../support/wait.js';

const create = 'post /channels/{channel_id}/messages';

test('however long the notice takes, nothing of the round is above it', async () => {
  const peer = await Peer.start();
  const started = new Started([`discord.token=${peerToken}`, `discord.api=${peer.url}`]);
  ends(() => peer.stop());
  ends(() => started.remove());
  const channel = peer.world.channel('roses');
  await started.start();
  const first = peer.gates.hold(create);
  peer.command('ann', channel, ['acclaim', 'session', 'start'], { prompt: 'a black cat' });
  await first.reached;
  const drawn = async () => (await started.bodies('round')).some(({ state }) => state === 'posting');
  await until(drawn, 'a round that is drawn', 120_000);
  expect(peer.shown(channel)).toEqual([]);
  first.open();
  await until(() => started.roundOpen(1), 'the round', 120_000);
  const said = peer.shown(channel).map((message) => JSON.stringify([message.content, message.embeds]));
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
