/**
 * UNet2DConditionModel (Stable Diffusion 1.x, 2.x and XL): latents x_t, timestep t and text states (with XL the pooled
 * state and the picture's size too) -> the prediction of the noise (or of v). Built from unet/config.json; names and
 * order of blocks as in diffusers.
 */
import type { Graph } from '../graph/graph.js';
import type { Operand } from '../graph/ops.js';
import { add, cast, concat, cos, expand, mul, reshape, silu, sin, split, sub, wide } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { repeatForGuidance } from '../nn/branches.js';
import { conv, groupNorm, linear } from '../nn/layers.js';
import type { LowRankSource } from '../nn/lora.js';
import { computeType, type Precision } from '../nn/precision.js';
import { downsample, resnetBlock, upsample } from '../nn/resnet-block.js';
import { Scope, type WeightSource } from '../nn/scope.js';
import { type Context, transformer } from '../nn/transformer.js';
import { TIME_IDS, type UnetConfig } from './config.js';
import { guidanceWidth } from './guidance.js';

export interface UnetSource {
  readonly unet: WeightSource;
  readonly unetConfig: UnetConfig;
  readonly precision?: Precision | undefined;
}

/** What the texts say to the network. */
export interface Conditioning<T> {
  /** [S,L,D]; S divides N times branches, images of one text lie together. */
  readonly states: T;
  /** [S,P] and [S,6] (TIME_IDS, in pixels): XL only. */
  readonly pooled?: T | undefined;
  readonly timeIds?: T | undefined;
}

export interface UnetInputs extends Conditioning<Value> {
  /** x_t [N,C,h,w]; h and w divisible by 2 to the number of downsamplings. */
  readonly sample: Value;
  /** t [N], or [1] where all images are at the same one. */
  readonly timestep: Value;
  /** What a network that was distilled with guidance is told of it (guidance.ts), [1, time_cond_proj_dim]. */
  readonly guidance?: Value | undefined;
  /** Every image is predicted under this many groups of texts (2 with guidance); default 1. */
  readonly branches?: number;
  /** Shown what the blocks give: `mid_block`, and each `up_blocks.<i>` before it is made larger. */
  readonly tap?: ((block: string, value: Value) => void) | undefined;
}

/** -> [branches x N, C, h, w], branch-major; in and out float32. */
export function unet(graph: Graph, source: UnetSource, inputs: UnetInputs, adapter?: LowRankSource): Value {
  const { unetConfig: config } = source;
  const ends = new Scope(graph, source.unet, adapter);
  const scope = ends.as(computeType[source.precision ?? 'fp32']);
  const norm = { groups: config.norm_num_groups, epsilon: config.norm_eps };
  const channels = config.block_out_channels;
  const last = channels.length - 1;
  const states = cast(inputs.states, scope.type);
  const context: Context = { states, batch: inputs.sample.shape[0]! * (inputs.branches ?? 1) };
  const t = toldGuidance(
    ends.at('time_embedding'),
    sinusoids(inputs.timestep, channels[0]!, config),
    inputs.guidance,
    config,
  );
  let time = embedding(ends.at('time_embedding'), t, 4 * channels[0]!);

  const attend = (at: Scope, x: Value, level: number): Value =>
    transformer(at, x, context, {
      heads: perLevel(config.num_attention_heads ?? config.attention_head_dim, level),
      depth: perLevel(config.transformer_layers_per_block, level),
      groups: norm.groups,
      linearProjection: config.use_linear_projection,
      wideAttention: config.upcast_attention,
    });

  // Down: each resnet's and each downsampler's result is kept for the way up.
  let x = cast(conv(ends.at('conv_in'), inputs.sample, channels[0]!, 3), scope.type);
  if (config.addition_embed_type === 'text_time') {
    // The texts differ from here on, so the branches do.
    x = repeatForGuidance(x, context.batch);
    time = add(
      perImage(addedEmbedding(ends.at('add_embedding'), inputs, config), context.batch),
      perBranch(time, context.batch),
    );
  }
  const skips = [x];
  config.down_block_types.forEach((type, level) => {
    const block = scope.at('down_blocks', level);
    for (let i = 0; i < config.layers_per_block; i++) {
      x = resnetBlock(block.at('resnets', i), x, channels[level]!, norm, time);
      if (type === 'CrossAttnDownBlock2D') x = attend(block.at('attentions', i), x, level);
      skips.push(x);
    }
    if (level === last) return;
    x = downsample(block.at('downsamplers', 0), x, 'around');
    skips.push(x);
  });

  const mid = scope.at('mid_block');
  x = resnetBlock(mid.at('resnets', 0), x, channels[last]!, norm, time);
  x = attend(mid.at('attentions', 0), x, last);
  x = resnetBlock(mid.at('resnets', 1), x, channels[last]!, norm, time);
  inputs.tap?.('mid_block', x);

  // Up: one resnet more a level, each on x beside the newest kept result.
  config.up_block_types.forEach((type, i) => {
    const block = scope.at('up_blocks', i);
    const level = last - i;
    for (let j = 0; j <= config.layers_per_block; j++) {
      x = concat([x, repeatForGuidance(skips.pop()!, x.shape[0]!)], 1);
      x = resnetBlock(block.at('resnets', j), x, channels[level]!, norm, time);
      if (type === 'CrossAttnUpBlock2D') x = attend(block.at('attentions', j), x, level);
    }
    inputs.tap?.(`up_blocks.${i}`, x);
    if (level > 0) x = upsample(block.at('upsamplers', 0), x);
  });

  x = silu(groupNorm(scope.at('conv_norm_out'), x, norm.groups, norm.epsilon));
  return conv(ends.at('conv_out'), wide(x), config.out_channels, 3);
}

