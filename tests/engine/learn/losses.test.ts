/**
 * Losses and LoRA gradients against PyTorch, diffusers and peft (tests/fixtures/mini): DDPO on both kinds of
 * adapter with one AdamW step, D3PO; guided regression, DiffusionNFT and PAPA against direct computations.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { alphasCumprod } from '../../../engine/diffusion/betas.js';
import { createPredictor } from '../../../engine/diffusion/predictor.js';
import type { Graph } from '../../../engine/graph/graph.js';
import { d3poGraph } from '../../../engine/learn/losses/d3po.js';
import { ddpoGraph } from '../../../engine/learn/losses/ddpo.js';
import { guidedRegressionGraph } from '../../../engine/learn/losses/guided-regression.js';
import { nftGraph, oldName } from '../../../engine/learn/losses/nft.js';
import { papaGraph } from '../../../engine/learn/losses/papa.js';
import type { TrainingSpec } from '../../../engine/learn/losses/training-graph.js';
import { adam } from '../../../engine/learn/optimiser.js';
import { loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import {
  asFloat,
  cloneTensors,
  globalNorm,
  type NamedTensors,
} from '../../../engine/runtime/named-tensors.js';
import { type FloatTensor, f32, type Tensor } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';
import { golden, MINI, relativeError } from '../../support/golden.js';
import { trajectoryRows } from '../../support/trajectory-rows.js';

const SIZE = 4 * 16 * 16;
const THREADS = { threads: 2 };
let pipeline: Pipeline;
let states: FloatTensor;

beforeAll(async () => {
  pipeline = await loadPipeline(MINI);
  const cache = new ExecutorCache(THREADS);
  ({ states } = await encodePrompt(pipeline, cache, ['', 'a robot at a party']));
  await cache.clear();
});

const spec = (targets: 'attention' | 'all', rows: number, recompute = false): TrainingSpec => ({
  pipeline,
  adapter: { rank: 4, alpha: 4, targets },
  latent: [4, 16, 16],
  rows,
  guidance: 3,
  text: { states: states.shape },
  recompute,
});

function gradientsOf(out: Record<string, Tensor>, adapter: NamedTensors): NamedTensors {
  return Object.fromEntries(Object.keys(adapter).map((name) => [name, asFloat(out[`grad.${name}`], name)]));
}

/** Largest difference over the largest value of *all* tensors, and per tensor for those that matter. */
function compareGradients(actual: NamedTensors, expected: NamedTensors): void {
  const largest = Math.max(...Object.values(expected).map((t) => Math.max(...t.data.map(Math.abs))));
  for (const [name, { data }] of Object.entries(expected)) {
    const own = Math.max(...data.map(Math.abs));
    const error = relativeError(actual[name]!.data, data) * own;
    expect(error / Math.max(own, 1e-3 * largest), name).toBeLessThan(1e-3);
  }
}

