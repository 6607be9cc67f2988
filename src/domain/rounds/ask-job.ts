/**
 * Asks the engine for a job: its row and the effect that carries it out, both under the key that ends in the
 * attempt.
 */
import type { Draft } from '../state/draft.js';
import { jobKey } from '../state/ids.js';
import type { Job, Round } from '../state/round.js';

/** Writes a job down and asks for it, under the key that ends in the round's attempt. */
export function askJob(draft: Draft, round: Round, kind: Job['kind']): void {
  const { session, number, attempt, parent, count, noise, feedback } = round;
  const key = jobKey(session, number, kind, attempt);
  const job: Job = {
    key,
    session,
    round: number,
    kind,
    attempt,
    state: 'waiting',
    stage: null,
    done: 0,
    total: 0,
    secondsLeft: null,
    error: null,
    at: draft.at,
  };
  draft.put({ table: 'job', row: job });
  if (kind === 'generate') draft.ask({ kind, key, round: number, attempt, count, parent, noise });
  else if (feedback) draft.ask({ kind, key, round: number, attempt, parent, feedback });
}
