/** `acclaim start` beside a loopback Slack; both end with the test that asked for them. */
import { onTestFinished } from 'vitest';
import { scopes } from '../../../bot/platforms/slack/manifest.js';
import { Started } from '../started.js';
import { appToken, botToken, Peer } from './peer.js';

/** Not yet started. `transport`: over what Slack's events come; the emulator is ended by `Peer.end()`. */
export async function startedOnSlack(
  settings: (peer: Peer) => readonly string[] = () => [],
  {
    granted = scopes,
    transport = [`slack.appToken=${appToken}`],
  }: { granted?: readonly string[]; transport?: readonly string[] } = {},
) {
  const peer = await Peer.start(granted);
  const started = new Started([
    `slack.botToken=${botToken}`,
    ...transport,
    `slack.api=${peer.api}`,
    ...settings(peer),
  ]);
  onTestFinished(async () => {
    await started.remove();
    await peer.stop();
  });
  return { peer, started };
}
