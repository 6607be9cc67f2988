/**
 * Networks in float16 against the golden tensors of float32: predictions, pictures, trajectories,
 * likelihoods, gradients. On the CPU onnxruntime leaves some roundings out; tests/engine/half-device.test.ts
 * has them all.
 *
 * Bounds: a float16 rounding is off by u = 2^-11 = 4.9e-4 of a value at most, 2.8e-4 in the root mean square.
 * A few dozen layers, each rounded a few times and most of them beside a residual path, come to a few u; 4e-3
 * is 8 u.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sample } from '../../engine/diffusion/sampler.js';
import { Graph } from '../../engine/graph/graph.js';
import type { Node, Value } from '../../engine/graph/value.js';
import { readSafetensors } from '../../engine/io/safetensors.js';
import { ddpoGraph } from '../../engine/learn/losses/ddpo.js';
import type { TrainingSpec } from '../../engine/learn/losses/training-graph.js';
import { adam } from '../../engine/learn/optimiser.js';
import { decode, encode, loadPipeline, type Pipeline } from '../../engine/models/pipeline.js';
import { encodePrompt } from '../../engine/models/prompt.js';
import { unet } from '../../engine/models/unet.js';
import { decoder } from '../../engine/models/vae.js';
import { type Adapter, adapterInputs, adapterShapes } from '../../engine/nn/lora.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { Executor } from '../../engine/runtime/executor.js';
import { asFloat, cloneTensors, type NamedTensors } from '../../engine/runtime/named-tensors.js';
import { type FloatTensor, f32 } from '../../engine/runtime/tensor.js';
import { golden, MINI, rmsError } from '../support/golden.js';
import { trajectoryRows } from '../support/trajectory-rows.js';
import { callUnet } from '../support/unet.js';

const BOUND = 4e-3;
/** float32 stays below, so that what is above was computed in float16. */
const FLOAT32 = 1e-5;

const cache = new ExecutorCache({ threads: 2 });
let mini: Pipeline;
beforeAll(async () => {
  mini = await loadPipeline(MINI, 'fp16');
});
afterAll(() => cache.clear());

const expectHalf = (error: number, bound = BOUND) => {
  expect(error).toBeLessThan(bound);
  expect(error).toBeGreaterThan(FLOAT32);
};

/** Their states are of the text as it stands: a bracket in it is no weight. */
const literally = (text: string) => text.replace(/[()[\]\\]/g, '\\$&');

describe('in float16', () => {
  it.each(['sd15', 'sd21', 'sdxl'] as const)('%s predicts what it predicts in float32', async (name) => {
    const dir = `tests/fixtures/tiny/${name}`;
    const of = readSafetensors(`${dir}/unet.safetensors`);
    const found = await callUnet(await loadPipeline(`${dir}/model`, 'fp16'), of);
    expectHalf(rmsError(found.data, of.out!.data as Float32Array)); // 1.0e-3 to 1.5e-3
  });

  it('the miniature predicts, decodes, encodes and reads as in float32', async () => {
    const of = golden('unet');
    expectHalf(rmsError((await callUnet(mini, of)).data, of.out!.data as Float32Array)); // 5e-4
    const { latent, decoded } = golden('vae') as Record<string, FloatTensor>;
    const image = await decode(mini, cache, latent!);
    expectHalf(rmsError(image.data, decoded!.data)); // 4e-4
    const whole = await encode(await loadPipeline(MINI), cache, decoded!);
    expectHalf(rmsError((await encode(mini, cache, decoded!)).data, whole.data));
    const prompts = JSON.parse(readFileSync('tests/fixtures/mini/prompts.json', 'utf8')) as string[];
    const { states } = await encodePrompt(mini, cache, prompts.map(literally));
    expectHalf(rmsError(states.data, golden('text').last_hidden_state!.data as Float32Array));
  });

  it('a run of twenty guided steps stays by the golden one', async () => {
    const run = JSON.parse(readFileSync('tests/fixtures/mini/trajectories.json', 'utf8')).trajectory_eta1;
    const { prompt, negative, ...settings } = run;
    const tensors = golden('trajectory_eta1') as Record<string, FloatTensor>;
    const size = tensors.initial!.data.length;
    const { trajectory } = await sample({
      pipeline: mini,
      cache,
      prompt,
      negative,
      sampler: { scheduler: 'ddim', ...settings },
      noise: tensors.initial!,
      stepNoise: (k) => tensors.steps!.data.subarray(k * size, (k + 1) * size),
      keep: 'trajectory',
    });
    // Guidance 3 takes the difference of two predictions three times; the steps' noise does not differ.
    // Measured: 8e-4.
    expectHalf(rmsError(trajectory!.data, tensors.latents!.data));
  });
});

