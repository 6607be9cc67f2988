/**
 * Feedback-aligned representation (HERO section 4.1): the map E on final latents, and its projection head g,
 * which only training sees. Notation: z [N,C,h,w] latents, F = 32 * (h/8) * (w/8) the flattened size, W =
 * widen * F.
 *   E: conv3x3 C->8, ReLU, pool; 8->16, ReLU, pool; 16->32, ReLU, pool; flatten; linear F->W; ReLU
 *   g: linear W->W/2, ReLU, W/2->W/4, ReLU, W/4->W/8
 *   d(a, b) = 1 - (cos(g(E(a)), g(E(b))) + 1) / 2
 *   L = mean over triplets of max(0, d(best, good) - d(best, bad) + margin)
 * Names are those of nn.Sequential, so weights can be exchanged with PyTorch.
 */
import type { Rng } from '../../src/rng.js';
import { grad } from '../graph/grad.js';
import { Graph } from '../graph/graph.js';
import {
  add,
  conv2d,
  cosineSimilarity,
  linear,
  matmul,
  maxPool2x2,
  mul,
  reduceMean,
  relu,
  reshape,
  sub,
} from '../graph/ops.js';
import type { Value } from '../graph/value.js';
import { type EmbeddingSpec, embeddingShapes } from '../io/embedding-tensors.js';
import type { NamedTensors } from '../runtime/named-tensors.js';
import { f32 } from '../runtime/tensor.js';

export interface TripletOptions {
  margin: number;
  /** Released fault (a): cosines over the batch axis instead of the features. */
  batchAxis: boolean;
}

/** Uniform within 1 / sqrt(fan-in), weights and biases alike (PyTorch's default). */
export function initEmbedding(spec: EmbeddingSpec, rng: Rng): NamedTensors {
  const shapes = embeddingShapes(spec);
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const weight = shapes[name.replace('.bias', '.weight')]!;
      const bound = 1 / Math.sqrt(weight.slice(1).reduce((a, b) => a * b, 1));
      const tensor = f32(shape);
      for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = bound * (2 * rng.uniform() - 1);
      return [name, tensor];
    }),
  );
}

type Weights = (layer: string) => [weight: Value, bias: Value];

/** E(z): [N,C,h,w] -> [N,W]. */
function mapE(z: Value, weights: Weights): Value {
  let x = z;
  for (const layer of ['E.0', 'E.3', 'E.6']) {
    const [weight, bias] = weights(layer);
    x = maxPool2x2(relu(conv2d(x, weight, bias, { padding: 1 })));
  }
  const [n, ...rest] = x.shape as [number, ...number[]];
  return relu(linear(reshape(x, [n, rest.reduce((a, b) => a * b, 1)]), ...weights('E.10')));
}

/** g(e): [N,W] -> [N,W/8]. */
function headG(e: Value, weights: Weights): Value {
  return linear(relu(linear(relu(linear(e, ...weights('g.0'))), ...weights('g.2'))), ...weights('g.4'));
}

function inputs(g: Graph, spec: EmbeddingSpec): { all: Map<string, Value>; weights: Weights } {
  const all = new Map<string, Value>();
  for (const [name, shape] of Object.entries(embeddingShapes(spec))) all.set(name, g.input(name, shape));
  return { all, weights: (layer) => [all.get(`${layer}.weight`)!, all.get(`${layer}.bias`)!] };
}

/** Feeds: `latents` [count,C,h,w], weights. Output: `features` [count,W]. */
export function featureGraph(spec: EmbeddingSpec, count: number): Graph {
  const g = new Graph();
  const { weights } = inputs(g, spec);
  g.output('features', mapE(g.input('latents', [count, ...spec.latent]), weights));
  return g;
}

/**
 * Feeds: `latents` [count,C,h,w]; `anchor`, `positive`, `negative` [triplets,count], each row a one at the
 * chosen latent; weights. Outputs: `loss` [1] and a gradient for each weight, `grad.<name>`.
 */
export function tripletGraph(
  spec: EmbeddingSpec,
  count: number,
  triplets: number,
  { margin, batchAxis }: TripletOptions,
): Graph {
  const g = new Graph();
  const { all, weights } = inputs(g, spec);
  const projected = headG(mapE(g.input('latents', [count, ...spec.latent]), weights), weights); // [count, W/8]
  const [a, p, n] = (['anchor', 'positive', 'negative'] as const).map((role) =>
    matmul(g.input(role, [triplets, count]), projected),
  ) as [Value, Value, Value];
  const distance = (x: Value, y: Value) =>
    sub(1, mul(add(cosineSimilarity(x, y, batchAxis ? 0 : -1), 1), 0.5));
  const loss = reduceMean(relu(add(sub(distance(a, p), distance(a, n)), margin)));
  g.output('loss', reshape(loss, [1]));
  const wrt = [...all];
  const gradients = grad(
    loss,
    wrt.map(([, value]) => value),
  );
  for (const [i, [name]] of wrt.entries()) g.output(`grad.${name}`, gradients[i]!);
  return g;
}

/** One-hot rows [indices.length, count]. */
export function oneHot(indices: readonly number[], count: number): Float32Array {
  const out = new Float32Array(indices.length * count);
  for (const [row, index] of indices.entries()) out[row * count + index] = 1;
  return out;
}
