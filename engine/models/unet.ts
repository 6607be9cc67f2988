/**
 * UNet2DConditionModel (Stable Diffusion 1.x, 2.x and XL): latents x_t, timestep t and text states (with XL
 * the pooled state and the picture's size too) -> the prediction of the noise (or of v). Built from
 * unet/config.json; names and order of blocks as in diffusers.
 */
import type { Graph } from '../graph/graph.js';
import type { Operand } from '../graph/ops.js';
import { add, cast, concat, cos, expand, mul, reshape, silu, sin, split, sub, wide } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { conv, groupNorm, linear } from '../nn/layers.js';
import type { LowRankSource } from '../nn/lora.js';
import { computeType, type Precision } from '../nn/precision.js';
import { repeatForGuidance } from '../nn/repeat-for-guidance.js';
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
  const [first] = config.block_out_channels as [number];
  const states = cast(inputs.states, scope.type);
  const context: Context = { states, batch: inputs.sample.shape[0]! * (inputs.branches ?? 1) };
  const step = timeEmbedding(ends.at('time_embedding'), inputs, config);
  const image = cast(conv(ends.at('conv_in'), inputs.sample, { out: first, kernel: 3 }), scope.type);
  const { x, time } = withAdded(ends, { x: image, time: step }, { inputs, context, config });

  const blocks: Blocks = { scope, config, context, time, tap: inputs.tap };
  const skips = [x];
  const top = up(blocks, middle(blocks, down(blocks, x, skips)), skips);
  const y = silu(groupNorm(scope.at('conv_norm_out'), top, config.norm_num_groups, config.norm_eps));
  return conv(ends.at('conv_out'), wide(y), { out: config.out_channels, kernel: 3 });
}

/** What all blocks of a network share. */
interface Blocks {
  readonly scope: Scope;
  readonly config: UnetConfig;
  readonly context: Context;
  readonly time: Value;
  readonly tap: UnetInputs['tap'];
}

const resnet = ({ config, time }: Blocks, at: Scope, x: Value, level: number): Value => {
  const norm = { groups: config.norm_num_groups, epsilon: config.norm_eps };
  return resnetBlock(at, x, config.block_out_channels[level]!, norm, time);
};

const attend = ({ config, context }: Blocks, at: Scope, x: Value, level: number): Value =>
  transformer(at, x, context, {
    heads: perLevel(config.num_attention_heads ?? config.attention_head_dim, level),
    depth: perLevel(config.transformer_layers_per_block, level),
    groups: config.norm_num_groups,
    linearProjection: config.use_linear_projection,
    wideAttention: config.upcast_attention,
  });

/** Each resnet's and each downsampler's result is kept in `skips` for the way up. */
function down(blocks: Blocks, from: Value, skips: Value[]): Value {
  const { scope, config } = blocks;
  let x = from;
  config.down_block_types.forEach((type, level) => {
    const block = scope.at('down_blocks', level);
    for (let i = 0; i < config.layers_per_block; i++) {
      x = resnet(blocks, block.at('resnets', i), x, level);
      if (type === 'CrossAttnDownBlock2D') x = attend(blocks, block.at('attentions', i), x, level);
      skips.push(x);
    }
    if (level === unetHalvings(config)) return;
    x = downsample(block.at('downsamplers', 0), x, 'around');
    skips.push(x);
  });
  return x;
}

function middle(blocks: Blocks, from: Value): Value {
  const mid = blocks.scope.at('mid_block');
  const last = unetHalvings(blocks.config);
  let x = resnet(blocks, mid.at('resnets', 0), from, last);
  x = attend(blocks, mid.at('attentions', 0), x, last);
  x = resnet(blocks, mid.at('resnets', 1), x, last);
  blocks.tap?.('mid_block', x);
  return x;
}

/** One resnet more a level, each on x beside the newest of `skips`. */
function up(blocks: Blocks, from: Value, skips: Value[]): Value {
  const { scope, config } = blocks;
  let x = from;
  config.up_block_types.forEach((type, i) => {
    const block = scope.at('up_blocks', i);
    const level = unetHalvings(config) - i;
    for (let j = 0; j <= config.layers_per_block; j++) {
      x = concat([x, repeatForGuidance(skips.pop()!, x.shape[0]!)], 1);
      x = resnet(blocks, block.at('resnets', j), x, level);
      if (type === 'CrossAttnUpBlock2D') x = attend(blocks, block.at('attentions', j), x, level);
    }
    blocks.tap?.(`up_blocks.${i}`, x);
    if (level > 0) x = upsample(block.at('upsamplers', 0), x);
  });
  return x;
}

/** t [N] -> [N, 4 c_0]. */
function timeEmbedding(scope: Scope, { timestep, guidance }: UnetInputs, config: UnetConfig): Value {
  const [width] = config.block_out_channels as [number];
  const t = toldGuidance(scope, sinusoids(timestep, width, config), guidance, config);
  return embedding(scope, t, 4 * width);
}

/**
 * XL: what the network is told of the texts and the picture's size is added to the time. From there on the
 * texts differ, so the branches do.
 */
function withAdded(
  ends: Scope,
  { x, time }: { x: Value; time: Value },
  { inputs, context, config }: { inputs: UnetInputs; context: Context; config: UnetConfig },
): { x: Value; time: Value } {
  if (config.addition_embed_type !== 'text_time') return { x, time };
  const { batch } = context;
  const branched = repeatForGuidance(x, batch);
  const told = perImage(addedEmbedding(ends.at('add_embedding'), inputs, config), batch);
  return { x: branched, time: add(told, perBranch(time, batch)) };
}

/**
 * Classifier-free guidance (arXiv 2207.12598): u + w (c - u) [N,C,h,w]; states [2,L,D] = without, with the
 * prompt.
 */
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
