/** Cells, marks, quiet hours, consent, and what may be seen before a round closes. */
import { describe, expect, it } from 'vitest';
import { meaning, primings, reactionMarks } from '../../../src/domain/emoji.js';
import { ballotId, pictureName, roundId } from '../../../src/domain/ids.js';
import { quietUntil } from '../../../src/domain/quiet-hours.js';
import { ballotView, imageAt, nextTick, sessionStatus } from '../../../src/domain/views.js';
import { person, World } from '../../support/world.js';

describe('names', () => {
  it('of pictures are sheet and cell, or in a gallery the number alone', () => {
    expect(pictureName({ style: 'sheet', sheet: 1, cells: [9, 10, 12, 13] }, 13)).toBe('B4');
    // Picture 3 was held back: the fourth message shows picture 5.
    expect(pictureName({ style: 'gallery', sheet: 3, cells: [4] }, 4)).toBe('#5');
  });

  it('of ballots fit a button and hold no colon', () => {
    const id = ballotId(roundId('a'.repeat(60), 9999), 25, 99);
    expect(id.length).toBeLessThanOrEqual(90);
    expect(id).not.toContain(':');
  });

  it('of marks mean one thing each, and anything else nothing', () => {
    expect(meaning('7')).toEqual({ kind: 'good', cell: 7 });
    expect(meaning('star-2')).toEqual({ kind: 'best', cell: 2 });
    expect(meaning('flag-9')).toEqual({ kind: 'flag', cell: 9 });
    for (const wrong of ['0', '10', 'star-0', 'heart', '', 'None', 'flag'])
      expect(meaning(wrong)).toBeUndefined();
    for (const name of reactionMarks.keys()) expect(meaning(name)).toBeDefined();
    expect(primings('sheet', 3)).toEqual(['1', '2', '3', 'none']);
    expect(primings('gallery', 1)).toEqual(['like', 'dislike', 'star']);
  });
});

describe('quiet hours', () => {
  const at = (time: string): number => Date.parse(`2026-03-01T${time}:00Z`);
  const night = { from: 22 * 60, to: 7 * 60 };
  it.each([
    ['21:59', 0],
    ['22:00', Date.parse('2026-03-02T07:00:00Z')],
    ['23:30', Date.parse('2026-03-02T07:00:00Z')],
    ['00:10', at('07:00')],
    ['06:59', at('07:00')],
    ['07:00', 0],
  ])('22:00 to 07:00 at %s', (time, end) => expect(quietUntil(night, at(time))).toBe(end));

  it('may be none', () => {
    expect(quietUntil(null, at('03:00'))).toBe(0);
    expect(quietUntil({ from: 60, to: 60 }, at('01:00'))).toBe(0);
  });
});

describe('consent', () => {
  it('keeps the time at which it was given when the name to show is changed, hidden or left as it is', () => {
    const world = new World({}, false);
    const agreed = world.now;
    const say = (name?: string | null): void => {
      const named = name === undefined ? {} : { name };
      world.send({ kind: 'consent', voter: person('ann'), given: true, at: world.now, ...named });
      world.now += 86_400_000;
    };
    for (const name of [null, 'Ann', 'Annabel', undefined]) say(name);
    expect(world.state.voters.get('ann')).toMatchObject({ consentAt: agreed, name: 'Annabel' });
    say(null);
    expect(world.state.voters.get('ann')).toMatchObject({ consentAt: agreed, name: null });
  });
});

describe('views', () => {
  it('hide totals until the round closes and show everyone their own marks', () => {
    const world = new World({ imagesPerRound: 4, quorum: 2 }, false);
    world.settle();
    world.consent('ann', 'bob');
    const ballot = world.live()[0]!;
    world.react('ann', ballot, '1');
    world.react('bob', ballot, '2');
    world.react('bob', ballot, '2', false);
    const view = ballotView(world.state, ballot, 'ann');
    expect(view.own).toEqual(['1']);
    expect(view.outcome).toBeNull();
    expect(view.cells.every((cell) => cell.up === null && cell.seen === null)).toBe(true);
    expect(ballotView(world.state, ballot, 'bob').own).toEqual([]);
    expect(sessionStatus(world.state)).toMatchObject({
      round: 1,
      roundState: 'open',
      ballots: 1,
      voters: 1,
      votes: 4,
    });
    world.react('ann', ballot, 'done');
    world.react('bob', ballot, 'done');
    world.tick(60_000);
    const closed = ballotView(world.state, world.state.ballots.get(ballot.id)!, null);
    expect(closed.cells[0]).toMatchObject({ name: 'A1', up: 1, seen: 2 });
    world.settle();
    // One of two liked A1, and the other merely left it unmarked. They liked A1 alone: Bob took A2 back.
    expect(sessionStatus(world.state)).toMatchObject({
      approval: [0.25],
      judged: [{ round: 1, pictures: 4, judged: 4, liked: 1 }],
    });
  });

  it('find the image that a cell means', () => {
    const world = new World({ imagesPerRound: 12, sheetSize: 6 }, false);
    world.settle();
    expect(imageAt(world.state, 1, 2)).toMatchObject({ index: 7 });
    expect(imageAt(world.state, 2, 1)).toBeUndefined();
  });

  it('say when time alone will matter next', () => {
    const world = new World({ quorumBy: 'marks', restMs: 60_000 }, false);
    expect(nextTick(world.state, world.now)).toBeNull();
    world.settle();
    expect(nextTick(world.state, world.now)).toBe(world.round.deadline);
    world.consent('ann');
    for (const ballot of world.live()) world.react('ann', ballot, '1');
    expect(nextTick(world.state, world.now)).toBe(world.now + 60_000);
    world.command({ name: 'pause' });
    expect(nextTick(world.state, world.now)).toBeNull();
  });
});
