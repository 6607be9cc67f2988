/**
 * What is wrong with a picture: what it is as a vote, whose word it is, what of it is told, and what becomes
 * of it when people leave.
 */
import { describe, expect, it } from 'vitest';
import { ballotView } from '../../../src/domain/sessions/views.js';
import { reactionGlyphs } from '../../../src/domain/state/emoji.js';
import { faultMark, faults } from '../../../src/domain/state/faults.js';
import { forgetIn } from '../../../src/domain/state/forgotten.js';
import type { Act as ActRow } from '../../../src/domain/state/model.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { votesOf } from '../../../src/domain/voting/mine.js';
import { faultShares } from '../../../src/domain/voting/taste/faults.js';
import type { Vote } from '../../../src/domain/voting/vote.js';
import { attendance, countedIn } from '../../../src/domain/voting/who-counts.js';
import { person, placeOn, World } from '../../support/world.js';

const opened = (rules = {}, nsfw = false): World => {
  const world = new World({ imagesPerRound: 4, quorum: 99, ...rules }, false, nsfw);
  world.settle();
  world.consent('ann', 'bob', 'cem', 'dora');
  return world;
};
const why = (world: World, key: string, index: number, ...said: ('few' | 'many' | 'ugly')[]) =>
  world.command({ name: 'why', index, faults: said }, 'member', key);
const judge = (world: World) => judgeRound(world.state, world.round, world.now);
const found = (world: World) => judge(world).feedback.images.map((image) => image.faults ?? null);

describe('a fault as a vote', () => {
  it('is one voter calling one picture not good, at full weight, and silence about the others', () => {
    const world = opened();
    why(world, 'ann', 1, 'few');
    expect(judge(world).feedback.images.map(({ good, weight }) => [good, weight])).toEqual([
      [null, 0],
      [0, 1],
      [null, 0],
      [null, 0],
    ]);
    // A voter, who has not marked the sheet.
    expect(attendance(world.state, world.round)).toEqual({ voters: 1, done: 0, finished: 0 });
    why(world, 'bob', 1, 'many');
    world.react('bob', world.live()[0]!, '3');
    expect(attendance(world.state, world.round)).toEqual({ voters: 2, done: 0, finished: 1 });
    // Of two voters what bob left unmarked is half a vote: (1 down + 1 down), and alone .5 down.
    expect(judge(world).feedback.images.map(({ good, votes }) => [good, votes])).toEqual([
      [0, 0.5],
      [0, 2],
      [1, 1],
      [0, 0.5],
    ]);
    expect(found(world)).toEqual([null, { few: 0.5, many: 0.5 }, null, null]);
  });

  it('says nothing beside a mark that says good, and nothing of a good picture reaches the learner', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '2');
    why(world, 'ann', 1, 'ugly');
    expect(judge(world).feedback.images[1]).toMatchObject({ good: 1 });
    expect(found(world)).toEqual([null, null, null, null]);
    for (const key of ['bob', 'cem']) world.react(key, world.live()[0]!, '2');
    why(world, 'dora', 1, 'ugly');
    // Three to one: good.
    expect(judge(world).feedback.images[1]).toMatchObject({ good: 0.75 });
    expect(found(world)[1]).toBeNull();
    expect(judge(world).outcome.faults).toEqual({ ugly: 1 });
  });

  it('is all that somebody says of the picture: said again it is changed, with nothing taken back', () => {
    const world = opened();
    why(world, 'ann', 0, 'few', 'ugly');
    expect(found(world)[0]).toEqual({ few: 1, ugly: 1 });
    why(world, 'ann', 0, 'many');
    expect(found(world)[0]).toEqual({ many: 1 });
    why(world, 'ann', 0);
    expect(judge(world).outcome.voters).toBe(0);
    expect(judge(world).outcome.faults).toBeUndefined();
    // As a mark, as the page sends it.
    const sheet = world.live()[0]!;
    world.react('bob', sheet, 'ugly-4');
    world.react('bob', sheet, 'few-4');
    world.react('bob', sheet, 'ugly-4', false);
    expect(found(world)[3]).toEqual({ few: 1 });
    expect(world.reload()).toEqual(world.state);
  });

  it('in a gallery is a dislike with a word to it; like and dislike together are no vote with one', () => {
    const world = opened({ ballots: 'gallery' });
    const [first, second] = world.live();
    world.react('ann', first!, 'few-1');
    expect(judge(world).feedback.images[0]).toMatchObject({ good: 0, weight: 1, faults: { few: 1 } });
    world.react('ann', second!, 'like');
    world.react('ann', second!, 'dislike');
    world.react('ann', second!, 'few-1');
    expect(judge(world).feedback.images[1]).toEqual({ index: 1, good: null, weight: 0, votes: 0 });
    // A cell that this ballot has not.
    expect(world.react('ann', second!, 'few-2')).toBeNull();
    expect(found(world)).toEqual([{ few: 1 }, null, null, null]);
  });

  it('without any, feedback and outcome are what they were', () => {
    const world = opened();
    world.react('ann', world.live()[0]!, '1');
    const { feedback, outcome } = judge(world);
    expect(Object.keys(outcome)).not.toContain('faults');
    for (const image of feedback.images)
      expect(Object.keys(image)).toEqual(['index', 'good', 'weight', 'votes']);
  });

  it('is for rounds that take votes, known pictures, people who agreed, and no session about unsafe pictures', () => {
    const world = opened();
    expect(why(world, 'zoe', 1, 'few')).toMatchObject({ code: 'no-consent' });
    expect(why(world, 'ann', 9, 'few')).toMatchObject({ code: 'unknown' });
    const unsafe = opened({}, true);
    expect(why(unsafe, 'ann', 1, 'few')).toMatchObject({ code: 'not-allowed' });
    unsafe.react('ann', unsafe.live()[0]!, 'few-2');
    expect(judge(unsafe).outcome.voters).toBe(0);
    const sheet = world.live()[0]!;
    world.react('ann', sheet, '1');
    world.command({ name: 'close' });
    world.settle();
    expect(
      world.command({ name: 'why', index: 1, faults: ['few'], round: 1 }, 'member', 'ann'),
    ).toMatchObject({
      code: 'round-closed',
    });
    expect(world.react('ann', sheet, 'few-2')).toMatchObject({ code: 'round-closed' });
    expect(world.state.rounds[0]!.feedback!.images[1]).not.toHaveProperty('faults');
  });

  it('hangs nowhere: no sweep and no clearing takes it back', () => {
    const world = new World({ imagesPerRound: 4, quorum: 99 });
    world.settle();
    world.consent('ann');
    const sheet = world.live()[0]!;
    world.react('ann', sheet, '1');
    why(world, 'ann', 2, 'few');
    world.now += 10;
    const at = world.now;
    world.send({ kind: 'swept', ballot: sheet.id, effect: null, beganAt: at, marks: [], at });
    world.send({ kind: 'cleared', ballot: sheet.id, emoji: null, at: at + 1 });
    expect(found(world)).toEqual([null, null, { few: 1 }, null]);
    expect([...reactionGlyphs.keys()].filter((name) => name.startsWith('few'))).toEqual([]);
  });
});

