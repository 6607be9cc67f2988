/**
 * How much of a simulated round is good: of all that was shown, and where votes chose it among more, of what
 * nobody chose (which alone is comparable between rounds and with rounds that nobody chose) and of what was
 * chosen for being liked.
 */
import type { Image, Round } from '../../src/domain/state/round.js';
import type { Verdict } from './voters.js';

export interface SimulatedRound {
  round: number;
  votes: number;
  /** Of all that was shown. */
  success: number;
  /**
   * Of a round that votes chose among more: of what nobody chose, of what they chose for being liked,
   * drawings a picture.
   */
  unpicked?: number;
  liked?: number;
  draws?: number;
}

type Success = Omit<SimulatedRound, 'round' | 'votes'>;

export function successOf(
  images: readonly Pick<Image, 'index' | 'pick'>[],
  { picked }: Pick<Round, 'picked'>,
  verdicts: readonly Verdict[],
): Success {
  const success = shareGood(verdicts)!;
  if (!picked) return { success };
  const of = (pick: NonNullable<Image['pick']>) => {
    const indices = new Set(images.flatMap((image) => (image.pick === pick ? [image.index] : [])));
    const share = shareGood(verdicts.filter(({ index }) => indices.has(index)));
    return share === null ? {} : { [pick]: share };
  };
  return { success, ...of('unpicked'), ...of('liked'), draws: picked.cost };
}

const shareGood = (verdicts: readonly Verdict[]): number | null =>
  verdicts.length > 0 ? verdicts.filter(({ good }) => good).length / verdicts.length : null;

/** "81 % good, 75 % of what nobody chose, 1.49 draws a picture". */
export function successWords({ success, unpicked, draws }: Success): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const honest = unpicked === undefined ? '' : `, ${percent(unpicked)} of what nobody chose`;
  const cost = draws === undefined ? '' : `, ${draws.toFixed(2)} draws a picture`;
  return `${percent(success)} good${honest}${cost}`;
}
