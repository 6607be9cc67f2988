/**
 * A short form of bench/chaos: whole sessions by the built bot, two engines and a real redis-server, each with one fault
 * at a drawn moment, one of each kind. All rounds are learned, the ledger is what hangs on the platform, every ballot hangs
 * there once, and the checkpoints have the very bytes of a session that nothing befell.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { described, kinds, planOf } from '../../bench/chaos/plan.mjs';
import { play } from '../../bench/chaos/play.mjs';
import { whyNoDisk } from '../../bench/lib/small-disk.mjs';
import { Peer, peerToken } from '../support/discord-peer/peer.js';

const folder = mkdtempSync(join(tmpdir(), 'acclaim-chaos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The first runs of the long suite: kinds take turns over the seeds. */
const plans = Object.keys(kinds).map((_, seed) => planOf(seed));
const noDisk = whyNoDisk(join(folder, 'disk'));

/** Two at a time: much of a run is waiting. */
const lanes = [Promise.resolve(), Promise.resolve()];
let next = 0;
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const lane = next++ % lanes.length;
  const done = lanes[lane]!.then(work);
  lanes[lane] = done.then(
    () => {},
    () => {},
  );
  return done;
}
const run = (name: string, plan: (typeof plans)[number] | null) =>
  inTurn(() => play(plan, { Peer, token: peerToken, dir: join(folder, name) }));

describe.concurrent('a session of three rounds', { timeout: 1_200_000 }, () => {
  const undisturbed = run('undisturbed', null);

  it('undisturbed', async () => {
    const { wrong, checkpoints, events } = await undisturbed;
    expect(wrong, events.join('\n')).toEqual([]);
    expect(Object.keys(checkpoints)).toHaveLength(12);
  });

  for (const plan of plans) {
    const skip = plan.kind === 'disk full' && noDisk !== null;
    const name = skip ? `${described(plan)}: not here: ${noDisk}` : described(plan);
    it.skipIf(skip)(name, async () => {
      const { wrong, checkpoints, events } = await run(`seed-${plan.seed}`, plan);
      expect(wrong, events.join('\n')).toEqual([]);
      expect(checkpoints).toEqual((await undisturbed).checkpoints);
    });
  }
});