describe('whose word it is', () => {
  it('two linked accounts are one: the later change of each fault holds, by command all of it', () => {
    const world = opened();
    world.join(placeOn('slack'));
    world.settle();
    world.consent('ann-slack');
    why(world, 'ann', 1, 'few');
    world.now += 1;
    why(world, 'ann-slack', 1, 'ugly');
    expect(found(world)[1]).toEqual({ few: 0.5, ugly: 0.5 });
    world.link('p', 'ann', 'ann-slack');
    expect(found(world)[1]).toEqual({ few: 1, ugly: 1 });
    expect(judge(world).feedback.images[1]).toMatchObject({ votes: 1 });
    world.now += 1;
    why(world, 'ann-slack', 1, 'many');
    expect(found(world)[1]).toEqual({ many: 1 });
    const there = world.live().find((ballot) => ballot.platform === 'slack')!;
    world.react('ann-slack', there, 'many-2', false);
    expect(found(world)[1]).toBeNull();
  });

  it('not that of the excluded, of who waits, of who leaves; the forgotten stay counted under no name', () => {
    const world = opened();
    why(world, 'ann', 1, 'few');
    why(world, 'bob', 1, 'ugly');
    world.command({ name: 'exclude', voter: 'bob' });
    expect(found(world)[1]).toEqual({ few: 1 });
    expect(countedIn(world.state, world.round).excluded).toBe(1);
    world.command({ name: 'include', voter: 'bob' });
    world.send({ kind: 'consent', voter: { ...person('eve'), waits: true }, given: true, at: world.now });
    why(world, 'eve', 1, 'many');
    expect(found(world)[1]).toEqual({ few: 0.5, ugly: 0.5 });
    world.tick(1);
    world.send({ kind: 'consent', voter: person('bob'), given: false, at: world.now });
    expect(found(world)[1]).toEqual({ few: 1 });
    const row = { ...world.state.voters.get('ann')!, key: 'nobody', pseudonym: true, consentAt: null };
    const names = new Map([[world.round.id, 'nobody']]);
    const [after] = forgetIn([world.state], { keys: new Set(['ann']), names, standIns: [row] });
    expect(judgeRound(after!, world.round, world.now).feedback.images[1]).toMatchObject({
      faults: { few: 1 },
    });
    expect(JSON.stringify([...after!.facts.values()])).not.toContain('"ann"');
  });

  it('of many, newcomers are heard by no more than their share', () => {
    const weigh = (votes: Partial<Vote>[], weights: number[]) => faultShares(votes as Vote[], weights).get(0);
    const of = (...said: Vote['faults'] & {}) => ({ index: 0, up: false, faults: said });
    // (1 x few) and (.25 x few, ugly) of 1.25, and one who says nothing.
    expect(weigh([of('few'), of('few', 'ugly'), { index: 0, up: false }], [1, 0.25, 1])).toEqual({
      few: 1,
      ugly: 0.2,
    });
    expect(weigh([of('few')], [0])).toBeUndefined();
    const world = new World({ imagesPerRound: 4, quorum: 99 }, false);
    world.settle();
    const old = ['ann', 'bob', 'cem', 'dora'];
    world.consent(...old);
    const days = 86_400_000;
    for (const key of old) why(world, key, 1, 'few');
    const fresh = Array.from({ length: 12 }, (_, i) => `new${i}`);
    for (const key of fresh) {
      const voter = { ...person(key), bornAt: world.now - days };
      world.send({ kind: 'consent', voter, given: true, at: world.now });
      why(world, key, 1, 'ugly');
    }
    // Twelve weigh two fifths of (the others + 1): 2 of 6.
    expect(found(world)[1]).toEqual({
      few: expect.closeTo(4 / 6, 9),
      ugly: expect.closeTo(2 / 6, 9),
    });
  });
});

