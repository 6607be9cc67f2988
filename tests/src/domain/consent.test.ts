/** Agreeing, agreeing again and leaving: what of a person stays, and what goes. */
import { describe, expect, it } from 'vitest';
import { factsOf } from '../../../src/domain/voting/ledger.js';
import { consentedRow, hasMarksOf } from '../../../src/domain/voting/people.js';
import { person, placeOn, World } from '../../support/world.js';

function opened(): World {
  const world = new World({ imagesPerRound: 4, quorum: 9 });
  world.settle();
  world.join(placeOn('slack'));
  world.settle();
  world.consent('ann', 'ann-slack', 'bob');
  return world;
}
const leave = (world: World, key: string, elsewhere = false) =>
  world.send({
    kind: 'consent',
    voter: person(key),
    given: false,
    name: null,
    at: ++world.now,
    ...(elsewhere && { askedElsewhere: true }),
  });
/** Ballots on which somebody has a mark that stands. */
const marked = ({ state }: World, key: string) =>
  [...state.ballots.values()].flatMap((ballot) =>
    factsOf(state, ballot)
      .ofVoter(key)
      .some(({ present }) => present)
      ? [ballot.id]
      : [],
  );

it('who agrees again stays who they were: excluded, trusted, linked, of a camp, with their rounds', () => {
  const world = opened();
  const known = {
    ...{ ...world.state.voters.get('ann')!, excluded: true, trusted: true, rounds: 7, person: '+ann' },
    camps: { s: [{ camp: 'A', since: 1 }] },
  } as const;
  const again = (change: object, excluded = false) =>
    consentedRow({ ...known, ...change }, { voter: person('ann'), at: world.now + 5, excluded }, 'c');
  expect(again({})).toEqual(known);
  expect(again({ excluded: false })).toMatchObject({ excluded: false });
  expect(again({ excluded: false }, true)).toMatchObject({ excluded: true });
  expect(consentedRow(undefined, { voter: person('ann'), at: 3, excluded: true }, 'c')).toMatchObject({
    ...{ excluded: true, trusted: false, rounds: 0, person: null, consentAt: 3 },
  });
});

describe('who leaves', () => {
  it('takes the marks of all their accounts out of rounds that take votes, and of no closed one', () => {
    const world = opened();
    world.link('+ann', 'ann', 'ann-slack');
    world.react('ann', world.live()[0]!, '1');
    world.command({ name: 'close' });
    world.settle();
    const [here, there] = world.live();
    world.react('ann', here!, '1');
    world.react('ann-slack', there!, '2');
    world.react('bob', here!, '3');
    expect(hasMarksOf(world.state, 'ann-slack')).toBe(true);
    leave(world, 'ann-slack');
    expect([marked(world, 'ann'), marked(world, 'ann-slack')]).toEqual([['cat.1.s0.0'], []]);
    expect(marked(world, 'bob')).toEqual([here!.id]);
  });

  it('is forgotten, once: not where that was asked for elsewhere, nor where nothing is kept', () => {
    for (const [key, elsewhere, asked] of [
      ['ann', false, true],
      ['ann', true, false],
      ['eve', false, false],
    ] as const) {
      const world = opened();
      leave(world, key, elsewhere);
      expect(world.outbox.has(`${key}.forget`)).toBe(asked);
    }
  });

  it('has nothing to take back where every mark was taken back already', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '1');
    world.react('ann', world.live()[0]!, '1', false);
    expect([hasMarksOf(world.state, 'ann'), hasMarksOf(world.state, 'bob')]).toEqual([false, false]);
  });
});
