/**
 * Job `measure`: the pictures of some rounds, drawn by the model as it was, beside those of others, drawn by what it has
 * become (engine/measures/compare.ts). Which are good the judge says, or whoever asks.
 */
import { AcclaimError } from '../../src/errors.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { readRound } from '../io/round.js';
import { type Judge, loadJudge, otherHeads } from '../judge.js';
import { comparePictures, type Picture } from '../measures/compare.js';
import { rows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { judgePictures, readPicture } from './judge-pictures.js';
import { paced } from './pace.js';

type Payload = JobPayload<'measure'>;
type Unjudged = Omit<Picture, 'good'> & { good: boolean | undefined };

export async function measure(
  engine: EngineContext,
  payload: Payload,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'measure'>> {
  const report = paced(progress);
  const judge = judgeOf(payload);
  const base = read(payload.base, payload.goods?.base);
  const tuned = read(payload.tuned, payload.goods?.tuned);
  const all = [...base, ...tuned];
  if (all.some(({ latent }) => latent.length !== all[0]!.latent.length))
    throw new AcclaimError(
      'shape-mismatch',
      'the rounds to compare have pictures of different sizes',
      'Compare rounds that were drawn with the same width and height.',
    );
  const pictures = judge ? await judged(all) : all;
  signal.throwIfAborted();
  return comparePictures(
    { base: pictures.slice(0, base.length).map(known), tuned: pictures.slice(base.length).map(known) },
    { seed: payload.seed, named: judge ? otherHeads(judge, judge.task) : {} },
  );

  async function judged(some: readonly Unjudged[]): Promise<Unjudged[]> {
    const { task } = judge!;
    const tell = (done: number) => report('score', done, some.length);
    const pixels = some.map((picture) => picture.pixels);
    const verdicts = await judgePictures(engine, judge!, task, pixels, { signal, tell });
    return some.map((picture, i) => {
      const { good, values } = verdicts[i]!;
      return { ...picture, good: picture.good ?? good, named: values };
    });
  }
}

/** Of rounds one after the other; `goods` has one word for each picture of them. What a moderator hid is left out. */
function read(dirs: readonly string[], goods: readonly boolean[] | undefined): Unjudged[] {
  const seen: Unjudged[] = [];
  let before = 0;
  for (const dir of dirs) {
    const { manifest, latents } = readRound(dir);
    for (let i = 0; i < manifest.count; i++) {
      const pixels = readPicture(dir, i);
      if (pixels) seen.push({ latent: rows(latents, i, i + 1).data, pixels, good: goods?.[before + i] });
    }
    before += manifest.count;
  }
  if (goods && goods.length !== before)
    throw new AcclaimError(
      'usage',
      `${goods.length} pictures are called good or bad, but the rounds have ${before}`,
      'Say one for each picture, in the order of the rounds.',
    );
  return seen;
}

function judgeOf({ judge, task, goods }: Payload): (Judge & { task: string }) | null {
  if (judge !== null && task !== null) return { ...loadJudge(judge), task };
  if (goods) return null;
  throw new AcclaimError(
    'usage',
    'nobody says which pictures are good',
    'Name a judge and its task, or say it of each picture.',
  );
}

const known = ({ good, ...picture }: Unjudged): Picture => ({ ...picture, good: good === true });
