/**
 * What the base model sees in a picture: the blocks' values against diffusers', their means by hand, and what
 * they cost.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { flops } from '../../../engine/graph/flops.js';
import { Graph } from '../../../engine/graph/graph.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { Wanted } from '../../../engine/io/weights.js';
import { unetSchema } from '../../../engine/models/config.js';
import {
  cellWeights,
  featureGraph,
  featureMaps,
  featureNoise,
  features,
  noised,
} from '../../../engine/models/features.js';
import { loadPipeline, type Pipeline } from '../../../engine/models/pipeline.js';
import { encodePrompt } from '../../../engine/models/prompt.js';
import { guided, type UnetInputs, unet } from '../../../engine/models/unet.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import { golden, MINI, relativeError } from '../../support/golden.js';
import { callUnet } from '../../support/unet.js';

const cache = new ExecutorCache({ threads: 1 });
afterAll(() => cache.clear());

describe('what blocks give', () => {
  it.each([
    ['the miniature', 'models/mini', 'tests/fixtures/mini'],
    ['Stable Diffusion 1.5', 'tests/fixtures/tiny/sd15/model', 'tests/fixtures/tiny/sd15'],
    ['Stable Diffusion XL', 'tests/fixtures/tiny/sdxl/model', 'tests/fixtures/tiny/sdxl'],
  ])("of %s is what diffusers' modules give", async (_, model, goldens) => {
    const expected = readSafetensors(`${goldens}/taps.safetensors`) as Record<string, FloatTensor>;
    const pipeline = await loadPipeline(model);
    const given = readSafetensors(`${goldens}/unet.safetensors`);
    const found: Record<string, FloatTensor> = {};
    await callUnet(pipeline, given, { onTap: (block, value) => (found[block] = value) });
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [block, value] of Object.entries(expected))
      expect(relativeError(rows(found[block]!, 0, 1).data, value.data), block).toBeLessThan(1e-4);
  });

  it('changes nothing of the prediction that is looked into', async () => {
    const { unetConfig } = await loadPipeline('models/mini');
    const nodes = (tap?: UnetInputs['tap']) => {
      const g = new Graph();
      const inputs = {
        sample: g.input('sample', [1, 4, 16, 16]),
        timestep: g.input('timestep', [1]),
        states: g.input('states', [1, 4, 128]),
      };
      unet(g, { unet: new Wanted(), unetConfig }, { ...inputs, tap });
      return g.nodes.map(({ op, inputs }) => [op, ...inputs.map(({ name }) => name)]);
    };
    expect(nodes(() => {})).toEqual(nodes());
  });
});

describe('features', () => {
  it('are the means over cells of what the blocks give of the noised picture, whatever is computed beside it', async () => {
    const pipeline = await loadPipeline(MINI);
    const latents = f32([3, 4, 16, 16], golden('unet').sample!.data as Float32Array);
    const maps = await features(pipeline, cache, 'a hand', latents, 2);
    // By hand: one call of the network on sqrt(a) z_0 + sqrt(1 - a) e, t = 101, and plain loops over its
    // blocks.
    const { states } = await encodePrompt(pipeline, cache, ['a hand']);
    const found: Record<string, FloatTensor> = {};
    const alpha = scaledLinear(101);
    const e = featureNoise([4, 16, 16]);
    const x = latents.data.map((v, i) => Math.sqrt(alpha) * v + Math.sqrt(1 - alpha) * e[i % 1024]!);
    await callUnet(
      pipeline,
      { sample: f32(latents.shape, x), timestep: f32([1], [101]), encoder_hidden_states: states },
      { onTap: (block, value) => (found[block] = value) },
    );
    for (const map of featureMaps(pipeline.unetConfig)) {
      expect(maps[map.name]!.shape, map.name).toEqual([3, map.width]);
      const expected = meansByHand(found[map.block]!, map.grid);
      expect(relativeError(maps[map.name]!.data, expected), map.name).toBeLessThan(1e-4);
    }
  });

  it('leave out a map that is not finite', async () => {
    const pipeline = await loadPipeline(MINI);
    const latents = f32([1, 4, 16, 16], new Float32Array(1024).fill(Number.NaN));
    expect(await features(pipeline, cache, 'a hand', latents, 1)).toEqual({});
  });

  it('take cells that share the places between them', () => {
    // Three places in two cells: the middle one is half of each.
    expect(Array.from(cellWeights(1, 3, 2).filter((_, i) => i % 4 < 2))).toEqual(
      [2 / 3, 0, 1 / 3, 1 / 3, 0, 2 / 3].map(Math.fround),
    );
    for (const [h, w, g] of [
      [4, 4, 4],
      [9, 12, 4],
      [2, 3, 4],
    ] as const) {
      const weights = cellWeights(h, w, g);
      for (let cell = 0; cell < g * g; cell++) {
        const sum = weights.reduce((s, v, i) => (i % (g * g) === cell ? s + v : s), 0);
        expect(sum).toBeCloseTo(1, 5);
      }
    }
  });

  it('are of the noise that is asked for', () => {
    const z = f32([2, 1, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    const e = featureNoise([1, 2, 2]);
    const x = noised(z, 0.25);
    expect(Array.from(x.data)).toEqual(
      Array.from(z.data, (v, i) => Math.fround(0.5 * v + Math.sqrt(0.75) * e[i % 4]!)),
    );
  });

  it("cost at most 3 % of a drawing at Stable Diffusion 1.5's shape, of as few as 20 steps", () => {
    const unetConfig = unetSchema.parse(SD15);
    const source = () => ({ unet: new Wanted(), unetConfig }) as unknown as Pipeline;
    const shape = [1, 4, 64, 64];
    const g = new Graph();
    const inputs = { sample: g.input('sample', shape), timestep: g.input('timestep', [1]) };
    const states = g.input('states', [2, 77, 768]);
    g.output('output', guided(g, source(), { ...inputs, states }, 5));
    const once = flops(featureGraph(source(), shape, { states: [1, 77, 768] }));
    expect(once / (20 * flops(g))).toBeLessThan(0.03);
    expect(once).toBeGreaterThan(0.2 * flops(g));
  });
});

/** From the model's own config.json on the hub. */
const SD15 = {
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: 8,
  cross_attention_dim: 768,
  layers_per_block: 2,
  in_channels: 4,
  out_channels: 4,
  sample_size: 64,
};

/** Means over a grid whose cells divide the picture evenly. */
function meansByHand({ data, shape }: FloatTensor, g: number): Float32Array {
  const [n, c, h, w] = shape as [number, number, number, number];
  const out = new Float32Array(n * c * g * g);
  const each = (h / g) * (w / g);
  for (let i = 0; i < n * c; i++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        out[i * g * g + Math.floor((y * g) / h) * g + Math.floor((x * g) / w)]! +=
          data[(i * h + y) * w + x]! / each;
  return out;
}

/** alphas_cumprod of the miniature's schedule (scaled linear, .00085 to .012), in plain double arithmetic. */
function scaledLinear(t: number): number {
  const [from, to] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  let product = 1;
  for (let i = 0; i <= t; i++) product *= 1 - (from + ((to - from) * i) / 999) ** 2;
  return product;
}
