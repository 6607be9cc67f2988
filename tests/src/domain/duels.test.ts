/**
 * Duels: two pictures a message, answered left, right, both or neither. What the ledger makes of answers, what
 * they come to, and that exclusion, held-back pictures, faults, stars, late answers and the close hold as on any
 * ballot.
 */
import { describe, expect, it } from 'vitest';
import { meaning } from '../../../src/domain/state/emoji.js';
import type { Rules } from '../../../src/domain/state/rules.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { votesOf } from '../../../src/domain/voting/mine.js';
import { turnout } from '../../../src/domain/voting/turnout.js';
import type { VoterBallot } from '../../../src/domain/voting/vote.js';
import { attendance, countedIn } from '../../../src/domain/voting/who-counts.js';
import { placeOn, World } from '../../support/world.js';

function world(rules: Partial<Rules> = {}, nsfw = false): World {
  const w = new World({ imagesPerRound: 4, ballots: 'duel', quorum: 9, ...rules }, true, nsfw);
  w.settle();
  w.consent('ann', 'bob', 'cem', 'dan', 'eva', 'fay');
  return w;
}

const judge = (w: World) => judgeRound(w.state, w.round, w.now);
const labels = (w: World) => judge(w).feedback.images.map(({ good }) => good);
const known = (w: World) => labels(w).map((good) => (good === null ? null : good > 0.5));

/** Says of every duel which picture is better, by a number of each; `good`: whether it is so at all. */
function answerAll(w: World, voter: string, worth: (index: number) => number, good = (_: number) => false) {
  for (const ballot of w.live()) {
    const [a, b] = ballot.cells as [number, number];
    const says =
      good(a) && good(b) ? 'both' : worth(a) > worth(b) ? 'left' : worth(a) < worth(b) ? 'right' : 'neither';
    w.react(voter, ballot, says);
  }
}

