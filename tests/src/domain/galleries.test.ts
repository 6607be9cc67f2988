/**
 * Galleries: one picture a message. What each mark says, stars by reaction and by command, sweeps, and who
 * has seen all.
 */
import { describe, expect, it } from 'vitest';
import { approvalOf } from '../../../src/domain/state/approval.js';
import type { Ballot } from '../../../src/domain/state/round.js';
import type { Rules } from '../../../src/domain/state/rules.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { factsOf } from '../../../src/domain/voting/ledger.js';
import { attendance } from '../../../src/domain/voting/who-counts.js';
import { placeOn, World } from '../../support/world.js';

function world(rules: Partial<Rules> = {}, sweeps = true, nsfw = false): World {
  const w = new World({ imagesPerRound: 4, ballots: 'gallery', quorum: 9, ...rules }, sweeps, nsfw);
  w.settle();
  w.consent('ann', 'bob', 'cem');
  return w;
}

const judge = (w: World) => judgeRound(w.state, w.round, w.now);
const goods = (w: World) => judge(w).feedback.images.map(({ good }) => good);
const stars = (w: World) => judge(w).outcome.cells.map((cell) => cell.stars);
const marksOf = (w: World, ballot: Ballot) =>
  factsOf(w.state, ballot)
    .known()
    .flatMap(({ emoji, present, source }) => (present ? [`${emoji} ${source}`] : []));

function best(w: World, index: number | null) {
  w.now += 1;
  return w.command({ name: 'best', index }, 'member', 'ann');
}

/** Reads every open ballot again, as at a restart. */
function sweep(w: World): void {
  for (const ballot of w.live()) {
    w.now += 1;
    const marks = [...(w.platform.get(ballot.id) ?? [])].map((mark) => {
      const [key, emoji] = mark.split(' ') as [string, string];
      return {
        voter: { key, platform: 'fake', bornAt: null, joinedAt: null, role: 'member' } as const,
        emoji,
      };
    });
    w.send({ kind: 'swept', ballot: ballot.id, effect: null, beganAt: w.now, marks, at: w.now });
  }
}

