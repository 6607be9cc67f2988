/**
 * Doubt: what would a picture be if so many voters did not mean what they say of it? A share of the usual
 * turnout is taken off those who speak for it, and off those who speak against it. What is so either way is
 * sure; what a group of that size could have made alone is not, whoever they are, however old their accounts,
 * whenever they came, and however well they voted before.
 *   m = doubt max(n, usual n);  logit low = logit pi + max(0, 1 - m/n+) E+ + E-;
 *       logit high = logit pi + E+ + max(0, 1 - m/n-) E-
 * n: voices on the picture, of which n+ are for it with the evidence E+ = n+ ln alpha/(1 - delta), and n-
 * against it. Voices of people whom a moderator trusts are not taken off: whoever they are is known.
 */
import type { Votes } from './ballot-box.js';
import type { Reliability } from './dawid-skene.js';

/** The voices on each image, by number. */
export interface Voices {
  ups: Float64Array;
  all: Float64Array;
  /** Of these, voices of people whom a moderator trusts. */
  knownUps: Float64Array;
  knownDowns: Float64Array;
  /** On an image, on average. */
  usual: number;
}

export function voicesOf(
  { length, voters, images, voter, image, up, w }: Votes,
  isKnown: (voter: string) => boolean,
): Voices {
  const known = voters.map(isKnown);
  const ups = new Float64Array(images.length);
  const all = new Float64Array(images.length);
  const knownUps = new Float64Array(images.length);
  const knownDowns = new Float64Array(images.length);
  let sum = 0;
  for (let v = 0; v < length; v++) {
    all[image[v]!]! += w[v]!;
    if (up[v]) ups[image[v]!]! += w[v]!;
    if (known[voter[v]!]) (up[v] ? knownUps : knownDowns)[image[v]!]! += w[v]!;
    sum += w[v]!;
  }
  return { ups, all, knownUps, knownDowns, usual: images.length > 0 ? sum / images.length : 0 };
}

export interface Doubted {
  /** P(good) without so many who are for it; without so many who are against it. */
  low: number;
  high: number;
  /** More are for it than against it, also without so many who are for it; and the other way round. */
  liked: boolean;
  disliked: boolean;
}

/** Of image number n. */
export function doubted(
  { ups, all, knownUps, knownDowns, usual }: Voices,
  n: number,
  { coins, pi }: { coins: Reliability; pi: number },
  doubt: number,
): Doubted {
  const up = ups[n]!;
  const down = all[n]! - up;
  const taken = doubt * Math.max(all[n]!, usual);
  const forUp = Math.log(coins.alpha / (1 - coins.delta));
  const forDown = Math.log((1 - coins.alpha) / coins.delta);
  const good = (pros: number, cons: number) =>
    1 / (1 + Math.exp(-(Math.log(pi / (1 - pi)) + pros * forUp + cons * forDown)));
  const upLeft = Math.max(knownUps[n]!, up - taken);
  const downLeft = Math.max(knownDowns[n]!, down - taken);
  return {
    low: good(upLeft, down),
    high: good(up, downLeft),
    liked: upLeft > down,
    disliked: downLeft > up,
  };
}
