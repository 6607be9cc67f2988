/**
 * AutoencoderKL: images [N,3,H,W] in [-1,1] to latents [N,C,h,w] and back. The UNet works on latents times
 * `scaling_factor`; both ways here speak of those scaled latents.
 */
import type { Graph } from '../graph/graph.js';
import { add, attention, cast, clip, mul, reshape, silu, split, transpose, wide } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { conv, groupNorm, linear } from '../nn/layers.js';
import { computeType, type Precision } from '../nn/precision.js';
import { downsample, type NormOptions, resnetBlock, upsample } from '../nn/resnet-block.js';
import { Scope, type WeightSource } from '../nn/scope.js';
import type { VaeConfig } from './config.js';

export interface VaeSource {
  readonly vae: WeightSource;
  readonly vaeConfig: VaeConfig;
  readonly precision?: Precision | undefined;
}

/** float32 where the model says that half precision overflows. */
const typeOf = ({ vaeConfig, precision = 'fp32' }: VaeSource) =>
  computeType[vaeConfig.force_upcast ? 'fp32' : precision];

/** Image pixels per latent pixel. */
export const vaeFactor = (config: VaeConfig): number => 2 ** (config.block_out_channels.length - 1);

const norm = (config: VaeConfig): NormOptions => ({ groups: config.norm_num_groups, epsilon: 1e-6 });

/** Scaled latents [N,C,h,w] -> image [N,3,H,W], not clipped. */
export function decoder(graph: Graph, source: VaeSource, latents: Value): Value {
  const { vaeConfig: config } = source;
  const root = new Scope(graph, source.vae);
  const ends = root.at('decoder');
  const scope = ends.as(typeOf(source));
  const channels = [...config.block_out_channels].reverse();
  let x = mul(latents, 1 / config.scaling_factor);
  if (config.use_post_quant_conv)
    x = conv(root.at('post_quant_conv'), x, { out: config.latent_channels, kernel: 1 });
  x = cast(conv(ends.at('conv_in'), x, { out: channels[0]!, kernel: 3 }), scope.type);
  x = middle(scope.at('mid_block'), x, config);
  channels.forEach((out, level) => {
    const block = scope.at('up_blocks', level);
    for (let i = 0; i <= config.layers_per_block; i++)
      x = resnetBlock(block.at('resnets', i), x, out, norm(config));
    if (level < channels.length - 1) x = upsample(block.at('upsamplers', 0), x);
  });
  return ending(scope, x, config.out_channels, config);
}

/** Image [N,3,H,W] -> mean and log-variance [N,C,h,w] of the latents, before scaling. */
export function encoder(graph: Graph, source: VaeSource, image: Value): { mean: Value; logVariance: Value } {
  const { vaeConfig: config } = source;
  const root = new Scope(graph, source.vae);
  const ends = root.at('encoder');
  const scope = ends.as(typeOf(source));
  const channels = config.block_out_channels;
  let x = cast(conv(ends.at('conv_in'), image, { out: channels[0]!, kernel: 3 }), scope.type);
  channels.forEach((out, level) => {
    const block = scope.at('down_blocks', level);
    for (let i = 0; i < config.layers_per_block; i++)
      x = resnetBlock(block.at('resnets', i), x, out, norm(config));
    if (level < channels.length - 1) x = downsample(block.at('downsamplers', 0), x, 'end');
  });
  const moments = 2 * config.latent_channels;
  x = ending(scope, middle(scope.at('mid_block'), x, config), moments, config);
  if (config.use_quant_conv) x = conv(root.at('quant_conv'), x, { out: moments, kernel: 1 });
  const [mean, logVariance] = split(x, [config.latent_channels, config.latent_channels], 1) as [Value, Value];
  return { mean, logVariance: clip(logVariance, -30, 20) };
}

function middle(scope: Scope, x: Value, config: VaeConfig): Value {
  const c = x.shape[1]!;
  let y = resnetBlock(scope.at('resnets', 0), x, c, norm(config));
  if (config.mid_block_add_attention) y = pixelAttention(scope.at('attentions', 0), y, config);
  return resnetBlock(scope.at('resnets', 1), y, c, norm(config));
}

/** Every pixel attends to all, with one head. */
function pixelAttention(scope: Scope, x: Value, config: VaeConfig): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const { groups, epsilon } = norm(config);
  const normal = groupNorm(scope.at('group_norm'), x, groups, epsilon);
  const tokens = transpose(reshape(normal, [n, c, h * w]), [0, 2, 1]);
  const [q, k, v] = ['to_q', 'to_k', 'to_v'].map((name) => linear(scope.at(name), tokens, c)) as [
    Value,
    Value,
    Value,
  ];
  const mixed = linear(scope.at('to_out', 0), attention(q, k, v, { heads: 1 }), c);
  return add(x, reshape(transpose(mixed, [0, 2, 1]), x.shape));
}

function ending(scope: Scope, x: Value, out: number, config: VaeConfig): Value {
  const { groups, epsilon } = norm(config);
  const y = silu(groupNorm(scope.at('conv_norm_out'), x, groups, epsilon));
  return conv(scope.as('float32').at('conv_out'), wide(y), { out, kernel: 3 });
}