describe('in a gallery', () => {
  it('every picture has a message, primed with like, dislike and star', () => {
    const w = new World({ imagesPerRound: 4, ballots: 'gallery' });
    w.settle((effect) => effect.kind === 'prime-ballot');
    expect(w.live().map(({ cells }) => cells)).toEqual([[0], [1], [2], [3]]);
    const primed = [...w.outbox.values()].flatMap((e) => (e.kind === 'prime-ballot' ? [e.reactions] : []));
    expect(primed).toEqual(Array(4).fill(['like', 'dislike', 'star']));
  });

  it('a picture without a mark is no vote, for one voter and for several, Done or not', () => {
    const w = world({}, false);
    w.react('ann', w.live()[1]!, 'like');
    w.react('ann', w.live()[3]!, 'done');
    expect(goods(w)).toEqual([null, 1, null, null]);
    w.react('bob', w.live()[0]!, 'dislike');
    w.react('bob', w.live()[3]!, 'done');
    expect(goods(w)).toEqual([0, 1, null, null]);
    expect(judge(w).outcome).toMatchObject({ voters: 2, votes: 2 });
    expect(approvalOf(judge(w).outcome.cells)).toEqual({ pictures: 4, judged: 2, liked: 1, share: 1 / 2 });
  });

  it('a vote is changed and withdrawn by reactions, in any order and by sweep alike', () => {
    const w = world();
    const [a, b] = w.live() as [Ballot, Ballot];
    w.react('ann', a, 'like');
    w.react('ann', a, 'dislike');
    expect(goods(w)[0]).toBeNull();
    w.react('ann', a, 'like', false);
    expect(goods(w)[0]).toBe(0);
    // While the bot is away: the dislike goes, b is liked.
    w.react('ann', a, 'dislike', false, true);
    w.react('ann', b, 'like', true, true);
    sweep(w);
    expect(goods(w)).toEqual([null, 1, null, null]);
  });

  it('a star is good; with a dislike of the same person it is no vote and no star', () => {
    const w = world();
    w.react('ann', w.live()[2]!, 'star');
    expect([goods(w)[2], judge(w).feedback.best]).toEqual([1, 2]);
    w.react('ann', w.live()[2]!, 'dislike');
    expect([goods(w)[2], judge(w).feedback.best, stars(w)]).toEqual([null, null, [0, 0, 0, 0]]);
  });

  it('best by command outlives every sweep, moves, and can be taken back', () => {
    const w = world();
    expect(best(w, 1)).toBeNull();
    sweep(w);
    expect([stars(w), judge(w).feedback.best]).toEqual([[0, 1, 0, 0], 1]);
    best(w, 3);
    sweep(w);
    expect([stars(w), judge(w).feedback.best]).toEqual([[0, 0, 0, 1], 3]);
    best(w, null);
    sweep(w);
    expect([stars(w), goods(w)]).toEqual([
      [0, 0, 0, 0],
      [null, null, null, null],
    ]);
  });

  it('best by command says so when the round has closed', () => {
    const w = world();
    w.react('ann', w.live()[0]!, 'like');
    w.command({ name: 'close' });
    w.settle((effect) => effect.kind === 'learn');
    expect(best(w, 1)).toMatchObject({ code: 'round-closed' });
    expect(stars(w)).toEqual([0, 0, 0, 0]);
  });

  it('of a star by command and stars by reaction the later holds; the other says good; the ledger is what hangs there', () => {
    const w = world();
    const [a, b, c] = w.live() as [Ballot, Ballot, Ballot];
    w.react('ann', a, 'star');
    best(w, 1);
    sweep(w);
    expect([stars(w), goods(w)]).toEqual([
      [0, 1, 0, 0],
      [1, 1, null, null],
    ]);
    expect([marksOf(w, a), marksOf(w, b)]).toEqual([['star live'], ['star-1 live']]);
    w.react('ann', c, 'star');
    expect([stars(w), goods(w)]).toEqual([
      [1, 0, 1, 0],
      [1, 1, 1, null],
    ]);
    w.react('ann', a, 'star', false);
    expect(judge(w).feedback.best).toBe(2);
  });

  it('numbers and none mean nothing there, nor a like on a sheet', () => {
    const w = world();
    for (const emoji of ['1', 'none', 'star-2']) w.react('ann', w.live()[0]!, emoji);
    expect(judge(w).outcome.voters).toBe(0);
    const sheets = new World({ imagesPerRound: 4, quorum: 9 });
    sheets.settle();
    sheets.consent('ann');
    for (const emoji of ['like', 'dislike', 'star']) sheets.react('ann', sheets.live()[0]!, emoji);
    expect(judge(sheets).outcome.voters).toBe(0);
  });

  it('a like says safe where unsafe pictures are looked for', () => {
    const w = world({}, true, true);
    w.react('ann', w.live()[0]!, 'like');
    w.react('ann', w.live()[1]!, 'dislike');
    expect(goods(w)).toEqual([1, 0, null, null]);
  });

  it('a flag is no vote, and holds the picture back where enough people raise it', () => {
    const w = world({ flagsToHold: 2 });
    w.command({ name: 'flag', index: 2 }, 'member', 'ann');
    w.command({ name: 'flag', index: 2 }, 'member', 'bob');
    expect(w.state.images.get(w.round.id)![2]).toMatchObject({ state: 'held', heldBy: 'flags' });
    expect(judge(w).outcome).toMatchObject({ voters: 0, votes: 0 });
    expect(w.outbox.has(`${w.live()[2]!.id}.edit`)).toBe(true);
  });

  it('one hidden picture has no part, and nobody has to mark it for a quorum', () => {
    const w = world({ quorum: 1, quorumBy: 'marks', restMs: 60_000 });
    w.react('ann', w.live()[2]!, 'like');
    expect(w.command({ name: 'hide', index: 2 })).toBeNull();
    w.settle();
    for (const ballot of w.live().slice(0, 2)) w.react('ann', ballot, 'like');
    expect(attendance(w.state, w.round)).toMatchObject({ voters: 1, finished: 0 });
    w.react('ann', w.live()[3]!, 'dislike');
    expect(attendance(w.state, w.round)).toMatchObject({ voters: 1, finished: 1 });
    expect(goods(w)).toEqual([1, 1, null, 0]);
    w.tick(61_000);
    w.settle((effect) => effect.kind === 'learn');
    expect(w.round).toMatchObject({ state: 'learning', closeReason: 'quorum' });
  });

  it('a channel that joins late gets the ballots that hang elsewhere, whatever the setting has become', () => {
    const w = world();
    expect(w.command({ name: 'settings', rules: { ballots: 'sheet' } }, 'admin')).toBeNull();
    expect(w.join(placeOn('slack'))).toBeNull();
    w.settle();
    const there = w.live().filter(({ platform }) => platform === 'slack');
    expect(there.map(({ style, cells }) => [style, cells])).toEqual(
      [0, 1, 2, 3].map((i) => ['gallery', [i]]),
    );
    w.command({ name: 'redo' });
    w.settle();
    expect(w.live().map(({ style, cells }) => [style, cells.length])).toEqual([
      ['sheet', 4],
      ['sheet', 4],
    ]);
  });
});