describe('ddpo', () => {
  it.each([
    { targets: 'attention', recompute: false },
    { targets: 'all', recompute: false },
    { targets: 'all', recompute: true },
  ] as const)('loss, ratio, gradients and one AdamW step: %o', async ({ targets, recompute }) => {
    const expected = golden(`ddpo_${targets}`);
    const adapter = golden(`lora_${targets}`) as NamedTensors;
    const steps = Array.from(expected.steps!.data, Number);
    const A = Array.from(expected.advantages!.data, Number);
    const executor = await Executor.create(ddpoGraph(spec(targets, 12, recompute), 1e-4), THREADS);
    const out = await executor.run({
      ...adapter,
      ...trajectoryRows(pipeline, states, steps),
      old_log_prob: f32([12], expected.old_log_probs!.data as Float32Array),
      advantage: f32([12], [...A, ...A, ...A]),
      weight: f32([12], new Float32Array(12).fill(1 / 12)),
    });
    await executor.release();

    expect(relativeError(out.ratio!.data as Float32Array, expected.ratio!.data)).toBeLessThan(1e-3);
    expect(relativeError(out.loss!.data as Float32Array, expected.loss!.data)).toBeLessThan(1e-3);
    const gradients = gradientsOf(out, adapter);
    const reference = golden(`ddpo_${targets}_grads`) as NamedTensors;
    compareGradients(gradients, reference);
    expect(globalNorm(gradients) / Number(expected.grad_norm!.data[0])).toBeCloseTo(1, 3);

    const lr = 1e-3;
    const optimiser = adam({ lr, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4, clipNorm: 1 });
    const moved = cloneTensors(adapter);
    optimiser.update(moved, gradients, optimiser.init(moved));
    const after = golden(`ddpo_${targets}_after`) as NamedTensors;
    const largest = Math.max(...Object.values(reference).map((t) => Math.max(...t.data.map(Math.abs))));
    let compared = 0;
    for (const [name, { data }] of Object.entries(after))
      for (const [i, to] of data.entries()) {
        if (Math.abs(reference[name]!.data[i]!) <= 1e-4 * largest) continue;
        const from = adapter[name]!.data[i]!;
        expect(Math.abs(moved[name]!.data[i]! - to) / lr, `${name} ${i}`).toBeLessThan(
          0.01 * Math.max(1, Math.abs(to - from) / lr),
        );
        compared++;
      }
    expect(compared).toBeGreaterThan(10_000);
  });
});

describe('d3po', () => {
  it('loss and gradients of three pairs', async () => {
    const expected = golden('d3po');
    const adapter = golden('d3po_lora') as NamedTensors;
    const pairs = Array.from(expected.pairs!.data, Number); // [3,2]
    const pick = (role: 0 | 1) => {
      const out = f32([3, 4]);
      for (let i = 0; i < 3; i++) out.data[i * 4 + pairs[i * 2 + role]!] = 1;
      return out;
    };
    const graph = d3poGraph(spec('attention', 4), 3, { beta: 0.1, epsilon: 0.1 });
    const executor = await Executor.create(graph, THREADS);
    const out = await executor.run({
      ...adapter,
      ...trajectoryRows(pipeline, states, [Number(expected.step!.data[0])]),
      old_log_prob: f32([4], expected.ref_log_probs!.data as Float32Array),
      winner: pick(0),
      loser: pick(1),
      pair_weight: f32([3], [1 / 3, 1 / 3, 1 / 3]),
    });
    await executor.release();
    expect(relativeError(out.log_prob!.data as Float32Array, expected.new_log_probs!.data)).toBeLessThan(
      1e-3,
    );
    expect(relativeError(out.loss!.data as Float32Array, expected.loss!.data)).toBeLessThan(1e-3);
    compareGradients(gradientsOf(out, adapter), golden('d3po_grads') as NamedTensors);
  });
});

