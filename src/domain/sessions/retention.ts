/**
 * Which files of a session's rounds may go, and when: pure. What stays for good: all checkpoints (rollback,
 * branches and exports begin with them), everything of a round that is under way, the pictures of a running
 * session, those that the story shows (the first round and the latest), and each round's best.
 *  - tensors: what the learner read (noise, latents, trajectory). A round that is over is never learned
 *    again.
 *  - pictures: the single images; contact sheets are made files and stay.
 */

import type { Session } from '../state/model.js';
import type { Round } from '../state/round.js';

/** From the end of a round (tensors) or of its session (both), ms; null = never. */
export interface Retention {
  tensorsMs: number | null;
  picturesMs: number | null;
}

/** `runs`: its session, or the round itself, is not over. */
export type Kept = 'policy' | 'runs' | 'story';
/** `due`: from when it may go, epoch ms. */
export type Fate = { due: number } | { kept: Kept };

export interface RoundFate {
  round: string;
  number: number;
  tensors: Fate;
  pictures: Fate;
  /** Index of the picture that stays when the others go. */
  best: number | null;
}

const over: ReadonlySet<Round['state']> = new Set(['done', 'aborted', 'superseded']);
const offLine: ReadonlySet<Round['state']> = new Set(['aborted', 'superseded']);

/** Which rounds of a session lose their tensors, and which their pictures too. */
export function fates(
  session: Session,
  rounds: readonly Round[],
  { tensorsMs, picturesMs }: Retention,
): RoundFate[] {
  const ended = session.state === 'ended' ? session.endedAt : null;
  const shown = rounds.filter((round) => round.outcome && !offLine.has(round.state));
  const story = new Set([shown[0]?.number, shown.at(-1)?.number]);
  const newest = rounds.at(-1)?.number;

  const tensors = (round: Round): Fate => {
    if (tensorsMs === null) return { kept: 'policy' };
    if (ended !== null) return { due: ended + tensorsMs };
    // The newest one may be wanted again by a retry.
    if (!over.has(round.state) || round.number === newest) return { kept: 'runs' };
    return { due: (round.closedAt ?? round.createdAt) + tensorsMs };
  };
  const pictures = (round: Round): Fate => {
    if (picturesMs === null) return { kept: 'policy' };
    if (ended === null) return { kept: 'runs' };
    return story.has(round.number) ? { kept: 'story' } : { due: ended + picturesMs };
  };
  return rounds.map((round) => ({
    round: round.id,
    number: round.number,
    tensors: tensors(round),
    pictures: pictures(round),
    best: round.outcome?.best ?? null,
  }));
}

/**
 * Of the pictures that were drawn beside the rounds, such as those by which safety was measured; figures
 * stay.
 */
export function evaluationFate(
  { state, endedAt }: Pick<Session, 'state' | 'endedAt'>,
  { picturesMs }: Pick<Retention, 'picturesMs'>,
): Fate {
  if (picturesMs === null) return { kept: 'policy' };
  return state === 'ended' && endedAt !== null ? { due: endedAt + picturesMs } : { kept: 'runs' };
}
