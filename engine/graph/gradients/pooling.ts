/**
 * Gradient of y = the largest of each 2x2 window of x: all of dy goes to the window's first element, row by
 * row, that equals y (as PyTorch). Written without the indices of the forward pass, which not every device
 * can give.
 */
import type { Cotangents } from '../cotangents.js';
import { concat, equal, pad, reshape, slice, where } from '../ops.js';
import type { Value } from '../value.js';

/** dx of the shape of x. */
export function maxPoolGradient({ inputs: [x], outputs: [y], dys: [dy] }: Cotangents<'MaxPool'>) {
  const [n, c, height, width] = x!.shape as [number, number, number, number];
  const [, , h, w] = y!.shape as [number, number, number, number];
  const pooled = (v: Value) => reshape(v, [n * c, h, 1, w, 1]);
  const windows = reshape(slice(slice(x!, 2, 0, 2 * h), 3, 0, 2 * w), [n * c, h, 2, w, 2]);
  const best = pooled(y!);
  /** What no earlier element of the window has taken. */
  let left = pooled(dy!);
  const take = (i: number, j: number): Value => {
    const hit = equal(slice(slice(windows, 2, i, i + 1), 4, j, j + 1), best);
    const taken = where(hit, left, 0);
    left = where(hit, 0, left);
    return taken;
  };
  const row = (i: number) => concat([take(i, 0), take(i, 1)], 4);
  const dx = reshape(concat([row(0), row(1)], 2), [n, c, 2 * h, 2 * w]);
  // An odd last row or column is in no window.
  return [pad(dx, [0, 0, 0, 0], [0, 0, height - 2 * h, width - 2 * w])];
}
