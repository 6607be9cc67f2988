/**
 * Large batches in equal parts of one shape, so that memory stays bounded and one executor serves them all.
 */
import { type FloatTensor, f32, rows, stackRows } from './tensor.js';

/**
 * Rows of each micro-batch when `count` rows are cut into as few equal ones of at most `most` as possible.
 */
export const microBatchSize = (count: number, most: number): number =>
  Math.ceil(count / Math.ceil(count / Math.max(1, most)));

/**
 * Runs `run` on parts of `size` rows of x [N, ...], the last filled up with zeros, and joins the N result
 * rows.
 */
export async function inMicroBatches(
  x: FloatTensor,
  size: number,
  run: (microBatch: FloatTensor) => Promise<FloatTensor>,
): Promise<FloatTensor> {
  const count = x.shape[0]!;
  if (size === count) return run(x);
  const done: FloatTensor[] = [];
  for (let at = 0; at < count; at += size) {
    const microBatch = f32([size, ...x.shape.slice(1)]);
    microBatch.data.set(rows(x, at, Math.min(count, at + size)).data);
    done.push(await run(microBatch));
  }
  return rows(stackRows(done), 0, count);
}
