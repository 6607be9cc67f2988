/**
 * What a round's votes come to, counted in pictures: how many it has, how many of them somebody judged, and
 * how many of those more than half of their judges liked. Approval is liked of judged: what nobody judged is
 * neither. Cards, page, story, API and goal all ask here, so that one round has one figure. Where a share of
 * a round was drawn by the base model, the figure is that of the other pictures: it says how well the model
 * has learned. Where a round was chosen among more, the figure is that of the pictures that nobody chose, if
 * there are enough of them: what votes have chosen flatters the model.
 */
import type { Outcome, Round } from './round.js';
import type { Rules } from './rules.js';
import { defaultRules } from './rules.js';

export type CellTotal = Outcome['cells'][number];

export interface Approval {
  /**
   * Pictures of the round; those that a moderator hid are none of them, nor the base model's beside the tuned
   * one's.
   */
  pictures: number;
  judged: number;
  liked: number;
  /** Liked of judged, 0..1; null where nobody judged a picture. */
  share: number | null;
  /**
   * True: of the pictures alone that nobody chose. False: also of chosen ones, for want of others. Left out:
   * nothing was chosen.
   */
  unpicked?: boolean;
}

/** Pictures that nobody chose, below which approval is told by the chosen ones too. */
export const LEAST_UNPICKED = 4;

/** Somebody voted on the picture, or the checker had its say. */
export const isJudged = ({ seen, by }: CellTotal): boolean => seen > 0 || by === 'checker';

/**
 * By more than half of what those say who judged it; what the safety checker marked is not, whatever they
 * said. Who left it unmarked said less than who marked it, as for the learner: two people who like different
 * pictures like both.
 */
export const isLiked = ({ up, seen, good, by }: CellTotal): boolean =>
  by !== 'checker' && (good === undefined ? up * 2 > seen : good > 0.5);

/**
 * Pictures that there are, that were judged and that were liked, of a round's totals; of a round that votes
 * had chosen in part, by those that nobody chose.
 */
export function approvalOf(all: readonly CellTotal[]): Approval {
  const own = all.filter(({ base }) => !base);
  const unpicked = own.filter(({ pick }) => !pick);
  const enough = unpicked.length >= LEAST_UNPICKED;
  const chosen = unpicked.length < own.length;
  const cells = chosen && enough ? unpicked : own;
  const judged = cells.filter(isJudged).length;
  const liked = cells.filter(isLiked).length;
  return {
    pictures: cells.length,
    judged,
    liked,
    share: judged > 0 ? liked / judged : null,
    ...(chosen && { unpicked: enough }),
  };
}

/** Liked of judged among the pictures that votes chose, whoever drew them; null where there are none. */
export function pickedShare(cells: readonly CellTotal[]): number | null {
  const judged = cells.filter((cell) => cell.pick && isJudged(cell));
  return judged.length > 0 ? judged.filter(isLiked).length / judged.length : null;
}

/**
 * Few pictures say little of a round: with fewer judged it does not count towards the goal, nor is it
 * compared.
 */
export function enoughJudged({ pictures, judged }: Approval, rules: Pick<Rules, 'goalJudged'>): boolean {
  return judged > 0 && judged >= smallestShare(rules) * pictures;
}

/** Sessions from before there was such a rule run by the usual one. */
export const smallestShare = ({ goalJudged }: Pick<Rules, 'goalJudged'>): number =>
  goalJudged ?? defaultRules.goalJudged!;

/** Enough pictures were judged, and the session's share of them was liked. */
export function meetsGoal(round: Round, rules: Rules): boolean {
  if (rules.goal === null || !round.outcome) return false;
  const approval = approvalOf(round.outcome.cells);
  return enoughJudged(approval, rules) && (approval.share ?? 0) >= rules.goal;
}

/**
 * `picked`: the share of the pictures that votes chose, where there were such. `variety`: how varied what was
 * liked is still, of the base model's, where learning from the round found it out. `loss`: of what was
 * learned from it, in the learner's own measure.
 */
export type RoundApproval = Approval & {
  round: number;
  share: number;
  picked?: number;
  variety?: number;
  loss?: number;
};

/** Of each closed round on the session's line in which a picture was judged, in order. */
export function approvals(rounds: readonly Round[]): RoundApproval[] {
  return rounds.flatMap((round) => {
    if (!round.outcome || !onLine(round)) return [];
    const { share, ...counts } = approvalOf(round.outcome.cells);
    const picked = pickedShare(round.outcome.cells);
    const variety = round.learned?.variety?.kept ?? null;
    const loss = round.learned?.loss;
    const beside = {
      ...(picked !== null && { picked }),
      ...(variety !== null && { variety }),
      ...(loss !== undefined && { loss }),
    };
    return share === null ? [] : [{ ...counts, share, round: round.number, ...beside }];
  });
}

/** Rounds that were rolled back or given up are no part of what the session came to. */
export function onLine({ state }: Round): boolean {
  return state !== 'superseded' && state !== 'aborted';
}
