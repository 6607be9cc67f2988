/**
 * A model folder in diffusers' layout, opened: configurations checked, weight files' headers read, tokenizer built.
 * Nothing is loaded into memory; graphs map the weights from the files when they are compiled.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { Graph } from '../graph/graph.js';
import { mul } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { openSafetensors, type SafetensorsFile } from '../io/safetensors.js';
import { type AdapterValues, adapterInputs, adapterShapes } from '../nn/lora.js';
import { inParts, partSize } from '../runtime/batches.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, i64 } from '../runtime/tensor.js';
import {
  indexSchema,
  readConfig,
  type SchedulerConfig,
  schedulerSchema,
  type TextConfig,
  textSchema,
  type UnetConfig,
  unetSchema,
  type VaeConfig,
  vaeSchema,
} from './config.js';
import { textModel } from './text.js';
import { type ClipTokenizer, loadTokenizer } from './tokenizer.js';
import { unet, unetHalvings } from './unet.js';
import { decoder, encoder, vaeFactor } from './vae.js';

export interface Pipeline {
  /** Absolute path of the folder: folders never change in place, so it also names the model in caches. */
  readonly dir: string;
  readonly family: 'mini' | 'sd15' | 'sd21';
  readonly unetConfig: UnetConfig;
  readonly vaeConfig: VaeConfig;
  readonly textConfig: TextConfig;
  readonly scheduler: SchedulerConfig;
  readonly tokenizer: ClipTokenizer;
  readonly unet: SafetensorsFile;
  readonly vae: SafetensorsFile;
  readonly text: SafetensorsFile;
  /** Pixels. */
  readonly defaultSize: { readonly width: number; readonly height: number };
  /** [C,h,w] of the latents of an image of this size; default: the model's own. */
  latentShape(width?: number | null, height?: number | null): [number, number, number];
}

