/**
 * Job `score`: the judge looks at a round's images as people saw them (the PNGs), and how different they are
 * is measured.
 */
import { join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import type { Raster } from '../../src/images/raster.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { imageName, readRound } from '../io/round.js';
import { faultsOf, loadJudge } from '../judge.js';
import { diversity } from '../measures/diversity.js';
import { rows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { judgePictures, mustSuit, readPicture } from './judge-pictures.js';
import { paced } from './pace.js';

/**
 * What the miniature's judge says of pictures. Errors: usage, for a task that it does not know;
 * shape-mismatch.
 */
export async function score(
  engine: EngineContext,
  payload: JobPayload<'score'>,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'score'>> {
  const report = paced(progress);
  const judge = loadJudge(payload.judge);
  const { manifest, latents } = readRound(payload.roundDir);
  const { count } = manifest;
  mustSuit(manifest);
  const pictures: Raster[] = [];
  for (let i = 0; i < count; i++) {
    const picture = await readPicture(payload.roundDir, i);
    const file = join(payload.roundDir, imageName(i));
    if (!picture) throw new AcclaimError('round-corrupt', `${file} is missing`, 'Generate the round again.');
    pictures.push(picture);
  }
  const verdicts = await judgePictures(engine, judge, payload.task, pictures, {
    signal,
    tell: (done) => report('score', done, count),
  });
  return {
    images: verdicts.map((verdict, index) => {
      const { good, score } = verdict;
      return { index, good, score, faults: faultsOf(judge, payload.task, verdict) };
    }),
    diversity: diversity(Array.from({ length: count }, (_, i) => rows(latents, i, i + 1).data)),
  };
}
