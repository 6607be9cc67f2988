/**
 * The engine's jobs of a round: payloads from the state as it is now, progress and outcome back as events.
 * The effect's key is the job's id, so asking again after a restart asks for the same bytes.
 */

import { relative, resolve } from 'node:path';
import type { Clock } from '../../src/clock.js';
import { comparesLikelihoods, takesMinutes } from '../../src/config/learners.js';
import { pairPlan } from '../../src/domain/rounds/pair.js';
import { count } from '../../src/domain/state/count.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { Event } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import { AcclaimError, cause, type ErrorCode, toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Held, JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';
import type { Sessions } from '../sessions/sessions.js';
import type { DataPaths } from './data-paths.js';
import type { ModelSettings } from './model-settings.js';

export interface JobParts {
  queue: JobQueue;
  paths: DataPaths;
  clock: Clock;
  log: Log;
  models: Pick<ModelSettings, 'folder' | 'decoder' | 'safety'>;
  sessions: Pick<Sessions, 'dispatch'>;
  /** Aborted once the bot stops: what runs is asked for again by the next start. */
  stop: AbortSignal;
}

/** Faults that the same job would meet again, or that the queue has already tried several engines on. */
const hopeless: ReadonlySet<ErrorCode> = new Set([
  'engine-lost',
  'cancelled',
  'config-invalid',
  'model-not-found',
  'model-unsupported',
  'model-corrupt',
  'file-not-found',
  'file-corrupt',
  'shape-mismatch',
  'checkpoint-corrupt',
  'round-corrupt',
  'labels-invalid',
  'not-learnable',
  'job-invalid',
  'memory-short',
  'device-unavailable',
]);

const memoryOf = ({ memoryMb }: { memoryMb?: number | undefined }) =>
  memoryMb === undefined ? {} : { memoryMb };

const minutesOf = ({ rules: { drawMinutes } }: SessionState['session']) =>
  drawMinutes ? { minutes: drawMinutes } : {};

/** With the minutes that hold now, where the learner can be bounded. */
function learnerOf({ learner, rules: { learnMinutes } }: SessionState['session']) {
  if (learnMinutes === undefined || !takesMinutes(learner.name)) return learner;
  const { minutes: _, ...others } = learner;
  return learnMinutes === null ? others : { ...others, minutes: learnMinutes };
}

/** Progress of one stage is passed on at most this often, ms: every step of it is written down. */
const PROGRESS_MS = 400;

/** Relative to the folder that a job wrote. */
const fileBelow = <F extends string | null>(out: string, file: F): F =>
  (file === null ? null : relative(out, resolve(out, file))) as F;

/** Asks engines for the pictures and the learning of rounds. */
export class Jobs {
  private readonly said = new Set<string>();
  /** Job -> the newest picture of what it draws; gone with the job. */
  private readonly previews = new Map<string, string>();

  constructor(private readonly parts: JobParts) {}

  async generate(state: SessionState, effect: EffectOf<'generate'>): Promise<void> {
    const { queue, paths } = this.parts;
    const out = paths.round(effect.session, effect.round);
    await this.run(effect, async (progress, held) => {
      const common = this.common(state, effect);
      const decoder = this.parts.models.decoder(common.model);
      const pair = pairPlan(state);
      const payload: JobPayload<'generate'> = {
        ...common,
        count: effect.count,
        checkpoint: paths.parent(state, effect.parent),
        noise: effect.noise,
        ...(state.session.prompts && { prompts: [...state.session.prompts] }),
        picks: state.session.rules.picks ?? false,
        ...minutesOf(state.session),
        trajectory: comparesLikelihoods(state.session.learner.name),
        preview: !state.session.nsfw && !state.session.rules.review,
        ...(decoder && { decoder }),
        ...(pair && { pair }),
        safety: { ...this.parts.models.safety, ...(state.session.nsfw ? { tries: 0, nsfw: true } : {}) },
        out,
      };
      const job = { id: effect.key, kind: 'generate', payload } as const;
      const result = await queue.run(job, progress, held);
      const { images, notes = [], seconds, draws, plan, pair: drawnPair } = result;
      const asked = plan?.images ?? effect.count;
      if (images.length !== asked || asked > effect.count || images.some(({ index }, i) => index !== i))
        throw new AcclaimError(
          'job-invalid',
          `${count(images.length, 'image')} came of ${asked}, or not in their order`,
          'Give bot and engines the same version.',
        );
      for (const note of notes) this.sayOnce(payload, note);
      return {
        kind: 'generate',
        drawn: { seconds, ...memoryOf(result), ...(plan && { plan }) },
        ...(draws && { picked: draws }),
        ...(drawnPair && { pair: drawnPair.map((one) => ({ ...one, file: fileBelow(out, one.file) })) }),
        images: images.map(
          ({ index, file, width, height, held = false, barred = false, origin, pick, chance }) => ({
            index,
            file: fileBelow(out, file),
            width,
            height,
            held,
            barred,
            ...(origin && { origin }),
            ...(pick && { pick }),
            ...(chance !== undefined && { chance }),
          }),
        ),
      };
    });
  }