/** Classifier-free guidance (arXiv 2207.12598): u + w (c - u) [N,C,h,w]; states [2,L,D] = without, with the prompt. */
export function guided(
  graph: Graph,
  source: UnetSource,
  inputs: Omit<UnetInputs, 'branches' | 'guidance'>,
  guidance: Operand,
  adapter?: LowRankSource,
): Value {
  const n = inputs.sample.shape[0]!;
  const both = unet(graph, source, { ...inputs, branches: 2 }, adapter);
  const [without, withPrompt] = split(both, [n, n], 0) as [Value, Value];
  return add(without, mul(sub(withPrompt, without), guidance));
}

/** How often height and width are halved. */
export const unetHalvings = (config: UnetConfig): number => config.block_out_channels.length - 1;

/** x [N, size] -> [N,width]: two linear layers. */
const embedding = (scope: Scope, x: Value, width: number): Value =>
  linear(scope.at('linear_2'), silu(linear(scope.at('linear_1'), x, width)), width);

/** t [N,c_0] with what the network is told of its guidance. */
function toldGuidance(scope: Scope, t: Value, guidance: Value | undefined, config: UnetConfig): Value {
  if (guidanceWidth(config) === null) return t;
  if (!guidance) throw new Error('this UNet is told its guidance');
  return add(t, linear(scope.at('cond_proj'), guidance, t.shape[1]!, { bias: false }));
}

/** XL: the pooled state beside the sinusoids of each time id, [S, 4 c_0]. */
function addedEmbedding(scope: Scope, { pooled, timeIds }: UnetInputs, config: UnetConfig): Value {
  if (!pooled || !timeIds) throw new Error('this UNet needs the pooled state and time ids');
  const size = config.addition_time_embed_dim!;
  const [texts] = pooled.shape as [number];
  const sizes = sinusoids(reshape(timeIds, [texts * TIME_IDS]), size, config);
  const beside = concat([pooled, reshape(sizes, [texts, TIME_IDS * size])], 1);
  return embedding(scope, beside, 4 * config.block_out_channels[0]!);
}

/** [S, ...] -> [batch, ...]: the images of one text lie together. */
function perImage(x: Value, batch: number): Value {
  const [texts, ...rest] = x.shape as [number, ...number[]];
  const wide = expand(reshape(x, [texts, 1, ...rest]), [texts, batch / texts, ...rest]);
  return reshape(wide, [batch, ...rest]);
}

/** [N or 1, ...] -> [batch or 1, ...]. */
const perBranch = (x: Value, batch: number): Value => (x.shape[0] === 1 ? x : repeatForGuidance(x, batch));

/** Sinusoids of t [N] -> [N,size]. */
function sinusoids(t: Value, size: number, config: UnetConfig): Value {
  const half = size / 2;
  // f_i = 10000^(-i / (half - shift)), rounded at each step as float32 arithmetic does: at t = 951 it shows.
  const { fround, log, exp } = Math;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    exp(fround(fround(fround(-log(10_000)) * i) / (half - config.freq_shift))),
  );
  const angles = mul(reshape(t, [t.shape[0]!, 1]), t.graph.constant(frequencies, [1, half]));
  return concat(config.flip_sin_to_cos ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
}

const perLevel = (value: number | readonly number[], level: number): number =>
  typeof value === 'number' ? value : value[level]!;
