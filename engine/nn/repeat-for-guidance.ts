/**
 * Branches: with guidance the same images run under two texts, and until the first cross-attention both runs
 * are the same. A value therefore keeps its batch N until it meets one of batch K N (branch-major: all of
 * text 0, then all of text 1 ...), and is repeated for the branches only there.
 */
import { add, concat, reshape } from '../graph/ops.js';
import type { Value } from '../graph/value.js';

/** [N, ...] -> [batch, ...], every branch the same. */
export function repeatForGuidance(x: Value, batch: number): Value {
  const copies = batch / x.shape[0]!;
  if (!Number.isInteger(copies)) throw new Error(`a batch of ${x.shape[0]} cannot be repeated to ${batch}`);
  return concat(new Array<Value>(copies).fill(x), 0);
}

/** x [N, ...] + y [K N, ...] -> [K N, ...], without forming the copies of x; trailing axes broadcast. */
export function addRepeated(x: Value, y: Value): Value {
  const [n, batch] = [x.shape[0]!, y.shape[0]!];
  if (n === batch || n === 1) return add(x, y);
  const wide = add(reshape(x, [1, ...x.shape]), reshape(y, [batch / n, n, ...y.shape.slice(1)]));
  return reshape(wide, y.shape);
}
