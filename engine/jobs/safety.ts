/**
 * What the safety checker says of a round's pictures before anybody sees them: what scores above the bound is
 * drawn anew, from the next noise, as often as was asked for; what is still above is held back.
 */
import type { Raster } from '../../src/images/raster.js';
import type { JobPayload, SafetyMark } from '../../src/queue/jobs.js';
import { checkPictures, hasSafetyChecker, isBarred, type SafetyChecker } from '../models/safety-checker.js';
import type { EngineContext } from './context.js';
import { type Drawing, type Drawn, putInPlace } from './draw.js';

/** Which checker looks, and the rules of the session. */
export type Safety = NonNullable<JobPayload<'generate'>['safety']> & { readonly opened: SafetyChecker };

export interface Looked {
  mark: SafetyMark;
  /** CLIP's of the picture. */
  embedding: Float32Array;
}

/**
 * The checker that is named, else the model's own; null where nobody looks. Errors: those of
 * openSafetyChecker.
 */
export function openSafety(
  engine: EngineContext,
  { safety, model }: Pick<JobPayload<'generate'>, 'safety' | 'model'>,
): Safety | null {
  const dir = safety && (safety.checker ?? (hasSafetyChecker(model) ? model : null));
  return dir ? { ...safety, opened: engine.safetyChecker(dir) } : null;
}

/**
 * What is said of each picture of `drawn`, those in it that were drawn anew among them. `redraw` draws images
 * anew for the nth time.
 */
export async function lookOver(
  drawing: Drawing,
  safety: Safety,
  drawn: Drawn,
  redraw: (held: readonly number[], attempt: number) => Promise<Drawn>,
): Promise<Looked[]> {
  const looked = await look(drawing, safety, drawn.pictures);
  for (let attempt = 1; attempt <= safety.tries; attempt++) {
    const held = looked.flatMap(({ mark }, i) => (mark.held ? [i] : []));
    if (!held.length) break;
    const fresh = await redraw(held, attempt);
    putInPlace(drawn, held, fresh);
    for (const [i, { mark, embedding }] of (await look(drawing, safety, fresh.pictures)).entries())
      looked[held[i]!] = { mark: { ...mark, redrawn: attempt }, embedding };
  }
  return looked;
}

/** What is said of pictures as they are. Held back: what scores above the bound, and what is barred. */
export async function look(
  { engine, report, signal }: Drawing,
  { opened, bound, nsfw = false }: Safety,
  pictures: readonly Raster[],
): Promise<Looked[]> {
  signal.throwIfAborted();
  report('check', 0, 1);
  const verdicts = await checkPictures(opened, engine.cache, pictures);
  report('check', 1, 1);
  return verdicts.map((verdict) => {
    const barred = isBarred(verdict, nsfw);
    const mark = {
      score: verdict.score,
      held: verdict.score > bound || barred,
      redrawn: 0,
      ...(barred && { barred }),
    };
    return { mark, embedding: verdict.embedding };
  });
}
