/**
 * Pictures of a round while it is drawn: every now and then a small sheet of what the images are going to be,
 * for whoever watches: pictures by a tiny decoder where there is one, else patches of colour. It changes
 * nothing of what is drawn. Not for rounds that somebody looks over before people see them. Many or large
 * images are shown smaller, so that no sheet is more than may cross to the bot, whatever is on it.
 */
import { encodePng } from '../../src/images/png.js';
import { PREVIEW_CHARACTERS } from '../../src/queue/limits.js';
import { type LatentColours, latentColours, previewSheet } from '../models/latent-colours.js';
import { decode, type Pipeline } from '../models/pipeline.js';
import type { TinyVae } from '../models/tiny-vae.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, f32, rows, stackRows } from '../runtime/tensor.js';

/** Between two sheets, ms; and so many times as long as the last one took to make, where that is more. */
const EVERY_MS = 700;
const EVERY_COSTS = 9;
/** Pixels of a sheet, at most: 24 images of Stable Diffusion at 512x512, one pixel a latent pixel. */
const MOST_PIXELS = 98_304;
/** Images are not shown smaller than this; what does not fit then is left out. */
const LEAST_SIDE = 8;

/**
 * `done`: x_0 of the batches before [.., C,h,w]; `now`: x_0 as the step expects it, only asked for when a
 * sheet is due.
 */
export type Previewer = (done: readonly FloatTensor[], now: () => FloatTensor) => Promise<string | undefined>;

/** Of a decoder's images, whose three channels are the colours. */
const PLAIN: LatentColours = {
  base: [0, 0, 0],
  slope: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
};

/**
 * -> a base64 PNG when one is due. `count`: images of the round. Where that fails, `fault` hears of it and
 * there are none.
 */
export async function previewer(
  pipeline: Pipeline,
  cache: ExecutorCache,
  count: number,
  fault: (error: unknown) => void,
  /** Fits the model. */
  tiny?: TinyVae | undefined,
): Promise<Previewer> {
  let colours: LatentColours | null = tiny
    ? PLAIN
    : await latentColours(pipeline, cache).catch((error) => {
        fault(error);
        return null;
      });
  const seen = tiny ? decodedOnce(pipeline, cache, count, tiny) : async (latents: FloatTensor) => latents;
  let due = 0;
  return async (done, now) => {
    const began = performance.now();
    if (!colours || began < due) return undefined;
    try {
      const parts: FloatTensor[] = [];
      for (const latents of [...done, now()]) parts.push(await seen(latents));
      return await sheetOf(stackRows(parts), colours, count);
    } catch (error) {
      colours = null;
      fault(error);
      return undefined;
    } finally {
      const ended = performance.now();
      due = ended + Math.max(EVERY_MS, EVERY_COSTS * (ended - began));
    }
  };
}

/**
 * Latents -> their images as small as the sheet shows them; finished ones, which come again, are decoded
 * once.
 */
function decodedOnce(pipeline: Pipeline, cache: ExecutorCache, count: number, tiny: TinyVae) {
  const known = new WeakMap<FloatTensor, FloatTensor>();
  return async (latents: FloatTensor): Promise<FloatTensor> => {
    const before = known.get(latents);
    if (before) return before;
    const images = await decode(pipeline, cache, latents, tiny);
    const [, , h, w] = images.shape as [number, number, number, number];
    const small = shrunk(images, layout(count, h, w).factor);
    known.set(latents, small);
    return small;
  };
}

/**
 * Latents [N,C,h,w] of a round of `count` images -> a base64 PNG; undefined where it would be too long all
 * the same.
 */
export async function sheetOf(
  latents: FloatTensor,
  colours: LatentColours,
  count: number,
): Promise<string | undefined> {
  const [there, , h, w] = latents.shape as [number, number, number, number];
  const { columns, most, factor } = layout(count, h, w);
  const shown = Math.min(there, most);
  const small = shrunk(rows(latents, 0, shown), factor);
  const png = await encodePng(previewSheet(small, colours, Math.min(columns, shown)));
  const text = png.toString('base64');
  return text.length <= PREVIEW_CHARACTERS ? text : undefined;
}

/**
 * The same for all sheets of a round, however many of its images are there: pictures keep their size and
 * place.
 */
function layout(count: number, h: number, w: number): { columns: number; most: number; factor: number } {
  for (let factor = 1; ; factor++) {
    const pixels = Math.max(1, Math.floor(h / factor)) * Math.max(1, Math.floor(w / factor));
    const fit = Math.floor(MOST_PIXELS / pixels);
    const least = Math.min(h, w) / (factor + 1) < LEAST_SIDE;
    if (fit < count && !(least && fit > 0)) continue;
    const most = Math.min(count, fit);
    return { columns: Math.min(most, Math.ceil(Math.sqrt(1.5 * count))), most, factor };
  }
}

/** Mean of each factor x factor block; what is left over at the edges is not shown. */
function shrunk(latents: FloatTensor, factor: number): FloatTensor {
  if (factor === 1) return latents;
  const [n, c, h, w] = latents.shape as [number, number, number, number];
  const [height, width] = [h, w].map((side) => Math.max(1, Math.floor(side / factor))) as [number, number];
  const out = f32([n, c, height, width]);
  const [tall, wide] = [Math.min(factor, h), Math.min(factor, w)];
  for (let at = 0; at < out.data.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width) % height];
    const from = (Math.floor(at / (width * height)) * h + y * factor) * w + x * factor;
    let sum = 0;
    for (let dy = 0; dy < tall; dy++)
      for (let dx = 0; dx < wide; dx++) sum += latents.data[from + dy * w + dx]!;
    out.data[at] = sum / (tall * wide);
  }
  return out;
}
