/**
 * The weights of one network: its own tensor names -> where the bytes lie in which file. What a network asks
 * for is known from its configuration before any file is looked at, so a missing, misshapen or unknown tensor
 * is named when a model is opened, whatever layout its files have. Nothing is read but headers.
 */
import { AcclaimError } from '../../src/errors.js';
import type { Graph } from '../graph/graph.js';
import { transpose } from '../graph/ops.js';
import { type DType, type FloatType, type Shape, sameShape, type Value } from '../graph/value.js';
import type { SafetensorsFile } from './safetensors.js';
import type { TensorEntry } from './safetensors-header.js';

/** A tensor in a file. */
export interface StoredTensor extends TensorEntry {
  /** Absolute path. */
  readonly file: string;
}

/** All tensors of a file, or of the shards of one, by the names they have there. */
export interface WeightStore {
  /** What errors name: the file, or the index of the shards. */
  readonly file: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Where another layout keeps a tensor: its name there, and which part or view of that tensor is meant. */
export interface StoredName {
  readonly key: string;
  /**
   * Only part `index` of `count` equal ones along the first axis: rows lie together, so a part is a range of
   * bytes.
   */
  readonly part?: { readonly index: number; readonly count: number };
  /** Stored as [in, out]. */
  readonly transposed?: boolean;
}

/** Our name -> the names it may have in a store, the usual one first. */
export type KeyMap = (name: string) => readonly StoredName[];

/** For stores whose tensors are called as ours. */
export const sameNames: KeyMap = (key) => [{ key }];

interface Place {
  readonly tensor: StoredTensor;
  readonly dtype: DType;
  /** As the network wants it. */
  readonly shape: Shape;
  readonly offset: number;
  readonly length: number;
  readonly transposed: boolean;
}

const WEIGHT_DTYPES: Partial<Record<string, DType>> = { F32: 'float32', F16: 'float16', BF16: 'bfloat16' };

export class Weights {
  constructor(
    /** What errors name. */
    readonly file: string,
    readonly tensors: ReadonlyMap<string, Place>,
  ) {}

  /** Bytes in the files. */
  get bytes(): number {
    return [...this.tensors.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** A mapped weight of `graph`, as `to`. */
  weight(graph: Graph, name: string, shape: Shape, to: FloatType = 'float32'): Value {
    const place = this.tensors.get(name);
    if (!place || !sameShape(matrix(place.shape), matrix(shape)))
      throw new Error(`${this.file}: ${name}[${shape}] was not bound`);
    const { tensor, dtype, offset, length, transposed } = place;
    const stored = transposed ? [...shape].reverse() : shape;
    const value = graph.weight({ name, file: tensor.file, offset, length, dtype, shape: stored }, to);
    return transposed ? transpose(value, [1, 0]) : value;
  }
}

/**
 * `expected` by our names. Notes in `used` every stored name that was taken. Errors: model-corrupt,
 * shape-mismatch.
 */
export function bindWeights(
  store: WeightStore,
  expected: ReadonlyMap<string, Shape>,
  names: KeyMap,
  used: Set<string>,
): Weights {
  const places = [...expected].map(([name, shape]): [string, Place] => {
    const candidates = names(name);
    const found = candidates.find(({ key }) => store.tensors.has(key));
    if (!found) {
      const key = candidates[0]?.key ?? name;
      throw new AcclaimError(
        'model-corrupt',
        `${store.file} lacks the tensor ${key}`,
        'Fetch the model again.',
      );
    }
    used.add(found.key);
    return [name, placeOf(store.tensors.get(found.key)!, found, shape)];
  });
  return new Weights(store.file, new Map(places));
}

function placeOf(tensor: StoredTensor, { key, part, transposed = false }: StoredName, shape: Shape): Place {
  const dtype = WEIGHT_DTYPES[tensor.dtype];
  if (!dtype)
    throw new AcclaimError(
      'model-corrupt',
      `${tensor.file} holds ${key} as ${tensor.dtype}`,
      'Use weights in F32, F16 or BF16.',
    );
  const { index = 0, count = 1 } = part ?? {};
  const whole = transposed ? [...shape].reverse() : [shape[0]! * count, ...shape.slice(1)];
  if (!sameShape(matrix(tensor.shape), matrix(whole)))
    throw new AcclaimError(
      'shape-mismatch',
      `${tensor.file}: ${key}: expected [${whole}], found [${tensor.shape}]`,
      "The model's configuration and its weights do not belong together: fetch the model again.",
    );
  const length = tensor.length / count;
  return { tensor, dtype, shape, offset: tensor.offset + index * length, length, transposed };
}

/** A 1x1 convolution [out,in,1,1] and a linear layer [out,in] are the same bytes. */
const matrix = (shape: Shape): Shape =>
  shape.length === 4 && shape[2] === 1 && shape[3] === 1 ? shape.slice(0, 2) : shape;

/** One file as a store. */
export const storeOf = ({ file, tensors }: SafetensorsFile): WeightStore => ({
  file,
  tensors: new Map([...tensors].map(([key, entry]) => [key, { ...entry, file }])),
});

/**
 * Tensors that a network asks for while it is built, in that order; it then stands over inputs of these
 * names.
 */
export class Wanted {
  readonly tensors = new Map<string, Shape>();

  weight(graph: Graph, name: string, shape: Shape): Value {
    const known = this.tensors.get(name);
    if (known) return graph.inputs.get(`wanted.${name}`)!;
    this.tensors.set(name, shape);
    return graph.input(`wanted.${name}`, shape);
  }
}

/**
 * A file by its own names, each bound when it is asked for: for networks that take their lists' lengths from
 * the file.
 */
export function directWeights(source: SafetensorsFile): Pick<Weights, 'weight'> {
  const store = storeOf(source);
  return {
    weight: (graph, name, shape, to) =>
      bindWeights(store, new Map([[name, shape]]), sameNames, new Set()).weight(graph, name, shape, to),
  };
}
