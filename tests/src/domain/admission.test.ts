/**
 * Accounts that anybody could have made: their marks wait, weigh nothing and close nothing until somebody
 * vouches for them.
 */
import { describe, expect, it } from 'vitest';
import type { Act as ActRow } from '../../../src/domain/state/model.js';
import type { Rules } from '../../../src/domain/state/rules.js';
import { person, World } from '../../support/world.js';

const MINUTE = 60_000;

function opened(rules: Partial<Rules> = {}, ...voters: string[]): World {
  const world = new World({ imagesPerRound: 4, quorum: 1, quorumBy: 'done', ...rules }, false);
  world.settle();
  world.consent(...voters);
  return world;
}
const comes = (world: World, key: string, waits: boolean) =>
  world.send({ kind: 'consent', voter: { ...person(key), waits }, given: true, at: world.now });
const mark = (world: World, key: string, ...emojis: string[]) => {
  for (const emoji of emojis) world.react(key, world.live()[0]!, emoji);
};
const acts = (world: World): (ActRow & { seq: number })[] =>
  world.rows
    .flatMap((change) => (change.table === 'act' ? [change.row] : []))
    .map((row, i) => ({ ...row, seq: i }));
const close = (world: World) => {
  world.command({ name: 'close' });
  world.settle();
};
const first = (world: World) => world.state.rounds[0]!;

describe('an account that waits', () => {
  it('closes no round, holds none open, and does not count', () => {
    const world = opened({}, 'ann');
    for (let i = 0; i < 60; i++) {
      comes(world, `cookie${i}`, true);
      mark(world, `cookie${i}`, '4', 'done');
    }
    expect(world.round.state).toBe('open');
    expect(world.command({ name: 'close' })).toMatchObject({ code: 'nothing-to-close' });
    mark(world, 'ann', '1', 'done');
    // Ann is the only one who counts: her Done ends it at once.
    expect(first(world).outcome).toMatchObject({ voters: 1 });
    expect(first(world).outcome!.cells.map((cell) => cell.up)).toEqual([1, 0, 0, 0]);
    expect(first(world).feedback!.best).toBeNull();
  });

  it('counts with all of its marks once a moderator admits it, and the act can be undone', () => {
    const world = opened({}, 'ann');
    comes(world, 'bob', true);
    mark(world, 'bob', '2');
    mark(world, 'ann', '1');
    expect(world.command({ name: 'admit', voter: 'bob' }, 'member', 'ann')).toMatchObject({
      code: 'not-allowed',
    });
    expect(world.command({ name: 'admit', voter: 'bob' })).toBeNull();
    close(world);
    expect(first(world).outcome).toMatchObject({ voters: 2 });
    world.command({ name: 'undo', of: acts(world).find((act) => act.command === 'admit' && !act.refused)! });
    expect(first(world).outcome).toMatchObject({ voters: 1 });
    world.command({ name: 'admit', voter: 'ann' });
    const no = world.command({ name: 'undo', of: acts(world).at(-1)! });
    expect(no).toMatchObject({ code: 'unknown' });
  });

  it('is no newcomer once it is admitted: what a whole group on a new page likes is good', () => {
    const world = opened({});
    for (let i = 0; i < 6; i++) {
      const voter = { ...person(`cookie${i}`), bornAt: world.now, waits: true };
      world.send({ kind: 'consent', voter, given: true, at: world.now });
      world.command({ name: 'admit', voter: voter.key });
      mark(world, voter.key, '2');
    }
    close(world);
    expect(first(world).outcome).toMatchObject({ voters: 6 });
    const [bad, good] = first(world).feedback!.images;
    expect(good!.good).toBeGreaterThan(0.6);
    expect(bad!.good).toBeLessThan(0.4);
  });

  it('counts from an invite on, in rounds that are open then and in no earlier one', () => {
    const world = opened({}, 'ann', 'cem');
    comes(world, 'bob', true);
    for (const who of ['ann', 'bob', 'cem']) mark(world, who, '2');
    close(world);
    comes(world, 'bob', false);
    // Whoever agrees once more, from wherever, does not begin to wait again.
    comes(world, 'bob', true);
    for (const who of ['ann', 'bob', 'cem']) mark(world, who, '3');
    close(world);
    expect(world.state.rounds.slice(0, 2).map((round) => round.outcome!.voters)).toEqual([2, 3]);
    // Counted anew for another reason, the first round is as it was but for that.
    world.command({ name: 'exclude', voter: 'cem' });
    expect(world.state.rounds.slice(0, 2).map((round) => round.outcome!.voters)).toEqual([1, 2]);
  });

  it('counts where it is linked with one that does', () => {
    const world = opened({}, 'ann', 'dan');
    comes(world, 'bob', true);
    mark(world, 'bob', '2');
    mark(world, 'dan', '1');
    world.link('+bob', 'ann', 'bob');
    close(world);
    expect(first(world).outcome).toMatchObject({ voters: 2 });
  });

  it('holds no picture back', () => {
    const world = opened({ flagsToHold: 1 }, 'ann');
    comes(world, 'bob', true);
    world.command({ name: 'flag', index: 1 }, 'member', 'bob');
    expect(world.state.images.get('cat.1')![1]!.state).toBe('shown');
    world.command({ name: 'admit', voter: 'bob' });
    expect(world.state.images.get('cat.1')![1]!.state).toBe('held');
  });
});

describe('Done', () => {
  it('ends nothing while others are at it: quorum, and a rest of all who count', () => {
    const world = opened({}, 'ann', 'bob', 'cem');
    mark(world, 'ann', '1');
    mark(world, 'bob', 'done');
    expect(world.round.state).toBe('open');
    world.tick(MINUTE / 2);
    mark(world, 'cem', '2');
    world.tick(MINUTE - 1);
    expect(world.round.state).toBe('open');
    world.tick(1);
    world.settle();
    expect(first(world)).toMatchObject({ closeReason: 'done', outcome: { voters: 3 } });
  });

  it('is not put off by who does not count', () => {
    const world = opened({}, 'ann', 'bob', 'eve');
    comes(world, 'cookie', true);
    world.command({ name: 'exclude', voter: 'eve' });
    mark(world, 'ann', '1');
    mark(world, 'bob', '1', 'done');
    for (const emoji of ['1', '2', '3', '4']) {
      world.tick(MINUTE / 5);
      mark(world, 'cookie', emoji);
      mark(world, 'eve', emoji);
    }
    world.tick(MINUTE / 5);
    world.settle();
    expect(first(world)).toMatchObject({ closeReason: 'done', outcome: { voters: 2 } });
  });
});
