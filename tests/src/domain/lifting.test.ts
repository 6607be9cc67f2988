/** A guard of votes that a moderator takes from a closed round. */
import { expect, it } from 'vitest';
import type { GuardAct } from '../../../src/domain/state/round.js';
import { World } from '../../support/world.js';

it('is lifted by itself and put in force by itself, and the round is told anew each time', () => {
  const world = new World({ imagesPerRound: 4, quorum: 9 }, false);
  world.settle();
  world.consent('ann');
  world.react('ann', world.live()[0]!, '1');
  world.command({ name: 'close' });
  world.settle();
  const first = () => world.state.rounds[0]!;
  /** As if it had come out otherwise with the guard. */
  const changed = (act: () => void) => {
    const stale = { ...first(), outcome: { ...first().outcome!, voters: 9 } };
    world.state = { ...world.state, rounds: world.state.rounds.with(0, stale) };
    act();
    return [first().lifted, first().outcome!.voters];
  };
  const lift = (guard: GuardAct) => changed(() => world.command({ name: 'lift', round: 1, guard }));
  const undo = (guard: GuardAct) =>
    changed(() => {
      const of = { seq: 1, command: 'lift', args: { round: 1, guard } } as const;
      world.command({ name: 'undo', of });
    });
  expect(lift('hands')).toEqual([['hands'], 1]);
  expect(lift('best')).toEqual([['hands', 'best'], 1]);
  expect(undo('hands')).toEqual([['best'], 1]);
});
