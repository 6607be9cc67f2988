/**
 * AutoencoderTiny (TAESD and its kin): plain convolutions that decode and encode the latents of a model's VAE
 * in a fraction of its time. It lies in a model's folder as tiny_vae/, or alone in a folder of its own.
 * Layers are numbered through, those without weights too, as in diffusers.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AcclaimError } from '../../src/errors.js';
import { Graph } from '../graph/graph.js';
import { add, cast, mul, relu, sigmoid, sub, upsampleNearest2x, wide } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { bindWeights, sameNames, Wanted } from '../io/weights.js';
import { conv } from '../nn/layers.js';
import { computeType, type Precision } from '../nn/precision.js';
import { Scope, type WeightSource } from '../nn/scope.js';
import { count, inert, only, perLevel, readConfig } from './config.js';
import { checkLeftovers } from './leftovers.js';
import { openPart } from './weight-files.js';

const STAGES = [64, 64, 64, 64];
const blocks = perLevel(z.number().int().min(0).max(256)).min(1);
const widths = perLevel(count).min(1);

export const tinyVaeSchema = z
  .strictObject({
    act_fn: only('relu'),
    block_out_channels: inert,
    decoder_block_out_channels: widths.default(STAGES),
    encoder_block_out_channels: widths.default(STAGES),
    force_upcast: inert,
    in_channels: z.literal(3).default(3),
    latent_channels: count.default(4),
    latent_magnitude: inert,
    latent_shift: inert,
    num_decoder_blocks: blocks.default([3, 3, 3, 1]),
    num_encoder_blocks: blocks.default([1, 3, 3, 3]),
    out_channels: z.literal(3).default(3),
    scaling_factor: z.number().positive().default(1),
    shift_factor: only(0),
    upsample_fn: only('nearest'),
    upsampling_scaling_factor: only(2),
  })
  .superRefine((c, context) => {
    for (const side of ['decoder', 'encoder'] as const) {
      const key = `${side}_block_out_channels` as const;
      const [wide, deep] = [c[key], c[`num_${side}_blocks`]];
      const say = (message: string) => context.addIssue({ code: 'custom', path: [key], message });
      if (wide.length !== deep.length) say(`needs one entry for each of num_${side}_blocks`);
      if (wide.some((width) => width !== wide[0])) say('must be alike at all stages');
    }
    if (c.decoder_block_out_channels.length !== c.encoder_block_out_channels.length)
      context.addIssue({
        code: 'custom',
        path: ['encoder_block_out_channels'],
        message: "must have the decoder's stages",
      });
  });
export type TinyVaeConfig = z.infer<typeof tinyVaeSchema>;

export interface TinyVae {
  /** Absolute path of the folder that it was named by. */
  readonly dir: string;
  readonly tiny: WeightSource;
  readonly tinyConfig: TinyVaeConfig;
}

type Source = Pick<TinyVae, 'tiny' | 'tinyConfig'> & { readonly precision?: Precision | undefined };

const PART = 'tiny_vae';

/** Whether a model's folder has one of its own. */
export const hasTinyVae = (dir: string): boolean => existsSync(join(dir, PART, 'config.json'));

/**
 * `dir`: a model's folder, or one that holds nothing else. Errors: file-not-found, model-unsupported,
 * model-corrupt, shape-mismatch.
 */
export function openTinyVae(dir: string): TinyVae {
  const root = resolve(dir);
  const part = hasTinyVae(root) ? PART : '';
  const tinyConfig = readConfig(root, join(part, 'config.json'), tinyVaeSchema, 'AutoencoderTiny');
  const store = openPart(root, part, 'diffusion_pytorch_model');
  const used = new Set<string>();
  const tiny = bindWeights(store, tinyVaeTensors(tinyConfig), sameNames, used);
  checkLeftovers(store, used);
  return { dir: root, tiny, tinyConfig };
}

