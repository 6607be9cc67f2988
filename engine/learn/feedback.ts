/**
 * What the votes say of a round, as learners use it: goods, bads, the best. Checked against the round it
 * belongs to.
 */
import { AcclaimError } from '../../src/errors.js';
import type { Feedback } from '../../src/queue/jobs.js';

export interface Label {
  index: number;
  /** p(good). */
  good: number;
  weight: number;
  /** Of a bad image: fault -> share of those who said what is wrong. */
  faults?: Readonly<Record<string, number>>;
}

export interface Judged {
  /** Labelled images with weight, in order of index. */
  labels: Label[];
  goods: Label[];
  bads: Label[];
  /** Index of the best named in this round. */
  best: number | null;
}

/** Errors: `labels-invalid` for an index that is not of the round, or one labelled twice. */
export function splitLabels(feedback: Feedback, count: number): Judged {
  const refuse = (why: string): never => {
    throw new AcclaimError('labels-invalid', why, `Indices go from 0 to ${count - 1}, each at most once.`);
  };
  const seen = new Set<number>();
  const labels: Label[] = [];
  for (const { index, good, weight, faults } of feedback.images) {
    if (index >= count) refuse(`image ${index} is labelled, but the round has ${count} images`);
    if (seen.has(index)) refuse(`image ${index} is labelled twice`);
    seen.add(index);
    if (good === null || weight <= 0) continue;
    const said = faults && good < 0.5 && Object.keys(faults).length > 0;
    labels.push({ index, good, weight, ...(said && { faults }) });
  }
  if (feedback.best !== null && feedback.best >= count)
    refuse(`image ${feedback.best} is named best, but the round has ${count} images`);
  labels.sort((a, b) => a.index - b.index);
  return {
    labels,
    goods: labels.filter((l) => l.good > 0.5),
    bads: labels.filter((l) => l.good < 0.5),
    best: feedback.best,
  };
}
