/**
 * Learning points the right way, through whole jobs on the miniature: what is fed are the rows, timesteps and
 * pairs that the paper names, what was called good becomes likelier against what was called bad, exchanged
 * labels turn that round, and what weighs nothing, or next to nothing, teaches nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { numel } from '../../../engine/graph/value.js';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { image } from '../../../engine/io/latents.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { approvalBy } from '../../../engine/learn/early-stop.js';
import { adapterSpec } from '../../../engine/learn/hyperparameters.js';
import type { LearnContext } from '../../../engine/learn/learner.js';
import { d3poGraph } from '../../../engine/learn/losses/d3po.js';
import { guidedRegressionGraph } from '../../../engine/learn/losses/guided-regression.js';
import { forwardProcess } from '../../../engine/learn/noised-rows.js';
import { Trainer } from '../../../engine/learn/trainer.js';
import { TrajectoryBatches } from '../../../engine/learn/trajectory-batches.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePair, encodePrompt } from '../../../engine/models/prompt.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { asFloat, type NamedTensors } from '../../../engine/runtime/named-tensors.js';
import { type FloatTensor, f32, type Tensor } from '../../../engine/runtime/tensor.js';
import type { Handlers } from '../../../engine/worker.js';
import { learnerRegistry } from '../../../src/config/learners.js';
import type { Feedback, JobPayload } from '../../../src/queue/jobs.js';
import { Rng } from '../../../src/rng.js';
import { MINI } from '../../support/golden.js';
import { robotJob } from '../../support/robot-job.js';

/** Compiles training graphs, in seconds; a busy machine takes minutes. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const root = mkdtempSync(join(tmpdir(), 'acclaim-direction-'));
const roundDir = join(root, 'round');
const COUNT = 6;
const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
type LearnerSettings = JobPayload<'learn'>['learner'];
const shared: LearnerSettings = { name: 'd3po', timesteps: 2, group: 3, lr: 1e-3 };
let handlers: Handlers;
let cache: ExecutorCache;
/** Mean log-density of each image's steps under an adapter. */
let likelihoods: (adapter: NamedTensors) => Promise<number[]>;
let trajectories: TrajectoryBatches;
let release = async (): Promise<void> => {};

