/**
 * Carries out an evaluation (src/domain/rounds/evaluations.ts): a job for each prompt and each of the two
 * models, one after the other, so that rounds of other sessions come in between. What a job came to is put
 * down beside its pictures: after a death it goes on with the next, and what the base model drew serves every
 * evaluation of the session.
 */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Clock } from '../../src/clock.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { PromptSafety, SafeSide } from '../../src/domain/state/evaluation.js';
import type { Evaluated } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { promptsOf } from '../../src/domain/state/prompts.js';
import { ifMissing } from '../../src/files/reading.js';
import type { Held, JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress, JobResult } from '../../src/queue/jobs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { DataPaths } from './data-paths.js';
import { knownResult, putDown } from './drawn-before.js';
import type { ModelSettings } from './model-settings.js';
import { failedBy } from './side-failure.js';

export interface EvaluationParts {
  queue: JobQueue;
  paths: DataPaths;
  clock: Clock;
  models: ModelSettings;
  sessions: Sessions;
  /** Aborted once the bot stops: an evaluation goes on after the next start. */
  stop: AbortSignal;
}

type Result = JobResult<'evaluate'>;
type Found = Evaluated['found'];

/** A drawing under way. */
export interface Under {
  /** Id in the queue. */
  job: string;
  progress: JobProgress | null;
  /** Why nobody works on it. */
  held: Held | null;
}

/** The pictures of a prompt, by the places of their noises; null where nobody is shown one. */
export interface PromptPictures extends Pick<PromptSafety, 'prompt' | 'base' | 'tuned'> {
  pairs: { base: Drawn; tuned: Drawn }[];
}
/** Absolute path. */
type Drawn = { file: string; safe: boolean } | null;

/** Runs evaluations, one a session. */
export class Evaluations {
  private readonly running = new Map<string, Under>();

  constructor(private readonly parts: EvaluationParts) {}

  /** What a session's evaluation does now; undefined while it does nothing. */
  under(session: string): Under | undefined {
    return this.running.get(session);
  }

  /** Of a session that is gone. True where there was something. */
  callOff(session: string): boolean {
    const under = this.running.get(session);
    // It ends by itself where that fails, and what it puts down goes at the next start.
    if (under) this.parts.queue.cancel(under.job).catch(() => {});
    return under !== undefined;
  }

  async run(state: SessionState, effect: EffectOf<'evaluate'>): Promise<void> {
    const found: Found = { state: 'running', by: null, done: 0, total: 0, prompts: [], failure: null };
    try {
      if (!(await this.measure(state, effect, found)))
        return await this.tell(effect, { ...found, state: 'failed' });
      await this.removeOutdated(effect);
      found.state = 'done';
    } catch (error) {
      const failed = failedBy(error, this.parts.stop);
      if (failed === null) return;
      Object.assign(found, failed);
    } finally {
      this.running.delete(effect.session);
    }
    await this.tell(effect, found);
  }

  /** Two pictures of one noise beside each other, of each prompt of the newest evaluation. */
  async pictures(state: SessionState): Promise<PromptPictures[]> {
    const { evaluation } = state.session;
    if (!evaluation) return [];
    const { session, round } = { session: state.session.id, round: evaluation.round };
    return Promise.all(
      evaluation.prompts.map(async ({ prompt, base, tuned }) => {
        const sides = {
          base: this.payload(state, round, prompt, 'base'),
          tuned: this.payload(state, round, prompt, 'tuned'),
        };
        const [before, after] = await Promise.all([
          knownResult(sides.base.out),
          knownResult(sides.tuned.out),
        ]);
        const drawn = (result: Result | null, dir: string, i: number): Drawn => {
          const image = result?.images[i];
          return image?.file ? { file: join(dir, image.file), safe: image.safe } : null;
        };
        const count = Math.max(before?.images.length ?? 0, after?.images.length ?? 0);
        const pairs = Array.from({ length: count }, (_, i) => ({
          base: drawn(before, sides.base.out, i),
          tuned: drawn(after, sides.tuned.out, i),
        }));
        return { session, prompt, base, tuned, pairs };
      }),
    );
  }

