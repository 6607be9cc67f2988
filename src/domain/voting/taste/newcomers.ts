/** The newcomer cap: per image, newcomers together weigh at most share x (the others + 1). */
import type { Votes } from './ballot-box.js';

/** The votes with newcomers' weights bounded. */
export function capNewcomers(votes: Votes, isNewcomer: (voter: string) => boolean, share: number): Votes {
  const { length, voters, images, voter, image, w } = votes;
  const isNew = voters.map(isNewcomer);
  const others = new Float64Array(images.length);
  const newcomers = new Float64Array(images.length);
  for (let v = 0; v < length; v++) (isNew[voter[v]!] ? newcomers : others)[image[v]!]! += w[v]!;
  const scale = newcomers.map((sum, n) => {
    const cap = share * (others[n]! + 1);
    return sum > cap ? cap / sum : 1;
  });
  return { ...votes, w: w.map((weight, v) => (isNew[voter[v]!] ? weight * scale[image[v]!]! : weight)) };
}
