/** Reference. The newcomer cap: per image, newcomers together weigh at most share x (the others + 1). */
import type { WeightedVote } from './ballot-box.js';
import { groupBy } from './ballot-box.js';

export function capNewcomers(
  votes: readonly WeightedVote[],
  isNewcomer: (voter: string) => boolean,
  share: number,
): WeightedVote[] {
  const scale = new Map<string, number>();
  for (const [image, cast] of groupBy(votes, (vote) => vote.image)) {
    let others = 0;
    let newcomers = 0;
    for (const { voter, w } of cast) {
      if (isNewcomer(voter)) newcomers += w;
      else others += w;
    }
    const cap = share * (others + 1);
    if (newcomers > cap) scale.set(image, cap / newcomers);
  }
  return votes.map((vote) =>
    isNewcomer(vote.voter) ? { ...vote, w: vote.w * (scale.get(vote.image) ?? 1) } : vote,
  );
}
