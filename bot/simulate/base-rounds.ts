/**
 * The pictures of the untuned model that runs of a task are measured against: round folders, kept between
 * runs under a name that says all that they depend on. Copied in and out, since an engine reads what lies
 * below the data folder only.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPayload } from '../../src/queue/jobs.js';

/** Counted up when what is drawn, or how it lies there, changes. */
const VERSION = 4;

/** All that the pictures depend on, but for the bytes of the model. */
export interface BaseRoundsOptions {
  task: string;
  /** What every picture of the session is made with. */
  base: Pick<
    JobPayload<'generate'>,
    'model' | 'prompt' | 'negative' | 'sampler' | 'width' | 'height' | 'learner'
  >;
  /** Pictures. */
  n: number;
  batch: number;
  /** Folder in which they are kept between runs; null keeps none. */
  cache: string | null;
}

export class BaseRounds {
  private constructor(private readonly dir: string | null) {}

  /** Task, prompt, sampler, noises and the bytes of the model: equal name, equal pictures. */
  static async of({ cache, task, base, n, batch }: BaseRoundsOptions): Promise<BaseRounds> {
    if (cache === null) return new BaseRounds(null);
    const { model, prompt, negative, sampler, width, height } = base;
    const bytes = await hashFile(join(model, 'unet', 'diffusion_pytorch_model.safetensors'));
    const key = createHash('sha256')
      .update(JSON.stringify([VERSION, task, prompt, negative, sampler, width, height, n, batch, bytes]))
      .digest('hex')
      .slice(0, 24);
    return new BaseRounds(join(cache, `base-${task}-${key}`));
  }

  /** The kept rounds, copied to `to`; null where there are none. */
  async take(to: string): Promise<string[] | null> {
    if (this.dir === null || !existsSync(this.dir)) return null;
    await cp(this.dir, to, { recursive: true });
    const rounds = (await readdir(to)).map(Number).sort((a, b) => a - b);
    return rounds.map((round) => join(to, String(round)));
  }

  /** Whole or not at all; where another run has been faster, its rounds stay. */
  async keep(rounds: readonly string[]): Promise<void> {
    if (this.dir === null) return;
    const own = `${this.dir}.${process.pid}.partial`;
    await rm(own, { recursive: true, force: true });
    await mkdir(own, { recursive: true });
    for (const [i, round] of rounds.entries()) await cp(round, join(own, String(i)), { recursive: true });
    await rename(own, this.dir).catch(async (error: unknown) => {
      await rm(own, { recursive: true, force: true });
      if (!existsSync(this.dir!)) throw error;
    });
  }

  /** What cannot be read is drawn again. */
  async forget(): Promise<void> {
    if (this.dir !== null) await rm(this.dir, { recursive: true, force: true });
  }
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
