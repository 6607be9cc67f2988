/**
 * An image network over parts of an image that does not fit: tiles of one size that overlap, put together
 * with weights that fall linearly towards a tile's inner edges. What a network works out over the whole image
 * (a group norm's statistics, attention) it works out for each tile alone, so the result differs a little
 * from that of the whole.
 */
import { type FloatTensor, f32, rows, stackRows } from '../runtime/tensor.js';

export interface Tiling {
  /** Edge of a tile and least overlap of two, in pixels of what goes in. */
  readonly size: number;
  readonly overlap: number;
  /** Pixels that come out for one that goes in, along an edge. */
  readonly factor: number;
}

/**
 * x [N,C,h,w] -> [N,C',h f,w f]; `run` takes tiles [1,C,size,size], or as large as the image is where it is
 * smaller.
 */
export async function inTiles(
  x: FloatTensor,
  tiling: Tiling,
  run: (tile: FloatTensor) => Promise<FloatTensor>,
): Promise<FloatTensor> {
  const images: FloatTensor[] = [];
  for (let i = 0; i < x.shape[0]!; i++) images.push(await oneImage(rows(x, i, i + 1), tiling, run));
  return stackRows(images);
}

async function oneImage(
  x: FloatTensor,
  { size, overlap, factor }: Tiling,
  run: (tile: FloatTensor) => Promise<FloatTensor>,
): Promise<FloatTensor> {
  const [, , h, w] = x.shape as [number, number, number, number];
  const [tileH, tileW] = [Math.min(size, h), Math.min(size, w)];
  const [outH, outW] = [h * factor, w * factor];
  let sum: FloatTensor | undefined;
  const weights = new Float32Array(outH * outW);
  for (const top of tileStarts(h, size, overlap))
    for (const left of tileStarts(w, size, overlap)) {
      const y = await run(crop(x, top, left, tileH, tileW));
      const [, channels, th, tw] = y.shape as [number, number, number, number];
      sum ??= f32([1, channels, outH, outW]);
      const down = edgeWeights(th, overlap * factor, top > 0, top + tileH < h);
      const across = edgeWeights(tw, overlap * factor, left > 0, left + tileW < w);
      for (let i = 0; i < th; i++)
        for (let j = 0; j < tw; j++) {
          const weight = down[i]! * across[j]!;
          const at = (top * factor + i) * outW + left * factor + j;
          weights[at]! += weight;
          for (let c = 0; c < channels; c++)
            sum.data[c * outH * outW + at]! += weight * y.data[(c * th + i) * tw + j]!;
        }
    }
  sum!.data.forEach((v, i) => {
    sum!.data[i] = v / weights[i % weights.length]!;
  });
  return sum!;
}

/** Starts of tiles that cover `length` evenly, neighbours overlapping by `overlap` at least. */
export function tileStarts(length: number, size: number, overlap: number): number[] {
  if (length <= size) return [0];
  const count = Math.ceil((length - overlap) / (size - overlap));
  return Array.from({ length: count }, (_, i) => Math.round((i * (length - size)) / (count - 1)));
}

/**
 * Along one edge: 1 in the middle, falling over `ramp` pixels towards ends that have a neighbour; never 0.
 */
function edgeWeights(length: number, ramp: number, before: boolean, after: boolean): number[] {
  return Array.from({ length }, (_, i) => {
    const start = before ? (i + 0.5) / ramp : 1;
    const end = after ? (length - i - 0.5) / ramp : 1;
    return Math.min(1, start, end);
  });
}

function crop(x: FloatTensor, top: number, left: number, height: number, width: number): FloatTensor {
  const [, channels, h, w] = x.shape as [number, number, number, number];
  const out = f32([1, channels, height, width]);
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < height; i++) {
      const from = (c * h + top + i) * w + left;
      out.data.set(x.data.subarray(from, from + width), (c * height + i) * width);
    }
  return out;
}