describe('in duels', () => {
  it('eighteen pictures are 27 messages of two, without reactions and with nothing to sweep', () => {
    const w = world({ imagesPerRound: 18 });
    expect(w.live().length).toBe(27);
    expect(w.live().every(({ cells, sweeps }) => cells.length === 2 && !sweeps)).toBe(true);
    expect([...w.asked.keys()].filter((key) => key.includes('.prime'))).toEqual([]);
    expect(w.state).toEqual(w.reload());
  });

  it('what loses to all is bad, what beats all is good and the best', () => {
    const w = world();
    answerAll(w, 'ann', (index) => index);
    const good = labels(w) as number[];
    expect([good[0]! < 0.3, good[3]! > 0.7]).toEqual([true, true]);
    expect(good[0]).toBeLessThan(good[1]!);
    expect(good[1]).toBeLessThan(good[2]!);
    expect(judge(w).feedback.best).toBe(3);
    const { images } = judge(w).feedback;
    expect(images[3]!.weight).toBeCloseTo(2 * images[3]!.good! - 1, 10);
    expect(judge(w).outcome).toMatchObject({ voters: 1, method: 'single', oneSided: null });
  });

  it('both and neither say where good begins', () => {
    const liked = world();
    answerAll(
      liked,
      'ann',
      (index) => index,
      () => true,
    );
    expect(known(liked)).toEqual([true, true, true, true]);
    // All alike: nothing stands out.
    expect(judge(liked).outcome).toMatchObject({ oneSided: 'no-bad' });
    const disliked = world();
    answerAll(disliked, 'ann', () => 0);
    expect(known(disliked)).toEqual([false, false, false, false]);
    expect(judge(disliked).feedback.best).toBeNull();
  });

  it('an answer takes the place of another, whichever channel or order it comes in', () => {
    const w = world();
    const [first] = w.live();
    const [a, b] = first!.cells as [number, number];
    w.react('ann', first!, 'left');
    expect(labels(w)[a]).toBeGreaterThan(0.5);
    w.react('ann', first!, 'right');
    expect([labels(w)[a]! < 0.5, labels(w)[b]! > 0.5]).toEqual([true, true]);
    w.react('ann', first!, 'right', false);
    w.react('ann', first!, 'left', false);
    expect(labels(w)).toEqual([null, null, null, null]);
    expect(attendance(w.state, w.round).voters).toBe(0);
  });

  it('of a pool the later answer holds, also of linked accounts', () => {
    const w = world();
    w.join(placeOn('discord'));
    w.settle();
    w.consent('ann-discord');
    w.link('p1', 'ann', 'ann-discord');
    const here = w.live().find(({ platform }) => platform === 'fake')!;
    const there = w.live().find(({ platform, sheet }) => platform === 'discord' && sheet === here.sheet)!;
    expect(there.cells).toEqual(here.cells);
    w.react('ann', here, 'left');
    w.react('ann-discord', there, 'neither');
    expect(known(w)[here.cells[0]!]).toBe(false);
    expect(judge(w).outcome.voters).toBe(1);
  });

  it('other marks of other ballots are none here, nor answers on sheets', () => {
    const w = world();
    for (const emoji of ['1', '2', 'none', 'like', 'star']) w.react('ann', w.live()[0]!, emoji);
    const sheet = new World({ imagesPerRound: 4 });
    sheet.settle();
    sheet.consent('ann');
    sheet.react('ann', sheet.live()[0]!, 'left');
    for (const one of [w, sheet]) expect([...one.state.facts.values()]).toEqual([]);
  });

  it('who is excluded has no part in it, and who agreed to nothing', () => {
    const w = world();
    answerAll(w, 'ann', (index) => index);
    const alone = labels(w);
    answerAll(w, 'bob', (index) => -index);
    answerAll(w, 'eve', (index) => -index);
    expect(labels(w)).not.toEqual(alone);
    w.command({ name: 'exclude', voter: 'bob' } as never);
    expect(labels(w)).toEqual(alone);
    expect(judge(w).outcome.excluded).toEqual([{ reason: 'excluded', count: 1 }]);
  });

  it("one person's few answers reach pictures that they never saw beside each other", () => {
    const w = world();
    const [a, b, c] = [...w.live()];
    w.react('ann', a!, 'both');
    w.react('bob', b!, 'neither');
    w.react('cem', c!, 'left');
    expect(labels(w).filter((good) => good !== null).length).toBeGreaterThan(2);
    expect(judge(w).outcome.voters).toBe(3);
  });

  it('a picture that is hidden is no part of its duels', () => {
    const w = world();
    const index = w.live()[0]!.cells[0]!;
    answerAll(w, 'ann', (one) => (one === index ? 9 : one));
    w.command({ name: 'hide', index });
    expect(labels(w)[index]).toBeNull();
    expect(judge(w).outcome.cells.map((cell) => cell.index)).not.toContain(index);
  });

  it('a star names the best, what is wrong with a picture makes it worse', () => {
    const w = world();
    answerAll(w, 'ann', (index) => index);
    const before = labels(w)[2]!;
    w.now += 1;
    w.command({ name: 'best', index: 2 }, 'member', 'ann');
    expect([judge(w).feedback.best, labels(w)[2]! > before]).toEqual([2, true]);
    w.now += 1;
    w.command({ name: 'why', index: 0, faults: ['few'] } as never, 'member', 'ann');
    expect(judge(w).feedback.images[0]).toMatchObject({ faults: { few: 1 } });
    expect(judge(w).outcome.faults).toEqual({ few: 1 });
    expect(votesOf(w.state, 'ann').every(({ marked }) => marked)).toBe(true);
    expect(votesOf(w.state, 'ann').map(({ picture }) => picture)).toContain('#1');
  });

  it('where people look for unsafe pictures an answer names those', () => {
    const w = world({}, true);
    for (const ballot of w.live())
      w.react('ann', ballot, ballot.cells[0] === 1 ? 'left' : ballot.cells[1] === 1 ? 'right' : 'neither');
    expect(known(w)).toEqual([true, false, true, true]);
  });

  it('closes by its quorum once every duel is answered, and learns', () => {
    const w = world({ quorum: 1, quorumBy: 'marks', restMs: 1000 });
    const duels = w.live();
    for (const ballot of duels.slice(1)) w.react('ann', ballot, 'left');
    w.tick(2000);
    expect([w.round.state, attendance(w.state, w.round).finished]).toEqual(['open', 0]);
    w.react('ann', duels[0]!, 'neither');
    w.tick(2000);
    w.settle((effect) => effect.kind === 'generate');
    expect(w.state.rounds[0]).toMatchObject({ state: 'done', closeReason: 'quorum' });
    w.react('ann', duels[0]!, 'both');
    expect(w.state.rounds[0]!.feedback).toEqual(judgeRound(w.state, w.state.rounds[0]!, w.now).feedback);
  });

  it('closes without Done too where Done is asked: all is answered, and nobody changes anything for a while', () => {
    const w = world({ quorum: 1, restMs: 1000 });
    answerAll(w, 'ann', (index) => index);
    expect(w.round.state).toBe('open');
    expect(turnout(w.state, w.round)).toMatchObject({ finished: 1, missing: 0 });
    w.tick(500);
    expect(w.round.state).toBe('open');
    w.tick(600);
    w.settle((effect) => effect.kind === 'generate');
    expect(w.state.rounds[0]).toMatchObject({ state: 'done', closeReason: 'quorum' });
    const early = world({ quorum: 1, restMs: 1000 });
    early.react('ann', early.live()[0]!, 'left');
    early.tick(2000);
    expect(early.round.state).toBe('open');
    early.react('ann', early.live().at(-1)!, 'done');
    early.settle((effect) => effect.kind === 'generate');
    expect(early.state.rounds[0]).toMatchObject({ state: 'done', closeReason: 'done' });
  });

  it('a crowd is guarded: a hand of many accounts moves nothing', () => {
    const w = world({ imagesPerRound: 9 });
    const honest = ['ann', 'bob', 'cem', 'dan', 'eva', 'fay'];
    for (const who of honest) {
      w.now += 200_000;
      w.command({ name: 'trust', voter: who } as never);
      answerAll(w, who, (index) => index);
    }
    expect(judge(w).outcome.method).toBe('dawid-skene');
    expect([known(w)[0], known(w)[8], judge(w).outcome.best]).toEqual([false, true, 8]);
    w.now += 200_000;
    const hand = Array.from({ length: 4 }, (_, i) => `hand${i}`);
    w.consent(...hand);
    for (const who of hand) answerAll(w, who, (index) => -index);
    expect(known(w)[0]).not.toBe(true);
    expect(known(w)[8]).not.toBe(false);
    expect(judge(w).outcome.best).not.toBe(0);
  });

  it('the largest round is judged in a moment', () => {
    const w = world({ imagesPerRound: 256 });
    expect(w.live().length).toBe(384);
    for (const voter of ['ann', 'bob']) answerAll(w, voter, (index) => index);
    const began = performance.now();
    const { feedback } = judge(w);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(feedback.images.filter(({ good }) => good !== null && good > 0.5).length).toBeGreaterThan(100);
    expect(feedback.best).toBeGreaterThan(128);
  });

  it('one voter alone says as much of a picture as their answers are clear', () => {
    const w = world();
    answerAll(w, 'ann', (index) => index);
    const [{ votes }] = countedIn(w.state, w.round).voterBallots as [VoterBallot];
    for (const { index, weight } of votes)
      expect(weight).toBeCloseTo(Math.abs(2 * (labels(w)[index] as number) - 1), 10);
    expect(Math.max(...votes.map(({ weight }) => weight))).toBeLessThan(1);
  });

  it('of one picture is the question whether it is good', () => {
    const w = world({ imagesPerRound: 1 });
    const [ballot] = w.live();
    expect(ballot!.cells).toEqual([0]);
    w.react('ann', ballot!, 'right');
    expect(labels(w)).toEqual([null]);
    w.react('ann', ballot!, 'left');
    expect(known(w)).toEqual([true]);
    expect(meaning('left')).toEqual({ kind: 'answer', says: 'left' });
  });
});
