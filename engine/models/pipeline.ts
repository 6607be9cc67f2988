/**
 * A model, opened: configurations checked, weight files' headers read and held against the networks,
 * tokenizers built. Nothing is loaded into memory; graphs map the weights from the files when they are
 * compiled.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { flops } from '../graph/flops.js';
import { Graph } from '../graph/graph.js';
import { predictedBytes } from '../graph/memory.js';
import { mul } from '../graph/ops.js';
import type { Shape, Value } from '../graph/value.js';
import type { Precision } from '../nn/precision.js';
import { inMicroBatches, microBatchSize } from '../runtime/batches.js';
import type { ExecutorCache } from '../runtime/cache.js';
import type { GraphSpec, ModelIdentity } from '../runtime/graph-spec.js';
import type { FloatTensor } from '../runtime/tensor.js';
import { type Family, familyOf } from './families.js';
import { openFolder } from './folder.js';
import type { Int8Unet } from './int8/unet.js';
import type { ModelParts } from './parts.js';
import { openSingleFile } from './single-file.js';
import { inTiles } from './tiles.js';
import { checkTinyVae, type TinyVae, tinyDecoder, tinyEncoder } from './tiny-vae.js';
import { unetHalvings } from './unet.js';
import { decoder, encoder, vaeFactor } from './vae.js';

export interface Pipeline extends ModelParts {
  /** Absolute path of the model. */
  readonly dir: string;
  /** What it is computed in. */
  readonly precision: Precision;
  /** The UNet's weights for drawing, some of them in int8. */
  readonly int8?: Int8Unet;
  /** In the specs of graphs that map its weights. */
  readonly identity: ModelIdentity;
  readonly family: Family;
  /** Pixels. */
  readonly defaultSize: { readonly width: number; readonly height: number };
  /** [C,h,w] of the latents of an image of this size; default: the model's own. */
  latentShape(width?: number | null, height?: number | null): [number, number, number];
}

/** Errors: file-not-found, model-unsupported (file and key), model-corrupt, shape-mismatch. */
export async function loadPipeline(path: string, precision: Precision = 'fp32'): Promise<Pipeline> {
  const dir = resolve(path);
  const parts = statSync(dir, { throwIfNoEntry: false })?.isFile() ? openSingleFile(dir) : openFolder(dir);
  const { unetConfig, vaeConfig } = parts;
  const factor = vaeFactor(vaeConfig);
  const side = unetConfig.sample_size * factor;
  return {
    ...parts,
    dir,
    precision,
    identity: { path: dir, precision },
    family: familyOf(unetConfig),
    defaultSize: { width: side, height: side },
    latentShape(width, height) {
      const unit = factor * 2 ** unetHalvings(unetConfig);
      const [w, h] = [width ?? side, height ?? side];
      if (w < 1 || h < 1 || w % unit || h % unit) {
        throw new AcclaimError('usage', `${w}x${h} pixels`, `Width and height must be multiples of ${unit}.`);
      }
      return [unetConfig.in_channels, h / factor, w / factor];
    },
  };
}

/** Tiles of a large image, in latent pixels: 512x512 image pixels with Stable Diffusion's VAE. */
const TILE = { size: 64, overlap: 16 };

/**
 * Scaled latents [N,C,h,w] -> images [N,3,H,W], in [-1,1] but for overshoot. An image that would take more
 * memory than a run may have is decoded in tiles (tiles.ts); one of a tile's size never is.
 */
export async function decode(
  pipeline: Pipeline,
  cache: ExecutorCache,
  latents: FloatTensor,
  /** In the VAE's place. */
  tiny?: TinyVae,
): Promise<FloatTensor> {
  const factor = vaeFactor(pipeline.vaeConfig);
  if (tiny) checkTinyVae(tiny, { dir: pipeline.dir, channels: latents.shape[1]!, factor });
  const { precision } = pipeline;
  const build = decoderOf(pipeline, tiny);
  const network = tiny
    ? { graph: 'tiny-decoder', models: [tinyIdentity(tiny, precision)] }
    : { graph: 'decoder', models: [pipeline.identity] };
  const run = (x: FloatTensor) => throughVae(cache, network, x, factor ** 2, build);
  const [, ...image] = latents.shape as [number, number, number, number];
  const whole = image[1] <= TILE.size && image[2] <= TILE.size;
  if (whole || predictedBytes(vaeGraph([1, ...image], build)) <= cache.runBytes) return run(latents);
  return inTiles(latents, { ...TILE, factor }, run);
}

const decoderOf =
  (pipeline: Pipeline, tiny?: TinyVae) =>
  (g: Graph, x: Value): Value =>
    tiny ? tinyDecoder(g, { ...tiny, precision: pipeline.precision }, x) : decoder(g, pipeline, x);

/** Floating-point operations of decoding one image's latent [C,h,w]. */
export const decodeFlops = (
  pipeline: Pipeline,
  latent: readonly [number, number, number],
  /** In the VAE's place. */
  tiny?: TinyVae,
): number => flops(vaeGraph([1, ...latent], decoderOf(pipeline, tiny)));

/** Images [N,3,H,W] in [-1,1] -> scaled latents [N,C,h,w], the mean of their distribution. */
export function encode(
  pipeline: Pipeline,
  cache: ExecutorCache,
  images: FloatTensor,
  /** In the VAE's place. */
  tiny?: TinyVae,
): Promise<FloatTensor> {
  if (tiny) {
    const { precision } = pipeline;
    const build = (g: Graph, x: Value) => tinyEncoder(g, { ...tiny, precision }, x);
    const network = { graph: 'tiny-encoder', models: [tinyIdentity(tiny, precision)] };
    return throughVae(cache, network, images, 1, build);
  }
  const network = { graph: 'encoder', models: [pipeline.identity] };
  return throughVae(cache, network, images, 1, (g, x) =>
    mul(encoder(g, pipeline, x).mean, pipeline.vaeConfig.scaling_factor),
  );
}

const tinyIdentity = ({ dir }: TinyVae, precision: Precision): ModelIdentity => ({ path: dir, precision });

/**
 * Image pixels that the VAE works on at a time: its memory is about 2 kB a pixel at Stable Diffusion's width.
 */
const MICRO_BATCH_PIXELS = 16_384;

function vaeGraph(shape: Shape, build: (graph: Graph, x: Value) => Value): Graph {
  const g = new Graph();
  g.output('y', build(g, g.input('x', shape)));
  return g;
}

/** Runs the network that `build` makes over x [N,...]; `pixels` = image pixels per pixel of x. */
function throughVae(
  cache: ExecutorCache,
  network: Pick<GraphSpec, 'graph' | 'models'>,
  x: FloatTensor,
  pixels: number,
  build: (graph: Graph, x: Value) => Value,
): Promise<FloatTensor> {
  const [count, ...image] = x.shape as [number, number, number, number];
  const size = microBatchSize(count, Math.floor(MICRO_BATCH_PIXELS / (image[1] * image[2] * pixels)));
  const spec = { ...network, shapes: { x: [size, ...image] }, options: {} };
  return inMicroBatches(x, size, async (microBatch) => {
    const executor = await cache.get(spec, ({ shapes }) => vaeGraph(shapes.x, build));
    const { y } = await executor.run({ x: microBatch });
    return y as FloatTensor;
  });
}
