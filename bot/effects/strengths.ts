/**
 * Draws what a model makes of the same noises at other strengths (src/domain/rounds/strengths.ts): a job for
 * each strength, one after the other, so that rounds come in between. What a job came to is put down beside
 * its pictures: after a death it goes on with the next.
 */
import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Clock } from '../../src/clock.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { StrengthsDrawn } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { promptsOf } from '../../src/domain/state/prompts.js';
import { type StrengthStep, strengthNoises, strengths } from '../../src/domain/state/strengths.js';
import { ifMissing } from '../../src/files/reading.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { DataPaths } from './data-paths.js';
import { knownResult, putDown } from './drawn-before.js';
import type { ModelSettings } from './model-settings.js';
import { failedBy } from './side-failure.js';

export interface StrengthParts {
  queue: JobQueue;
  paths: DataPaths;
  clock: Clock;
  models: ModelSettings;
  sessions: Sessions;
  /** Aborted once the bot stops: it goes on after the next start. */
  stop: AbortSignal;
}

type Found = StrengthsDrawn['found'];

/** Draws them, of one round a session. */
export class StrengthRuns {
  /** Session -> the job under way. */
  private readonly running = new Map<string, string>();

  constructor(private readonly parts: StrengthParts) {}

  /** Of a session that is gone. True where there was something. */
  callOff(session: string): boolean {
    const job = this.running.get(session);
    if (job !== undefined) this.parts.queue.cancel(job).catch(() => {});
    return job !== undefined;
  }

  async run(state: SessionState, effect: EffectOf<'strengths'>): Promise<void> {
    const found: Found = { state: 'running', steps: [], failure: null };
    try {
      for (const strength of strengths) {
        const now = await this.parts.sessions.find(effect.session);
        // Another model's were asked for, or they were taken away.
        if (now?.session.strengths?.round !== effect.round) break;
        const payload = this.payload(state, effect.round, strength);
        const result = (await knownResult(payload.out)) ?? (await this.draw(effect, payload));
        found.steps = [...found.steps, this.step(state, payload, result)];
        await this.tell(effect, { ...found });
      }
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

  private async draw(
    effect: EffectOf<'strengths'>,
    payload: JobPayload<'evaluate'>,
  ): Promise<JobResult<'evaluate'>> {
    const { queue, sessions } = this.parts;
    const job = { id: `${effect.key}.${payload.strength}`, kind: 'evaluate', payload } as const;
    this.running.set(effect.session, job.id);
    const result = await queue.run(
      job,
      () => {},
      () => {},
    );
    // Of a session that was purged meanwhile, or whose row was taken away, nothing is put down.
    const now = await sessions.find(effect.session);
    if (now && !now.session.pairHidden) await putDown(`${payload.out}.json`, result);
    else await rm(payload.out, { recursive: true, force: true });
    return result;
  }

  /** What may be seen of it. */
  private step(
    { session: { id, nsfw, rules } }: SessionState,
    { out, strength }: JobPayload<'evaluate'>,
    { images }: JobResult<'evaluate'>,
  ): StrengthStep {
    const folder = this.parts.paths.strength(id, '..');
    const files = images.map(({ file, safe }) =>
      file !== null && (safe || (nsfw && rules.showHeld)) ? relative(folder, join(out, file)) : null,
    );
    return { strength: strength!, files };
  }

  private payload({ session }: SessionState, round: number, strength: number): JobPayload<'evaluate'> {
    const { paths, models } = this.parts;
    const { safety } = models;
    const { seed, negative, width, height } = session;
    const prompt = promptsOf(session)[0]!;
    const sampler = session.sampler as JobPayload<'evaluate'>['sampler'];
    const drawn = { seed, prompt, negative, sampler, width, height, count: strengthNoises, safety };
    const name = createHash('sha256').update(JSON.stringify(drawn)).digest('hex').slice(0, 12);
    return {
      ...drawn,
      session: `strengths-${session.id}`,
      round,
      attempt: 0,
      model: models.folder(session.model),
      learner: session.learner as JobPayload<'evaluate'>['learner'],
      safety: { ...safety, tries: 0, ...(session.nsfw && { nsfw: true }) },
      checkpoint: paths.checkpoint(session.id, round),
      strength,
      goal: null,
      out: paths.strength(session.id, `${round}-${strength}-${name}`),
    };
  }

  /** Those of earlier rounds' models go. */
  private async removeOutdated({ session, round }: EffectOf<'strengths'>): Promise<void> {
    const dir = this.parts.paths.strength(session, '');
    for (const name of await readdir(dir).catch(ifMissing([])))
      if (!name.startsWith(`${round}-`)) await rm(join(dir, name), { recursive: true, force: true });
  }

  private async tell({ session, key, round }: EffectOf<'strengths'>, found: Found): Promise<void> {
    const at = this.parts.clock.now();
    await this.parts.sessions.dispatch(session, { kind: 'strengths-drawn', effect: key, round, found, at });
  }
}
