/** Job `measure` on rounds of the pictures that the judge's fixture holds: nothing is drawn for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeCheckpoint } from '../../../engine/io/checkpoint.js';
import { imageName, type RoundManifest, writeRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { adam } from '../../../engine/learn/optimiser.js';
import { diversity } from '../../../engine/measures/diversity.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import type { Handlers } from '../../../engine/worker.js';
import { encodePng } from '../../../src/images/png.js';
import { rasterFromFloats } from '../../../src/images/raster.js';
import type { JobPayload } from '../../../src/queue/jobs.js';
import { measureResult } from '../../../src/queue/measure-fields.js';
import { Rng } from '../../../src/rng.js';
import { golden, MINI } from '../../support/golden.js';
import { robotJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-measure-'));
const cache = new ExecutorCache({ threads: 1 });
let handlers: Handlers;
const { images, ...logits } = golden('judge') as Record<string, FloatTensor>;
const COUNT = images!.shape[0]!;
const all = Array.from({ length: COUNT }, (_, i) => i);
const pngs = await Promise.all(
  all.map((i) => encodePng(rasterFromFloats(rows(images!, i, i + 1).data, 64, 64))),
);

/**
 * A round of the fixture's pictures `which`; each has a latent of its own, and features where `seen` has
 * them.
 */
function round(name: string, which: readonly number[], side = 4, seen?: (i: number) => number): string {
  const out = join(root, name);
  const count = which.length;
  const latents = f32(
    [count, 4, side, side],
    Float32Array.from(which.flatMap((i) => [...new Rng(i, 0, 'latent').normals(4 * side * side)])),
  );
  const { prompt, negative, sampler } = robotJob;
  const made = { round: 1, seed: 1, prompt, negative, sampler, width: 64, height: 64, count };
  const manifest: RoundManifest = {
    ...{ format: 'acclaim-round', version: 1, ...made, model: { sha256: 'none', family: 'mini' } },
    ...{ latent: [4, side, side], noise: 'plain', checkpoint: null, batch: count, threads: 1 },
    ...{ device: 'cpu', precision: 'fp32', software: 'acclaim/test' },
  };
  const features = seen && { up: f32([count, 1], which.map(seen)) };
  if (features) manifest.features = { timestep: 101, maps: { up: 1 } };
  const own = which.map((i) => pngs[i]!);
  writeRound(out, { manifest, noise: latents, latents, trajectory: null, features }, own);
  return out;
}

beforeAll(() => {
  const engine = new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' });
  handlers = createHandlers(engine);
});
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

const job = { session: 's', round: 0, attempt: 0, seed: 1, judge: null, task: null } as const;
const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
const measure = async (payload: Partial<JobPayload<'measure'>>) =>
  measureResult.parse(await handlers.measure({ ...job, base: [], tuned: [], ...payload }, quiet()));

it('takes goods and traits from the judge, over rounds of any size', async () => {
  const whole = round('whole', all);
  const parts = [round('first', all.slice(0, 4)), round('second', all.slice(4))];
  const judged = { judge: `${MINI}judge`, task: 'cat' };
  const scored = await handlers.score({ ...job, ...judged, roundDir: whole }, quiet());
  const good = scored.images.filter((image) => image.good).length;
  const measured = await measure({ ...judged, base: [whole], tuned: parts });
  const side = { count: COUNT, good, success: good / COUNT, diversity: expect.closeTo(scored.diversity, 12) };
  expect(measured.base).toMatchObject(side);
  // The same pictures, otherwise cut up.
  expect(measured.tuned).toEqual(measured.base);
});

