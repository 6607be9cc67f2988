/**
 * Tensors at run time: plain typed arrays with a shape, row-major. float16 travels as raw bits in a
 * Uint16Array.
 */
export type Tensor =
  | { readonly dtype: 'float32'; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: 'int64'; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly dtype: 'float16'; readonly shape: readonly number[]; readonly data: Uint16Array };

export type FloatTensor = Extract<Tensor, { dtype: 'float32' }>;

const count = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** A float32 tensor; zeros when no data is given. Throws when data and shape disagree. */
export function f32(shape: readonly number[], data?: Float32Array | readonly number[]): FloatTensor {
  const array =
    data instanceof Float32Array ? data : data ? Float32Array.from(data) : new Float32Array(count(shape));
  if (array.length !== count(shape)) throw new Error(`${array.length} elements do not fill [${shape}]`);
  return { dtype: 'float32', shape, data: array };
}

/** An int64 tensor. */
export function i64(shape: readonly number[], data: readonly (number | bigint)[]): Tensor {
  if (data.length !== count(shape)) throw new Error(`${data.length} elements do not fill [${shape}]`);
  return { dtype: 'int64', shape, data: BigInt64Array.from(data, (x) => BigInt(x)) };
}

/** Rows [start, end) of the first axis, without a copy. */
export function rows(t: FloatTensor, start: number, end: number): FloatTensor {
  const size = count(t.shape.slice(1));
  return {
    dtype: 'float32',
    shape: [end - start, ...t.shape.slice(1)],
    data: t.data.subarray(start * size, end * size),
  };
}

/** Joins along the first axis. */
export function stackRows(parts: readonly FloatTensor[]): FloatTensor {
  const [first] = parts;
  if (!first) throw new Error('nothing to join');
  const n = parts.reduce((sum, p) => sum + p.shape[0]!, 0);
  const out = new Float32Array(parts.reduce((sum, p) => sum + p.data.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p.data, at);
    at += p.data.length;
  }
  return f32([n, ...first.shape.slice(1)], out);
}
