/**
 * One layer of CLIP's two transformers, text and vision: pre-norm self-attention and a two-layer perceptron.
 */
import { add, attention, gelu, quickGelu } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { layerNorm, linear } from './layers.js';
import type { Scope } from './scope.js';

export interface ClipConfig {
  readonly hidden_act: 'quick_gelu' | 'gelu';
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly layer_norm_eps: number;
  readonly num_attention_heads: number;
}

const activations = { quick_gelu: quickGelu, gelu } as const;

/** x [N,L,D] -> [N,L,D]; `causal` where a token may see only those before it. */
export function clipLayer(
  layer: Scope,
  x: Value,
  config: ClipConfig,
  { causal }: { causal: boolean },
): Value {
  const { hidden_size: width, layer_norm_eps: epsilon, num_attention_heads: heads } = config;
  const self = layer.at('self_attn');
  const seen = layerNorm(layer.at('layer_norm1'), x, epsilon);
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => linear(self.at(name), seen, width)) as [
    Value,
    Value,
    Value,
  ];
  const attended = add(x, linear(self.at('out_proj'), attention(q, k, v, { heads, causal }), width));
  const mlp = layer.at('mlp');
  const inner = linear(
    mlp.at('fc1'),
    layerNorm(layer.at('layer_norm2'), attended, epsilon),
    config.intermediate_size,
  );
  return add(attended, linear(mlp.at('fc2'), activations[config.hidden_act](inner), width));
}
