/**
 * CLIPVisionModelWithProjection: pictures -> embeddings. Patches become tokens behind a class token, a
 * pre-norm transformer runs over them, and the class token's state, normed, is projected.
 */
import { z } from 'zod';
import { add, concat, conv2d, expand, reshape, slice, transpose } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { clipLayer } from '../nn/clip-layer.js';
import { layerNorm, linear } from '../nn/layers.js';
import type { Scope } from '../nn/scope.js';

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 16);

/** Defaults are transformers'. */
export const visionSchema = z.looseObject({
  hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
  hidden_size: count.default(768),
  image_size: count.max(4096).default(224),
  intermediate_size: count.default(3072),
  layer_norm_eps: z.number().default(1e-5),
  num_attention_heads: count.default(12),
  num_channels: z.literal(3).default(3),
  num_hidden_layers: count.max(256).default(12),
  patch_size: count.default(32),
});
export type VisionConfig = z.infer<typeof visionSchema>;

/**
 * pixels [N,3,S,S] -> [N,D], the class token's state. `scope` holds `embeddings`, `encoder`, `pre_layrnorm`.
 */
export function visionModel(scope: Scope, config: VisionConfig, pixels: Value): Value {
  const { hidden_size: width, patch_size: patch, image_size: size, layer_norm_eps: epsilon } = config;
  const n = pixels.shape[0]!;
  const tokens = Math.floor(size / patch) ** 2;
  const embeddings = scope.at('embeddings');
  const kernel = embeddings.at('patch_embedding').weight('weight', [width, 3, patch, patch]);
  const patches = reshape(conv2d(pixels, kernel, undefined, { stride: patch }), [n, width, tokens]);
  const first = expand(reshape(embeddings.weight('class_embedding', [width]), [1, 1, width]), [n, 1, width]);
  const places = embeddings.at('position_embedding').weight('weight', [tokens + 1, width]);
  let x = add(concat([first, transpose(patches, [0, 2, 1])], 1), places);
  // The misspelt name is the files'.
  x = layerNorm(scope.at('pre_layrnorm'), x, epsilon);
  for (let i = 0; i < config.num_hidden_layers; i++)
    x = clipLayer(scope.at('encoder', 'layers', i), x, config, { causal: false });
  return layerNorm(scope.at('post_layernorm'), reshape(slice(x, 1, 0, 1), [n, width]), epsilon);
}

/** [N,D] -> [N,P]. */
export const visualProjection = (scope: Scope, x: Value, size: number): Value =>
  linear(scope.at('visual_projection'), x, size, { bias: false });