/** Errors: file-not-found, model-unsupported (file and key), model-corrupt, shape-mismatch. */
export async function loadPipeline(folder: string): Promise<Pipeline> {
  const dir = resolve(folder);
  readConfig(dir, 'model_index.json', indexSchema);
  const unetConfig = readConfig(dir, 'unet/config.json', unetSchema, 'UNet2DConditionModel');
  const vaeConfig = readConfig(dir, 'vae/config.json', vaeSchema, 'AutoencoderKL');
  const textConfig = readConfig(dir, 'text_encoder/config.json', textSchema);
  const scheduler = readConfig(dir, 'scheduler/scheduler_config.json', schedulerSchema);
  const tokenizer = loadTokenizer(join(dir, 'tokenizer'), textConfig.max_position_embeddings);
  checkTogether(dir, { unetConfig, vaeConfig, textConfig });
  const factor = vaeFactor(vaeConfig);
  const side = unetConfig.sample_size * factor;
  const pipeline: Pipeline = {
    dir,
    family: familyOf(unetConfig),
    unetConfig,
    vaeConfig,
    textConfig,
    scheduler,
    tokenizer,
    unet: openWeights(dir, 'unet', 'diffusion_pytorch_model'),
    vae: openWeights(dir, 'vae', 'diffusion_pytorch_model'),
    text: openWeights(dir, 'text_encoder', 'model'),
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
  buildAll(pipeline);
  return pipeline;
}

/** Builds every network once and throws the graphs away: a tensor that is missing or misshapen is named now, not later. */
function buildAll(pipeline: Pipeline): void {
  const g = new Graph();
  const side = 2 ** unetHalvings(pipeline.unetConfig);
  const latents = g.input('latents', [1, pipeline.unetConfig.in_channels, side, side]);
  const states = textModel(g, pipeline, g.input('ids', [1, pipeline.tokenizer.length], 'int64'));
  unet(g, pipeline, { sample: latents, timestep: g.input('timestep', [1]), states });
  encoder(g, pipeline, decoder(g, pipeline, latents));
}

/** Prompts -> states [N,L,D]. Of an adapter its text encoder's part is applied, if it has one. */
export async function encodePrompt(
  pipeline: Pipeline,
  cache: ExecutorCache,
  texts: readonly string[],
  adapter?: AdapterValues,
): Promise<FloatTensor> {
  const shape = [texts.length, pipeline.tokenizer.length];
  const tuned = adapter ? adapterShapes(pipeline, adapter.spec, 'text_encoder') : [];
  const key = tuned.length > 0 ? `${shape}|${JSON.stringify(tuned)}` : `${shape}`;
  const executor = await cache.get(`${pipeline.dir}|text|${key}`, () => {
    const g = new Graph();
    const lowRank =
      tuned.length > 0 ? adapterInputs(g, pipeline, { tensors: tuned }, 'side', 'text_encoder') : undefined;
    g.output('states', textModel(g, pipeline, g.input('ids', shape, 'int64'), lowRank));
    return g;
  });
  const ids = texts.flatMap((text) => pipeline.tokenizer.encode(text));
  const feeds = Object.fromEntries(tuned.map(({ name }) => [name, adapter!.tensors[name]!]));
  const { states } = await executor.run({ ids: i64(shape, ids), ...feeds });
  return states as FloatTensor;
}

/** Scaled latents [N,C,h,w] -> images [N,3,H,W], in [-1,1] but for overshoot. */
export function decode(pipeline: Pipeline, cache: ExecutorCache, latents: FloatTensor): Promise<FloatTensor> {
  const pixels = vaeFactor(pipeline.vaeConfig) ** 2;
  return throughVae(cache, `${pipeline.dir}|decode`, latents, pixels, (g, x) => decoder(g, pipeline, x));
}

/** Images [N,3,H,W] in [-1,1] -> scaled latents [N,C,h,w], the mean of their distribution. */
export function encode(pipeline: Pipeline, cache: ExecutorCache, images: FloatTensor): Promise<FloatTensor> {
  return throughVae(cache, `${pipeline.dir}|encode`, images, 1, (g, x) =>
    mul(encoder(g, pipeline, x).mean, pipeline.vaeConfig.scaling_factor),
  );
}

/** Image pixels that the VAE works on at a time: its memory is about 2 kB a pixel at Stable Diffusion's width. */
const PART_PIXELS = 16_384;

/** Runs the network that `build` makes over x [N,...]; `pixels` = image pixels per pixel of x. */
function throughVae(
  cache: ExecutorCache,
  key: string,
  x: FloatTensor,
  pixels: number,
  build: (graph: Graph, x: Value) => Value,
): Promise<FloatTensor> {
  const [count, ...image] = x.shape as [number, number, number, number];
  const size = partSize(count, Math.floor(PART_PIXELS / (image[1] * image[2] * pixels)));
  const shape = [size, ...image];
  return inParts(x, size, async (part) => {
    const executor = await cache.get(`${key}|${shape}`, () => {
      const g = new Graph();
      g.output('y', build(g, g.input('x', shape)));
      return g;
    });
    const { y } = await executor.run({ x: part });
    return y as FloatTensor;
  });
}

/** The family chooses defaults (steps, guidance, learner); its mark is the width of the text states. */
function familyOf({ cross_attention_dim: width }: UnetConfig): Pipeline['family'] {
  if (width === 768) return 'sd15';
  return width === 1024 ? 'sd21' : 'mini';
}

function checkTogether(
  dir: string,
  { unetConfig, vaeConfig, textConfig }: Pick<Pipeline, 'unetConfig' | 'vaeConfig' | 'textConfig'>,
): void {
  const rules: [boolean, string][] = [
    [
      unetConfig.in_channels === vaeConfig.latent_channels,
      'unet/config.json: in_channels: not the latents of the VAE (inpainting is not built)',
    ],
    [unetConfig.out_channels === unetConfig.in_channels, 'unet/config.json: out_channels: not in_channels'],
    [
      unetConfig.cross_attention_dim === textConfig.hidden_size,
      'unet/config.json: cross_attention_dim: not the width of the text encoder',
    ],
  ];
  const broken = rules.filter(([ok]) => !ok).map(([, why]) => why);
  if (broken.length > 0) {
    throw new AcclaimError(
      'model-unsupported',
      `${dir}: ${broken.join('; ')}`,
      'Fetch the model again, or choose another.',
    );
  }
}

function openWeights(dir: string, part: string, name: string): SafetensorsFile {
  const file = join(dir, part, `${name}.safetensors`);
  const pickled = ['.bin', '.ckpt']
    .map((suffix) => join(dir, part, name + suffix))
    .find((path) => existsSync(path));
  if (pickled && !existsSync(file)) {
    throw new AcclaimError(
      'model-unsupported',
      `${pickled} is pickled`,
      'Pickled weights can run code: fetch the model as safetensors.',
    );
  }
  return openSafetensors(file, 'model-corrupt');
}
