/**
 * Tiny networks with random weights as Stable Diffusion 1.x, 2.x and XL have them (head counts as number and
 * list, conv and linear projections, noise and v prediction, both activations, "!" padding, two text
 * encoders, pooled state and sizes, several transformer layers a block) against diffusers' tensors.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { type SampleRequest, sample } from '../../../engine/diffusion/sampler.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { decode, encode, loadPipeline } from '../../../engine/models/pipeline.js';
import { encodePair, encodePrompt } from '../../../engine/models/prompt.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';
import { callUnet } from '../../support/unet.js';

const PROMPTS = ['one blue rose in a vase', 'a black cat inside a cardboard box', ''];
const map = (t: FloatTensor, f: (x: number) => number) => f32(t.shape, t.data.map(f));
const clipped = (t: FloatTensor) => map(t, (x) => Math.max(-1, Math.min(1, x)));

describe.each(['sd15', 'sd21', 'sdxl'])('%s', async (name) => {
  const cache = new ExecutorCache({ threads: 1 });
  afterAll(() => cache.clear());
  const golden = (file: string) =>
    readSafetensors(`tests/fixtures/tiny/${name}/${file}.safetensors`) as Record<string, FloatTensor>;
  const pipeline = await loadPipeline(`tests/fixtures/tiny/${name}/model`);

  it('ids', () => {
    const expected = golden('text');
    for (const [i, { tokenizer }] of pipeline.encoders.entries()) {
      const ids = expected[i === 0 ? 'input_ids' : `input_ids_${i + 1}`]!;
      expect(PROMPTS.flatMap((p) => tokenizer.encode(p))).toEqual(Array.from(ids.data, Number));
    }
  });

  const states = async () => {
    const { states: found } = await encodePrompt(pipeline, cache, PROMPTS);
    expect(relativeError(found, golden('text').last_hidden_state!)).toBeLessThan(1e-4);
  };
  /** XL also pools, and takes zeros for an empty negative prompt. */
  const xlStates = async () => {
    const text = golden('text');
    const pair = { negative: '', prompt: PROMPTS[0]! };
    const { states: both, pooled, timeIds } = await encodePair(pipeline, cache, pair, [4, 8, 8]);
    const found = [
      [rows(both, 0, 1), text.negative_prompt_embeds!],
      [rows(pooled!, 0, 1), text.negative_pooled!],
    ] as const;
    for (const [zeros, expected] of found) expect(zeros).toEqual(expected);
    expect(relativeError(rows(both, 1, 2), text.prompt_embeds!)).toBeLessThan(1e-4);
    expect(relativeError(rows(pooled!, 1, 2), text.pooled!)).toBeLessThan(1e-4);
    expect(Array.from(timeIds!.data)).toEqual([16, 16, 0, 0, 16, 16, 16, 16, 0, 0, 16, 16]);
    const said = await encodePair(pipeline, cache, { ...pair, negative: 'a' }, [4, 8, 8]);
    expect(rows(said.states, 0, 1).data.some((x) => x !== 0)).toBe(true);
  };
  it('text states', name === 'sdxl' ? xlStates : states);

  it('UNet', async () => {
    const { out } = golden('unet');
    expect(relativeError(await callUnet(pipeline, golden('unet')), out!)).toBeLessThan(1e-4);
  });

  it('VAE, both ways', async () => {
    const { z, decoded, image, mean } = golden('vae');
    const scale = pipeline.vaeConfig.scaling_factor;
    const scaled = (t: FloatTensor) => map(t, (x) => x * scale);
    expect(relativeError(await decode(pipeline, cache, scaled(z!)), decoded!)).toBeLessThan(1e-4);
    expect(relativeError(await encode(pipeline, cache, image!), scaled(mean!))).toBeLessThan(1e-4);
  });

  async function follow(file: string, sampler: SampleRequest['sampler']) {
    const tensors = golden(file);
    const { initial, steps, latents, images, timesteps } = tensors;
    const size = initial!.data.length;
    // XL's folder names Euler, which says nothing of DDIM's last step; the golden one ends at the first
    // alpha.
    const scheduler = { ...pipeline.scheduler, set_alpha_to_one: false };
    const found = await sample({
      pipeline: { ...pipeline, scheduler },
      cache,
      prompt: PROMPTS[0]!,
      negative: '',
      noise: initial!,
      stepNoise: (k) => steps!.data.subarray(k * size, (k + 1) * size),
      sampler,
      keep: 'trajectory',
    });
    expect(found.timesteps).toEqual(Array.from(timesteps!.data, Number));
    expect(relativeError(found.trajectory!, latents!)).toBeLessThan(1e-3);
    expect(relativeError(clipped(await decode(pipeline, cache, found.latents)), images!)).toBeLessThan(1e-3);
    return { tensors, found };
  }

  it('a trajectory', async () => {
    const { tensors, found } = await follow('ddim_eta1', {
      scheduler: 'ddim',
      steps: 6,
      guidance: 5,
      eta: 1,
    });
    expect(relativeError(found.logProbs!, tensors.log_probs!)).toBeLessThan(1e-3);
    if (name === 'sdxl') await follow('euler', { scheduler: 'euler', steps: 6, guidance: 5, eta: 0 });
  });
});
