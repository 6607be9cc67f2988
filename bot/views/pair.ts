/**
 * The pair row as people see it: what each model of a session draws of the same noises, so that nothing
 * differs between two of its steps but what was learned.
 */
import { join } from 'node:path';
import { onLine } from '../../src/domain/state/approval.js';
import type { Session } from '../../src/domain/state/model.js';
import { promptsOf } from '../../src/domain/state/prompts.js';
import type { Round } from '../../src/domain/state/round.js';
import { joined, listed, say, type Text } from '../../src/words/text.js';
import { quoted } from './words.js';

/** What one model drew. */
export interface PairStep {
  [key: string]: unknown;
  /** Round that the model had learned from; 0 = none of this session. */
  after: number;
  /** By their noises; `file` is absolute, null of one that nobody is shown. */
  cells: { file: string | null; alt: Text }[];
}

/**
 * Each model on the session's line once, in order; none of which nothing may be seen. What a round was drawn
 * with stays true when that round is given up.
 */
export function pairSteps(
  session: Session,
  rounds: readonly Round[],
  dirOf: (round: Round) => string,
): PairStep[] {
  const steps = new Map<number, PairStep>();
  for (const round of rounds) {
    const { parent, pair = [] } = round;
    const by = rounds.find(({ number }) => number === parent);
    if ((by && !onLine(by)) || !pair.some(({ state }) => state === 'shown')) continue;
    const after = parent ?? 0;
    const alt = joined(quoted(promptsOf(session)[0]!), ' ', afterWords(session, after));
    const cells = pair.map(({ file, state }) => {
      const shown = file !== null && state === 'shown';
      return shown ? { file: join(dirOf(round), file), alt } : { file: null, alt: say('held back') };
    });
    steps.set(after, { after, cells });
  }
  return [...steps.values()].sort((a, b) => a.after - b.after);
}

/**
 * Of a closed round's card: the first model of the session, the one that drew the round, and the one that
 * learned from it, as far as they have drawn. Fewer than two say nothing.
 */
export function pairOfRound(steps: readonly PairStep[], { number, parent }: Round): PairStep[] {
  const told = new Set([steps[0]?.after, parent ?? 0, number]);
  const found = steps.filter(({ after }) => told.has(after));
  return found.length > 1 ? found : [];
}

/** `before any vote`, `after round 3`. */
export function afterWords({ origin }: Pick<Session, 'origin'>, after: number): Text {
  if (after > 0) return say('after round {round}', { round: after });
  return origin && origin.round > 0 ? say('as it began here') : say('before any vote');
}

/** What a sheet of them shows, from left to right. */
export function pairWords(session: Session, steps: readonly PairStep[]): Text {
  return say('Same noise: {steps}.', { steps: listed(steps.map(({ after }) => afterWords(session, after))) });
}
