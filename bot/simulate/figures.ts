/**
 * The figures a simulation ends with: success of {tuned, base} model x {plain, hero} noise on a fixed set of
 * noises per task, and on the plain noise what became of variety, and of traits that nobody voted about
 * (engine/measures/). The same noises for every run of a task, so that runs can be compared; what the base
 * model drew is kept between runs.
 */
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress, JobResult } from '../../src/queue/jobs.js';
import type { Task } from '../../src/queue/measure-fields.js';
import { hashPurpose } from '../../src/rng.js';
import { BaseRounds, type BaseRoundsOptions } from './base-rounds.js';

export interface Figures {
  n: number;
  tuned_plain: number;
  /** Null where plain noise alone was asked for. */
  tuned_hero: number | null;
  base_plain: number;
  base_hero: number | null;
  diversity: number;
  base_diversity: number;
  /** Diversity of good tuned pictures / of good base pictures; null where there are too few. */
  dgood: number | null;
  /** Good pictures that dgood and the traits were taken from. */
  goods: { base: number; tuned: number };
  /** Trait that nobody voted about -> total variation between base goods and tuned goods, and its floor. */
  tv: JobResult<'measure'>['traits'];
}

/** plain: from plain noise only, half of the drawing. */
export type FiguresOf = 'all' | 'plain';

export interface FiguresOptions extends BaseRoundsOptions {
  queue: JobQueue;
  /** Folder of the last checkpoint; null when nothing was learned. */
  checkpoint: string | null;
  judge: string;
  of: FiguresOf;
  /** Scratch folder. */
  dir: string;
  onImages?: (done: number, total: number) => void;
}

type Wanted = Pick<JobPayload<'generate'>, 'noise' | 'checkpoint' | 'untuned'>;

export async function finalFigures(options: FiguresOptions): Promise<Figures> {
  const { n, checkpoint, dir } = options;
  const kept = await BaseRounds.of(options);
  const known = await kept.take(join(dir, 'base-kept'));
  const hero = checkpoint !== null && options.of === 'all';
  const tally = new Tally(((known ? 0 : 1) + (checkpoint ? 1 : 0) + (hero ? 2 : 0)) * n, options.onImages);
  const drawing = { ...options, tally };
  const tuned =
    checkpoint === null ? null : await draw(drawing, 'tuned-plain', { noise: 'plain', checkpoint });
  const drawBase = async () => {
    const base = await draw(drawing, 'base-plain', { noise: 'plain', checkpoint: null });
    await kept.keep(base);
    return compare(options, base, tuned ?? base);
  };
  const measured = known
    ? await compare(options, known, tuned ?? known).catch(async (error: unknown) => {
        if (!(error instanceof AcclaimError) || error.code !== 'round-corrupt') throw error;
        await kept.forget();
        tally.more(n);
        return drawBase();
      })
    : await drawBase();
  const { base } = measured;
  // Where nothing was learned there is no checkpoint to tune by or to draw around.
  const untouched = options.of === 'all' ? base.success : null;
  const figure = (name: string, wanted: Wanted) => (hero ? success(drawing, name, wanted) : untouched);
  return {
    n,
    tuned_plain: measured.tuned.success,
    tuned_hero: await figure('tuned-hero', { noise: 'hero', checkpoint }),
    base_plain: base.success,
    base_hero: await figure('base-hero', { noise: 'hero', checkpoint, untuned: true }),
    diversity: measured.tuned.diversity,
    base_diversity: base.diversity,
    dgood: measured.dgood,
    goods: { base: base.good, tuned: measured.tuned.good },
    tv: measured.traits,
  };
}

/** What one taste makes of a model. */
export interface TasteFigures {
  /** Share that it likes of what the base model draws, and of what the tuned one does. */
  base: number;
  tuned: number;
  /** As in `Figures`, of the pictures that it likes. */
  dgood: number | null;
}

/** The same pictures of plain noise by each of several tastes. */
export async function tasteFigures(
  options: FiguresOptions,
  tastes: readonly Task[],
): Promise<TasteFigures[]> {
  const { n, checkpoint, dir } = options;
  const kept = await BaseRounds.of(options);
  const known = await kept.take(join(dir, 'base-kept'));
  const tally = new Tally(((known ? 0 : 1) + (checkpoint ? 1 : 0)) * n, options.onImages);
  const drawing = { ...options, tally };
  const base = known ?? (await draw(drawing, 'base-plain', { noise: 'plain', checkpoint: null }));
  if (!known) await kept.keep(base);
  const tuned = checkpoint ? await draw(drawing, 'tuned-plain', { noise: 'plain', checkpoint }) : base;
  const figures: TasteFigures[] = [];
  for (const taste of tastes) {
    const found = await compare(options, base, tuned, taste);
    figures.push({ base: found.base.success, tuned: found.tuned.success, dgood: found.dgood });
  }
  return figures;
}

/** How many of all the images to be drawn are there. */
class Tally {
  private drawn = 0;

  constructor(
    private total: number,
    private readonly tell: FiguresOptions['onImages'],
  ) {}

  /** `count`: images of the batch that is being drawn. */
  progress({ stage, done, total }: JobProgress, count: number): void {
    if (stage === 'sample' && total > 0) this.tell?.(this.drawn + (done / total) * count, this.total);
  }

  batch(count: number): void {
    this.drawn += count;
  }

  more(count: number): void {
    this.total += count;
  }
}

type Drawing = FiguresOptions & { tally: Tally };

const seeded = (task: string) => ({
  session: 'figures',
  attempt: 0,
  seed: hashPurpose(`figures of ${task}`),
});

/** Folders of the rounds that hold the `n` pictures. */
async function draw(
  { queue, task, base, n, batch, dir, tally }: Drawing,
  name: string,
  wanted: Wanted,
): Promise<string[]> {
  const rounds: string[] = [];
  for (let round = 0; round < Math.ceil(n / batch); round++) {
    const out = join(dir, `${name}-${round}`);
    const count = Math.min(batch, n - round * batch);
    const payload = { ...seeded(task), round, ...base, ...wanted, count, trajectory: false, out };
    await queue.run({ id: `${basename(dir)}.${name}.${round}.generate`, kind: 'generate', payload }, (p) =>
      tally.progress(p, count),
    );
    tally.batch(count);
    rounds.push(out);
  }
  return rounds;
}

function compare(
  { queue, task, judge, dir }: FiguresOptions,
  base: readonly string[],
  tuned: readonly string[],
  by: Task = task,
): Promise<JobResult<'measure'>> {
  const payload = { ...seeded(task), round: 0, judge, task: by, base: [...base], tuned: [...tuned] };
  const id = `${basename(dir)}.${basename(base[0]!)}.${JSON.stringify(by)}.measure`;
  return queue.run({ id, kind: 'measure', payload });
}

async function success(drawing: Drawing, name: string, wanted: Wanted): Promise<number> {
  const { queue, task, judge, n } = drawing;
  let good = 0;
  for (const [round, roundDir] of (await draw(drawing, name, wanted)).entries()) {
    const payload = { ...seeded(task), round, judge, task, roundDir };
    const scored = await queue.run({ id: `figures.${name}.${round}.score`, kind: 'score', payload });
    good += scored.images.filter((image) => image.good).length;
    await rm(roundDir, { recursive: true, force: true });
  }
  return good / n;
}
