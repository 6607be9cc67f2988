/** `acclaim start` beside a loopback Discord; both end with the test that asked for them. */
import { onTestFinished } from 'vitest';
import { Started } from '../started.js';
import { Peer, peerToken } from './peer.js';

/** Not yet started. */
export async function startedOnDiscord(settings: readonly string[] = []) {
  const peer = await Peer.start();
  const started = new Started([`discord.token=${peerToken}`, `discord.api=${peer.url}`, ...settings]);
  onTestFinished(async () => {
    await started.remove();
    await peer.stop();
  });
  return { peer, started };
}
