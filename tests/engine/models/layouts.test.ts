/**
 * Tiny networks with random weights in the layouts of Stable Diffusion 1.x and 2.x (head counts as number and list, conv
 * and linear projections, noise and v prediction, both activations, "!" padding, VAE attention) against diffusers'.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { sample } from '../../../engine/diffusion/sampler.js';
import { Graph } from '../../../engine/graph/graph.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { decode, encode, encodePrompt, loadPipeline } from '../../../engine/models/pipeline.js';
import { unet } from '../../../engine/models/unet.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { relativeError } from '../../support/compare.js';

const PROMPTS = ['one blue rose in a vase', 'a black cat inside a cardboard box', ''];
const map = (t: FloatTensor, f: (x: number) => number) => f32(t.shape, t.data.map(f));
const clipped = (t: FloatTensor) => map(t, (x) => Math.max(-1, Math.min(1, x)));

describe.each(['sd15', 'sd21'])('%s', async (name) => {
  const cache = new ExecutorCache({ threads: 1 });
  afterAll(() => cache.clear());
  const golden = (file: string) =>
    readSafetensors(`tests/fixtures/tiny/${name}/${file}.safetensors`) as Record<string, FloatTensor>;
  const pipeline = await loadPipeline(`tests/fixtures/tiny/${name}/model`);

  it('text states', async () => {
    const { input_ids: ids, last_hidden_state: expected } = golden('text');
    expect(PROMPTS.flatMap((p) => pipeline.tokenizer.encode(p))).toEqual(Array.from(ids!.data, Number));
    expect(relativeError(await encodePrompt(pipeline, cache, PROMPTS), expected!)).toBeLessThan(1e-4);
  });

  it('UNet', async () => {
    const { sample: x, timestep: t, encoder_hidden_states: states, out: expected } = golden('unet');
    const executor = await cache.get('unet', () => {
      const g = new Graph();
      const [sample, timestep, text] = [x!, t!, states!].map((tensor, i) => g.input(`${i}`, tensor.shape));
      g.output('out', unet(g, pipeline, { sample: sample!, timestep: timestep!, states: text! }));
      return g;
    });
    const { out } = await executor.run({ 0: x!, 1: f32(t!.shape, Array.from(t!.data, Number)), 2: states! });
    expect(relativeError(out!, expected!)).toBeLessThan(1e-4);
  });

  it('VAE, both ways', async () => {
    const { z, decoded, image, mean } = golden('vae');
    const scale = pipeline.vaeConfig.scaling_factor;
    expect(
      relativeError(
        await decode(
          pipeline,
          cache,
          map(z!, (x) => x * scale),
        ),
        decoded!,
      ),
    ).toBeLessThan(1e-4);
    expect(
      relativeError(
        await encode(pipeline, cache, image!),
        map(mean!, (x) => x * scale),
      ),
    ).toBeLessThan(1e-4);
  });

  it('a trajectory', async () => {
    const { initial, steps, latents, log_probs: logProbs, images, timesteps } = golden('ddim_eta1');
    const size = initial!.data.length;
    const found = await sample({
      pipeline,
      cache,
      prompt: PROMPTS[0]!,
      negative: '',
      noise: initial!,
      stepNoise: (k) => steps!.data.subarray(k * size, (k + 1) * size),
      sampler: { scheduler: 'ddim', steps: 6, guidance: 5, eta: 1 },
      keep: 'trajectory',
    });
    expect(found.timesteps).toEqual(Array.from(timesteps!.data, Number));
    expect(relativeError(found.trajectory!, latents!)).toBeLessThan(1e-3);
    expect(relativeError(found.logProbs!, logProbs!)).toBeLessThan(1e-3);
    expect(relativeError(clipped(await decode(pipeline, cache, found.latents)), images!)).toBeLessThan(1e-3);
  });
});
