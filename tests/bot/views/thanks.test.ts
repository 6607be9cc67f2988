/**
 * Who pressed Done or flagged a picture is thanked where it counts, and told what is true where it does not.
 */
import { expect, it } from 'vitest';
import { doneAnswer, flagAnswer } from '../../../bot/views/thanks.js';
import { tell, told } from '../../../src/words/tell.js';
import { person, World } from '../../support/world.js';

function opened(): World {
  const world = new World({ imagesPerRound: 4, quorum: 2, quorumBy: 'done' }, false);
  world.settle();
  world.consent('ann', 'bob', 'cem');
  for (const voter of ['eve', 'zoe'].map((key) => ({ ...person(key), waits: true })))
    world.send({ kind: 'consent', voter, given: true, at: world.now });
  return world;
}
const done = (world: World, key: string) => {
  world.react(key, world.live()[0]!, 'done');
  return told(doneAnswer(world.state, world.round, key));
};
const flag = (world: World, key: string, index = 1) => {
  world.command({ name: 'flag', index }, 'member', key);
  return tell(flagAnswer(world.state, world.round, { index, cell: 'A2', on: true }, key).text);
};

it('Done', () => {
  const world = opened();
  expect(done(world, 'eve')).toMatchObject({ title: 'Kept', text: expect.stringContaining('vouches') });
  expect(done(world, 'ann')).toEqual({ title: 'Done', text: 'Thank you: your votes are in.' });
  expect(done(world, 'bob').text).toContain('nobody has changed a mark for 60 seconds');
  world.command({ name: 'exclude', voter: 'cem' });
  expect(done(world, 'cem').title).toBe('Not counted');
  world.command({ name: 'pause' });
  expect(done(world, 'bob').text).toContain('The session rests');
});

it('a flag', () => {
  const world = opened();
  for (const key of ['eve', 'zoe']) expect(flag(world, key)).toContain('is kept; until somebody vouches');
  expect(flag(world, 'ann')).toBe('Thank you: **A2** was reported.');
  expect(flag(world, 'bob')).toBe('Thank you: **A2** was reported. It is held back.');
  world.command({ name: 'show', index: 1 });
  expect(flag(world, 'cem')).toContain('A moderator has looked at it');
  world.command({ name: 'exclude', voter: 'cem' });
  expect(flag(world, 'cem')).toContain('do not count');
});
