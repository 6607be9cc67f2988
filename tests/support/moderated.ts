/** A session in memory that moderators act on: what its tests do again and again. */
import type { Act } from '../../src/domain/state/model.js';
import { World } from './world.js';

/** Three people have agreed, and the first round is open. */
export function opened(rules = {}, nsfw = false): World {
  const world = new World({ imagesPerRound: 4, ...rules }, false, nsfw);
  world.settle();
  world.consent('ann', 'bob', 'cem');
  return world;
}
/** Those marks are made, the round is closed, and what follows is done. */
export const finish = (world: World, ...marks: [string, string][]): void => {
  for (const [voter, emoji] of marks) world.react(voter, world.live()[0]!, emoji);
  world.command({ name: 'close' });
  world.settle();
};
/** The acts of moderators, in their order. */
export const acts = (world: World): (Act & { seq: number })[] =>
  world.rows
    .flatMap((change) => (change.table === 'act' ? [change.row] : []))
    .map((row, i) => ({ ...row, seq: i }));
export const undoLast = (world: World) => world.command({ name: 'undo', of: acts(world).at(-1)! });
/** Which pictures of a round are good. */
export const goods = (world: World, round = 0) =>
  world.state.rounds[round]!.feedback!.images.map((one) => one.good);
/** Effects of a kind that are not carried out yet. */
export const waiting = (world: World, kind: string) =>
  [...world.outbox.values()].filter((effect) => effect.kind === kind);