  async learn(state: SessionState, effect: EffectOf<'learn'>): Promise<void> {
    const { queue, paths } = this.parts;
    await this.run(effect, async (progress, held) => {
      const payload: JobPayload<'learn'> = {
        ...this.common(state, effect),
        roundDir: paths.round(effect.session, effect.round),
        feedback: {
          images: effect.feedback.images.map(({ index, good, weight, faults }) => ({
            ...{ index, good, weight },
            ...(faults && { faults }),
          })),
          best: effect.feedback.best,
        },
        ...(state.session.criterion !== undefined && { criterion: state.session.criterion }),
        checkpoint: paths.parent(state, effect.parent),
        out: paths.checkpoint(effect.session, effect.round),
      };
      const job = { id: effect.key, kind: 'learn', payload } as const;
      const result = await queue.run(job, progress, held);
      const { steps, learned, notes, seconds, variety, losses, plan } = result;
      const loss = losses.reduce((sum, one) => sum + one, 0) / losses.length;
      return {
        ...{ kind: 'learn', steps, learned, notes, seconds, ...memoryOf(result) },
        ...(variety && { variety }),
        ...(plan && { plan }),
        ...(Number.isFinite(loss) && { loss }),
      };
    });
  }

  /** Base64 PNG of what the job is drawing, while it runs. */
  preview(job: string): string | undefined {
    return this.previews.get(job);
  }

  private sayOnce({ session, round, model }: JobPayload<'generate'>, note: string): void {
    const key = `${model}\n${note}`;
    if (this.said.has(key)) return;
    this.said.add(key);
    this.parts.log.warn({ session, round, model }, note);
  }

  private common({ session }: SessionState, effect: EffectOf<'generate' | 'learn'>) {
    return {
      session: session.id,
      round: effect.round,
      attempt: effect.attempt,
      seed: session.seed,
      model: this.parts.models.folder(session.model),
      prompt: promptOf(session, effect.round),
      negative: session.negative,
      sampler: session.sampler as JobPayload<'generate'>['sampler'],
      learner: learnerOf(session) as JobPayload<'generate'>['learner'],
      width: session.width,
      height: session.height,
    };
  }

  private async run(
    effect: EffectOf<'generate' | 'learn'>,
    work: (
      progress: (p: JobProgress) => void,
      held: (why: Held | null) => void,
    ) => Promise<Extract<Event, { kind: 'job-done' }>['result']>,
  ): Promise<void> {
    const { clock, sessions, stop } = this.parts;
    let last = { stage: '', at: 0 };
    const progress = ({ preview, ...p }: JobProgress) => {
      if (preview !== undefined) this.previews.set(effect.key, preview);
      const at = clock.now();
      if (p.stage === last.stage && at - last.at < PROGRESS_MS) return;
      last = { stage: p.stage, at };
      sessions.dispatch(effect.session, { kind: 'job-progress', job: effect.key, ...p, at }).catch(() => {});
    };
    const held = (why: Held | null) => {
      const event = { kind: 'job-held', job: effect.key, why, at: clock.now() } as const;
      sessions.dispatch(effect.session, event).catch(() => {});
    };
    let event: Event;
    try {
      const result = await work(progress, held).finally(() => this.previews.delete(effect.key));
      event = { kind: 'job-done', job: effect.key, result, at: clock.now() };
    } catch (error) {
      // Closing the queue cancels what runs: it stays in the outbox and is asked for again at the next start.
      if (stop.aborted) return;
      const plain = toPlain(error);
      if (plain.code === 'disk-full' || plain.code === 'files-exhausted') {
        held({ code: plain.code, message: `${cause(plain.message)}; ${waitsFor[plain.code]}` });
        throw error;
      }
      event = {
        kind: 'job-failed',
        job: effect.key,
        ...plain,
        retry: !hopeless.has(plain.code),
        at: clock.now(),
      };
    }
    await sessions.dispatch(effect.session, event);
  }
}

/**
 * Not the job's fault: it is asked for again, by the outbox, until there is space, or something was closed.
 */
const waitsFor = {
  'disk-full': 'whoever runs me must free some',
  'files-exhausted': 'whoever runs me must raise the limit',
} as const;
