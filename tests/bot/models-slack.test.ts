/**
 * An admin on Slack, under the real `acclaim start`: which model is used, and the LoRA as a file in a direct
 * message.
 */
import { afterAll, expect, test } from 'vitest';
import { optionalScopes, scopes } from '../../bot/platforms/slack/manifest.js';
import { Peer } from '../support/slack-peer/peer.js';
import { startedOnSlack } from '../support/slack-peer/started.js';
import { until } from '../support/wait.js';

afterAll(() => Peer.end());

test('model use and model export on Slack', async () => {
  const { peer, started } = await startedOnSlack(
    (peer) => [
      `slack.roles.admins=[${peer.id('dan')}]`,
      'slack.roles.adminsAreOperators=false',
      'session.rounds=1',
      // Ann's marks alone close nothing: the admin's word does.
      'votes.quorum=2',
    ],
    { granted: [...scopes, ...optionalScopes] },
  );
  const channel = await peer.channel('roses');
  await started.start();
  const say = async (who: 'ann' | 'dan', text: string, wanted: string) => {
    const asked = await peer.command(who, channel, text);
    const told = () => JSON.stringify(asked.answers);
    await until(() => told().includes(wanted), `${wanted}, to ${text}`, 60_000).catch((error) => {
      throw new Error(`${error.message}: ${told()}`);
    });
    return told();
  };
  await say('ann', 'model use mini', 'Not allowed');
  await say('dan', 'model use ../mini', 'Not done');
  expect(await say('dan', 'model use mini', 'from now on')).toContain('is not known yet');
  await say('ann', 'session start a black cat', 'Session opened');
  await until(() => started.roundOpen(1), 'the round', 120_000);
  const shown = await peer.shown(channel);
  const notice = shown.find((m) => JSON.stringify(m.blocks ?? []).includes('"I agree"'))!;
  await peer.press('ann', channel, notice.ts, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  const sheets = shown.filter((m) => (m.blocks ?? []).some((b) => b.type === 'image'));
  await peer.react('ann', channel, sheets[0]!.ts, 'one');
  await peer.react('ann', channel, sheets[1]!.ts, 'no_entry_sign');
  await until(async () => (await started.facts()).length === 2, 'the marks');
  // What is durable may be known to the bot a moment later: then it reads the ballots once more, and is
  // Closing.
  await say('dan', 'round close', 'Clos');
  await until(async () => (await started.bodies('round'))[0]?.state === 'done', 'learning', 120_000);
  await say('ann', 'model export', 'Not allowed');
  await say('dan', 'model export --session nobody', 'no session of that id');
  await say('dan', 'model export', 'The files are in your direct messages');
  await say('dan', 'model export --format kohya --round 1', 'The files are in your direct messages');
  const merged = await say('dan', 'model export --format merged', 'It can be fetched');
  expect(merged).toContain('format=merged');
  expect(peer.front.objections).toEqual([]);
}, 400_000);
