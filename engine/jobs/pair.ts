/**
 * The pair row: a few pictures of the session's fixed noises, drawn beside a round by the model that draws
 * it. From round to round nothing of them differs but what was learned. Noise i and that of its steps are of
 * streams of their own that no round's number is in; the round's own pictures are drawn before, and nothing
 * of them changes. In a small model the adapter goes in as inputs: a run of one picture is not worth
 * compiling for.
 */
import { AcclaimError } from '../../src/errors.js';
import { encodePng } from '../../src/images/png.js';
import type { Raster } from '../../src/images/raster.js';
import type { JobPayload, JobResult, SafetyMark } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { sample } from '../diffusion/sampler.js';
import { batchOf, type LatentShape } from '../io/latents.js';
import { pairName, type RoundManifest } from '../io/round.js';
import { type Drawing, develop, requestOf, stepNoiseOf } from './draw.js';
import { look, type Safety } from './safety.js';

type Payload = Pick<JobPayload<'generate'>, 'pair' | 'seed' | 'prompt' | 'prompts' | 'sampler'>;

export interface Pair {
  said: NonNullable<RoundManifest['pair']>;
  pictures: Raster[];
  /** Where somebody looked. */
  marks: SafetyMark[] | undefined;
}

/** The noises of a session's pair row, flat, and the streams of their steps. */
export function pairNoises(seed: number, count: number, latent: LatentShape) {
  const stream = (purpose: string) => new Rng(seed, 0, `pair.${purpose}`);
  const size = latent[0] * latent[1] * latent[2];
  const each = Array.from({ length: count }, (_, i) => i);
  return {
    noises: each.map((i) => stream(`noise.${i}`).normals(size)),
    steps: each.map((i) => stream(`steps.${i}`)),
  };
}

/**
 * Null where none is wanted, and where it could not be drawn: a round that is there is worth more than what
 * shows how it came about. Errors: cancelled.
 */
export async function drawPair(
  drawing: Drawing,
  payload: Payload,
  safety: Safety | null,
  fault: (error: unknown) => void,
): Promise<Pair | null> {
  if (!payload.pair) return null;
  // The bar stands at the end of the round's own pictures.
  const silent = { ...drawing, report: () => {} };
  try {
    return await drawn(silent, payload, payload.pair, safety);
  } catch (error) {
    if (drawing.signal.aborted || (error instanceof AcclaimError && error.code === 'cancelled')) throw error;
    fault(error);
    return null;
  }
}

async function drawn(
  drawing: Drawing,
  { seed, prompt, prompts, sampler }: Payload,
  { count, steps }: NonNullable<Payload['pair']>,
  safety: Safety | null,
): Promise<Pair> {
  const { latent } = drawing;
  const { noises, steps: streams } = pairNoises(seed, count, latent);
  // A session of several prompts draws another each round: the pair row stays with the first.
  const own = { prompt: prompts?.[0] ?? prompt, sampler: { ...sampler, steps } };
  const { latents } = await sample({
    ...requestOf(drawing, 'tuned'),
    ...own,
    noise: batchOf(noises, latent),
    stepNoise: stepNoiseOf(streams, latent),
    microBatch: 1,
    merged: false,
  });
  const pictures = await develop(drawing, latents);
  const looked = safety ? await look(drawing, safety, pictures) : undefined;
  const marks = looked?.map(({ mark }) => mark);
  const said = { prompt: own.prompt, count, steps, ...(marks && { safety: marks }) };
  return { said, pictures, marks };
}

/** Of one that is barred nothing is kept. */
export const pairPngs = (
  { pictures, marks, said }: Pair,
  notes: Record<string, string>,
): Promise<(Buffer | null)[]> =>
  Promise.all(
    pictures.map((picture, i) =>
      marks?.[i]?.barred
        ? null
        : encodePng(picture, { ...notes, prompt: said.prompt, pair: String(i), steps: String(said.steps) }),
    ),
  );

export const pairResultOf = ({ pictures, marks }: Pair): NonNullable<JobResult<'generate'>['pair']> =>
  pictures.map(({ width, height }, index) => {
    const { held = false, barred = false } = marks?.[index] ?? {};
    const file = barred ? null : pairName(index);
    return { index, file, width, height, ...(held && { held }), ...(barred && { barred }) };
  });
