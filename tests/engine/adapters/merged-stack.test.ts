/**
 * A session's model taken away with the LoRAs that it was drawn with: its weights against a merge in float64,
 * its pictures against those that model, stack and LoRA give beside one another, and what is said of it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sample } from '../../../engine/diffusion/sampler.js';
import { writeCheckpoint } from '../../../engine/io/checkpoint.js';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import { openSafetensors, readSafetensors } from '../../../engine/io/safetensors.js';
import { exportAdapter } from '../../../engine/jobs/export-adapter.js';
import { initAdapter } from '../../../engine/learn/lora-init.js';
import { adam } from '../../../engine/learn/optimiser.js';
import { loadPipeline } from '../../../engine/models/pipeline.js';
import { adapterShapes } from '../../../engine/nn/lora.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { loadConfig } from '../../../src/config/load.js';
import { samplerFor } from '../../../src/config/models.js';
import { stackFor } from '../../../src/config/stack.js';
import { modelHash } from '../../../src/models/model-hash.js';
import { Rng } from '../../../src/rng.js';
import { relativeError } from '../../support/compare.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-merged-stack-'));
const cache = new ExecutorCache({ threads: 1 });
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true });
});

const model = 'tests/fixtures/tiny/sd15/model';
const [ATTENTION, TEXT] = ['attention', 'text-alpha2'].map(
  (name) => `tests/fixtures/tiny/sd15-adapters/${name}.kohya.safetensors`,
) as [string, string];
const [accelerator, style] = stackFor([`${ATTENTION}:0.6`, TEXT], 'sd15').stack;
const stack = [
  { ...accelerator!, name: 'quick-lora', licence: 'openrail++' },
  { ...style!, name: 'ink', licence: 'MIT' },
];
const quick = { scheduler: 'lcm', steps: 4, guidance: 1, eta: 1, stack } as const;
const learned = { rank: 2, alpha: 3, targets: 'attention' } as const;
const checkpoint = join(root, 'checkpoint');
const pipeline = await loadPipeline(model);
const rng = new Rng(5, 0, 'test');
const tensors = Object.fromEntries(
  Object.entries(initAdapter(adapterShapes(pipeline, learned), learned.rank, rng)).map(
    ([name, { shape }]) => {
      const values = rng.normals(shape.reduce((a, b) => a * b));
      return [
        name,
        f32(
          shape,
          values.map((value) => 0.2 * value),
        ),
      ];
    },
  ),
);
const state: LearnerState = {
  adapter: tensors,
  optimiser: {
    ...adam({ lr: 1, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, clipNorm: null }).init(tensors),
    step: 1,
  },
  ...{ embedding: null, best: null, positives: [], replay: [] },
};
writeCheckpoint(checkpoint, state, {
  ...{ learner: 'acclaim', params: {}, round: 1, seed: 1, prompt: 'a cat', negative: '', random: {} },
  ...{
    model: { sha256: await modelHash(model), family: 'sd15' },
    adapter: learned,
    latent: [4, 8, 8],
    stack,
  },
  ...{ parent: null, batch: 1, threads: 1, device: 'cpu', precision: 'fp32', software: 'acclaim/test' },
});

const asked = { session: 's', round: 1, attempt: 0, seed: 1, checkpoint, model } as const;
const exported = (format: 'diffusers' | 'kohya' | 'merged', name: string, withStack?: boolean) =>
  exportAdapter(
    { ...asked, format, out: join(root, name) },
    { progress() {} },
    withStack ? quick : undefined,
  );

const draw = async (from: typeof pipeline, beside: boolean) => {
  const { latents } = await sample({
    ...{ pipeline: from, cache, prompt: 'a robot at a party', negative: 'dark' },
    noise: f32([1, 4, 8, 8], new Rng(3, 0, 'test').normals(256)),
    stepNoise: () => new Float32Array(256),
    sampler: { scheduler: 'ddim', steps: 3, guidance: 3, eta: 0, ...(beside && { stack }) },
    ...(beside && { adapter: { spec: learned, tensors } }),
  });
  return latents;
};

/** One layer's W + sum of weight x scale x B A, in float64. */
function merged(from: string, key: string, parts: [FloatTensor, FloatTensor, number][]): Float64Array {
  const { data, shape } = readSafetensors(join(model, from))[key] as FloatTensor;
  const inner = shape[1]!;
  return Float64Array.from(data, (w, at) => {
    const [o, i] = [Math.floor(at / inner), at % inner];
    return parts.reduce((sum, [a, b, scale]) => {
      const rank = a.shape[0]!;
      for (let r = 0; r < rank; r++) sum += scale * b.data[o * rank + r]! * a.data[r * inner + i]!;
      return sum;
    }, w);
  });
}

