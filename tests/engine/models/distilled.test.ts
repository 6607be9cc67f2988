/**
 * Networks that were distilled with guidance: the tiny SD 1.5 with one layer more, against diffusers' answers
 * (bench/parity/few_steps.py); what learners train through, and what is seen in pictures, under the prompt
 * alone.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sample } from '../../../engine/diffusion/sampler.js';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import {
  beginTraining,
  guidedOutput,
  type TrainingSpec,
} from '../../../engine/learn/losses/training-graph.js';
import { features } from '../../../engine/models/features.js';
import { branchesOf, guidanceEmbedding } from '../../../engine/models/guidance.js';
import { loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { adapterShapes } from '../../../engine/nn/lora.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import { largestDifference, relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const TINY = 'tests/fixtures/tiny';
const read = (file: string) => readSafetensors(`${TINY}/${file}.safetensors`) as Record<string, FloatTensor>;
const golden = read('few-steps/distilled');
const WIDTH = 64;

describe('a network that was distilled with guidance', async () => {
  const root = mkdtempSync(join(tmpdir(), 'acclaim-distilled-'));
  const cache = new ExecutorCache({ threads: 1 });
  const folder = join(root, 'model');
  cpSync(`${TINY}/sd15/model`, folder, { recursive: true });
  const edit = (file: string, change: object) =>
    writeFileSync(
      join(folder, file),
      JSON.stringify({ ...JSON.parse(readFileSync(join(folder, file), 'utf8')), ...change }),
    );
  edit('unet/config.json', { time_cond_proj_dim: WIDTH });
  edit('model_index.json', { _class_name: 'LatentConsistencyModelPipeline' });
  edit('scheduler/scheduler_config.json', { _class_name: 'LCMScheduler' });
  const weights = join(folder, 'unet/diffusion_pytorch_model.safetensors');
  writeSafetensors(weights, {
    ...readSafetensors(weights),
    'time_embedding.cond_proj.weight': golden.layer!,
  });
  const pipeline = await loadPipeline(folder);
  afterAll(async () => {
    await cache.clear();
    rmSync(root, { recursive: true });
  });

  it("is told w as diffusers' pipeline tells it", () => {
    expect(largestDifference(guidanceEmbedding(8, WIDTH), golden.embedding!)).toBeLessThan(1e-4);
    const odd = guidanceEmbedding(1, 5);
    expect([odd.shape, [...odd.data]]).toEqual([
      [1, 5],
      [0, 0, 1, 1, 0],
    ]);
  });

  it('answers as there', async () => {
    const call = { ...read('sd15/unet'), embedding: golden.embedding! };
    expect(relativeError(await callUnet(pipeline, call), golden.out!)).toBeLessThan(1e-4);
    // And not as the network without that layer.
    expect(relativeError(golden.out!, read('sd15/unet').out!)).toBeGreaterThan(1e-2);
  });

  it('draws under the prompt alone, whatever the guidance', async () => {
    const { initial, steps } = read('sd15/ddim_eta1');
    const size = initial!.data.length;
    const found = await sample({
      pipeline,
      cache,
      prompt: 'one blue rose in a vase',
      negative: 'never heard',
      noise: initial!,
      stepNoise: (k) => steps!.data.subarray(k * size, (k + 1) * size),
      sampler: { scheduler: 'lcm', steps: 4, guidance: 8, eta: 1 },
      keep: 'trajectory',
    });
    expect(found.timesteps).toEqual(Array.from(golden.timesteps!.data));
    expect(relativeError(found.trajectory!, golden.latents!)).toBeLessThan(1e-3);
    expect(largestDifference(found.logProbs!, golden.log_probs!)).toBeLessThan(1e-3);
    expect([branchesOf(pipeline.unetConfig, 8), branchesOf({}, 8), branchesOf({}, 1)]).toEqual([1, 2, 1]);
  });

  /** What a learner trains through, with an adapter that does nothing yet. */
  async function trainedThrough(of: Pipeline, guidance: number, call: Record<string, FloatTensor>) {
    const { sample: x, timestep: t, encoder_hidden_states: states } = call;
    const spec: TrainingSpec = {
      pipeline: of,
      adapter: { rank: 2, alpha: 2, targets: 'all' },
      latent: x!.shape.slice(1) as [number, number, number],
      rows: x!.shape[0]!,
      guidance,
      text: { states: [2, ...states!.shape.slice(1)] },
    };
    const inputs = beginTraining(spec);
    inputs.graph.output('out', guidedOutput(spec, inputs, inputs.x, inputs.adapter));
    const executor = await Executor.create(inputs.graph, { threads: 1 });
    const prompt = rows(states!, 0, 1).data;
    const { out } = await executor.run({
      ...Object.fromEntries(adapterShapes(of, spec.adapter).map(({ name, shape }) => [name, f32(shape)])),
      x: x!,
      timestep: f32(
        [spec.rows],
        Array.from({ length: spec.rows }, () => Number(t!.data[0])),
      ),
      // The first text is anything: nobody reads it.
      states: f32(spec.text.states, [...prompt.map(() => Math.PI), ...prompt]),
    });
    await executor.release();
    return out as FloatTensor;
  }

  it('is trained through as it is sampled; so are others where there is no guidance', async () => {
    const own: Record<string, FloatTensor> = { ...read('sd15/unet'), embedding: golden.embedding! };
    const { encoder_hidden_states: states, timestep } = own;
    const count = own.sample!.shape[0]!;
    const first = rows(states!, 0, 1);
    const alike: Record<string, FloatTensor> = {
      ...own,
      encoder_hidden_states: f32(states!.shape, Array.from({ length: count }, () => [...first.data]).flat()),
      timestep: f32(
        [count],
        Array.from({ length: count }, () => Number(timestep!.data[0])),
      ),
    };
    const expected = await callUnet(pipeline, alike);
    expect(relativeError(await trainedThrough(pipeline, 8, own), expected)).toBeLessThan(1e-5);
    expect(relativeError(await trainedThrough(pipeline, 3, own), expected)).toBeGreaterThan(1e-3);
    const plain = await loadPipeline(`${TINY}/sd15/model`);
    const { embedding: _, ...call } = alike;
    const without = await callUnet(plain, call);
    expect(relativeError(await trainedThrough(plain, 0, own), without)).toBeLessThan(1e-5);
  });

  it('sees something in finished pictures', async () => {
    const { initial } = read('sd15/ddim_eta1');
    const maps = await features(pipeline, cache, 'one blue rose in a vase', initial!, 2);
    expect(Object.keys(maps)).toEqual(['first', 'second', 'last']);
  });
});
