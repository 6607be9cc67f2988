/**
 * What people do instead of voting (TAMER with implicit feedback 2001.08703): a picture that is enlarged, downloaded or looked at for long
 * is perhaps liked. How often that is so is measured where there is a vote too, and decides what a signal counts: its log-odds
 * of being right, as a share of a vote's. A signal that is right no more often than chance counts nothing.
 */
import type { Voted } from './auc.js';

/** What a signal said of a picture: it is liked, or not. */
export interface Signal {
  readonly picture: string;
  readonly liked: boolean;
}

/** A vote's own chance of being right, from which on a signal counts as much as one. */
const OF_A_VOTE = 0.95;
/** Right and wrong ones thought of before any is seen, so that a handful is not believed. */
const PRIOR = 4;

const logOdds = (p: number): number => Math.log(p / (1 - p));

/** Share of the signals that said what the votes said, smoothed towards chance. `votes`: picture -> its label. */
export function signalAccuracy(signals: readonly Signal[], votes: ReadonlyMap<string, number>): number {
  let [right, all] = [PRIOR, 2 * PRIOR];
  for (const { picture, liked } of signals) {
    const label = votes.get(picture);
    if (label === undefined) continue;
    right += liked ? label : 1 - label;
    all++;
  }
  return right / all;
}

/** 0 for what is right by chance or less, 1 for what is as sure as a vote. */
export const signalWeight = (accuracy: number): number =>
  Math.min(1, Math.max(0, logOdds(accuracy) / logOdds(OF_A_VOTE)));

/** Weak labels of the pictures that nobody voted on: picture -> label and weight. Votes stand above signals. */
export function signalVotes(
  signals: readonly Signal[],
  votes: ReadonlyMap<string, number>,
): Map<string, Voted> {
  const weight = signalWeight(signalAccuracy(signals, votes));
  const out = new Map<string, Voted>();
  if (weight === 0) return out;
  for (const { picture, liked } of signals)
    if (!votes.has(picture)) {
      const { label, weight: before } = out.get(picture) ?? { label: 0, weight: 0 };
      const all = before + weight;
      out.set(picture, { label: (before * label + (liked ? weight : 0)) / all, weight: all });
    }
  return out;
}
