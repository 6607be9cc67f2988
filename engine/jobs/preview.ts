/**
 * Pictures of a round while it is drawn: every now and then a small sheet of what the images are going to be, for whoever
 * watches. It changes nothing of what is drawn. Not for rounds that somebody looks over before people see them.
 */
import { encodePng } from '../io/png.js';
import { type LatentColours, latentColours, previewSheet } from '../models/latent-colours.js';
import type { Pipeline } from '../models/pipeline.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { type FloatTensor, rows, stackRows } from '../runtime/tensor.js';

/** Between two sheets, ms. */
const EVERY_MS = 700;
/** Latent pixels of a sheet, at most: more images than fit are left out. 24 images of Stable Diffusion at 512x512. */
const MOST_PIXELS = 98_304;

/** `done`: x_0 of the batches before [.., C,h,w]; `now`: x_0 as the step expects it, only asked for when a sheet is due. */
export type Previewer = (done: readonly FloatTensor[], now: () => FloatTensor) => string | undefined;

/** -> a base64 PNG when one is due. `count`: images of the round. */
export async function previewer(
  pipeline: Pipeline,
  cache: ExecutorCache,
  count: number,
  clock: () => number = () => performance.now(),
): Promise<Previewer> {
  const colours: LatentColours = await latentColours(pipeline, cache);
  const columns = Math.ceil(Math.sqrt(1.5 * count));
  let due = 0;
  return (done, now) => {
    if (clock() < due) return undefined;
    due = clock() + EVERY_MS;
    const all = stackRows([...done, now()]);
    const [, , h, w] = all.shape as [number, number, number, number];
    const shown = Math.min(count, all.shape[0]!, Math.max(1, Math.floor(MOST_PIXELS / (h * w))));
    return encodePng(previewSheet(rows(all, 0, shown), colours, Math.min(columns, shown))).toString('base64');
  };
}
