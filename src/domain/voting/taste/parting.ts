/**
 * The two camps of a split community, by all that its people said so far: the camps on either side of the
 * factor of bridging (bridging.ts), and for each the pictures that it likes and the other does not.
 */
import { camps, type NotParted, type Parting } from '../../state/split.js';
import type { Steps } from '../../state/steps.js';
import type { Vote } from '../vote.js';
import { columns, type Votes } from './ballot-box.js';
import { bridging, dividing } from './bridging.js';
import { inVoices } from './labels.js';

/** Pictures that somebody must have voted on before anything is made of their taste. */
const ENOUGH_VOTES = 10;
/** People that a camp needs. */
const LEAST_IN_CAMP = 3;
/** Pictures that a camp is told by, at most. */
const TOLD = 3;

/** Least by which two of one camp must agree more often than two of different camps ... */
const APART = 0.05;
/** ... and least multiple of its standard error that this must be. */
const SURE = 3;

/** The camps, or why there are none. Polarisation does not tell: two equal camps oppose nobody's majority. */
export function* parting(cast: readonly Vote[]): Steps<Parting | NotParted> {
  const votes = inVoices(yield* columns([ofThoseWhoSaidEnough(cast)]));
  if (votes.voters.length < 2 * LEAST_IN_CAMP) return 'few';
  const { mean, error } = meanOf([...(yield* cohesion(votes, 0)), ...(yield* cohesion(votes, 1))]);
  if (mean < Math.max(APART, SURE * error)) return 'alike';
  const { side } = yield* bridging(votes);
  const apart = dividing(votes, side);
  const of = (sign: 1 | -1) => votes.voters.filter((_, u) => side[u]! * sign > 0);
  const [above, below] = [of(1), of(-1)];
  if (Math.min(above.length, below.length) < LEAST_IN_CAMP || apart.length === 0) return 'alike';
  const sign = above.length >= below.length ? 1 : -1;
  const [larger, smaller] = sign === 1 ? [above, below] : [below, above];
  const liked = (by: number) => apart.filter((one) => one.by * by > 0).map(({ n }) => votes.images[n]!);
  return {
    camps: new Map(camps.flatMap((camp, i) => [larger, smaller][i]!.map((name) => [name, camp] as const))),
    likes: { A: liked(sign).slice(0, TOLD), B: liked(-sign).slice(0, TOLD) },
  };
}

/**
 * The camps by every other picture, from `first` on, held against the rest. Of each of these: the chance that
 * two of one camp agree on it, less the chance that two of different camps do; 0 on average where there are
 * no camps.
 */
function* cohesion(votes: Votes, first: 0 | 1): Steps<number[]> {
  const { images, voter, image, up } = votes;
  const finds = (v: number) => image[v]! % 2 === first;
  const { side } = yield* bridging({ ...votes, w: votes.w.map((w, v) => (finds(v) ? w : 0)) });
  const [ups, all] = [0, 0].map(() => [0, 0].map(() => new Float64Array(images.length))) as Float64Array[][];
  for (let v = 0; v < votes.length; v++) {
    const f = side[voter[v]!]!;
    if (finds(v) || f === 0) continue;
    const camp = f > 0 ? 0 : 1;
    all![camp]![image[v]!]! += 1;
    ups![camp]![image[v]!]! += up[v]!;
  }
  return images.flatMap((_, n) => {
    const [a, b] = [0, 1].map((camp) => ({ up: ups![camp]![n]!, all: all![camp]![n]! })) as [Said, Said];
    const [pairs, mixed] = [pairsOf(a.all) + pairsOf(b.all), a.all * b.all];
    if (pairs === 0 || mixed === 0) return [];
    const [within, across] = [alike(a) + alike(b), a.up * b.up + (a.all - a.up) * (b.all - b.up)];
    return [within / pairs - across / mixed];
  });
}

/** Of one camp on a picture: voters who like it, and all. */
interface Said {
  up: number;
  all: number;
}

const pairsOf = (n: number) => (n * (n - 1)) / 2;
const alike = ({ up, all }: Said) => pairsOf(up) + pairsOf(all - up);

function meanOf(values: readonly number[]): { mean: number; error: number } {
  const n = values.length;
  if (n < 2) return { mean: 0, error: 0 };
  const mean = values.reduce((sum, one) => sum + one, 0) / n;
  const squares = values.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n) };
}

function ofThoseWhoSaidEnough(votes: readonly Vote[]): Vote[] {
  const said = new Map<string, number>();
  for (const { voter } of votes) said.set(voter, (said.get(voter) ?? 0) + 1);
  return votes.filter(({ voter }) => said.get(voter)! >= ENOUGH_VOTES);
}