it('takes goods from whoever asks, and the traits then from colours and latents alone, or from the judge beside', async () => {
  const base = [round('b1', all.slice(0, 3)), round('b2', all.slice(3))];
  const tuned = [round('t1', all)];
  const goods = {
    base: all.map((i) => i !== 2),
    tuned: all.map((i) => i >= 2),
  };
  const alone = await measure({ base, tuned, goods });
  const spread = (which: readonly number[]) =>
    diversity(which.map((i) => new Rng(i, 0, 'latent').normals(4 * 4 * 4)));
  const kept = [all.filter((i) => i !== 2), all.filter((i) => i >= 2)] as const;
  expect(alone.dgood).toBeCloseTo(spread(kept[1]) / spread(kept[0]), 12);
  expect(alone.base.good).toBe(COUNT - 1);
  expect(Object.keys(alone.traits)).toEqual(['border', 'centre', 'latent']);

  const judged = await measure({ base, tuned, goods, judge: `${MINI}judge`, task: 'hazard' });
  expect(judged.dgood).toBe(alone.dgood);
  expect(Object.keys(judged.traits).slice(0, 3)).toEqual(['fingers', 'count', 'rcol']);
  // What the head prefers, by PyTorch's logits.
  const { data, shape } = logits['logits.rcol']!;
  const value = (i: number) => {
    const own = [...data.slice(i * shape[1]!, (i + 1) * shape[1]!)];
    return own.indexOf(Math.max(...own));
  };
  const share = (which: readonly number[], v: number) =>
    which.filter((i) => value(i) === v).length / which.length;
  const tv = [0, 1, 2, 3, 4].reduce((sum, v) => sum + Math.abs(share(kept[0], v) - share(kept[1], v)) / 2, 0);
  expect(judged.traits.rcol!.tv).toBeCloseTo(tv, 12);
});

it('takes goods from the model of the votes where nobody else says', async () => {
  const adapter = { 'unet.a.lora_A.weight': f32([4, 8]) };
  const options = { lr: 1, beta1: 0.9, beta2: 0.9, epsilon: 1, weightDecay: 0, clipNorm: null };
  const voteModel = {
    ...{ maps: { up: 1 }, votes: 9, auc: 0.9, aucError: 0.1, calibration: { slope: 2, offset: -1 } },
    heads: [{ weights: { up: Float32Array.of(1) }, offset: 0 }],
  };
  const state = {
    ...{ adapter, optimiser: adam(options).init(adapter) },
    ...{ embedding: null, best: null, positives: [], replay: [] },
  };
  const { prompt, negative } = robotJob;
  const facts = {
    ...{ learner: 'acclaim', params: {}, round: 1, seed: 1, model: { sha256: 'none', family: 'mini' } },
    ...{ prompt, negative, adapter: { rank: 4, alpha: 4, targets: 'attention' as const } },
    ...{ latent: [4, 4, 4] as [number, number, number], random: {}, parent: null, batch: 1, threads: 1 },
    ...{ device: 'cpu', precision: 'fp32' as const, software: 'acclaim/test' },
  };
  const [told, silent] = [join(root, 'told'), join(root, 'silent')];
  writeCheckpoint(told, { ...state, voteModel }, facts);
  writeCheckpoint(silent, state, facts);
  const up = (i: number) => i / 5;
  const [base, tuned] = [[round('v1', all, 4, up)], [round('v2', all.slice(1), 4, up)]];
  const measured = await measure({ base, tuned, checkpoint: told });
  // sigmoid(2 x - 1) is above a half where x is.
  const good = all.filter((i) => up(i) > 0.5);
  expect([measured.base.good, measured.tuned.good]).toEqual([good.length, good.length]);
  expect(measured.dgood).toBe(1);
  expect(Object.keys(measured.traits)).toEqual(['border', 'centre', 'latent']);
  const goods = { base: all.map(() => true), tuned: all.slice(1).map(() => true) };
  expect((await measure({ base, tuned, checkpoint: told, goods })).base.good).toBe(COUNT);
  await expect(measure({ base, tuned, checkpoint: silent })).rejects.toThrow('no model of the votes');
  const bare = { base: [round('v3', all)], tuned, checkpoint: told };
  await expect(measure(bare)).rejects.toThrow('lacks a feature map that the model of the votes reads (up)');
});

it('leaves out what a moderator hid', async () => {
  const dir = round('hidden', all);
  rmSync(join(dir, imageName(1)));
  const goods = { base: all.map(() => true), tuned: all.map(() => true) };
  const { base } = await measure({ base: [dir], tuned: [dir], goods });
  expect(base).toMatchObject({ count: COUNT - 1, good: COUNT - 1, success: 1 });
});

it('says what is wrong', async () => {
  const dirs = { base: [round('x', all)], tuned: [round('y', all)] };
  const goods = { base: all.map(() => true), tuned: [true] };
  await expect(measure(dirs)).rejects.toMatchObject({ code: 'usage' });
  await expect(measure({ ...dirs, goods })).rejects.toThrow(
    `1 picture called good or bad, but the rounds have ${COUNT}`,
  );
  const other = { base: dirs.base, tuned: [round('z', all, 2)], judge: `${MINI}judge`, task: 'cat' };
  await expect(measure(other)).rejects.toMatchObject({ code: 'shape-mismatch' });
});
