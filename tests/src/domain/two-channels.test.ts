/**
 * One person's marks in two channels of a pool, from two accounts: which of them stands, who has voted by them,
 * and that what came too late, or says nothing of a picture, is none.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Ballot } from '../../../src/domain/state/round.js';
import { standingMarks } from '../../../src/domain/voting/presses.js';
import { attendance, countedIn } from '../../../src/domain/voting/who-counts.js';
import { person, placeOn, World } from '../../support/world.js';

let world: World;
let here: Ballot;
let there: Ballot;

function open(ballots: 'sheet' | 'gallery' = 'sheet'): void {
  world = new World({ imagesPerRound: ballots === 'sheet' ? 4 : 1, quorum: 9, ballots });
  world.settle();
  world.join(placeOn('slack'));
  world.settle();
  world.consent('ann', 'ann-slack', 'bob');
  world.link('+ann', 'ann', 'ann-slack');
  [here, there] = world.live() as [Ballot, Ballot];
}
beforeEach(() => open());

/** At that time, whenever it is told of. */
function mark(voter: string, ballot: Ballot, emoji: string, present: boolean, at: number): void {
  world.send({ kind: 'reaction', ballot: ballot.id, voter: person(voter), emoji, present, at });
}
const stands = () => standingMarks(world.state, world.round, 'ann').map(({ fact }) => fact.emoji);
const votes = () => countedIn(world.state, world.round).voterBallots.flatMap((one) => one.votes);
const cleared = (ballot: Ballot, at: number) =>
  world.send({ kind: 'cleared', ballot: ballot.id, emoji: null, at });

describe('of the same millisecond', () => {
  it('a mark stands that was taken back in the other channel, whichever is told of first', () => {
    for (const order of [
      [true, false],
      [false, true],
    ]) {
      open();
      mark('ann', here, '1', true, world.now + 1);
      mark('ann-slack', there, '1', true, world.now + 1);
      for (const present of order)
        mark(present ? 'ann' : 'ann-slack', present ? here : there, '1', present, world.now + 9);
      expect(stands()).toEqual(['1']);
    }
  });

  it('a mark that was heard of has its time, though a sweep found it as well', () => {
    const at = world.now + 1;
    mark('ann', here, '1', true, at);
    const marks = [{ voter: person('ann-slack'), emoji: '1' }];
    world.send({ kind: 'swept', ballot: there.id, effect: null, beganAt: at, marks, at });
    expect(votes()[0]).toMatchObject({ up: true, at });
  });

  it('a like and a dislike on two messages stand side by side, and are no vote', () => {
    open('gallery');
    mark('ann', here, 'like', true, world.now + 1);
    mark('ann-slack', there, 'dislike', true, world.now + 1);
    expect(stands()).toEqual(['like', 'dislike']);
    expect(votes()).toEqual([]);
  });
});

it('what a moderator wiped away in one channel still stands in the other', () => {
  world.react('ann', here, '1');
  world.react('ann-slack', there, '1');
  cleared(there, world.now + 1);
  expect(stands()).toEqual(['1']);
  expect(attendance(world.state, world.round).voters).toBe(1);
  cleared(here, world.now + 2);
  expect(stands()).toEqual([]);
});

it('who took both marks back has not voted, and a flag makes no vote of it', () => {
  for (const [voter, ballot] of [
    ['ann', here],
    ['ann-slack', there],
  ] as const) {
    world.react(voter, ballot, '1');
    world.react(voter, ballot, '1', false);
    world.react(voter, ballot, 'flag-2');
  }
  expect(attendance(world.state, world.round)).toMatchObject({ voters: 0, finished: 0 });
});

it('who took a mark back in one channel that stands in the other has voted by neither, as votes have it', () => {
  world.react('ann', here, '1');
  world.react('ann-slack', there, '1');
  world.react('ann-slack', there, '1', false);
  expect(attendance(world.state, world.round).voters).toBe(0);
  expect(votes()).toEqual([]);
});

it('a mark in a channel that has left came too late, and is none', () => {
  world.react('ann', here, '1');
  world.command({ name: 'leave', ordinal: 1 }, 'admin', 'boss');
  expect(world.react('ann-slack', there, '2')).toMatchObject({ code: 'round-closed' });
  world.react('ann-slack', there, '1', false);
  expect(stands()).toEqual(['1']);
  expect(votes().map(({ up }) => up)).toEqual([true, false, false, false]);
});

it('the only one of several who counts is as one alone: what they left unmarked is bad at full weight', () => {
  world.react('ann', here, '1');
  world.react('bob', here, '2');
  const weights = () => votes().map(({ weight }) => weight);
  expect(weights()).toEqual([1, 0.5, 0.5, 0.5, 0.5, 1, 0.5, 0.5]);
  world.command({ name: 'exclude', voter: 'bob' });
  expect(weights()).toEqual([1, 1, 1, 1]);
});

it('what is said of a picture twice is said since the first time', () => {
  world.react('ann', here, '1');
  const first = world.now;
  world.react('ann', here, 'star-1');
  expect(votes()[0]).toMatchObject({ star: true, at: first });
});

it('a hidden picture has no vote, also of who liked it', () => {
  world.react('ann', here, '1');
  world.react('ann', here, '2');
  world.command({ name: 'hide', index: 1 });
  expect(votes().map(({ index }) => index)).toEqual([0, 2, 3]);
});
