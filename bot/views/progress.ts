/**
 * Between rounds one message shows the stage and the time left. A job's stages are folded into one bar by their usual
 * share of its time, so that the bar never runs backwards.
 */
import type { Card } from '../../src/chat/port.js';
import type { Job, Round, Session } from '../../src/domain/model.js';
import { card } from './card.js';
import { count, duration, quoted } from './words.js';

export interface ProgressView {
  key: string;
  session: Session;
  round: Round;
  /** The round's job under way or last run; null before there is one. */
  job: Job | null;
  /** Base64 PNG of what is being drawn. */
  preview?: string | undefined;
}

/** Stage -> [share of the bar where it begins, where it ends, words]. */
const stages = {
  generate: {
    load: [0, 0.05, 'Loading the model'],
    sample: [0.05, 0.9, 'Drawing'],
    decode: [0.9, 0.95, 'Developing the pictures'],
    check: [0.95, 0.97, 'Looking them over'],
    write: [0.97, 1, 'Putting them away'],
  },
  learn: {
    load: [0, 0.05, 'Loading the model'],
    embed: [0.05, 0.15, 'Looking at your votes'],
    train: [0.15, 0.97, 'Learning'],
    write: [0.97, 1, 'Saving what was learned'],
  },
} satisfies Record<Job['kind'], Record<string, [number, number, string]>>;

export function progressCard(view: ProgressView): Card {
  const { key, session, round, job } = view;
  const drawn = round.state === 'review' || round.state === 'posting' || round.state === 'open';
  const drawing = round.state === 'generating' || drawn || round.failedFrom === 'generating';
  const kind = drawing ? 'generate' : 'learn';
  const done = round.state === 'done' || drawn;
  const share = done ? 1 : overall(kind, job);
  const preview = done || job?.state !== 'running' ? undefined : view.preview;
  return card('progress', key, {
    ...(preview !== undefined && { preview: `data:image/png;base64,${preview}` }),
    title:
      !done && round.state !== 'failed' && job?.held
        ? `Round ${round.number} waits`
        : title(round, kind, done),
    text: text(view, kind, done),
    progress: round.state === 'failed' ? null : share,
    data: {
      session: session.id,
      round: round.number,
      kind,
      state: round.state === 'failed' ? 'failed' : done ? 'done' : (job?.state ?? 'waiting'),
      ...(done || round.state === 'failed' || !job?.held
        ? {}
        : { since: job.held.since, held: job.held.code }),
      stage: job?.stage ?? null,
      done: job?.done ?? 0,
      total: job?.total ?? 0,
      secondsLeft: done || job?.state !== 'running' ? null : job.secondsLeft,
    },
  });
}

function overall(kind: Job['kind'], job: Job | null): number {
  if (job?.state === 'done') return 1;
  const row = (stages[kind] as Record<string, [number, number, string]>)[job?.stage ?? ''];
  if (!row || !job) return 0;
  const within = job.total > 0 ? Math.min(1, job.done / job.total) : 0;
  return row[0] + (row[1] - row[0]) * within;
}

function title({ number, state }: Round, kind: Job['kind'], done: boolean): string {
  if (state === 'failed') return `Round ${number} is stuck`;
  if (kind === 'generate') return done ? `Drew round ${number}` : `Drawing round ${number}`;
  return done ? `Learned from round ${number}` : `Learning from round ${number}`;
}

function text({ session, round, job }: ProgressView, kind: Job['kind'], done: boolean): string {
  if (round.state === 'failed') {
    const { message, mend } = round.failure ?? { message: 'something went wrong', mend: '' };
    return `It stopped: ${message}. ${mend}`.trim();
  }
  if (done) {
    const { learned } = round;
    if (kind === 'generate' || !learned)
      return `${count(round.count, 'picture')} of ${quoted(session.prompt)}.`;
    const notes = learned.notes.length > 0 ? `\n${learned.notes.join('\n')}` : '';
    return `${count(learned.steps, 'step')} in ${duration(learned.seconds)}.${notes}`;
  }
  if (job?.held) return `It waits: ${job.held.message}. Nothing is lost, and it goes on by itself.`;
  if (!job || job.state === 'waiting') return 'Waiting for the engine.';
  const row = (stages[kind] as Record<string, [number, number, string]>)[job.stage ?? ''];
  const steps = job.total > 1 ? `, ${job.done} of ${job.total}` : '';
  const left = job.secondsLeft === null ? '' : `, about ${duration(job.secondsLeft)} left`;
  return `${row?.[2] ?? 'Working'}${steps}${left}.`;
}
