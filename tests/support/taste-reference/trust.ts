/**
 * Reference, plain and slow. Trust: one pair of coins for everybody, a weight of each voter by how far what
 * they like is what others like.
 */
import { groupBy, type WeightedVote } from './ballot-box.js';
import type { Reliability } from './dawid-skene.js';

export interface Trust {
  p: Map<string, number>;
  pi: number;
  coins: Reliability;
  trust: Map<string, number>;
}

export function trusting(votes: readonly WeightedVote[], share: number): Trust {
  const sum = (list: readonly WeightedVote[], of: (vote: WeightedVote) => number) =>
    list.reduce((total, vote) => total + of(vote), 0);
  const byImage = groupBy(votes, (vote) => vote.image);
  const byVoter = groupBy(votes, (vote) => vote.voter);
  const voters = [...byVoter.keys()].sort();
  let p = new Map(
    [...byImage].map(([image, cast]) => {
      const all = sum(cast, ({ w }) => w);
      return [image, all > 0 ? sum(cast, ({ up, w }) => (up ? w : 0)) / all : 0.5] as const;
    }),
  );
  let trust = new Map(voters.map((voter) => [voter, 1]));
  const piOf = () => Math.min(0.95, Math.max(0.05, [...p.values()].reduce((a, b) => a + b, 0) / p.size));
  const coinsOf = (): Reliability => {
    const weight = (vote: WeightedVote) => vote.w * trust.get(vote.voter)!;
    const q = (vote: WeightedVote) => p.get(vote.image)!;
    const ups = votes.filter(({ up }) => up);
    const downs = votes.filter(({ up }) => !up);
    return {
      alpha: (sum(ups, (v) => weight(v) * q(v)) + 4) / (sum(votes, (v) => weight(v) * q(v)) + 6),
      delta:
        (sum(downs, (v) => weight(v) * (1 - q(v))) + 4) / (sum(votes, (v) => weight(v) * (1 - q(v))) + 6),
    };
  };
  let pi = piOf();
  let coins = coinsOf();
  const rate = (voter: string, chance: (image: string) => number, prior: number): number => {
    const cast = byVoter.get(voter)!;
    const ups = sum(cast, ({ up, w, image }) => (up ? w * chance(image) : 0));
    return (ups + 3 * prior) / (sum(cast, ({ w, image }) => w * chance(image)) + 3);
  };
  const a = (voter: string) => rate(voter, (image) => p.get(image)!, coins.alpha);
  const b = (voter: string) => rate(voter, (image) => 1 - p.get(image)!, 1 - coins.delta);
  let moved = 1;
  for (let step = 0; step < 50 && moved > 1e-7; step++) {
    if (step >= 2) {
      const ranked = voters.map((voter) => ({ rate: a(voter), w: sum(byVoter.get(voter)!, ({ w }) => w) }));
      ranked.sort((x, y) => x.rate - y.rate);
      const half = ranked.reduce((total, { w }) => total + w, 0) / 2;
      let so = 0;
      const usual = ranked.find(({ w }) => {
        so += w;
        return so >= half;
      })!.rate;
      trust = new Map(
        voters.map((voter) => {
          const worth = Math.min(1, a(voter) / (share * usual), (a(voter) - b(voter)) / (0.1 * usual));
          return [voter, Math.max(0, worth)];
        }),
      );
    }
    const llr = {
      up: Math.log(coins.alpha / (1 - coins.delta)),
      down: Math.log((1 - coins.alpha) / coins.delta),
    };
    const next = new Map(
      [...byImage].map(([image, cast]) => {
        const evidence = sum(cast, ({ voter, up, w }) => w * trust.get(voter)! * (up ? llr.up : llr.down));
        return [image, 1 / (1 + Math.exp(-(Math.log(pi / (1 - pi)) + evidence)))] as const;
      }),
    );
    moved = step < 2 ? 1 : Math.max(...[...next].map(([image, value]) => Math.abs(value - p.get(image)!)));
    p = next;
    pi = piOf();
    coins = coinsOf();
  }
  return { p, pi, coins, trust };
}

/** Coins measured against given chances, with one picture at even odds. */
export function sides(
  votes: readonly WeightedVote[],
  p: ReadonlyMap<string, number>,
): Map<string, Reliability> {
  const rate = (cast: readonly WeightedVote[], chance: (image: string) => number): number => {
    const ups = cast.reduce((sum, { up, w, image }) => sum + (up ? w * chance(image) : 0), 0.5);
    return ups / cast.reduce((sum, { w, image }) => sum + w * chance(image), 1);
  };
  return new Map(
    [...groupBy(votes, (vote) => vote.voter)].map(([voter, cast]) => [
      voter,
      { alpha: rate(cast, (image) => p.get(image)!), delta: 1 - rate(cast, (image) => 1 - p.get(image)!) },
    ]),
  );
}