/** Name and shape of every weight that a tiny VAE of this configuration asks for. */
export function tinyVaeTensors(tinyConfig: TinyVaeConfig): Wanted['tensors'] {
  const wanted = new Wanted();
  const g = new Graph();
  const source = { tiny: wanted, tinyConfig };
  tinyEncoder(g, source, tinyDecoder(g, source, g.input('latents', [1, tinyConfig.latent_channels, 1, 1])));
  return wanted.tensors;
}

/** Image pixels per latent pixel. */
export const tinyFactor = ({ num_decoder_blocks: stages }: TinyVaeConfig): number => 2 ** (stages.length - 1);

/**
 * Errors: shape-mismatch, where it is of another kind of latents. That it was made for the same VAE no shape
 * tells.
 */
export function checkTinyVae(
  { dir, tinyConfig }: TinyVae,
  model: { readonly dir: string; readonly channels: number; readonly factor: number },
): void {
  const [channels, factor] = [tinyConfig.latent_channels, tinyFactor(tinyConfig)];
  if (channels === model.channels && factor === model.factor) return;
  throw new AcclaimError(
    'shape-mismatch',
    `${dir} decodes latents of ${channels} channels to ${factor} times their size, and those of ${model.dir} have ${model.channels} and want ${model.factor} times`,
    'Name the tiny decoder of this family (decoder.tiny), or null for none.',
  );
}

/** Scaled latents [N,C,h,w] -> image [N,3,H,W] in [-1,1] but for overshoot. */
export function tinyDecoder(graph: Graph, source: Source, latents: Value): Value {
  const { tinyConfig: config, precision = 'fp32' } = source;
  const root = new Scope(graph, source.tiny).at('decoder', 'layers');
  const scope = root.as(computeType[precision]);
  const [width] = config.decoder_block_out_channels as [number];
  const last = config.num_decoder_blocks.length - 1;
  let n = 0;
  // 3 tanh(z / 3), tanh x = 2 sigmoid(2 x) - 1.
  const bent = sub(mul(sigmoid(mul(latents, 2 / (3 * config.scaling_factor))), 6), 3);
  let x = cast(relu(conv(root.at(n), bent, { out: width, kernel: 3 })), scope.type);
  n += 2;
  for (const [stage, depth] of config.num_decoder_blocks.entries()) {
    for (let i = 0; i < depth; i++) x = block(scope.at(n++), x);
    if (stage === last) break;
    x = upsampleNearest2x(x);
    n++;
    x = conv(scope.at(n++), x, { out: width, kernel: 3, padding: 1, bias: false });
  }
  return sub(mul(conv(root.at(n), wide(x), { out: config.out_channels, kernel: 3 }), 2), 1);
}

/** Image [N,3,H,W] in [-1,1] -> scaled latents [N,C,h,w]. */
export function tinyEncoder(graph: Graph, source: Source, image: Value): Value {
  const { tinyConfig: config, precision = 'fp32' } = source;
  const root = new Scope(graph, source.tiny).at('encoder', 'layers');
  const scope = root.as(computeType[precision]);
  const [width] = config.encoder_block_out_channels as [number];
  let n = 0;
  let x = cast(conv(root.at(n++), mul(add(image, 1), 0.5), { out: width, kernel: 3 }), scope.type);
  for (const [stage, depth] of config.num_encoder_blocks.entries()) {
    if (stage > 0) x = conv(scope.at(n++), x, { out: width, kernel: 3, stride: 2, padding: 1, bias: false });
    for (let i = 0; i < depth; i++) x = block(scope.at(n++), x);
  }
  return mul(conv(root.at(n), wide(x), { out: config.latent_channels, kernel: 3 }), config.scaling_factor);
}

/** relu(x + conv(relu(conv(relu(conv(x)))))). */
function block(scope: Scope, x: Value): Value {
  const width = x.shape[1]!;
  const at = (i: number, y: Value) => conv(scope.at('conv', i), y, { out: width, kernel: 3 });
  return relu(add(x, at(4, relu(at(2, relu(at(0, x)))))));
}
