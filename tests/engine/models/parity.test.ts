/**
 * Every network of the miniature against the tensors that diffusers, transformers and peft gave on the same
 * weights.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Graph } from '../../../engine/graph/graph.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { decode, encode, loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { unet } from '../../../engine/models/unet.js';
import { encoder } from '../../../engine/models/vae.js';
import { type AdapterSpec, adapterInputs, type LoraForm } from '../../../engine/nn/lora.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { type FloatTensor, f32, type Tensor } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';

const golden = (name: string) =>
  readSafetensors(`tests/fixtures/mini/${name}.safetensors`) as Record<string, FloatTensor>;
const prompts: string[] = JSON.parse(readFileSync('tests/fixtures/mini/prompts.json', 'utf8'));
/** Their states are of the text as it stands: a bracket in it is no weight. */
const literally = (text: string) => text.replace(/[()[\]\\]/g, '\\$&');
const floats = (t: Tensor) => f32(t.shape, Float32Array.from(t.data as Float32Array, Number));

let pipeline: Pipeline;
const cache = new ExecutorCache({ threads: 1 });
beforeAll(async () => {
  pipeline = await loadPipeline('models/mini');
});
afterAll(() => cache.clear());

/** One UNet call, with an adapter where `lora` is given. */
async function callUnet(
  feeds: Record<'sample' | 'timestep' | 'states', FloatTensor>,
  lora?: { spec: AdapterSpec; tensors: Record<string, Tensor>; form: LoraForm },
): Promise<FloatTensor> {
  const g = new Graph();
  const [sample, timestep, states] = (['sample', 'timestep', 'states'] as const).map((k) =>
    g.input(k, feeds[k].shape),
  );
  const adapter = lora && adapterInputs(g, pipeline, lora.spec, lora.form);
  g.output('out', unet(g, pipeline, { sample: sample!, timestep: timestep!, states: states! }, adapter));
  const executor = await Executor.create(g, { threads: 1 });
  const { out } = await executor.run({ ...feeds, ...lora?.tensors });
  await executor.release();
  return out as FloatTensor;
}

describe('the miniature', () => {
  it('gives the text states of every prompt', async () => {
    const { states } = await encodePrompt(pipeline, cache, prompts.map(literally));
    expect(relativeError(states, golden('text').last_hidden_state!)).toBeLessThan(1e-4);
  });

  it('gives the UNet prediction at three timesteps', async () => {
    const { sample, timestep, encoder_hidden_states: states, out } = golden('unet');
    const found = await callUnet({ sample: sample!, timestep: floats(timestep!), states: states! });
    expect(relativeError(found, out!)).toBeLessThan(1e-4);
  });

  it('decodes latents', async () => {
    const { latent, decoded } = golden('vae');
    expect(relativeError(await decode(pipeline, cache, latent!), decoded!)).toBeLessThan(1e-4);
  });

  it('encodes images to mean and log-variance', async () => {
    const { image, mean, logvar } = golden('vae');
    const g = new Graph();
    const moments = encoder(g, pipeline, g.input('image', image!.shape));
    g.output('mean', moments.mean);
    g.output('logVariance', moments.logVariance);
    const executor = await Executor.create(g, { threads: 1 });
    const found = await executor.run({ image: image! });
    await executor.release();
    expect(relativeError(found.mean!, mean!)).toBeLessThan(1e-4);
    expect(relativeError(found.logVariance!, logvar!)).toBeLessThan(1e-4);
    const scaled = mean!.data.map((x) => x * pipeline.vaeConfig.scaling_factor);
    expect(relativeError(await encode(pipeline, cache, image!), f32(mean!.shape, scaled))).toBeLessThan(1e-4);
  });

  it.each([
    ['attention', 'unmerged'],
    ['attention', 'merged'],
    ['all', 'unmerged'],
    ['all', 'merged'],
  ] as const)('gives the UNet prediction with a LoRA on %s, %s', async (targets, form) => {
    const { sample, out } = golden(`lora_${targets}_unet`);
    const { states } = await encodePrompt(pipeline, cache, ['a hand']);
    const lora = { spec: { rank: 4, alpha: 4, targets }, tensors: golden(`lora_${targets}`), form };
    const found = await callUnet({ sample: sample!, timestep: f32([1], [501]), states }, lora);
    expect(relativeError(found, out!)).toBeLessThan(1e-4);
    const base = await callUnet({ sample: sample!, timestep: f32([1], [501]), states });
    expect(relativeError(base, out!)).toBeGreaterThan(1e-2);
  });
});