it('holds W + the sum of weight x scale x B A, and draws what the session draws', async () => {
  await exported('merged', 'whole', true);
  const kohya = (file: string, layer: string, weight: number): [FloatTensor, FloatTensor, number] => {
    const read = readSafetensors(file) as Record<string, FloatTensor>;
    const [down, up] = [read[`${layer}.lora_down.weight`]!, read[`${layer}.lora_up.weight`]!];
    return [down, up, (weight * read[`${layer}.alpha`]!.data[0]!) / down.shape[0]!];
  };
  const unet = 'unet/diffusion_pytorch_model.safetensors';
  const query = 'down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q';
  const text = 'text_encoder/model.safetensors';
  const fc1 = 'encoder.layers.0.mlp.fc1';
  const own = (role: 'A' | 'B') => tensors[`unet.${query}.lora_${role}.weight`]!;
  const layers = [
    {
      file: unet,
      key: `${query}.weight`,
      parts: [
        [own('A'), own('B'), 3 / 2] as [FloatTensor, FloatTensor, number],
        kohya(ATTENTION, `lora_unet_${query.replaceAll('.', '_')}`, 0.6),
      ],
    },
    {
      file: text,
      key: `${fc1}.weight`,
      parts: [kohya(TEXT, `lora_te_text_model_${fc1.replaceAll('.', '_')}`, 1)],
    },
  ];
  for (const { file, key, parts } of layers) {
    const found = readSafetensors(join(root, 'whole', file))[key] as FloatTensor;
    const expected = merged(file, key, parts);
    for (const [i, value] of expected.entries()) expect(found.data[i]).toBe(Math.fround(value));
  }

  const alone = await draw(await loadPipeline(join(root, 'whole')), false);
  expect(relativeError(alone, await draw(pipeline, true))).toBeLessThan(1e-4);
  // Without it, what is taken away is the session's LoRA alone.
  await exported('merged', 'own');
  const without = await draw(await loadPipeline(join(root, 'own')), false);
  expect(relativeError(without, alone)).toBeGreaterThan(1e-2);
});

it('names each LoRA with its weight and licence, in it or only drawn with, in every format', async () => {
  await exported('merged', 'said', true);
  await exported('diffusers', 'own.safetensors');
  await exported('kohya', 'kohya.safetensors');
  const names = [
    { name: 'quick-lora', weight: 0.6, licence: 'openrail++', sha256: accelerator!.sha256 },
    { name: 'ink', weight: 1, licence: 'MIT', sha256: style!.sha256 },
  ];
  const about = JSON.parse(readFileSync(join(root, 'said/acclaim.json'), 'utf8'));
  expect(JSON.parse(about['acclaim.merged_with'])).toEqual(names);
  expect(about).not.toHaveProperty(['acclaim.drawn_with']);
  expect(samplerFor(loadConfig(), join(root, 'said'), [])).toEqual({ ...quick, stack: undefined });
  const card = readFileSync(join(root, 'said/README.md'), 'utf8');
  for (const words of ['quick-lora', '0.6', 'openrail++', 'ink', 'MIT']) expect(card).toContain(words);
  for (const file of ['own.safetensors', 'kohya.safetensors']) {
    const { metadata } = openSafetensors(join(root, file));
    expect(JSON.parse(metadata['acclaim.drawn_with']!)).toEqual(names);
    expect(metadata).toMatchObject({ 'acclaim.prompt': 'a cat' });
  }
  const before = readSafetensors(join(checkpoint, 'adapter.safetensors'));
  expect(readSafetensors(join(root, 'own.safetensors'))).toEqual(before);
});

it('is refused where a file of the stack is gone or has changed, and of a LoRA alone', async () => {
  const other = (over: object) =>
    exportAdapter(
      { ...asked, format: 'merged', out: join(root, 'none') },
      { progress() {} },
      { ...quick, stack: [{ ...stack[0]!, ...over }] },
    );
  await expect(other({ file: join(root, 'gone') })).rejects.toMatchObject({ code: 'file-not-found' });
  await expect(other({ sha256: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'model-changed' });
  await expect(exported('kohya', 'none', true)).rejects.toMatchObject({ code: 'usage' });
});
