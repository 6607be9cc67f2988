/** How many have finished: people who count, each once, by what makes the session's quorum. */
import { expect, it } from 'vitest';
import { turnoutWords } from '../../../bot/views/turnout.js';
import { sameTurnout, turnout } from '../../../src/domain/voting/turnout.js';
import { tell } from '../../../src/words/tell.js';
import { World } from '../../support/world.js';

function opened(quorumBy: 'done' | 'marks'): World {
  const world = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 3, quorumBy });
  world.settle();
  world.consent('ann', 'bob', 'cem', 'dan', 'dan2');
  return world;
}
const counted = (world: World) => {
  const { voters, finished, missing } = turnout(world.state, world.round);
  return [voters, finished, missing];
};
const words = (world: World) => tell(turnoutWords(turnout(world.state, world.round), world.state.session));

it('counts marks on every sheet where marks make the quorum, and Done where that does', () => {
  for (const quorumBy of ['marks', 'done'] as const) {
    const world = opened(quorumBy);
    const [a, b] = world.live();
    expect(counted(world)).toEqual([0, 0, 3]);
    expect(words(world)).toBe('Nobody has voted yet, waiting for 3.');
    world.react('ann', a!, '1');
    expect(counted(world)).toEqual([1, 0, 3]);
    world.react('ann', b!, 'none');
    expect(counted(world)).toEqual(quorumBy === 'marks' ? [1, 1, 2] : [1, 0, 3]);
    world.react('ann', b!, 'done');
    expect(counted(world)).toEqual([1, 1, 2]);
    expect(words(world)).toContain('1 of 1 has finished, waiting for 2. A moderator may close it now');
  }
});

it('counts linked accounts once, and whoever is excluded or has not agreed not at all', () => {
  const world = opened('done');
  const [a, b] = world.live();
  for (const key of ['ann', 'bob', 'cem', 'dan', 'dan2', 'stranger']) world.react(key, a!, '1');
  for (const key of ['ann', 'dan', 'dan2', 'stranger']) world.react(key, b!, 'done');
  expect(counted(world)).toEqual([5, 3, 0]);
  world.link('one', 'dan', 'dan2');
  expect(counted(world)).toEqual([4, 2, 1]);
  expect(words(world)).toMatch(/^2 of 4 have finished, waiting for 1\./);
  world.command({ name: 'exclude', voter: 'ann' });
  expect(counted(world)).toEqual([3, 1, 2]);
  world.command({ name: 'exclude', voter: 'dan' });
  expect(counted(world)).toEqual([2, 0, 3]);
});

it('says what a quorum that is there still waits for, and tells of another round apart', () => {
  const world = opened('done');
  const [a] = world.live();
  for (const key of ['ann', 'bob', 'cem']) world.react(key, a!, 'done');
  world.react('dan', a!, '1');
  expect(words(world)).toMatch(/^3 of 4 have finished\. It closes once nobody has changed a mark for 60 s/);
  world.command({ name: 'pause' });
  expect(words(world)).toBe('3 of 4 have finished. The session rests; marks stand.');
  const now = turnout(world.state, world.round);
  expect([sameTurnout(now, { ...now }), sameTurnout(now, { ...now, round: 2 })]).toEqual([true, false]);
});
