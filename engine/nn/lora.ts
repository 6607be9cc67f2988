/**
 * LoRA (arXiv 2106.09685): a layer's weight W becomes W + (alpha / r) B A with A [r, in], B [out, r]; for a convolution
 * A is a k x k convolution to r channels and B a 1 x 1 one. Names and shapes are those of diffusers and PEFT:
 * `unet.<layer>.lora_A.weight`, `unet.<layer>.lora_B.weight`.
 */
import { AcclaimError } from '../../src/errors.js';
import type { Graph } from '../graph/graph.js';
import { add, matmul, mul, reshape } from '../graph/ops.js';
import { numel, type Shape, sameShape, type Value } from '../graph/value.js';
import type { SafetensorsFile } from '../io/safetensors.js';
import type { FloatTensor, Tensor } from '../runtime/tensor.js';

/** `attention`: the projections of every attention. `all`: every linear and conv layer but the first and the last. */
export type LoraTargets = 'attention' | 'all';

export interface AdapterSpec {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: LoraTargets;
}

export interface AdapterTensor {
  readonly name: string;
  readonly shape: Shape;
}

const targeted: { readonly [K in LoraTargets]: (layer: string) => boolean } = {
  attention: (layer) => /\.attn[12]\.to_(q|k|v|out\.0)$/.test(layer),
  all: (layer) => layer !== 'conv_in' && layer !== 'conv_out',
};

const tensorName = (layer: string, part: 'A' | 'B'): string => `unet.${layer}.lora_${part}.weight`;

/** Every tensor of an adapter for the UNet in `unet`, sorted by name. */
export function adapterShapes(
  { unet }: { unet: SafetensorsFile },
  { rank, targets }: AdapterSpec,
): AdapterTensor[] {
  const tensors: AdapterTensor[] = [];
  for (const [name, { shape }] of unet.tensors) {
    const layer = name.replace(/\.weight$/, '');
    // Linear and conv weights have two or four axes; norms' and biases have one.
    if (layer === name || shape.length < 2 || !targeted[targets](layer)) continue;
    const [out, ...rest] = shape as [number, ...number[]];
    tensors.push({ name: tensorName(layer, 'A'), shape: [rank, ...rest] });
    tensors.push({ name: tensorName(layer, 'B'), shape: [out, rank, ...rest.slice(1).map(() => 1)] });
  }
  return tensors.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * How B A is applied. `side`: a second path beside the layer, which needs little memory and whose gradient is cheap.
 * `merged`: W + (alpha / r) B A takes W's place; of constants it is formed once, when the graph is compiled.
 */
export type LoraForm = 'side' | 'merged';

/** An adapter's part for one layer, `down` = A already scaled by alpha / r. */
export interface LowRank {
  readonly down: Value;
  readonly up: Value;
  readonly form: LoraForm;
}

export class Adapter {
  constructor(
    readonly spec: AdapterSpec,
    /** By tensor name, as in `adapterShapes`. */
    readonly tensors: ReadonlyMap<string, Value>,
    readonly form: LoraForm = 'side',
  ) {}

  layer(path: string): LowRank | undefined {
    const a = this.tensors.get(tensorName(path, 'A'));
    const b = this.tensors.get(tensorName(path, 'B'));
    if (!a || !b) return undefined;
    const scale = this.spec.alpha / this.spec.rank;
    return { down: scale === 1 ? a : mul(a, scale), up: b, form: this.form };
  }
}

/** Declares a graph input for each of the adapter's tensors. */
export function adapterInputs(
  graph: Graph,
  pipeline: { unet: SafetensorsFile },
  spec: AdapterSpec,
  form: LoraForm = 'side',
): Adapter {
  const inputs = adapterShapes(pipeline, spec).map(
    ({ name, shape }) => [name, graph.input(name, shape)] as const,
  );
  return new Adapter(spec, new Map(inputs), form);
}

/** An adapter whose values stand in the graph, merged into the weights. */
export function adapterConstants(
  graph: Graph,
  pipeline: { unet: SafetensorsFile },
  spec: AdapterSpec,
  values: Readonly<Record<string, Tensor>>,
): Adapter {
  const constants = checkAdapter(pipeline, spec, values).map(
    ([name, { data, shape }]) => [name, graph.constant(data, shape)] as const,
  );
  return new Adapter(spec, new Map(constants), 'merged');
}

/** The adapter's tensors by name, if they are those of `adapterShapes`. Errors: shape-mismatch, naming the tensor. */
export function checkAdapter(
  pipeline: { unet: SafetensorsFile },
  spec: AdapterSpec,
  values: Readonly<Record<string, Tensor>>,
): [string, FloatTensor][] {
  return adapterShapes(pipeline, spec).map(({ name, shape }) => {
    const value = values[name];
    if (value?.dtype === 'float32' && sameShape(value.shape, shape)) return [name, value];
    const found = value ? `${value.dtype}[${value.shape}]` : 'nothing';
    const mend = 'The adapter was made for another model, rank or choice of layers.';
    throw new AcclaimError(
      'shape-mismatch',
      `adapter: ${name}: expected float32[${shape}], found ${found}`,
      mend,
    );
  });
}

/** W + B A, in W's shape. */
export function mergedWeight(weight: Value, { down, up }: LowRank): Value {
  const [out, rank] = up.shape as [number, number];
  const product = matmul(reshape(up, [out, rank]), reshape(down, [rank, numel(down.shape) / rank]));
  return add(weight, reshape(product, weight.shape));
}
