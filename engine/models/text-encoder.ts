/**
 * CLIPTextModel, with or without projection: token ids -> the states that condition the UNet. A pre-norm
 * transformer with a causal mask. SD 1.x and 2.x read the last layer's states, normed; SDXL those before the
 * last layer, not normed, and from its second encoder also the pooled state: the last, normed, at the end
 * token, projected. Which ids a text becomes, and how it is padded, is each folder's tokenizer
 * (tokenizer.ts).
 */
import type { Graph } from '../graph/graph.js';
import { add, castLike, gather, mul, reshape, slice, wide } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { clipLayer } from '../nn/clip-layer.js';
import { layerNorm, linear } from '../nn/layers.js';
import type { LowRankSource } from '../nn/lora.js';
import { computeType, type Precision } from '../nn/precision.js';
import { Scope, type WeightSource } from '../nn/scope.js';
import type { TextConfig } from './config.js';

export interface TextSource {
  readonly weights: WeightSource;
  readonly config: TextConfig;
  readonly precision?: Precision | undefined;
}

export interface TextInputs {
  /** [N,L] int64, L at most max_position_embeddings. */
  readonly ids: Value;
  /** Row of each text's end token in the [N L, D] states, [N] int64; needed for the pooled state. */
  readonly ends?: Value | undefined;
  /**
   * Of tokens that the table lacks: [N,L,D] in place of the table's rows where `known` [N,L,1] is 0, else 0.
   */
  readonly given?: { readonly vectors: Value; readonly known: Value } | undefined;
}

export interface TextStates {
  /** All float32. [N,L,D], normed. */
  readonly last: Value;
  /** [N,L,D] before the last layer. */
  readonly penultimate: Value;
  /** [N,P]; where the model has a projection and `ends` is given. */
  readonly pooled?: Value;
}

/** Whether the encoder gives a pooled state, too. */
export const hasProjection = ({ architectures }: TextConfig): boolean =>
  architectures?.[0] === 'CLIPTextModelWithProjection';

/** CLIP's text encoder over ids [N,L]. */
export function textModel(
  graph: Graph,
  { weights, config, precision = 'fp32' }: TextSource,
  { ids, ends, given }: TextInputs,
  adapter?: LowRankSource,
): TextStates {
  const root = new Scope(graph, weights, adapter, '', computeType[precision]);
  const scope = root.at('text_model');
  const { hidden_size: width, layer_norm_eps: epsilon } = config;
  const embeddings = scope.at('embeddings');
  const tokens = embeddings.at('token_embedding').weight('weight', [config.vocab_size, width]);
  const places = embeddings
    .at('position_embedding')
    .weight('weight', [config.max_position_embeddings, width]);
  const rows = gather(tokens, ids);
  const words = given ? add(mul(wide(rows), given.known), given.vectors) : rows;
  let x = add(castLike(words, rows), slice(places, 0, 0, ids.shape[1]!));
  let penultimate = x;
  for (let i = 0; i < config.num_hidden_layers; i++) {
    penultimate = x;
    x = clipLayer(scope.at('encoder', 'layers', i), x, config, { causal: true });
  }
  const last = layerNorm(scope.at('final_layer_norm'), x, epsilon);
  const states = { last: wide(last), penultimate: wide(penultimate) };
  if (!ends || !hasProjection(config)) return states;
  const end = gather(reshape(last, [ids.shape[0]! * ids.shape[1]!, width]), ends);
  const pooled = linear(root.at('text_projection'), end, config.projection_dim, { bias: false });
  return { ...states, pooled: wide(pooled) };
}

/**
 * Where the pooled state is read. Configurations from before transformers 4.30 say `eos_token_id: 2`, which
 * no CLIP vocabulary means: there it is the first place of the highest id, which is the end token's; else the
 * first end token.
 */
export function endOf(ids: readonly number[], { eos_token_id: eos }: TextConfig): number {
  const at = ids.indexOf(eos === 2 ? Math.max(...ids) : eos);
  return Math.max(0, at);
}