describe('guided regression', () => {
  it('its gradient is the slope of its loss, and an anchor at the base model costs nothing where nothing moved', async () => {
    const rng = new Rng(1, 0, 'test');
    const rows = 2;
    const s = spec('attention', rows);
    const cumprod = alphasCumprod(pipeline.scheduler);
    const ts = [951, 601];
    const feeds = {
      x: f32([rows, 4, 16, 16], rng.normals(rows * SIZE)),
      noise: f32([rows, 4, 16, 16], rng.normals(rows * SIZE)),
      timestep: f32([rows], ts),
      alpha: f32(
        [rows, 1, 1, 1],
        ts.map((t) => cumprod[t]!),
      ),
      weight: f32([rows], [0.5, 0.5]),
      states,
    };
    const adapter = golden('lora_attention') as NamedTensors;
    const plain = await Executor.create(guidedRegressionGraph(s, { cap: 10, anchor: 0 }), { threads: 1 });
    const out = await plain.run({ ...adapter, ...feeds });
    const gradients = gradientsOf(out, adapter);
    // Along the gradient itself the loss must change by |gradient|^2 a unit (central difference).
    const norm = globalNorm(gradients);
    const at = async (h: number) => {
      const moved = cloneTensors(adapter);
      for (const [name, t] of Object.entries(moved))
        for (let i = 0; i < t.data.length; i++) t.data[i]! += (h * gradients[name]!.data[i]!) / norm;
      return Number((await plain.run({ ...moved, ...feeds })).loss!.data[0]);
    };
    const h = 1e-2;
    expect(((await at(h)) - (await at(-h))) / (2 * h) / norm).toBeCloseTo(1, 2);

    const still = Object.fromEntries(
      Object.entries(adapter).map(([name, t]) => [name, name.includes('lora_B') ? f32(t.shape) : t]),
    );
    const anchored = await Executor.create(guidedRegressionGraph(s, { cap: 10, anchor: 1 }), { threads: 1 });
    const [free, held] = [
      await plain.run({ ...still, ...feeds }),
      await anchored.run({ ...still, ...feeds }),
    ];
    expect(held.loss!.data[0]).toBeCloseTo(Number(free.loss!.data[0]), 5);
    const moved = await anchored.run({ ...adapter, ...feeds });
    expect(Number(moved.loss!.data[0])).toBeGreaterThan(Number(out.loss!.data[0]));
    await plain.release();
    await anchored.release();
  });
});

