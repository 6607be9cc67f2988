/**
 * The spatial transformer of the UNet: an image becomes H W tokens, which attend to each other and to the
 * text, and an image again. Parts as in diffusers' Transformer2DModel and BasicTransformerBlock.
 */
import { attention, castLike, reshape, transpose, wide } from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { feedForward } from './feed-forward.js';
import { conv, groupNorm, layerNorm, linear } from './layers.js';
import { addRepeated, repeatForGuidance } from './repeat-for-guidance.js';
import type { Scope } from './scope.js';

export interface Context {
  /** Text states [S,L,D]; images of one text lie together, S divides the batch. */
  readonly states: Value;
  /** Images times branches: the batch from the first cross-attention on. */
  readonly batch: number;
}

export interface TransformerOptions {
  readonly heads: number;
  /** Blocks of self-attention, cross-attention and feed-forward. */
  readonly depth: number;
  readonly groups: number;
  /** proj_in and proj_out are linear layers, not 1x1 convolutions. */
  readonly linearProjection: boolean;
  /** Attention in float32: in float16 this model's scores overflow. */
  readonly wideAttention: boolean;
}

/** x [N,C,H,W] -> [batch,C,H,W]. */
export function transformer(scope: Scope, x: Value, context: Context, options: TransformerOptions): Value {
  const c = x.shape[1]!;
  const { graph } = scope;
  let tokens = graph.segment(() => {
    const normal = groupNorm(scope.at('norm'), x, options.groups, 1e-6);
    const projIn = scope.at('proj_in');
    return overTokens(projIn, c, options)
      ? linear(projIn, toTokens(normal), c)
      : toTokens(conv(projIn, normal, { out: c, kernel: 1 }));
  });
  for (let i = 0; i < options.depth; i++) {
    const block = scope.at('transformer_blocks', i);
    const before = tokens;
    tokens = graph.segment(() => transformerBlock(block, before, context, options));
  }
  const projOut = scope.at('proj_out');
  const out = overTokens(projOut, c, options)
    ? toImage(linear(projOut, tokens, c), x)
    : conv(projOut, toImage(tokens, x), { out: c, kernel: 1 });
  return addRepeated(x, out);
}

/** Of tokens a 1x1 convolution is a linear layer, and that one may be in int8. */
const overTokens = (scope: Scope, c: number, { linearProjection }: TransformerOptions): boolean =>
  linearProjection || scope.product('weight', { start: 0, end: c, inner: c }) !== undefined;

function transformerBlock(scope: Scope, x: Value, context: Context, options: TransformerOptions): Value {
  const norm = (name: string, y: Value) => layerNorm(scope.at(name), y, 1e-5);
  const self = norm('norm1', x);
  const seen = addRepeated(x, attend(scope.at('attn1'), self, self, x.shape[0]!, options));
  const read = attend(scope.at('attn2'), norm('norm2', seen), context.states, context.batch, options);
  const told = addRepeated(seen, read);
  return addRepeated(told, feedForward(scope.at('ff', 'net'), norm('norm3', told)));
}

/** Queries from x [N,T,C], keys and values from source [S,L,D] -> [batch,T,C]. */
function attend(
  scope: Scope,
  x: Value,
  source: Value,
  batch: number,
  { heads, wideAttention }: TransformerOptions,
): Value {
  const [, tokens, c] = x.shape as [number, number, number];
  const project = (name: string, y: Value) => linear(scope.at(name), y, c, { bias: false });
  // Queries do not see each other: the tokens of all images under one text are one long row of queries.
  const texts = source.shape[0]!;
  const queries = reshape(repeatForGuidance(project('to_q', x), batch), [texts, (batch / texts) * tokens, c]);
  const operand = wideAttention ? wide : (y: Value) => y;
  const [q, k, v] = [queries, project('to_k', source), project('to_v', source)].map(operand) as [
    Value,
    Value,
    Value,
  ];
  const mixed = castLike(attention(q, k, v, { heads }), queries);
  return linear(scope.at('to_out', 0), reshape(mixed, [batch, tokens, c]), c);
}

/** [N,C,H,W] -> [N,HW,C]. */
const toTokens = (x: Value): Value => {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return transpose(reshape(x, [n, c, h * w]), [0, 2, 1]);
};

/** [N,HW,C] -> [N,C,H,W], height and width as in `like`. */
const toImage = (tokens: Value, like: Value): Value =>
  reshape(transpose(tokens, [0, 2, 1]), [tokens.shape[0]!, ...like.shape.slice(1)]);
