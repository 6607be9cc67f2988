/**
 * Job `measure`: the pictures of some rounds, drawn by the model as it was, beside those of others, drawn by
 * what it has become (engine/measures/compare.ts). Which are good whoever asks says, else the judge, else the
 * voters' model.
 */
import { count } from '../../src/domain/state/count.js';
import { AcclaimError } from '../../src/errors.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { readCheckpoint } from '../io/checkpoint.js';
import type { FeatureRows } from '../io/remembered.js';
import { featuresOf, readRound } from '../io/round.js';
import { type Goal, type Judge, loadJudge, otherHeads } from '../judge.js';
import { scoreWith } from '../learn/vote-model/model.js';
import { comparePictures, type Picture } from '../measures/compare.js';
import { rows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { judgePictures, readPicture } from './judge-pictures.js';
import { paced } from './pace.js';

type Payload = JobPayload<'measure'>;

/** A picture of which nobody may have said yet whether it is good. */
interface Seen extends Omit<Picture, 'good'> {
  good: boolean | undefined;
  features: FeatureRows | undefined;
}

/** What says it of those of which nobody has. */
interface Arbiter {
  decide(pictures: readonly Seen[]): Promise<Picture[]>;
  /** Traits that it names -> how many values each has. */
  named: Record<string, number>;
}

/**
 * How pictures of tuned rounds compare with those of base ones: how many are good, how varied, in which
 * traits they differ.
 */
export async function measure(
  engine: EngineContext,
  payload: Payload,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'measure'>> {
  const report = paced(progress);
  const arbiter = arbiterOf(payload);
  const base = await read(payload.base, payload.goods?.base);
  const tuned = await read(payload.tuned, payload.goods?.tuned);
  const all = [...base, ...tuned];
  if (all.some(({ latent }) => latent.length !== all[0]!.latent.length))
    throw new AcclaimError(
      'shape-mismatch',
      'the rounds to compare have pictures of different sizes',
      'Compare rounds that were drawn with the same width and height.',
    );
  const pictures = await arbiter.decide(all);
  signal.throwIfAborted();
  return comparePictures(
    { base: pictures.slice(0, base.length), tuned: pictures.slice(base.length) },
    { seed: payload.seed, named: arbiter.named },
  );

  function arbiterOf({ judge, task, checkpoint, goods }: Payload): Arbiter {
    if (judge !== null && task !== null) return byJudge(loadJudge(judge), task);
    if (goods) return { decide: async (some) => some.map((one) => ({ ...one, good: one.good! })), named: {} };
    if (checkpoint) return byVotes(checkpoint);
    throw new AcclaimError(
      'usage',
      'nobody says which pictures are good',
      'Name a judge and its task, or a checkpoint that has a model of the votes, or say it of each picture.',
    );
  }

  function byJudge(judge: Judge, task: string | Goal): Arbiter {
    const decide = async (some: readonly Seen[]) => {
      const tell = (done: number) => report('score', done, some.length);
      const pictures = some.map(({ picture }) => picture);
      const verdicts = await judgePictures(engine, judge, task, pictures, { signal, tell });
      return some.map((picture, i) => {
        const { good, values } = verdicts[i]!;
        return { ...picture, good: picture.good ?? good, named: values };
      });
    };
    return { decide, named: otherHeads(judge, task) };
  }
}

/** Good is what the model of a session's votes holds for more likely good than not. */
function byVotes(dir: string): Arbiter {
  const { voteModel } = readCheckpoint(dir).state;
  if (!voteModel)
    throw new AcclaimError(
      'usage',
      `${dir} has no model of the votes`,
      'It takes a few more votes to fit one.',
    );
  const decide = async (some: readonly Seen[]) => {
    const opinions = scoreWith(
      voteModel,
      some.map(({ features }) => features ?? {}),
    );
    return some.map((picture, i) => {
      const opinion = opinions[i];
      if (opinion) return { ...picture, good: opinion.p > 0.5 };
      throw new AcclaimError(
        'usage',
        `a picture lacks a feature map that the model of the votes reads (${Object.keys(voteModel.maps)})`,
        'Draw the rounds again: older builds kept no features.',
      );
    });
  };
  return { decide, named: {} };
}

/**
 * Of rounds one after the other; `goods` has one word for each picture of them. What a moderator hid is left
 * out.
 */
async function read(dirs: readonly string[], goods: readonly boolean[] | undefined): Promise<Seen[]> {
  const seen: Seen[] = [];
  let before = 0;
  for (const dir of dirs) {
    const { manifest, latents, features } = readRound(dir);
    for (let i = 0; i < manifest.count; i++) {
      const picture = await readPicture(dir, i);
      if (!picture) continue;
      const latent = rows(latents, i, i + 1).data;
      seen.push({
        latent,
        picture,
        good: goods?.[before + i],
        features: features && featuresOf(features, i),
      });
    }
    before += manifest.count;
  }
  if (goods && goods.length !== before)
    throw new AcclaimError(
      'usage',
      `${count(goods.length, 'picture')} called good or bad, but the rounds have ${before}`,
      'Say one for each picture, in the order of the rounds.',
    );
  return seen;
}
