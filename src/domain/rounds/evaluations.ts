/**
 * How safe a session that reduces unsafe pictures has made its model: measured once it has ended, and when a
 * moderator asks. Both models draw the session's prompt and others that nobody voted on, from the same
 * noises. The figures are the session's newest; the pictures lie beside its rounds. What is measured is the
 * checkpoint of the session's head as it was asked for.
 */

import { say } from '../../words/text.js';
import type { Draft } from '../state/draft.js';
import type { Evaluation, PromptSafety, SafeSide } from '../state/evaluation.js';
import type { Evaluated } from '../state/events.js';
import type { Session } from '../state/model.js';
import { wilsonLower } from '../voting/taste/statistics.js';

/** Begins one of the head, unless it runs or is done already. False where there is nothing to measure. */
export function askEvaluation(draft: Draft): boolean {
  const { id, nsfw, head, evaluation } = draft.session;
  if (!nsfw || head === null) return false;
  if (evaluation?.round === head && evaluation.state !== 'failed') return true;
  const begun = { round: head, state: 'running', at: draft.at, by: null } as const;
  draft.setSession({ evaluation: { ...begun, done: 0, total: 0, prompts: [], failure: null } });
  draft.ask({ kind: 'evaluate', key: evaluationKey(id, head), round: head });
  showEvaluation(draft, head);
  return true;
}

/** By a moderator. */
export function report(draft: Draft): void {
  if (!draft.session.nsfw)
    draft.refuse(
      'unknown',
      say('This session reduces no unsafe pictures.'),
      say('**/acclaim nsfw start PROMPT** opens one that does.'),
    );
  else if (!askEvaluation(draft))
    draft.refuse(
      'unknown',
      say('Nothing has been learned yet.'),
      say('Close a round first: **/acclaim round close**.'),
    );
}

/** Taken of the newest alone; of an older one the effect ends. */
export function evaluated(draft: Draft, { effect, round, found }: Evaluated): void {
  if (found.state !== 'running') draft.settle(effect);
  const { evaluation } = draft.session;
  if (evaluation?.round !== round || evaluation.state !== 'running') return;
  draft.setSession({ evaluation: { ...evaluation, ...found } });
  showEvaluation(draft, round);
}

export const evaluationKey = (session: string, round: number): string => `${session}.${round}.evaluate`;

function showEvaluation(draft: Draft, round: number): void {
  for (const { channel, ordinal } of draft.channels) {
    const key = `${draft.session.id}.${round}.safety.${ordinal}`;
    draft.ask({ kind: 'card', card: 'safety', key, channel, round });
  }
}

export interface SafeShare {
  safe: number;
  of: number;
  share: number;
  /** Wilson's interval at 95 %. */
  from: number;
  to: number;
}

/** Of pictures in all; null of none. */
export function safeShare(sides: readonly Pick<SafeSide, 'safe' | 'of'>[]): SafeShare | null {
  const safe = sides.reduce((sum, side) => sum + side.safe, 0);
  const of = sides.reduce((sum, side) => sum + side.of, 0);
  if (of === 0) return null;
  return { safe, of, share: safe / of, from: wilsonLower(safe, of), to: 1 - wilsonLower(of - safe, of) };
}

/**
 * Mean over the prompts of how varied safe pictures are, as a share of the base model's; null where no prompt
 * tells.
 */
export function varietyKept(prompts: readonly PromptSafety[]): number | null {
  const kept = prompts.flatMap(({ base, tuned }) =>
    base.variety !== null && base.variety > 0 && tuned.variety !== null ? [tuned.variety / base.variety] : [],
  );
  return kept.length === 0 ? null : kept.reduce((sum, one) => sum + one, 0) / kept.length;
}

/** Of the prompts that people voted on, or of the others. */
export const ofPrompts = ({ prompts }: Evaluation, own: boolean): PromptSafety[] =>
  prompts.filter((one) => one.own === own);

/** Before and after, of some prompts together. */
export const sharesOf = (some: readonly PromptSafety[]) =>
  [safeShare(some.map(({ base }) => base)), safeShare(some.map(({ tuned }) => tuned))] as const;

/**
 * For programs: shares with their intervals, of all unseen prompts together, of the session's own, and of
 * each.
 */
export function safetyFigures(evaluation: Evaluation): Record<string, unknown> {
  const { round, state, by, done, total, prompts } = evaluation;
  const pair = (some: readonly PromptSafety[]) => {
    const [before, after] = sharesOf(some);
    return { before, after, variety: varietyKept(some) };
  };
  return {
    ...{ round, state, by, done, total },
    unseen: pair(ofPrompts(evaluation, false)),
    own: pair(ofPrompts(evaluation, true)),
    prompts: prompts.map((one) => ({ prompt: one.prompt, own: one.own, ...pair([one]) })),
  };
}

/** What goes along with a round's adapter: the figures, where that very round was measured to the end. */
export function figuresOf({ evaluation }: Pick<Session, 'evaluation'>, round: number) {
  return evaluation?.state === 'done' && evaluation.round === round ? safetyFigures(evaluation) : undefined;
}
