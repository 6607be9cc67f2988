/**
 * CLIPTextModel: token ids -> the states that condition the UNet. A pre-norm transformer with a causal mask; the end
 * is the last layer's states, normed.
 */
import type { Graph } from '../graph/graph.js';
import { add, gather, slice } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import type { SafetensorsFile } from '../io/safetensors.js';
import { clipLayer } from '../nn/clip-layer.js';
import { layerNorm } from '../nn/layers.js';
import type { LowRankSource } from '../nn/lora.js';
import { Scope } from '../nn/scope.js';
import type { TextConfig } from './config.js';

export interface TextSource {
  readonly text: SafetensorsFile;
  readonly textConfig: TextConfig;
}

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
    x = clipLayer(scope.at('encoder', 'layers', i), x, config, { causal: true });
  }
  return layerNorm(scope.at('final_layer_norm'), x, epsilon);
}
