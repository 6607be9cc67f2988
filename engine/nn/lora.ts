/**
 * LoRA (arXiv 2106.09685): a layer's weight W becomes W + (alpha / r) B A with A [r, in], B [out, r]; for a
 * convolution A is a k x k convolution to r channels and B a 1 x 1 one. Names and shapes are those of
 * diffusers and PEFT: `<part>.<layer>.lora_A.weight`, `<part>.<layer>.lora_B.weight`, the part being `unet`
 * or a text encoder.
 */
import { AcclaimError } from '../../src/errors.js';
import type { Graph } from '../graph/graph.js';
import { add, castLike, matmul, mul, reshape, wide } from '../graph/ops.js';
import { numel, type Shape, sameShape, type Value } from '../graph/value.js';
import type { FloatTensor, Tensor } from '../runtime/tensor.js';

/**
 * `attention`: the projections of every attention. `all`: every linear and conv layer but the first and the
 * last.
 */
export type LoraTargets = 'attention' | 'all';

export type AdapterSpec = {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: LoraTargets;
};

/** Parts of a model that an adapter may change, as diffusers' folders are called. */
export type Part = 'unet' | 'text_encoder' | 'text_encoder_2';

export type AdapterTensor = {
  readonly name: string;
  readonly shape: Shape;
};

/** An adapter of any layers, each with a rank of its own; the scale is in its tensors. Sorted by name. */
export type FreeLayout = {
  readonly tensors: readonly AdapterTensor[];
};

export type AdapterLayout = AdapterSpec | FreeLayout;

/** An adapter with its values, tensors by the names of `adapterShapes`. */
export interface AdapterValues {
  readonly spec: AdapterLayout;
  readonly tensors: Readonly<Record<string, Tensor>>;
}

const targeted: { readonly [K in LoraTargets]: (layer: string) => boolean } = {
  attention: (layer) => /\.attn[12]\.to_(q|k|v|out\.0)$/.test(layer),
  all: (layer) => layer !== 'conv_in' && layer !== 'conv_out',
};

/** In files and feeds, as PEFT has it. */
export const tensorName = (part: Part, layer: string, matrix: 'A' | 'B'): string =>
  `${part}.${layer}.lora_${matrix}.weight`;

/** Tensors of a UNet, by diffusers' names. */
interface HasUnet {
  readonly unet: { readonly tensors: ReadonlyMap<string, { readonly shape: Shape }> };
}

/**
 * Every tensor of an adapter for one part of the model, sorted by name. A learner's adapter has the UNet
 * only.
 */
export function adapterShapes(
  { unet }: HasUnet,
  layout: AdapterLayout,
  part: Part = 'unet',
): readonly AdapterTensor[] {
  if ('tensors' in layout) return layout.tensors.filter(({ name }) => name.startsWith(`${part}.`));
  if (part !== 'unet') return [];
  const { rank, targets } = layout;
  const tensors: AdapterTensor[] = [];
  for (const [name, { shape }] of unet.tensors) {
    const layer = name.replace(/\.weight$/, '');
    // Linear and conv weights have two or four axes; norms' and biases have one.
    if (layer === name || shape.length < 2 || !targeted[targets](layer)) continue;
    const [out, ...rest] = shape as [number, ...number[]];
    tensors.push({ name: tensorName('unet', layer, 'A'), shape: [rank, ...rest] });
    tensors.push({ name: tensorName('unet', layer, 'B'), shape: [out, rank, ...rest.slice(1).map(() => 1)] });
  }
  return tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * How B A is applied. `unmerged`: a second path beside the layer, which needs little memory and whose
 * gradient is cheap. `merged`: W + (alpha / r) B A takes W's place; of constants it is formed once, when the
 * graph is compiled.
 */
export type LoraForm = 'unmerged' | 'merged';

/** An adapter's part for one layer, `loraA` = A already scaled by alpha / r. */
export interface LowRank {
  readonly loraA: Value;
  readonly loraB: Value;
  readonly form: LoraForm;
}

/** What a layer asks, with its path and weight, when it is built. */
export interface LowRankSource {
  layer(path: string, weight: Value): LowRank | undefined;
}

/** The adapter of one part of a model, its tensors as values of a graph. */
export class Adapter implements LowRankSource {
  constructor(
    readonly spec: AdapterLayout,
    /** By tensor name, as in `adapterShapes`. */
    readonly tensors: ReadonlyMap<string, Value>,
    readonly form: LoraForm = 'unmerged',
    readonly part: Part = 'unet',
  ) {}

  layer(path: string): LowRank | undefined {
    const a = this.tensors.get(tensorName(this.part, path, 'A'));
    const b = this.tensors.get(tensorName(this.part, path, 'B'));
    if (!a || !b) return undefined;
    const scale = 'tensors' in this.spec ? 1 : this.spec.alpha / this.spec.rank;
    return { loraA: scale === 1 ? a : mul(a, scale), loraB: b, form: this.form };
  }
}

/** Declares a graph input for each of the adapter's tensors. */
export function adapterInputs(
  graph: Graph,
  pipeline: HasUnet,
  spec: AdapterLayout,
  form: LoraForm = 'unmerged',
  part: Part = 'unet',
): Adapter {
  const inputs = adapterShapes(pipeline, spec, part).map(
    ({ name, shape }) => [name, graph.input(name, shape)] as const,
  );
  return new Adapter(spec, new Map(inputs), form, part);
}

/** An adapter whose values stand in the graph, merged into the weights. */
export function adapterConstants(
  graph: Graph,
  pipeline: HasUnet,
  spec: AdapterLayout,
  values: Readonly<Record<string, Tensor>>,
): Adapter {
  const constants = checkAdapter(pipeline, spec, values).map(
    ([name, { data, shape }]) => [name, graph.constant(data, shape)] as const,
  );
  return new Adapter(spec, new Map(constants), 'merged');
}

/**
 * The tensors of the UNet's part by name, if they are those of `adapterShapes`. Errors: shape-mismatch,
 * naming the tensor.
 */
export function checkAdapter(
  pipeline: HasUnet,
  spec: AdapterLayout,
  values: Readonly<Record<string, Tensor>>,
): [string, FloatTensor][] {
  return adapterShapes(pipeline, spec).map(({ name, shape }) => {
    const value = values[name];
    if (value?.dtype === 'float32' && sameShape(value.shape, shape)) return [name, value];
    const found = value ? `${value.dtype}[${value.shape}]` : 'nothing';
    const hint = 'The adapter was made for another model, rank or choice of layers.';
    throw new AcclaimError(
      'shape-mismatch',
      `adapter: ${name}: expected float32[${shape}], found ${found}`,
      hint,
    );
  });
}

/** W + B A, in W's shape and type. */
export function mergedWeight(weight: Value, { loraA, loraB }: LowRank): Value {
  const [out, rank] = loraB.shape as [number, number];
  const product = matmul(reshape(loraB, [out, rank]), reshape(loraA, [rank, numel(loraA.shape) / rank]));
  return castLike(add(wide(weight), reshape(product, weight.shape)), weight);
}