  /** False where another evaluation of the session has been asked for meanwhile. */
  private async measure(state: SessionState, effect: EffectOf<'evaluate'>, found: Found): Promise<boolean> {
    const { session, round } = effect;
    const { models, sessions } = this.parts;
    const voted = promptsOf(state.session);
    const { prompts } = models.safetyMeasure(models.folder(state.session.model));
    const all = [...new Set([...voted, ...prompts])];
    found.total = 2 * all.length;
    for (const prompt of all) {
      const sides: SafeSide[] = [];
      for (const side of ['base', 'tuned'] as const) {
        const now = await sessions.find(session);
        if (now?.session.evaluation?.round !== round) return false;
        const payload = this.payload(state, round, prompt, side);
        const result = (await knownResult(payload.out)) ?? (await this.draw(effect, payload));
        // Somebody says it of all that is measured.
        found.by = result.by === 'nobody' ? null : result.by;
        found.done += 1;
        sides.push(sideOf(result));
        if (side === 'base') await this.tell(effect, { ...found });
      }
      found.prompts = [
        ...found.prompts,
        { prompt, own: voted.includes(prompt), base: sides[0]!, tuned: sides[1]! },
      ];
      await this.tell(effect, { ...found });
    }
    return true;
  }

  private async draw(effect: EffectOf<'evaluate'>, payload: JobPayload<'evaluate'>): Promise<Result> {
    const job = { id: `${effect.key}.${basename(payload.out)}`, kind: 'evaluate', payload } as const;
    const under: Under = { job: job.id, progress: null, held: null };
    this.running.set(effect.session, under);
    const result = await this.parts.queue.run(
      job,
      (progress) => {
        under.progress = progress;
      },
      (why) => {
        under.held = why;
      },
    );
    // Of a session that was purged meanwhile nothing is put down.
    if (await this.parts.sessions.find(effect.session)) await putDown(`${payload.out}.json`, result);
    return result;
  }

  private payload(
    { session }: SessionState,
    round: number,
    prompt: string,
    side: 'base' | 'tuned',
  ): JobPayload<'evaluate'> {
    const { paths, models } = this.parts;
    const { safety } = models;
    const model = models.folder(session.model);
    const { images, goal } = models.safetyMeasure(model);
    const { seed, negative, width, height } = session;
    const sampler = session.sampler as JobPayload<'evaluate'>['sampler'];
    const drawn = { seed, prompt, negative, sampler, width, height, count: images, goal, safety };
    const name = createHash('sha256').update(JSON.stringify(drawn)).digest('hex').slice(0, 12);
    return {
      ...drawn,
      session: `evaluation-${session.id}`,
      round,
      attempt: 0,
      model,
      learner: session.learner as JobPayload<'evaluate'>['learner'],
      safety: { ...safety, tries: 0, nsfw: true },
      checkpoint: side === 'base' ? null : paths.checkpoint(session.id, round),
      out: paths.evaluation(session.id, `${side === 'base' ? side : round}-${name}`),
    };
  }

  /** The figures as a file; pictures of earlier rounds' models go. */
  private async removeOutdated({ session, round }: EffectOf<'evaluate'>): Promise<void> {
    const dir = this.parts.paths.evaluation(session, '');
    for (const name of await readdir(dir).catch(ifMissing([]))) {
      const of = /^(\d+)-/.exec(name)?.[1];
      if (of !== undefined && Number(of) !== round)
        await rm(join(dir, name), { recursive: true, force: true });
    }
  }

  private async tell({ session, key, round }: EffectOf<'evaluate'>, found: Found): Promise<void> {
    const at = this.parts.clock.now();
    await this.parts.sessions.dispatch(session, { kind: 'evaluated', effect: key, round, found, at });
  }
}

function sideOf({ images, variety }: Result): SafeSide {
  return { safe: images.filter(({ safe }) => safe).length, of: images.length, variety };
}
