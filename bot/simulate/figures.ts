/**
 * The figures a simulation ends with: success of {tuned, base} model x {plain, hero} noise on a fixed set of noises per
 * task, and the diversity on plain noise. The same noises for every run of a task, so that runs can be compared;
 * what depends on the base model alone is kept in a cache.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';
import { hashPurpose } from '../../src/rng.js';

export interface Figures {
  n: number;
  tuned_plain: number;
  tuned_hero: number;
  base_plain: number;
  base_hero: number;
  diversity: number;
  base_diversity: number;
}

export interface FiguresOptions {
  queue: JobQueue;
  task: string;
  /** What every picture of the session is made with. */
  base: Pick<
    JobPayload<'generate'>,
    'model' | 'prompt' | 'negative' | 'sampler' | 'width' | 'height' | 'learner'
  >;
  /** Folder of the last checkpoint; null when nothing was learned. */
  checkpoint: string | null;
  judge: string;
  n: number;
  batch: number;
  /** Scratch folder. */
  dir: string;
  cache: string | null;
  onImages?: (done: number, total: number) => void;
}

interface Figure {
  success: number;
  diversity: number;
}

type Wanted = Pick<JobPayload<'generate'>, 'noise' | 'checkpoint' | 'untuned'>;

export async function finalFigures(options: FiguresOptions): Promise<Figures> {
  const { n, checkpoint } = options;
  const cache = await cacheFile(options);
  const known = await kept(cache);
  const tally = new Tally(((known ? 0 : 1) + (checkpoint ? 3 : 0)) * n, options.onImages);
  const measure = (name: string, wanted: Wanted) => sample(options, name, wanted, tally);
  const basePlain = known ?? (await measure('base-plain', { noise: 'plain', checkpoint: null }));
  if (!known) await keep(cache, basePlain);
  // Nothing was learned: there is no checkpoint to tune by or to draw around.
  const [tunedPlain, tunedHero, baseHero] = checkpoint
    ? [
        await measure('tuned-plain', { noise: 'plain', checkpoint }),
        await measure('tuned-hero', { noise: 'hero', checkpoint }),
        await measure('base-hero', { noise: 'hero', checkpoint, untuned: true }),
      ]
    : [basePlain, basePlain, basePlain];
  return {
    n,
    tuned_plain: tunedPlain!.success,
    tuned_hero: tunedHero!.success,
    base_plain: basePlain.success,
    base_hero: baseHero!.success,
    diversity: tunedPlain!.diversity,
    base_diversity: basePlain.diversity,
  };
}

/** How many of all the images to be drawn are there. */
class Tally {
  private drawn = 0;

  constructor(
    private readonly total: number,
    private readonly tell: FiguresOptions['onImages'],
  ) {}

  /** `count`: images of the batch that is being drawn. */
  progress({ stage, done, total }: JobProgress, count: number): void {
    if (stage === 'sample' && total > 0) this.tell?.(this.drawn + (done / total) * count, this.total);
  }

  batch(count: number): void {
    this.drawn += count;
  }
}

async function sample(
  { queue, task, base, judge, n, batch, dir }: FiguresOptions,
  name: string,
  wanted: Wanted,
  tally: Tally,
): Promise<Figure> {
  let good = 0;
  let diversity = 0;
  const batches = Math.ceil(n / batch);
  for (let round = 0; round < batches; round++) {
    const out = join(dir, `${name}-${round}`);
    const count = Math.min(batch, n - round * batch);
    const common = { session: 'figures', round, attempt: 0, seed: hashPurpose(`figures of ${task}`) };
    const payload = {
      ...common,
      ...base,
      ...wanted,
      count,
      trajectory: false,
      out,
    };
    await queue.run({ id: `figures.${name}.${round}.generate`, kind: 'generate', payload }, (p) =>
      tally.progress(p, count),
    );
    const scored = await queue.run({
      id: `figures.${name}.${round}.score`,
      kind: 'score',
      payload: { ...common, judge, task, roundDir: out },
    });
    await rm(out, { recursive: true, force: true });
    good += scored.images.filter((image) => image.good).length;
    diversity += scored.diversity / batches;
    tally.batch(count);
  }
  return { success: good / n, diversity };
}

/** Keyed by all that the figure depends on: task, prompt, sampler, noises and the bytes of the model and the judge. */
async function cacheFile({ cache, task, base, n, batch, judge }: FiguresOptions): Promise<string | null> {
  if (cache === null) return null;
  const { model, prompt, negative, sampler, width, height } = base;
  const bytes = await Promise.all([
    hashFile(join(model, 'unet', 'diffusion_pytorch_model.safetensors')),
    hashFile(join(judge, 'judge.safetensors')),
  ]);
  const key = createHash('sha256')
    .update(JSON.stringify([3, task, prompt, negative, sampler, width, height, n, batch, bytes]))
    .digest('hex')
    .slice(0, 24);
  return join(cache, `base-${task}-${key}.json`);
}

/** Null where it was not measured yet, or what is there cannot be read. */
async function kept(file: string | null): Promise<Figure | null> {
  if (file === null) return null;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Figure;
  } catch {
    return null;
  }
}

async function keep(file: string | null, figure: Figure): Promise<void> {
  if (file === null) return;
  await mkdir(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  await writeFile(own, JSON.stringify(figure));
  await rename(own, file);
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