describe('losses on noised images', () => {
  const rows = 2;
  const ts = [951, 401];
  const rng = new Rng(2, 0, 'test');
  const feeds = {
    x: f32([rows, 4, 16, 16], rng.normals(rows * SIZE)),
    noise: f32([rows, 4, 16, 16], rng.normals(rows * SIZE)),
    timestep: f32([rows], ts),
  };
  const z0 = feeds.x.data;
  const e = feeds.noise.data;
  let alpha: number[];
  let adapter: NamedTensors;
  /** Another policy: the adapter with its second half turned down. */
  let other: NamedTensors;

  beforeAll(() => {
    alpha = ts.map((t) => alphasCumprod(pipeline.scheduler)[t]!);
    adapter = golden('lora_attention') as NamedTensors;
    other = Object.fromEntries(
      Object.entries(adapter).map(([name, t]) => [
        name,
        name.includes('lora_B')
          ? f32(
              t.shape,
              t.data.map((v) => 0.5 * v),
            )
          : t,
      ]),
    );
  });

  /** p of each row as sampling predicts it: merged weights, one row at a time. Null: the base model. */
  async function predictions(tensors: NamedTensors | null): Promise<Float32Array[]> {
    const cache = new ExecutorCache({ threads: 1 });
    const out: Float32Array[] = [];
    for (const [i, t] of ts.entries()) {
      const xt = Float32Array.from({ length: SIZE }, (_, k) => {
        const at = i * SIZE + k;
        return Math.sqrt(alpha[i]!) * z0[at]! + Math.sqrt(1 - alpha[i]!) * e[at]!;
      });
      const noise = f32([1, 4, 16, 16], xt);
      const request = { prompt: 'a robot at a party', negative: '', noise, sampler: { guidance: 3 } };
      const values = tensors && { spec: spec('attention', 1).adapter, tensors };
      const predictor = await createPredictor({
        ...{ pipeline, cache, ...request },
        ...(values ? { adapter: values } : {}),
      });
      out.push(await predictor.predict(noise, t));
      await predictor.release();
    }
    await cache.clear();
    return out;
  }

  const mean = (of: (k: number) => number) =>
    Array.from({ length: SIZE }, (_, k) => of(k)).reduce((a, b) => a + b, 0) / SIZE;

  /** The gradient's slope along itself (central difference) over its length: 1 where it is right. */
  async function slope(graph: Graph, fed: Record<string, Tensor>): Promise<{ loss: number; ratio: number }> {
    const executor = await Executor.create(graph, { threads: 1 });
    const out = await executor.run({ ...adapter, ...fed });
    const gradients = gradientsOf(out, adapter);
    const norm = globalNorm(gradients);
    const at = async (h: number) => {
      const moved = cloneTensors(adapter);
      for (const [name, t] of Object.entries(moved))
        for (let i = 0; i < t.data.length; i++) t.data[i]! += (h * gradients[name]!.data[i]!) / norm;
      return Number((await executor.run({ ...moved, ...fed })).loss!.data[0]);
    };
    const h = 1e-2;
    const ratio = ((await at(h)) - (await at(-h))) / (2 * h) / norm;
    await executor.release();
    return { loss: Number(out.loss!.data[0]), ratio };
  }

  it('PAPA: a liked row fits and stays, the other is pushed away, and the gradient is the slope', async () => {
    const [weight, keep] = [
      [0.3, -0.2],
      [0.05, 0],
    ];
    const fed = {
      ...{ ...feeds, states, alpha: f32([rows, 1, 1, 1], alpha) },
      weight: f32([rows], weight),
      keep: f32([rows], keep),
    };
    const { loss, ratio } = await slope(papaGraph(spec('attention', rows)), fed);
    const [p, base] = [await predictions(adapter), await predictions(null)];
    const expected = [0, 1].reduce(
      (sum, i) =>
        sum +
        weight[i]! * mean((k) => (p[i]![k]! - e[i * SIZE + k]!) ** 2) +
        keep[i]! * mean((k) => (p[i]![k]! - base[i]![k]!) ** 2),
      0,
    );
    expect(loss / expected).toBeCloseTo(1, 3);
    expect(ratio).toBeCloseTo(1, 2);
  });

  it("DiffusionNFT: r weighs the positive branch, 1 - r its mirror image about the old policy's prediction", async () => {
    const [beta, reward, weight] = [0.7, [0.9, 0.25], [0.5, 0.25]];
    const olds = Object.fromEntries(Object.entries(other).map(([name, t]) => [oldName(name), t]));
    const fed = {
      ...{ ...feeds, states, ...olds, alpha: f32([rows, 1, 1, 1], alpha) },
      reward: f32([rows], reward),
      weight: f32([rows], weight),
    };
    const graph = nftGraph(spec('attention', rows), beta);
    const executor = await Executor.create(graph, { threads: 1 });
    const out = await executor.run({ ...adapter, ...fed });
    const [p, old] = [await predictions(adapter), await predictions(other)];
    let expected = 0;
    for (const i of [0, 1]) {
      const [a, at] = [alpha[i]!, (k: number) => i * SIZE + k];
      const x = (q: number, k: number) =>
        (Math.sqrt(a) * z0[at(k)]! + Math.sqrt(1 - a) * e[at(k)]! - Math.sqrt(1 - a) * q) / Math.sqrt(a);
      const branch = (side: number) => {
        const q = (k: number) => old[i]![k]! + side * beta * (p[i]![k]! - old[i]![k]!);
        const squares = mean((k) => (x(q(k), k) - z0[at(k)]!) ** 2);
        return squares / mean((k) => Math.abs(x(q(k), k) - z0[at(k)]!));
      };
      expected += weight[i]! * (reward[i]! * branch(1) + (1 - reward[i]!) * branch(-1));
    }
    expect(Number(out.loss!.data[0]) / expected).toBeCloseTo(1, 3);
    // With all of r on one branch its mirror image has no say, and the gradients are opposite where p is
    // p_old.
    const same = Object.fromEntries(Object.entries(adapter).map(([name, t]) => [oldName(name), t]));
    const run = async (r: number) =>
      gradientsOf(await executor.run({ ...adapter, ...fed, ...same, reward: f32([rows], [r, r]) }), adapter);
    const [toward, away] = [await run(1), await run(0)];
    await executor.release();
    for (const name of Object.keys(toward))
      expect(
        relativeError(
          away[name]!.data.map((v) => -v),
          toward[name]!.data,
        ),
        name,
      ).toBeLessThan(1e-3);
    expect(globalNorm(toward)).toBeGreaterThan(1e-3);
  });
});
