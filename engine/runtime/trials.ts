/**
 * What a device's self-check computes: small graphs of what the networks are made of. Sizes are those at
 * which kernels have been seen to change: attention takes another path from some tens of tokens on.
 */
import { grad } from '../graph/grad.js';
import { Graph } from '../graph/graph.js';
import type { FusedOp } from '../graph/op-decompositions.js';
import {
  add,
  attention,
  cast,
  castLike,
  conv2d,
  cos,
  gelu,
  groupNorm,
  layerNorm,
  linear,
  quickGelu,
  reduceMean,
  reshape,
  silu,
  sin,
  square,
  transpose,
  upsampleNearest2x,
  wide,
} from '../graph/ops.js';
import { type FloatType, numel, type Shape, type Value } from '../graph/value.js';
import { type FloatTensor, f32 } from './tensor.js';

/** Waves: values within [-1, 1] that repeat nowhere near. */
export const wave = (shape: Shape, step: number): Float32Array =>
  Float32Array.from({ length: numel(shape) }, (_, i) => Math.sin((i + 1) * step));

/** A graph and the feeds that it is run on. */
export interface Trial {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, FloatTensor>>;
}

/**
 * `build` asks for tensors by shape; they become inputs, fed with waves of the amplitude that goes along.
 * Inputs and outputs are float32, what is between them is of `type`.
 */
function trial(
  type: FloatType,
  build: (tensor: (shape: Shape, amplitude?: number) => Value) => Record<string, Value>,
): Trial {
  const graph = new Graph();
  const feeds: Record<string, FloatTensor> = {};
  const outputs = build((shape, amplitude = 1) => {
    const name = `x${graph.inputs.size}`;
    const step = 0.37 + 0.11 * graph.inputs.size;
    feeds[name] = f32(
      shape,
      wave(shape, step).map((v) => amplitude * v),
    );
    return cast(graph.input(name, shape), type);
  });
  for (const [name, value] of Object.entries(outputs)) graph.output(name, wide(value));
  return { graph, feeds };
}

/** Images, tokens, source tokens, channels, heads. */
const attentions: readonly (readonly [number, number, number, number, number])[] = [
  [1, 16, 16, 32, 4],
  [1, 64, 64, 32, 4],
  [2, 100, 77, 40, 1],
];

/** Each fused op at sizes of the networks. */
export const fusedTrials: { readonly [K in FusedOp]: (type?: FloatType) => Trial } = {
  MultiHeadAttention: (type = 'float32') =>
    trial(type, (x) =>
      Object.fromEntries(
        attentions.map(([n, t, s, c, heads]) => [
          `${t}x${s}`,
          attention(x([n, t, c], 2), x([n, s, c], 2), x([n, s, c]), { heads }),
        ]),
      ),
    ),
  Sin: (type = 'float32') => trial(type, (x) => ({ sin: sin(x([64, 16], 1000)) })),
  Cos: (type = 'float32') => trial(type, (x) => ({ cos: cos(x([64, 16], 1000)) })),
  QuickGelu: (type = 'float32') =>
    trial(type, (x) => {
      const far = x([5, 130], 8);
      return { silu: silu(far), quick: quickGelu(far) };
    }),
  Gelu: (type = 'float32') => trial(type, (x) => ({ gelu: gelu(x([5, 130], 6)) })),
  LayerNormalization: (type = 'float32') =>
    trial(type, (x) => {
      const far = add(x([77, 320], 3), 2);
      const node = far.graph.node('LayerNormalization', [far, x([320]), x([320])], { epsilon: 1e-5 });
      const [normal, mean, r] = node.outputs as [Value, Value, Value];
      // As in group normalisation: few rows, each long.
      return { normal, mean, r, group: groupNorm(x([2, 32, 12, 12]), 8, x([32]), x([32]), 1e-6) };
    }),
};

/**
 * A residual block and a transformer block in small, with low-rank parts, and the gradients that training
 * asks for.
 */
export const blockTrial = (type: FloatType = 'float32'): Trial =>
  trial(type, (x) => {
    const [c, side, rank] = [16, 8, 4];
    const weight = (...shape: number[]) => x(shape, Math.sqrt(3 / numel(shape.slice(1))));
    const [down, up] = [wide(weight(rank, c)), wide(weight(c, rank))];
    const tuned = (y: Value) => add(linear(y, weight(c, c)), castLike(linear(linear(wide(y), down), up), y));

    const whole = wide(x([1, 8, side, side]));
    const image = cast(whole, type);
    const raised = conv2d(image, weight(c, 8, 3, 3), x([c]), { padding: 1 });
    const bent = silu(groupNorm(raised, 4, x([c]), x([c])));
    const halved = conv2d(bent, weight(c, c, 3, 3), x([c]), { padding: 1, stride: 2 });
    const back = conv2d(upsampleNearest2x(halved), weight(c, c, 1, 1), x([c]));
    const tokens = transpose(reshape(add(raised, back), [1, c, side * side]), [0, 2, 1]);
    const normal = layerNorm(tokens, x([c]), x([c]));
    const seen = add(tokens, attention(tuned(normal), normal, normal, { heads: 2 }));
    const out = gelu(linear(seen, weight(c, c), x([c])));

    const [dImage, dDown, dUp] = grad(reduceMean(square(wide(out))), [whole, down, up]) as [
      Value,
      Value,
      Value,
    ];
    return { out, dImage, dDown, dUp };
  });

/** A layer whose weight [128,128] lies as float16 in `file`, at its start. */
export const halfTrial = (file: string): Trial =>
  trial('float32', (x) => {
    const rows = x([3, 128]);
    const shape = [128, 128];
    const length = 2 * numel(shape);
    const weight = rows.graph.weight({ name: 'half', dtype: 'float16', shape, file, offset: 0, length });
    return { out: linear(rows, weight) };
  });

/** Sums as long as those of a convolution over 512 and a layer of 4096 channels. */
export const sumTrial = (type: FloatType): Trial =>
  trial(type, (x) => ({
    linear: linear(x([4, 4096]), x([32, 4096], 1 / 64)),
    conv: conv2d(x([1, 512, 4, 4]), x([16, 512, 3, 3], 1 / 64), x([16]), { padding: 1 }),
  }));
