/**
 * CLIPTextModel: token ids -> the states that condition the UNet. A pre-norm transformer with a causal mask; the end
 * is the last layer's states, normed.
 */
import type { Graph } from '../graph/graph.js';
import { add, attention, gather, gelu, quickGelu, slice } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { SafetensorsFile } from '../io/safetensors.js';
import { layerNorm, linear } from '../nn/layers.js';
import type { LowRankSource } from '../nn/lora.js';
import { Scope } from '../nn/scope.js';
import type { TextConfig } from './config.js';

export interface TextSource {
  readonly text: SafetensorsFile;
  readonly textConfig: TextConfig;
}

const activations = { quick_gelu: quickGelu, gelu } as const;

/** ids [N,L] int64, L at most max_position_embeddings -> states [N,L,D]. */
export function textModel(
  graph: Graph,
  { text, textConfig: config }: TextSource,
  ids: Value,
  adapter?: LowRankSource,
): Value {
  // transformers 5 writes the names without their first part.
  const prefix = text.tensors.has('embeddings.token_embedding.weight') ? '' : 'text_model';
  const scope = new Scope(graph, text, adapter).at(prefix);
  const { hidden_size: width, layer_norm_eps: epsilon } = config;
  const embeddings = scope.at('embeddings');
  const tokens = embeddings.at('token_embedding').weight('weight', [config.vocab_size, width]);
  const places = embeddings
    .at('position_embedding')
    .weight('weight', [config.max_position_embeddings, width]);
  let x = add(gather(tokens, ids), slice(places, 0, 0, ids.shape[1]!));
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = scope.at('encoder', 'layers', i);
    x = add(x, selfAttention(layer.at('self_attn'), layerNorm(layer.at('layer_norm1'), x, epsilon), config));
    const mlp = layer.at('mlp');
    const inner = linear(
      mlp.at('fc1'),
      layerNorm(layer.at('layer_norm2'), x, epsilon),
      config.intermediate_size,
    );
    x = add(x, linear(mlp.at('fc2'), activations[config.hidden_act](inner), width));
  }
  return layerNorm(scope.at('final_layer_norm'), x, epsilon);
}

function selfAttention(
  scope: Scope,
  x: Value,
  { num_attention_heads: heads, hidden_size: width }: TextConfig,
): Value {
  const [q, k, v] = ['q_proj', 'k_proj', 'v_proj'].map((name) => linear(scope.at(name), x, width)) as [
    Value,
    Value,
    Value,
  ];
  return linear(scope.at('out_proj'), attention(q, k, v, { heads, causal: true }), width);
}
