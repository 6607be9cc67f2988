/** What may go of a session's rounds, on sessions that were really lived through. */
import { describe, expect, test } from 'vitest';
import { fates } from '../../../src/domain/sessions/retention.js';
import { World } from '../../support/world.js';

const DAY = 86_400_000;
const policy = { tensorsMs: 30 * DAY, picturesMs: 180 * DAY };

/** A session of so many rounds, each voted on and closed; picture 2 is the best of each. */
function lived(rounds: number, budget: number | null = null): World {
  const world = new World({ imagesPerRound: 4, budgetRounds: budget, goal: null }, false);
  world.settle();
  world.consent('ann');
  for (let i = 0; i < rounds; i++) {
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, 'star-2');
    world.react('ann', world.live()[0]!, 'done');
    world.settle();
  }
  return world;
}

const of = ({ state }: World, more = policy) => fates(state.session, state.rounds, more);

describe('retention', () => {
  test('while a session runs its pictures stay, and tensors go only of rounds that are over', () => {
    const world = lived(2);
    const [first, second, open] = world.state.rounds;
    expect(world.state.rounds.map((round) => round.state)).toEqual(['done', 'done', 'open']);
    expect(of(world)).toEqual([
      {
        round: first!.id,
        number: 1,
        best: 1,
        pictures: { kept: 'runs' },
        tensors: { due: first!.closedAt! + 30 * DAY },
      },
      {
        round: second!.id,
        number: 2,
        best: 1,
        pictures: { kept: 'runs' },
        tensors: { due: second!.closedAt! + 30 * DAY },
      },
      { round: open!.id, number: 3, best: null, pictures: { kept: 'runs' }, tensors: { kept: 'runs' } },
    ]);
  });

  test('of a round that failed nothing goes, though a newer one was begun: it may be tried again', () => {
    const { state } = lived(1);
    const [first, second] = state.rounds;
    const tensors = fates(state.session, [{ ...first!, state: 'failed' }, second!], policy)[0]!.tensors;
    expect(tensors).toEqual({ kept: 'runs' });
  });

  test('the newest round stays whole even when it was given up: a retry may want it', () => {
    const world = lived(0);
    for (const _ of ['drawn', 'drawn anew']) {
      world.react('ann', world.live()[0]!, 'none');
      world.react('ann', world.live()[0]!, 'done');
      world.settle();
    }
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'no-good' });
    expect(world.state.rounds.map((round) => round.state)).toEqual(['aborted', 'aborted']);
    const [first] = world.state.rounds;
    expect(of(world).map((fate) => fate.tensors)).toEqual([
      { due: first!.closedAt! + 30 * DAY },
      { kept: 'runs' },
    ]);
  });

  test('after its end: the first and the latest round stay for the story, days count from the end', () => {
    const world = lived(4, 4);
    const { session } = world.state;
    expect(session.state).toBe('ended');
    const due = session.endedAt! + 180 * DAY;
    expect(of(world).map((fate) => fate.pictures)).toEqual([
      { kept: 'story' },
      { due },
      { due },
      { kept: 'story' },
    ]);
    expect(of(world).map((fate) => fate.tensors)).toEqual(
      Array(4).fill({ due: session.endedAt! + 30 * DAY }),
    );
  });

  test('rounds that were rolled back are no part of the story', () => {
    const world = lived(3);
    world.command({ name: 'rollback', round: 1 });
    world.settle();
    world.command({ name: 'stop' });
    const { state } = world;
    expect(state.rounds.map((round) => round.state)).toEqual([
      'done',
      'superseded',
      'superseded',
      'superseded',
      'aborted',
    ]);
    const due = state.session.endedAt! + 180 * DAY;
    expect(of(world).map((fate) => fate.pictures)).toEqual([
      { kept: 'story' },
      { due },
      { due },
      { due },
      { due },
    ]);
  });

  test('a policy of never keeps everything', () => {
    const nothing = of(lived(2, 2), { tensorsMs: null as never, picturesMs: null as never });
    for (const { tensors, pictures } of nothing)
      expect([tensors, pictures]).toEqual([{ kept: 'policy' }, { kept: 'policy' }]);
  });
});