/** Nodes of a network by name of op and type of its first result. */
function count(nodes: readonly Node[], op: Node['op'], dtype: Value['dtype']): number {
  return nodes.filter((node) => node.op === op && node.outputs[0]!.dtype === dtype).length;
}

/** A call of the smallest size. */
function callGraph(pipeline: Pipeline, adapter?: (g: Graph) => Adapter): Graph {
  const g = new Graph();
  const { unetConfig: config } = pipeline;
  const inputs = {
    sample: g.input('sample', [1, config.in_channels, 8, 8]),
    timestep: g.input('timestep', [1]),
    states: g.input('states', [1, 4, config.cross_attention_dim]),
  };
  g.output('out', unet(g, pipeline, inputs, adapter?.(g)));
  return g;
}

describe('what stays float32', () => {
  it('is the first and the last layer, the embedding of timesteps, and nothing else of the base model', () => {
    const { nodes } = callGraph(mini);
    expect(count(nodes, 'Conv', 'float32')).toBe(2);
    expect(count(nodes, 'Gemm', 'float32')).toBe(2);
    expect(count(nodes, 'MultiHeadAttention', 'float32')).toBe(0);
    expect(count(nodes, 'Conv', 'float16')).toBeGreaterThan(20);
    expect(count(nodes, 'Gemm', 'float16')).toBeGreaterThan(20);
  });

  it('is the low-rank part', () => {
    const spec = { rank: 4, alpha: 4, targets: 'attention' } as const;
    const { nodes } = callGraph(mini, (g) => adapterInputs(g, mini, spec));
    // Down and up for each layer, which has two matrices.
    expect(count(nodes, 'Gemm', 'float32') - 2).toBe(adapterShapes(mini, spec).length);
  });

  it('is attention where the model says so, and a VAE that says so', () => {
    const upcast = { ...mini, unetConfig: { ...mini.unetConfig, upcast_attention: true } };
    const { nodes } = callGraph(upcast);
    expect(count(nodes, 'MultiHeadAttention', 'float16')).toBe(0);
    expect(count(nodes, 'MultiHeadAttention', 'float32')).toBeGreaterThan(4);
    const types = (force_upcast: boolean) => {
      const g = new Graph();
      const source = { ...mini, vaeConfig: { ...mini.vaeConfig, force_upcast } };
      decoder(g, source, g.input('x', [1, 4, 8, 8]));
      return new Set(g.nodes.flatMap(({ outputs }) => outputs.map(({ dtype }) => dtype)));
    };
    expect(types(true)).not.toContain('float16');
    expect(types(false)).toContain('float16');
  });
});

