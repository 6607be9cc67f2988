/**
 * What the network itself sees in a finished picture: its blocks' activations when z_0 is noised a little and
 * predicted once more under the prompt, by the base model. The vote model (engine/learn/vote-model) reads
 * nothing else of a picture. Notation: x_t = sqrt(a) z_0 + sqrt(1 - a) e, a = alphas_cumprod[t], e the same
 * for all pictures of a shape.
 */
import { Rng } from '../../src/rng.js';
import { alphasCumprod } from '../diffusion/betas.js';
import { SMALL_WEIGHTS } from '../graph/compiled-bytes.js';
import { Graph } from '../graph/graph.js';
import { concat, matmul, reshape, wide } from '../graph/ops.js';
import type { Shape, Value } from '../graph/value.js';
import { allFinite } from '../io/finite.js';
import type { FeatureMaps } from '../io/round.js';
import { inMicroBatches, microBatchSize } from '../runtime/batches.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, f32 } from '../runtime/tensor.js';
import type { SchedulerConfig, UnetConfig } from './config.js';
import { guidanceEmbedding, guidanceWidth } from './guidance.js';
import type { Pipeline } from './pipeline.js';
import { type ConditioningShapes, encodePair, promptOnly, shapesOf, textInputs } from './prompt.js';
import { unet } from './unet.js';

interface FeatureMap {
  readonly name: string;
  /** Where it is read off, as UnetInputs.tap names it. */
  readonly block: string;
  /** Cells a side, of each of which the mean is taken. */
  readonly grid: number;
  readonly width: number;
}

/**
 * The first block on the way up sees how many things there are and of what shape (it tells five fingers from
 * six), the next one what they are, the last one where and in which colours. Each earns its place:
 * bench/README.md, brain.
 */
export function featureMaps({ block_out_channels: widths }: UnetConfig): FeatureMap[] {
  const last = widths.length - 1;
  const map = (name: string, at: number, grid: number): FeatureMap => {
    return { name, block: `up_blocks.${at}`, grid, width: widths[last - at]! * grid ** 2 };
  };
  return [map('first', 0, 2), map('second', Math.min(1, last), 1), map('last', last, 4)];
}

/** A tenth of the way to noise: the picture is there, and the network still has something to say of it. */
export const featureTimestep = (config: SchedulerConfig): number =>
  Math.min(config.num_train_timesteps - 1, Math.round(config.num_train_timesteps / 10) + 1);

/**
 * What a network that was distilled with guidance is told here: the middle of what it was distilled with, 2
 * to 14.
 */
const DISTILLED_GUIDANCE = 8;

/** What a round's manifest says of them. */
export const featureFacts = (config: SchedulerConfig, maps: FeatureMaps) => ({
  timestep: featureTimestep(config),
  maps: Object.fromEntries(Object.entries(maps).map(([name, { shape }]) => [name, shape[1]!])),
});

/** e, flat: of no session, so that pictures of all sessions compare. */
export const featureNoise = ([c, h, w]: readonly [number, number, number]): Float32Array =>
  new Rng(0, 0, 'features').normals(c * h * w);

/** z_0 [N,C,h,w] -> x_t. */
export function noised(latents: FloatTensor, alpha: number): FloatTensor {
  const [, c, h, w] = latents.shape as [number, number, number, number];
  const e = featureNoise([c, h, w]);
  const [keep, add] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
  return f32(
    latents.shape,
    latents.data.map((z, i) => keep * z + add * e[i % e.length]!),
  );
}

/**
 * Feeds: `sample` [N,C,h,w], `timestep` [1], those of `textInputs`. Output: `features`, all maps side by side
 * [N, sum of widths].
 */
export function featureGraph(pipeline: Pipeline, shape: Shape, text: ConditioningShapes): Graph {
  const g = new Graph();
  const width = guidanceWidth(pipeline.unetConfig);
  const inputs = {
    sample: g.input('sample', shape),
    timestep: g.input('timestep', [1]),
    ...textInputs(g, text),
    guidance:
      width === null ? undefined : g.constant(guidanceEmbedding(DISTILLED_GUIDANCE, width).data, [1, width]),
  };
  const blocks = new Map<string, Value>();
  unet(g, pipeline, { ...inputs, tap: (block, value) => blocks.set(block, wide(value)) });
  const maps = featureMaps(pipeline.unetConfig);
  g.output(
    'features',
    concat(
      maps.map(({ block, grid }) => cellMeans(blocks.get(block)!, grid)),
      1,
    ),
  );
  return g;
}

/** Of finished pictures that were drawn from this prompt. Maps that are not finite (fp16) are left out. */
export async function features(
  pipeline: Pipeline,
  cache: ExecutorCache,
  prompt: string,
  latents: FloatTensor,
  /** Pictures of one executor call, at most. */
  microBatch: number,
): Promise<FeatureMaps> {
  const [count, ...latent] = latents.shape as [number, number, number, number];
  const text = promptOnly(await encodePair(pipeline, cache, { negative: '', prompt }, latent));
  const t = featureTimestep(pipeline.scheduler);
  const size = microBatchSize(count, microBatch);
  const spec = {
    graph: 'features',
    models: [pipeline.identity],
    shapes: { ...shapesOf(text), sample: [size, ...latent] },
    options: {},
  };
  const x = noised(latents, alphasCumprod(pipeline.scheduler)[t]!);
  const all = await inMicroBatches(x, size, async (sample) => {
    const executor = await cache.get(spec, ({ shapes }) => featureGraph(pipeline, shapes.sample, shapes));
    const out = await executor.run({ ...text, sample, timestep: f32([1], [t]) });
    return out.features as FloatTensor;
  });
  // Beside a processor's memory a large model's weights are mapped once for all graphs; elsewhere each graph
  // has a copy.
  if ((cache.options.device ?? 'cpu') !== 'cpu' && pipeline.unet.bytes > SMALL_WEIGHTS)
    await cache.release(spec);
  let from = 0;
  const maps = featureMaps(pipeline.unetConfig).map(({ name, width }) => {
    from += width;
    return [name, columns(all, from - width, from)] as const;
  });
  return Object.fromEntries(maps.filter(([, { data }]) => allFinite(data)));
}

/** [N,C,h,w] -> means over a grid of g x g cells [N, C g g]; cells share what does not divide evenly. */
function cellMeans(x: Value, g: number): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const means = matmul(reshape(x, [n * c, h * w]), x.graph.constant(cellWeights(h, w, g), [h * w, g * g]));
  return reshape(means, [n, c * g * g]);
}

/** How much each of h x w places counts in each of g x g cells: [h w, g g], every column sums to one. */
export function cellWeights(h: number, w: number, g: number): Float32Array {
  const share = (size: number, at: number, cell: number) => {
    const [start, end] = [(cell * size) / g, ((cell + 1) * size) / g];
    return Math.max(0, Math.min(at + 1, end) - Math.max(at, start)) / (end - start);
  };
  const out = new Float32Array(h * w * g * g);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let cell = 0; cell < g * g; cell++)
        out[(y * w + x) * g * g + cell] = share(h, y, Math.floor(cell / g)) * share(w, x, cell % g);
  return out;
}

function columns({ data, shape }: FloatTensor, from: number, to: number): FloatTensor {
  const [n, width] = shape as [number, number];
  const out = f32([n, to - from]);
  for (let i = 0; i < n; i++) out.data.set(data.subarray(i * width + from, i * width + to), i * (to - from));
  return out;
}
