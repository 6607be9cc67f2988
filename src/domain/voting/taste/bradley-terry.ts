/**
 * Bradley-Terry with two kinds of ties. Each picture is good with odds e^s, its strength s. Whoever calls one
 * of two good prefers it: P(a before b) = sigma(s_a - s_b), Bradley and Terry's model. Whoever calls both
 * alike says where good begins: P(both | alike) = sigma(s_a + s_b), of the same odds, and so does a word on
 * one picture alone: sigma(s_a). The likelihood is concave; half a win and half a loss of each picture
 * against one that is as good as not keep it finite, and set the middle where nobody says where good begins.
 */

/**
 * What somebody said: the pictures on one side are the better ones; without the other it is of them alone.
 */
export interface Comparison {
  better: readonly number[];
  worse: readonly number[];
}

/** Wins and losses of each picture that nobody gave. */
const PRIOR = 0.5;
const MOST_SWEEPS = 400;
const CLOSE = 1e-7;

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** A picture's place in a comparison: +1 where it is better, -1 where it is worse. */
interface Place {
  sign: 1 | -1;
  /** Of its comparison. */
  row: number;
}

/**
 * Picture -> strength, of those that are compared; the likeliest, by Newton's step for one picture after the
 * other. `weights`: of each comparison; 1 where left out.
 */
export function strengths(
  comparisons: readonly Comparison[],
  weights?: ArrayLike<number>,
): Map<number, number> {
  const places = new Map<number, Place[]>();
  const put = (index: number, place: Place) => {
    const own = places.get(index);
    if (own) own.push(place);
    else places.set(index, [place]);
  };
  for (const [row, { better, worse }] of comparisons.entries()) {
    for (const index of better) put(index, { sign: 1, row });
    for (const index of worse) put(index, { sign: -1, row });
  }
  const found = new Map([...places.keys()].sort((a, b) => a - b).map((index) => [index, 0]));
  // What each comparison comes to: the sum of the better strengths less that of the worse.
  const sums = new Float64Array(comparisons.length);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let moved = 0;
    for (const [index, s] of found) {
      const step = newtonStep(s, places.get(index)!, sums, weights);
      for (const { sign, row } of places.get(index)!) sums[row]! += sign * step;
      found.set(index, s + step);
      moved = Math.max(moved, Math.abs(step));
    }
    if (moved < CLOSE) break;
  }
  return found;
}

function newtonStep(
  s: number,
  places: readonly Place[],
  sums: Float64Array,
  weights: ArrayLike<number> | undefined,
): number {
  const middle = sigmoid(s);
  let slope = PRIOR * (1 - 2 * middle);
  let bend = 2 * PRIOR * middle * (1 - middle);
  for (const { sign, row } of places) {
    const weight = weights?.[row] ?? 1;
    const p = sigmoid(sums[row]!);
    slope += weight * sign * (1 - p);
    bend += weight * p * (1 - p);
  }
  // A step too long would leave the place where the parabola is like the likelihood.
  return Math.max(-1, Math.min(1, slope / bend));
}
