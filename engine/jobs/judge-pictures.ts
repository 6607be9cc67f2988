/** A round's pictures as people saw them (the PNGs), and what the judge says of them. */
import { join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { isThere } from '../../src/files/reading.js';
import { type Raster, rasterToFloats } from '../../src/images/raster.js';
import { readRaster } from '../../src/images/read.js';
import { imageName } from '../io/round.js';
import { type Goal, JUDGE_SIDE, type Judge, judgeImages, type Verdict } from '../judge.js';
import { f32 } from '../runtime/tensor.js';
import type { EngineContext } from './context.js';

/** Images judged at a time; the last batch is filled up, so one graph serves rounds of any size. */
const BATCH = 32;

/** Null where the picture is gone: a moderator may have hidden it. */
export async function readPicture(roundDir: string, index: number): Promise<Raster | null> {
  const file = join(roundDir, imageName(index));
  return isThere(file) ? readRaster(file) : null;
}

/** `tell`: how many are judged. Errors: shape-mismatch for pictures of another size than the judge's. */
export async function judgePictures(
  { cache }: Pick<EngineContext, 'cache'>,
  judge: Judge,
  task: string | Goal,
  pictures: readonly Raster[],
  { signal, tell }: { signal: AbortSignal; tell: (done: number) => void },
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const size = 3 * JUDGE_SIDE * JUDGE_SIDE;
  for (let at = 0; at < pictures.length; at += BATCH) {
    signal.throwIfAborted();
    const batch = pictures.slice(at, at + BATCH);
    const images = f32([BATCH, 3, JUDGE_SIDE, JUDGE_SIDE]);
    for (const [i, picture] of batch.entries()) {
      mustSuit(picture);
      rasterToFloats(picture, images.data, i * size);
    }
    verdicts.push(...(await judgeImages(judge, cache, images, task)).slice(0, batch.length));
    tell(at + batch.length);
  }
  return verdicts;
}

/** Errors: shape-mismatch. */
export function mustSuit({ width, height }: { width: number; height: number }): void {
  if (width === JUDGE_SIDE && height === JUDGE_SIDE) return;
  throw new AcclaimError(
    'shape-mismatch',
    `images of ${width}x${height}, but the judge sees ${JUDGE_SIDE}x${JUDGE_SIDE}`,
    'It judges rounds of the miniature only.',
  );
}
