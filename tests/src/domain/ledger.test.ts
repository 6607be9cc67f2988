/**
 * What a sweep and a clearing may take back: only what was so when they looked, however late they are told of
 * it.
 */
import { describe, expect, it } from 'vitest';
import type { Ballot } from '../../../src/domain/state/round.js';
import { person, World } from '../../support/world.js';

function opened(): { world: World; sheet: Ballot } {
  const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
  world.settle();
  world.consent('ann', 'bob');
  return { world, sheet: world.live()[0]! };
}

/** `voter emoji` of the marks that stand. */
function standing({ state }: World, { id }: Ballot): string[] {
  const facts = state.facts.get(id)!.known();
  return facts.flatMap(({ voter, emoji, present }) => (present ? [`${voter} ${emoji}`] : [])).sort();
}

function swept(world: World, { id }: Ballot, beganAt: number, ...marks: string[]): void {
  const read = marks.map((mark) => {
    const [voter, emoji] = mark.split(' ');
    return { voter: person(voter!), emoji: emoji! };
  });
  world.send({ kind: 'swept', ballot: id, effect: null, beganAt, marks: read, at: ++world.now });
}

function cleared(world: World, { id }: Ballot, emoji: string | null, at: number): void {
  world.send({ kind: 'cleared', ballot: id, emoji, at });
}

describe('a sweep', () => {
  it('withdraws no live vote that was made after it began', () => {
    const { world, sheet } = opened();
    const began = world.now;
    world.react('ann', sheet, '1');
    swept(world, sheet, began);
    expect(standing(world, sheet)).toEqual(['ann 1']);
    expect(world.state.facts.get(sheet.id)!.last('ann', '1')).toMatchObject({
      source: 'live',
      at: began + 1,
    });
  });

  it('withdraws no live vote of the millisecond in which it began', () => {
    const { world, sheet } = opened();
    world.react('ann', sheet, '1');
    swept(world, sheet, world.now);
    expect(standing(world, sheet)).toEqual(['ann 1']);
  });

  it('brings no vote back that was taken away after it began', () => {
    const { world, sheet } = opened();
    world.react('ann', sheet, '1');
    const began = world.now;
    world.react('ann', sheet, '1', false);
    swept(world, sheet, began, 'ann 1');
    expect(standing(world, sheet)).toEqual([]);
  });

  it('withdraws a vote that was made before it began and that it did not find', () => {
    const { world, sheet } = opened();
    world.react('ann', sheet, '1');
    world.react('bob', sheet, '2');
    swept(world, sheet, world.now + 1, 'bob 2');
    expect(standing(world, sheet)).toEqual(['bob 2']);
  });

  it('withdraws no vote of somebody who was forgotten, whom nobody can find again', () => {
    const { world, sheet } = opened();
    world.react('ann', sheet, '1');
    const ann = { ...world.state.voters.get('ann')!, pseudonym: true };
    world.state = { ...world.state, voters: new Map([['ann', ann]]) };
    swept(world, sheet, world.now + 1);
    expect(standing(world, sheet)).toEqual(['ann 1']);
  });

  it('finds no vote of somebody who did not agree', () => {
    const { world, sheet } = opened();
    swept(world, sheet, world.now + 1, 'eve 1', 'bob 2');
    expect(standing(world, sheet)).toEqual(['bob 2']);
  });
});

describe('a clearing', () => {
  it('told late takes what was there then, and none of the votes made since', () => {
    const { world, sheet } = opened();
    world.react('ann', sheet, '1');
    const wiped = world.now;
    world.react('bob', sheet, '1');
    world.react('ann', sheet, '2');
    cleared(world, sheet, null, wiped);
    expect(standing(world, sheet)).toEqual(['ann 2', 'bob 1']);
  });

  it('of one mark told late takes that mark alone, and of it the older votes alone', () => {
    const { world, sheet } = opened();
    world.react('ann', sheet, '1');
    world.react('ann', sheet, '2');
    const wiped = world.now;
    world.react('bob', sheet, '1');
    cleared(world, sheet, '1', wiped);
    expect(standing(world, sheet)).toEqual(['ann 2', 'bob 1']);
  });

  it('takes no mark that no reaction shows: Done, a fault, a flag, the best, an answer', () => {
    const { world, sheet } = opened();
    for (const mark of ['1', 'done', 'few-4', 'flag-2', 'star-3']) world.react('ann', sheet, mark);
    cleared(world, sheet, null, world.now + 1);
    expect(standing(world, sheet)).toEqual(['ann done', 'ann few-4', 'ann flag-2', 'ann star-3']);
    const duels = new World({ imagesPerRound: 4, ballots: 'duel', quorum: 9 }, true);
    duels.settle();
    duels.consent('ann');
    duels.react('ann', duels.live()[0]!, 'left');
    cleared(duels, duels.live()[0]!, null, duels.now + 1);
    expect(standing(duels, duels.live()[0]!)).toEqual(['ann left']);
  });
});

it('a command that is told of late changes nothing that was said since', () => {
  const { world, sheet } = opened();
  world.command({ name: 'best', index: 1 }, 'member', 'ann');
  const by = person('ann');
  const late = { kind: 'command', act: { name: 'best', index: null }, by, from: null } as const;
  world.send({ ...late, at: world.now - 1 });
  expect(standing(world, sheet)).toEqual(['ann star-2']);
  world.send({ ...late, at: world.now + 1 });
  expect(standing(world, sheet)).toEqual([]);
});

it('the answer to a picture that stands alone is the left one, or neither', () => {
  const world = new World({ imagesPerRound: 1, ballots: 'duel', quorum: 9 });
  world.settle();
  world.consent('ann');
  const alone = world.live()[0]!;
  for (const says of ['right', 'both']) world.react('ann', alone, says);
  expect(world.state.facts.get(alone.id)).toBeUndefined();
  for (const says of ['left', 'neither']) world.react('ann', alone, says);
  expect(standing(world, alone)).toEqual(['ann left', 'ann neither']);
});

it('a reading that began before the newest one does not take the time of that back', () => {
  const world = new World({ imagesPerRound: 4 });
  world.settle();
  const ballot = world.live()[0]!.id;
  const read = (beganAt: number) =>
    world.send({ kind: 'swept', ballot, effect: 'late', beganAt, marks: [], at: world.now });
  const sweptAt = () => world.state.ballots.get(ballot)!.sweptAt;
  read(world.now);
  read(world.now - 1000);
  expect(sweptAt()).toBe(world.now);
  read(world.now + 1);
  expect(sweptAt()).toBe(world.now + 1);
});

it('a round that closes counts once for each who voted in it, and for nobody else', () => {
  const world = new World({ imagesPerRound: 4 });
  world.settle();
  world.consent('ann', 'bob', 'cem');
  for (const voter of ['ann', 'bob']) world.react(voter, world.live()[0]!, '1');
  world.command({ name: 'close' });
  world.settle();
  expect(['ann', 'bob', 'cem'].map((voter) => world.state.voters.get(voter)!.rounds)).toEqual([1, 1, 0]);
});
