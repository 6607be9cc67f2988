/**
 * How long a round takes and how much memory, from rounds like it that were drawn and learned here before:
 * the newest few, since the machine may have changed. Drawing grows with images and steps; learning is told
 * as it was.
 */

import type { Session } from './model.js';
import type { Round } from './round.js';

export interface RoundKind {
  model: string;
  images: number;
  /** Of the sampler. */
  steps: number;
  learner: string;
}

export interface RoundTime {
  /** Seconds. */
  draw: number;
  /** Null while nothing was learned by this learner. */
  learn: number | null;
  /** Most that the engine took, MB; null where it did not tell. */
  memory: number | null;
  /** Rounds that this goes by. */
  rounds: number;
}

/** What is asked of a session. */
export interface TimedSession {
  session: Pick<Session, 'model' | 'width' | 'sampler' | 'learner'>;
  rounds: readonly Pick<Round, 'createdAt' | 'count' | 'drawn' | 'learned'>[];
}

/** Rounds looked at, the newest first. */
const NEWEST = 5;

/** Null where no round of the model was drawn yet. */
export function roundTime(sessions: Iterable<TimedSession>, kind: RoundKind): RoundTime | null {
  const alike = [...sessions]
    .filter(({ session }) => session.model === kind.model && session.width === null)
    .flatMap(({ session, rounds }) => rounds.map((round) => ({ session, round })))
    .filter(({ round }) => round.drawn !== undefined)
    .sort((a, b) => b.round.createdAt - a.round.createdAt);
  const newest = alike.slice(0, NEWEST);
  if (newest.length === 0) return null;
  const each = newest.map(
    ({ session, round: { drawn, count } }) =>
      drawn!.seconds / (count * (drawn!.plan?.steps ?? session.sampler.steps)),
  );
  const learned = alike
    .filter(({ session, round }) => session.learner.name === kind.learner && round.learned?.learned)
    .slice(0, NEWEST);
  const memory = [...newest, ...learned].flatMap(({ round }) => memoryOf(round));
  return {
    draw: median(each) * kind.images * kind.steps,
    learn: learned.length === 0 ? null : median(learned.map(({ round }) => round.learned!.seconds)),
    memory: memory.length === 0 ? null : Math.max(...memory),
    rounds: newest.length,
  };
}

function memoryOf({ drawn, learned }: Pick<Round, 'drawn' | 'learned'>): number[] {
  return [drawn?.memoryMb, learned?.memoryMb].filter((mb) => mb !== undefined);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
