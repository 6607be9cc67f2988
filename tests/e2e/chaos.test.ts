/**
 * A short form of bench/chaos: whole sessions by the built bot, two engines and a real redis-server, each
 * with at most one fault a round at a drawn moment, one of each kind. All rounds are learned, the ledger is
 * what hangs on the platform, every ballot hangs there once, and the checkpoints have the very bytes of a
 * session that nothing befell. Sessions of the sizes that people have are of one round, and lose an engine
 * amid its drawing; with many sheets it is over once they hang.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { described, kinds, type Plan, planOf, type Size } from '../../bench/chaos/plan.mjs';
import { play } from '../../bench/chaos/play.mjs';
import { whyNoDisk } from '../../bench/lib/small-disk.mjs';
import { Peer, peerToken } from '../support/discord-peer/peer.js';
import { largePreviews } from '../support/sizes.js';

const folder = mkdtempSync(join(tmpdir(), 'acclaim-chaos-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As in the long suite kinds take turns over the seeds; a session has two of its three rounds. */
const plans = Object.keys(kinds).map((_, seed) => planOf(seed, 'brief'));
const needsDisk = ({ kind }: Plan) => kind === 'disk full';
const inRound = (round: number) => plans.filter((plan) => plan.round === round && !needsDisk(plan));
/**
 * A fault in each round, as long as there are any; where there is no small disk, what needs one keeps nothing
 * else from running.
 */
const sessions = [
  ...Array.from({ length: Math.max(inRound(1).length, inRound(2).length) }, (_, i) =>
    [inRound(1)[i], inRound(2)[i]].filter((plan) => plan !== undefined),
  ),
  ...plans.filter(needsDisk).map((plan) => [plan]),
];
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
/** Rounds that left a checkpoint; each ends with its manifest. */
const learned = (checkpoints: Record<string, string>) =>
  Object.keys(checkpoints).filter((file) => file.endsWith('manifest.json')).length;
const run = (name: string, plans: Plan[], more: { size?: Size; env?: Record<string, string> } = {}) =>
  inTurn(() => play(plans, { Peer, token: peerToken, dir: join(folder, name), ...more }));

describe.concurrent('a session of two rounds', { timeout: 1_200_000 }, () => {
  const undisturbed = run('undisturbed', [], { size: 'brief' });

  it('undisturbed', async () => {
    const { wrong, checkpoints, events } = await undisturbed;
    expect(wrong, events.join('\n')).toEqual([]);
    expect(learned(checkpoints)).toBe(2);
  });

  for (const faults of sessions) {
    const said = faults.map(described).join('; then ');
    const skip = faults.some(needsDisk) && noDisk !== null;
    it.skipIf(skip)(skip ? `${said}: not here: ${noDisk}` : said, async () => {
      const seeds = faults.map(({ seed }) => seed).join('-');
      const { wrong, struck, checkpoints, events } = await run(`seed-${seeds}`, faults, { size: 'brief' });
      expect(wrong, events.join('\n')).toEqual([]);
      expect(struck, events.join('\n')).toBe(faults.length);
      expect(checkpoints).toEqual((await undisturbed).checkpoints);
    });
  }
});

describe.concurrent('a session of one round', { timeout: 1_200_000 }, () => {
  const amid = {
    seed: 0,
    kind: 'engine killed',
    round: 1,
    stage: 'generating',
    victim: 'working',
    forMs: 300,
  };

  it.each<{ name: string; size: Size; afterMs: number; rounds: number; env: Record<string, string> }>([
    { name: '18 images in 20 steps, as by default', size: 'usual', afterMs: 1500, rounds: 1, env: {} },
    {
      name: '64 images with previews as of 512x512',
      size: 'large',
      afterMs: 700,
      rounds: 0,
      env: largePreviews,
    },
  ])('$name', async ({ size, afterMs, rounds, env }) => {
    const { wrong, struck, checkpoints, events } = await run(size, [{ ...amid, afterMs }], { size, env });
    expect(wrong, events.join('\n')).toEqual([]);
    expect([struck, learned(checkpoints)]).toEqual([1, rounds]);
  });
});
