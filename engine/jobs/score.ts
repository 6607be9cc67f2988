/** Job `score`: the judge looks at a round's images as people saw them (the PNGs), and how different they are is measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { isThere } from '../../src/reading.js';
import { decodePng, fromRgb } from '../io/png.js';
import { imageName, readRound } from '../io/round.js';
import { JUDGE_SIDE, judgeImages, loadJudge, type Verdict } from '../judge.js';
import { diversity } from '../learn/diversity.js';
import { f32, rows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { paced } from './pace.js';

/** Images judged at a time; the last batch is filled up, so one graph serves rounds of any size. */
const BATCH = 32;

export async function score(
  engine: EngineContext,
  payload: JobPayload<'score'>,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'score'>> {
  const report = paced(progress);
  const judge = loadJudge(payload.judge);
  const round = readRound(payload.roundDir);
  const { count, width, height } = round.manifest;
  if (width !== JUDGE_SIDE || height !== JUDGE_SIDE)
    throw new AcclaimError(
      'shape-mismatch',
      `images of ${width}x${height}, but the judge sees ${JUDGE_SIDE}x${JUDGE_SIDE}`,
      'It judges rounds of the miniature only.',
    );
  const verdicts: Verdict[] = [];
  const size = 3 * JUDGE_SIDE * JUDGE_SIDE;
  for (let at = 0; at < count; at += BATCH) {
    signal.throwIfAborted();
    const images = f32([BATCH, 3, JUDGE_SIDE, JUDGE_SIDE]);
    for (let i = at; i < Math.min(count, at + BATCH); i++) {
      const file = join(payload.roundDir, imageName(i));
      if (!isThere(file))
        throw new AcclaimError('round-corrupt', `${file} is missing`, 'Generate the round again.');
      fromRgb(decodePng(readFileSync(file), file), images.data, (i - at) * size);
    }
    verdicts.push(...(await judgeImages(judge, engine.cache, images, payload.task)));
    report('score', Math.min(count, at + BATCH), count);
  }
  return {
    images: verdicts.slice(0, count).map(({ good, score }, index) => ({ index, good, score })),
    diversity: diversity(Array.from({ length: count }, (_, i) => rows(round.latents, i, i + 1).data)),
  };
}