describe('weights of half precision', () => {
  const TINY = 'tests/fixtures/tiny';
  /** The tiny model with the UNet's file of another layout. */
  function withUnet(layout: string, file: string): Promise<Pipeline> {
    const folder = mkdtempSync(join(tmpdir(), 'acclaim-half-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(`${TINY}/sd15/model`, folder, { recursive: true });
    rmSync(join(folder, 'unet/diffusion_pytorch_model.safetensors'));
    cpSync(`${TINY}/sd15-layouts/${layout}/unet/${file}`, join(folder, 'unet', file));
    return loadPipeline(folder, 'fp16');
  }

  it.each([
    ['fp16-variant', 'diffusion_pytorch_model.fp16.safetensors'],
    ['bf16', 'diffusion_pytorch_model.safetensors'],
  ])('%s give what diffusers gives with them in float32', async (layout, file) => {
    const pipeline = await withUnet(layout, file);
    const { unet_out: expected } = readSafetensors(`${TINY}/sd15-layouts/${layout}.expected.safetensors`);
    for (const profile of ['speed', 'memory'] as const) {
      const out = await callUnet(pipeline, readSafetensors(`${TINY}/sd15/unet.safetensors`), { profile });
      expectHalf(rmsError(out.data, expected!.data as Float32Array));
    }
  });

  it('are used as they lie in their file where they are float16', async () => {
    const pipeline = await withUnet('fp16-variant', 'diffusion_pytorch_model.fp16.safetensors');
    const cast = callGraph(pipeline).nodes.flatMap(({ op, inputs: [x] }) =>
      op === 'Cast' && x!.source.kind === 'weight' ? [x!.source.weight.name] : [],
    );
    const wide = ['conv_in', 'conv_out', 'time_embedding.linear_1', 'time_embedding.linear_2'];
    expect(cast.sort()).toEqual(wide.flatMap((layer) => [`${layer}.bias`, `${layer}.weight`]).sort());
  });
});

describe('training in float16', () => {
  const IMAGES = 4;

  /** DDPO on rows of the golden trajectory; `out` of the run time. */
  async function ddpo(pipeline: Pipeline, targets: 'attention' | 'all', recompute: boolean) {
    const { states } = await encodePrompt(pipeline, cache, ['', 'a robot at a party']);
    const expected = golden(`ddpo_${targets}`);
    const adapter = golden(`lora_${targets}`) as NamedTensors;
    const steps = Array.from(expected.steps!.data, Number);
    const rows = steps.length * IMAGES;
    const spec: TrainingSpec = {
      pipeline,
      adapter: { rank: 4, alpha: 4, targets },
      latent: [4, 16, 16],
      rows,
      guidance: 3,
      text: { states: states.shape },
      recompute,
    };
    const A = Array.from(expected.advantages!.data, Number);
    // So wide that no ratio is clipped: a gradient that is there in one and not in the other says nothing of
    // rounding.
    const executor = await Executor.create(ddpoGraph(spec, 10), { threads: 2 });
    const out = await executor.run({
      ...adapter,
      ...trajectoryRows(pipeline, states, steps),
      old_log_prob: f32([rows], expected.old_log_probs!.data as Float32Array),
      advantage: f32([rows], [...A, ...A, ...A]),
      weight: f32([rows], new Float32Array(rows).fill(1 / rows)),
    });
    await executor.release();
    const gradients: NamedTensors = Object.fromEntries(
      Object.keys(adapter).map((name) => [name, asFloat(out[`grad.${name}`], name)]),
    );
    return { adapter, gradients, logProbs: asFloat(out.log_prob, 'log_prob').data };
  }

  const joined = (params: NamedTensors) => Object.keys(params).flatMap((name) => [...params[name]!.data]);
  const cosine = (a: readonly number[], b: readonly number[]) => {
    const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };

  it.each([
    { targets: 'attention', recompute: false },
    { targets: 'all', recompute: true },
  ] as const)('likelihoods, gradients and one AdamW step: %o', async ({ targets, recompute }) => {
    const half = await ddpo(mini, targets, recompute);
    const whole = await ddpo(await loadPipeline(MINI), targets, recompute);
    // What learn/trajectory-batches.ts lets sampling and training differ by; measured: 1.2e-4.
    const off = Math.max(...half.logProbs.map((v, i) => Math.abs(v - whole.logProbs[i]!)));
    expect(off).toBeLessThan(1e-2);
    expect(off).toBeGreaterThan(1e-5);

    const [found, wanted] = [joined(half.gradients), joined(whole.gradients)];
    expect(rmsError(found, wanted)).toBeLessThan(1e-2); // 3e-3
    expect(cosine(found, wanted)).toBeGreaterThan(0.9999); // 0.999995
    for (const [name, { data }] of Object.entries(whole.gradients))
      expect(cosine([...half.gradients[name]!.data], [...data]), name).toBeGreaterThan(0.999); // 0.99993

    const moved = [half, whole].map(({ adapter, gradients }) => {
      const options = { lr: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-4, clipNorm: 1 };
      const optimiser = adam(options);
      const after = cloneTensors(adapter);
      optimiser.update(after, gradients, optimiser.init(after));
      const before = joined(adapter);
      return joined(after).map((v, i) => v - before[i]!);
    }) as [number[], number[]];
    // The first step is the gradient's sign: what is near zero may turn.
    expect(cosine(...moved)).toBeGreaterThan(0.98);
  });
});