describe('what is told of it', () => {
  it('to its voter their own; to others nothing before the close, and then by pictures', () => {
    const world = opened();
    why(world, 'ann', 1, 'few', 'ugly');
    why(world, 'bob', 1, 'few');
    why(world, 'bob', 2, 'few');
    const view = (key: string | null) => ballotView(world.state, world.live()[0]!, key);
    expect(view('ann').own).toEqual([faultMark('few', 2), faultMark('ugly', 2)]);
    for (const seen of [view('cem'), view(null)]) expect(JSON.stringify(seen)).not.toMatch(/few|ugly/);
    expect(votesOf(world.state, 'ann')).toMatchObject([
      { picture: 'A2', vote: 'not good', wrong: ['few', 'ugly'] },
    ]);
    // The audit, which moderators read, has that something was said and not what.
    const acts = world.rows.flatMap((row): ActRow[] => (row.table === 'act' ? [row.row] : []));
    expect(acts.at(-1)).toMatchObject({ command: 'why', args: { cell: 'A3', round: 1 } });
    expect(JSON.stringify(acts)).not.toMatch(/few|ugly/);
    expect(judge(world).outcome.faults).toEqual({ few: 2, ugly: 1 });
  });

  it('each fault is one mark of its own for each cell', () => {
    expect(new Set(faults.flatMap((fault) => [1, 9].map((cell) => faultMark(fault, cell)))).size).toBe(12);
  });
});

it('what is said of a picture takes the place of what was said on a ballot that was deleted since', () => {
  const world = opened();
  why(world, 'ann', 1, 'few');
  world.send({ kind: 'ballot-gone', ballot: world.live()[0]!.id, at: world.now });
  world.settle();
  why(world, 'ann', 1, 'many');
  expect(votesOf(world.state, 'ann')).toMatchObject([{ picture: 'A2', wrong: ['many'] }]);
});

it('beside a mark that says good a fault says nothing', () => {
  const world = opened();
  world.react('ann', world.live()[0]!, '2');
  why(world, 'ann', 1, 'few');
  expect(votesOf(world.state, 'ann')[1]).toMatchObject({ picture: 'A2', vote: 'good', wrong: [] });
});