beforeAll(async () => {
  cache = new ExecutorCache({ threads: 1 });
  handlers = createHandlers(
    new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' }),
  );
  // Images 0 to 2 share their first noise, and so do 3 to 5.
  await handlers.generate(
    {
      ...robotJob,
      count: COUNT,
      checkpoint: null,
      noise: 'learner',
      learner: shared,
      trajectory: true,
      out: roundDir,
    },
    quiet(),
  );
  const pipeline = await loadPipeline(MINI);
  const { states } = await encodePrompt(pipeline, cache, [robotJob.negative, robotJob.prompt]);
  const round = readRound(roundDir);
  const adapter = adapterSpec(learnerRegistry.d3po.params.parse({}));
  const spec = { pipeline, adapter, latent: round.manifest.latent, rows: COUNT, guidance: 3 };
  const graph = d3poGraph({ ...spec, text: { states: states.shape }, recompute: false }, 1, {
    beta: 1,
    epsilon: 1,
  });
  const executor = await Executor.create(graph, { threads: 1 });
  release = () => executor.release();
  const sampler = robotJob.sampler;
  trajectories = TrajectoryBatches.of({ round, pipeline, sampler } as LearnContext<unknown>, COUNT);
  const idle = { winner: f32([1, COUNT]), loser: f32([1, COUNT]), pair_weight: f32([1]) };
  likelihoods = async (weights) => {
    const sums = new Array<number>(COUNT).fill(0);
    for (const step of trajectories.trainableSteps) {
      const rows = sums.map((_, image) => ({ image, step }));
      const feeds = { ...trajectories.feeds(rows), ...idle, old_log_prob: f32([COUNT]), states };
      const { log_prob: logs } = await executor.run({ ...weights, ...feeds });
      for (const [image, log] of asFloat(logs, 'log_prob').data.entries())
        sums[image]! += log / trajectories.trainableSteps.length;
    }
    return sums;
  };
});
afterAll(async () => {
  await release();
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

type Said = Record<number, readonly [good: number, weight: number]>;

async function learned(name: string, learner: LearnerSettings, said: Said): Promise<NamedTensors> {
  const images: Feedback['images'] = Object.entries(said).map(([index, [good, weight]]) => ({
    index: Number(index),
    good,
    weight,
  }));
  const out = join(root, name);
  const feedback: Feedback = { images, best: null };
  const result = await handlers.learn(
    { ...robotJob, learner, roundDir, feedback, checkpoint: null, out },
    quiet(),
  );
  expect(result).toMatchObject({ learned: true, notes: [] });
  return readCheckpoint(out).state.adapter;
}

type Fed = Record<string, Tensor>;
/** A row that was fed: which picture of the round it is of, at which timestep, and its part of other feeds. */
interface FedRow {
  image: number;
  timestep: number;
  of: (name: string) => number;
}

/** What each optimiser step of `work` was fed, call by call. */
async function fedTo(work: () => Promise<unknown>): Promise<Fed[][]> {
  const step = vi.spyOn(Trainer.prototype, 'step');
  try {
    await work();
    return step.mock.calls.map(([batches]) => batches as Fed[]);
  } finally {
    step.mockRestore();
  }
}

/** Rows of a call that are no filling: `tensor` holds of each what `pictures` holds of its picture. */
function rowsOf(fed: Fed, tensor: 'x' | 'next', pictures: FloatTensor, weight = 'weight'): FedRow[] {
  const values = (name: string) => asFloat(fed[name]!, name).data;
  const size = numel(pictures.shape.slice(-3));
  const row = (data: Float32Array, i: number) => data.subarray(i * size, (i + 1) * size).join();
  const known = Array.from({ length: pictures.data.length / size }, (_, i) => row(pictures.data, i));
  return Array.from(values('timestep'), (timestep, i) => ({
    image: known.indexOf(row(values(tensor), i)) % COUNT,
    timestep,
    of: (name: string) => values(name)[i]!,
  })).filter(({ of }) => of(weight) !== 0);
}

/**
 * How far the guided prediction is from the noise that was put onto each picture, by adapter: the same noises
 * at the noisier half of the timesteps.
 */
async function fits(adapters: readonly NamedTensors[]): Promise<number[][]> {
  const pipeline = await loadPipeline(MINI);
  const round = readRound(roundDir);
  const { latent } = round.manifest;
  const text = await encodePair(pipeline, cache, robotJob, latent);
  const spec = {
    ...{ pipeline, latent, rows: 4, guidance: 3, recompute: false },
    adapter: adapterSpec(learnerRegistry.acclaim.params.parse({})),
    text: { states: text.states.shape },
  };
  const executor = await Executor.create(guidedRegressionGraph(spec, { cap: 1, anchor: 0 }), { threads: 1 });
  const { sampler } = robotJob;
  const { timesteps, feeds } = forwardProcess({ pipeline, sampler, round } as LearnContext<unknown>);
  const fitOf = async (adapter: NamedTensors, index: number) => {
    const of = [0, 0, 1, 1].map((k) => ({ latent: image(round.latents, index), timestep: timesteps[k]! }));
    const fed = { ...feeds(of, 4, new Rng(7, 0, 'fits')), weight: f32([4], [0.25, 0.25, 0.25, 0.25]) };
    return asFloat((await executor.run({ ...adapter, ...text, ...fed })).loss!, 'loss').data[0]!;
  };
  const all: number[][] = [];
  for (const adapter of adapters) {
    const own: number[] = [];
    for (let i = 0; i < COUNT; i++) own.push(await fitOf(adapter, i));
    all.push(own);
  }
  await executor.release();
  return all;
}

/** As in the first round: what is added is zero. */
const untrained = (adapter: NamedTensors): NamedTensors =>
  Object.fromEntries(
    Object.entries(adapter).map(([name, t]) => [name, name.includes('lora_B') ? f32([...t.shape]) : t]),
  );

const [good, bad] = [
  [1, 1],
  [0, 1],
] as const;

/** Likelihoods by the model alone: whatever A holds, zero times it is zero. */
let base: number[] | undefined;

/** How much likelier the first and fourth image became than the others did, by training. */
async function gain(adapter: NamedTensors): Promise<number> {
  base ??= await likelihoods(untrained(adapter));
  const [before, after] = [base, await likelihoods(adapter)];
  const rise = after.map((log, i) => log - before[i]!);
  const others = rise[1]! + rise[2]! + rise[4]! + rise[5]!;
  return (rise[0]! + rise[3]!) / 2 - others / 4;
}

it('rows of likelihoods are filled up with the last, which weighs nothing', () => {
  const { weight, timestep, x, next } = trajectories.feeds([
    { image: 4, step: 1 },
    { image: 2, step: 0 },
  ]);
  expect(weight).toEqual(f32([COUNT], [1, 1, 0, 0, 0, 0]));
  const [first, ...others] = asFloat(timestep, 'timestep').data;
  expect(new Set(others).size).toBe(1);
  expect(others[0]).toBeGreaterThan(first!); // of step 0, noisier than step 1
  const { trajectory, latents } = readRound(roundDir);
  const size = latents.data.length / COUNT;
  const row = (tensor: typeof x, i: number) => asFloat(tensor, 'row').data.slice(i * size, (i + 1) * size);
  const at = (step: number, image: number) =>
    trajectory!.latents.data.slice((step * COUNT + image) * size, (step * COUNT + image + 1) * size);
  expect([row(x, 0), row(next, 0)]).toEqual([at(1, 4), at(2, 4)]);
  for (const i of [1, 2, 5]) expect([row(x, i), row(next, i)]).toEqual([at(0, 2), at(1, 2)]);
});

describe('d3po', () => {
  it('makes winners likelier against losers, and the other way round where the labels are exchanged', async () => {
    const liked = { 0: good, 1: bad, 2: bad, 3: good, 4: bad, 5: bad };
    const disliked = { 0: bad, 1: good, 2: good, 3: bad, 4: good, 5: good };
    expect(await gain(await learned('liked', shared, liked))).toBeGreaterThan(1e-4);
    expect(await gain(await learned('disliked', shared, disliked))).toBeLessThan(-1e-4);
  });

  it('compares each good with each bad of its first noise alone, at as many timesteps as asked, weighed alike', async () => {
    const said = { 0: good, 1: bad, 2: bad, 3: bad, 4: good, 5: [0, 0] } as const;
    const steps = await fedTo(() => learned('pairs', shared, said));
    const { latents } = readRound(roundDir).trajectory!;
    const met: Record<string, { weight: number; timesteps: Set<number> }> = {};
    for (const fed of steps.flat()) {
      const rows = rowsOf(fed, 'next', latents, 'sigma');
      for (const [pair, weight] of asFloat(fed.pair_weight!, 'pairs').data.entries()) {
        if (weight === 0) continue;
        const one = (role: 'winner' | 'loser') =>
          rows[
            asFloat(fed[role]!, role)
              .data.subarray(3 * pair, 3 * pair + 3)
              .indexOf(1)
          ]!;
        const { image, timestep } = one('winner');
        expect(timestep).toBe(one('loser').timestep);
        const name = `${image} > ${one('loser').image}`;
        met[name] ??= { weight: 0, timesteps: new Set() };
        met[name].weight += weight;
        met[name].timesteps.add(timestep);
      }
    }
    const pairs = Object.entries(met).map(([name, { weight, timesteps }]) => [name, weight, timesteps.size]);
    expect(pairs.sort()).toEqual([
      ['0 > 1', 0.5, 2],
      ['0 > 2', 0.5, 2],
      ['4 > 3', 1, 2],
    ]);
  });
});

const policyGradient = { timesteps: 2, microBatch: 6, imagesPerStep: 3, clip: 1, lr: 1e-3 };
/**
 * `taken`: steps of a round of six, and where two of them are labelled. Three images a step; `steps`; one a
 * step.
 */
describe.each([
  { learner: { name: 'hero', embeddingSteps: 30, ...policyGradient }, taken: [2, null] },
  { learner: { name: 'ddpo', ...policyGradient }, taken: [2, 2] },
  { learner: { name: 'nft', steps: 6, batch: 6, microBatch: 6, lr: 1e-3 }, taken: [6, 6] },
  { learner: { name: 'papa', lr: 1e-3 }, taken: [6, 2] },
] as const)('$learner.name', ({ learner, taken: [all, two] }) => {
  it('makes what was liked likelier against what was not, and the other way round where the labels are exchanged', async () => {
    const liked = { 0: good, 1: bad, 2: bad, 3: good, 4: bad, 5: bad };
    const disliked = { 0: bad, 1: good, 2: good, 3: bad, 4: good, 5: good };
    expect(await gain(await learned(`${learner.name}-liked`, learner, liked))).toBeGreaterThan(1e-4);
    expect(await gain(await learned(`${learner.name}-disliked`, learner, disliked))).toBeLessThan(-1e-4);
    expect(stepsTaken(`${learner.name}-liked`)).toBe(all);
    // What HERO's embedding learned is kept for the rounds that follow.
    if (learner.name !== 'hero') return;
    expect(readCheckpoint(join(root, 'hero-liked')).state.embedding!.optimiser.step).toBe(30);
  });

  // Whether a picture weighs anything is the same for both that go by advantages.
  if (two === null) return;
  it('takes no step by a picture that nobody labelled', async () => {
    const some = { 0: good, 1: bad };
    const alone = await learned(`${learner.name}-some`, learner, some);
    const beside = await learned(`${learner.name}-null`, learner, { ...some, 4: [0, 0], 5: [1, 0] });
    expect(moved(beside, alone)).toEqual([]);
    expect(stepsTaken(`${learner.name}-null`)).toBe(two);
  });
});

const stepsTaken = (name: string): number => readCheckpoint(join(root, name)).state.optimiser.step;

/** Names of the tensors that differ in any bit. */
const moved = (one: NamedTensors, other: NamedTensors): string[] =>
  Object.keys(one).filter((name) =>
    one[name]!.data.some((value, i) => !Object.is(value, other[name]!.data[i])),
  );

describe('what is fed', () => {
  const liked = { 0: good, 1: bad, 2: bad, 3: good, 4: bad, 5: bad };
  const isLiked = (image: number) => image === 0 || image === 3;
  const tally = <T>(all: readonly T[]) =>
    Object.fromEntries([...new Set(all)].map((one) => [one, all.filter((it) => it === one).length]));
  /** By picture, how often. */
  const each = (times: number) => Object.fromEntries([0, 1, 2, 3, 4, 5].map((image) => [image, times]));
  const timesteps = () => [...readRound(roundDir).trajectory!.timesteps];

  it('ddpo: each picture at as many timesteps as asked, with the sign of what it was called; 1 / rows each', async () => {
    const learner: LearnerSettings = { name: 'ddpo', ...policyGradient };
    const steps = await fedTo(() => learned('fed-ddpo', learner, liked));
    const { latents } = readRound(roundDir).trajectory!;
    const perStep = steps.map((calls) => calls.flatMap((fed) => rowsOf(fed, 'next', latents)));
    for (const rows of perStep) {
      expect(new Set(rows.map(({ image }) => image)).size).toBe(3);
      for (const { of } of rows) expect(of('weight')).toBeCloseTo(1 / 6, 6);
    }
    const rows = perStep.flat();
    expect(tally(rows.map(({ image }) => image))).toEqual(each(2));
    expect(new Set(rows.map(({ image, timestep }) => `${image} ${timestep}`)).size).toBe(12);
    for (const { image, of } of rows) expect(of('advantage') > 0).toBe(isLiked(image));
  });

  it('nft: every picture equally often, the good with reward 1, the bad below one half', async () => {
    const learner: LearnerSettings = { name: 'nft', steps: 3, batch: 6, microBatch: 6, lr: 1e-3 };
    const steps = await fedTo(() => learned('fed-nft', learner, liked));
    const rows = steps.flat().flatMap((fed) => rowsOf(fed, 'x', readRound(roundDir).latents));
    expect(tally(rows.map(({ image }) => image))).toEqual(each(3));
    for (const { image, timestep, of } of rows) {
      expect(timesteps()).toContain(timestep);
      expect(of('weight')).toBeCloseTo(1 / 6, 6);
      if (isLiked(image)) expect(of('reward')).toBe(1);
      else expect(of('reward')).toBeLessThan(0.5);
    }
  });

  it('papa: a step for each picture at the noisy timesteps, towards it or away; the good are kept', async () => {
    const learner: LearnerSettings = { name: 'papa', lr: 1e-3, from: 500, keep: 0.2 };
    const steps = await fedTo(() => learned('fed-papa', learner, { ...liked, 0: [1, 0.5] }));
    const perStep = steps.map((calls) =>
      calls.flatMap((fed) => rowsOf(fed, 'x', readRound(roundDir).latents)),
    );
    expect(tally(perStep.map(([row]) => row!.image))).toEqual(each(1));
    const noisy = timesteps().filter((t) => t >= 500);
    expect(noisy.length).toBeLessThan(timesteps().length);
    for (const rows of perStep) {
      expect(rows.map(({ timestep }) => timestep)).toEqual(noisy);
      for (const { image, of } of rows) {
        expect(image).toBe(rows[0]!.image);
        expect(of('weight') > 0).toBe(isLiked(image));
        // By the weight of its votes.
        expect(of('keep')).toBeCloseTo(isLiked(image) ? (image === 0 ? 0.1 : 0.2) : 0, 6);
      }
    }
  });

  it('acclaim: goods alone, by how good times how heavy, at the noisy share of the timesteps', async () => {
    const learner = {
      name: 'acclaim',
      steps: 1,
      batch: 12,
      microBatch: 4,
      drift: 0,
      ghosts: 0,
      noisyShare: 0.5,
      replayTemperature: 0,
    };
    // By its weight alone the one would be fed 7 or 8 times of 12, by how good it is 4 or 5 times.
    const unlike = { ...liked, 0: [0.6, 1], 3: [1, 0.6] } as const;
    const steps = await fedTo(() => learned('fed-acclaim', learner as LearnerSettings, unlike));
    const rows = steps.flat().flatMap((fed) => rowsOf(fed, 'x', readRound(roundDir).latents));
    expect(tally(rows.map(({ image }) => image))).toEqual({ 0: 6, 3: 6 });
    expect(tally(rows.map(({ timestep }) => timestep))).toEqual(
      Object.fromEntries(
        timesteps()
          .slice(0, 2)
          .map((t) => [t, 6]),
      ),
    );
  });
});

describe('acclaim', () => {
  it('fits what was liked better against what was not, and the other way round where the labels are exchanged', async () => {
    const learner: LearnerSettings = {
      name: 'acclaim',
      steps: 12,
      batch: 6,
      microBatch: 6,
      drift: 0,
      lr: 5e-3,
    };
    const liked = { 0: good, 1: bad, 2: bad, 3: good, 4: bad, 5: bad };
    const disliked = { 0: bad, 1: good, 2: good, 3: bad, 4: good, 5: good };
    const [one, other] = [
      await learned('acclaim-liked', learner, liked),
      await learned('acclaim-disliked', learner, disliked),
    ];
    const [before, after, exchanged] = await fits([untrained(one), one, other]);
    // In shares of what it was: pictures are not equally hard.
    const fall = (i: number, to: readonly number[]) => Math.log(before![i]! / to[i]!);
    const against = (to: readonly number[]) =>
      (fall(0, to) + fall(3, to)) / 2 - (fall(1, to) + fall(2, to) + fall(4, to) + fall(5, to)) / 4;
    expect(against(after!)).toBeGreaterThan(2e-3);
    expect(against(exchanged!)).toBeLessThan(-2e-3);
  });

  it('learns nothing of a picture that weighs nothing, or that nobody labelled', async () => {
    const learner: LearnerSettings = { name: 'acclaim', steps: 2, batch: 4, microBatch: 4, drift: 0 };
    const some = await learned('acclaim-some', learner, { 0: good, 1: bad });
    const beside = await learned('acclaim-null', learner, { 0: good, 1: bad, 3: [1, 0], 4: [0, 0] });
    expect(moved(beside, some)).toEqual([]);
  });

  it('hears a good picture by the weight of its votes: next to none teaches nothing', async () => {
    const learner: LearnerSettings = { name: 'acclaim', steps: 2, batch: 4, microBatch: 4, drift: 0 };
    const alone = await learned('alone', learner, { 0: good, 1: bad });
    const faint = await learned('faint', learner, { 0: good, 1: bad, 3: [1, 1e-9] });
    expect(moved(faint, alone)).toEqual([]);
    const loud = await learned('loud', learner, { 0: good, 1: [0, 2], 3: good });
    expect(moved(loud, alone)).not.toEqual([]);
  });
});

describe('how much of what an adapter begins would be liked', () => {
  const asked = async (auc: number, offset: number, weight = 0) => {
    const pipeline = await loadPipeline(MINI);
    const round = readRound(roundDir);
    const shown = asFloat(round.features!.first!, 'features');
    const heads = [{ weights: { first: new Float32Array(shown.shape[1]!).fill(weight) }, offset }];
    const told = { votes: 40, auc, aucError: 0.05, calibration: { slope: 1, offset: 0 } };
    const model = { maps: { first: 1 }, heads, ...told };
    const context = {
      ...{ pipeline, cache, round, sampler: robotJob.sampler, signal: quiet().signal },
      rng: (purpose: string) => new Rng(1, 0, purpose),
    };
    return approvalBy(context, model, []);
  };

  it('is the mean P(good) of what it begins, by a model that tells good from bad', async () => {
    expect(await asked(0.84, 0)).toBeNull();
    const [adapter] = [
      await learned('looked-at', { name: 'acclaim', steps: 1, batch: 4, drift: 0 }, { 0: good, 1: bad }),
    ];
    const spec = adapterSpec(learnerRegistry.acclaim.params.parse({}));
    const of = async (offset: number, weight?: number) =>
      (await asked(0.9, offset, weight))!({ spec, tensors: adapter });
    // Where the features say nothing it is the sigmoid of the offset.
    expect(await of(Math.log(3))).toBeCloseTo(0.75, 5);
    expect(await of(0, 0.01)).not.toBeCloseTo(0.5, 5);
  });
});
