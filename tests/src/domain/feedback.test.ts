/** Feedback worked out by hand, for one voter, two to four, and the marks that a sheet knows. */
import { describe, expect, it } from 'vitest';
import type { Outcome, Round } from '../../../src/domain/state/round.js';
import { judgeRound, oneSided } from '../../../src/domain/voting/feedback.js';
import { World } from '../../support/world.js';

const world = (rules = {}): World => {
  const made = new World({ imagesPerRound: 4, quorum: 99, ...rules }, false);
  made.settle();
  made.consent('ann', 'bob', 'cem', 'dora');
  return made;
};
const judge = (w: World) => judgeRound(w.state, w.round, w.now);
const goods = (w: World) => judge(w).feedback.images.map((image) => image.good);
const weights = (w: World) => judge(w).feedback.images.map((image) => Number(image.weight.toFixed(4)));

describe('one voter', () => {
  it('unmarked is bad at full weight; the star is the best and good', () => {
    const w = world();
    w.react('ann', w.live()[0]!, '2');
    w.react('ann', w.live()[0]!, 'star-4');
    expect(goods(w)).toEqual([0, 1, 0, 1]);
    expect(weights(w)).toEqual([1, 1, 1, 1]);
    expect(judge(w).feedback.best).toBe(3);
  });

  it('names no best without a star', () => {
    const w = world();
    w.react('ann', w.live()[0]!, '2');
    expect(judge(w).feedback.best).toBeNull();
  });

  it('says nothing of a sheet that they did not touch, unless they pressed Done', () => {
    const w = world({ imagesPerRound: 8, sheetSize: 4 });
    w.react('ann', w.live()[0]!, '1');
    expect(goods(w)).toEqual([1, 0, 0, 0, null, null, null, null]);
    w.react('ann', w.live()[0]!, 'done');
    expect(goods(w)).toEqual([1, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('may say none, and none plus numbers means the numbers', () => {
    const w = world();
    w.react('ann', w.live()[0]!, 'none');
    expect(goods(w)).toEqual([0, 0, 0, 0]);
    w.react('ann', w.live()[0]!, '3');
    expect(goods(w)).toEqual([0, 0, 1, 0]);
  });

  it('may change and withdraw', () => {
    const w = world();
    w.react('ann', w.live()[0]!, '1');
    w.react('ann', w.live()[0]!, '2');
    w.react('ann', w.live()[0]!, '1', false);
    expect(goods(w)).toEqual([0, 1, 0, 0]);
    w.react('ann', w.live()[0]!, '2', false);
    expect(goods(w)).toEqual([null, null, null, null]);
    expect(judge(w).outcome.voters).toBe(0);
  });
});

describe('two to four voters', () => {
  it('weigh what is left unmarked half where "none" stands beside a number, and whole where it stands alone', () => {
    const w = world();
    const [sheet] = w.live();
    for (const mark of ['1', 'none']) w.react('ann', sheet!, mark);
    w.react('bob', sheet!, '2');
    // Images 0 and 1: one up against one half.
    expect(goods(w)[0]).toBeCloseTo(1 / 1.5, 12);
    expect(goods(w)[1]).toBeCloseTo(1 / 1.5, 12);
    w.react('ann', sheet!, '1', false);
    // Image 0: a half and a full down. 1: one up against one full down, which is an even split.
    expect(goods(w)).toEqual([0, null, 0, 0]);
  });

  it('weigh one each, a cell left unmarked half as much against', () => {
    const w = world();
    const [sheet] = w.live();
    for (const [voter, marks] of [
      ['ann', ['1', '2']],
      ['bob', ['1']],
      ['cem', ['none']],
    ] as const) {
      for (const mark of marks) w.react(voter, sheet!, mark);
    }
    // Image 0: two ups, one full down. 1: one up, one half, one full. 2 and 3: two halves and a full down.
    expect(goods(w)[0]).toBeCloseTo(2 / 3, 12);
    expect(goods(w)[1]).toBeCloseTo(1 / 2.5, 12);
    expect(goods(w).slice(2)).toEqual([0, 0]);
    expect(weights(w)).toEqual([0.3333, 0.2, 1, 1]);
    expect(judge(w).feedback.best).toBe(0);
    expect(judge(w).outcome).toMatchObject({ voters: 3, votes: 12, method: 'cold' });
  });

  it('one vote labels an image; an even split leaves it unlabelled', () => {
    const w = world({ imagesPerRound: 8, sheetSize: 4 });
    const [first, second] = w.live();
    w.react('ann', first!, '1');
    w.react('bob', second!, '1');
    w.react('cem', second!, 'none');
    expect(goods(w)).toEqual([1, 0, 0, 0, null, 0, 0, 0]);
    expect(weights(w)).toEqual([1, 0.5, 0.5, 0.5, 0, 1, 1, 1]);
  });

  it('name the best by stars first', () => {
    const w = world();
    const [sheet] = w.live();
    for (const voter of ['ann', 'bob', 'cem']) w.react(voter, sheet!, '1');
    w.react('dora', sheet!, 'star-2');
    w.react('ann', sheet!, 'star-2');
    expect(judge(w).feedback.best).toBe(1);
  });
});

describe('who counts', () => {
  it('not the excluded, and they count again when let back in', () => {
    const w = world();
    const [sheet] = w.live();
    w.react('ann', sheet!, '1');
    w.react('bob', sheet!, '2');
    w.command({ name: 'exclude', voter: 'bob' });
    expect(goods(w)).toEqual([1, 0, 0, 0]);
    expect(judge(w).outcome.excluded).toEqual([{ reason: 'excluded', count: 1 }]);
    w.command({ name: 'include', voter: 'bob' });
    expect(judge(w).outcome.voters).toBe(2);
  });

  it('nobody one of whose linked accounts is excluded, whichever of them voted', () => {
    const w = world();
    const [sheet] = w.live();
    w.consent('bob-slack');
    w.react('ann', sheet!, '1');
    w.react('bob-slack', sheet!, '2');
    w.command({ name: 'exclude', voter: 'bob' });
    w.link('person', 'bob', 'bob-slack');
    expect(goods(w)).toEqual([1, 0, 0, 0]);
    expect(judge(w).outcome).toMatchObject({ voters: 1, excluded: [{ reason: 'excluded', count: 1 }] });
    w.link(null, 'bob', 'bob-slack');
    expect(goods(w).map((good) => Number(good!.toFixed(4)))).toEqual([0.6667, 0.6667, 0, 0]);
  });

  it('a hidden image has no part', () => {
    const w = world();
    w.react('ann', w.live()[0]!, '1');
    w.react('ann', w.live()[0]!, '2');
    w.command({ name: 'hide', index: 1 });
    expect(goods(w)).toEqual([1, null, 0, 0]);
    expect([...w.outbox.values()].map((effect) => effect.kind)).toEqual(
      expect.arrayContaining(['delete-image', 'edit-ballot']),
    );
  });

  it('galleries: like and dislike by one voter are no vote, silence is none either', () => {
    const w = world({ ballots: 'gallery' });
    const [a, b, c] = w.live();
    w.react('ann', a!, 'like');
    w.react('ann', b!, 'dislike');
    w.react('ann', c!, 'like');
    w.react('ann', c!, 'dislike');
    expect(goods(w)).toEqual([1, 0, null, null]);
    w.react('ann', a!, 'star');
    expect(judge(w).feedback.best).toBe(0);
  });

  it('five voters bring the guards in', () => {
    const w = world();
    const [sheet] = w.live();
    const five = ['ann', 'bob', 'cem', 'dora', 'eve'];
    w.consent('eve');
    for (const voter of five) w.react(voter, sheet!, '1');
    const { outcome, feedback } = judge(w);
    expect(outcome.method).toBe('dawid-skene');
    expect(feedback.best).toBe(0);
    expect(feedback.images[0]!.good).toBeGreaterThan(0.6);
  });
});

describe('a round whose labels are all of one kind', () => {
  it.each<[string, (number | null)[], number[], Outcome['oneSided']]>([
    ['no label at all', [], [], 'no-good'],
    ['a good and a bad', [1, 0], [1, 1], null],
    ['goods', [1, 0.6], [1, 0.2], 'no-bad'],
    ['bads', [0, 0.4], [1, 0.2], 'no-good'],
    ['a good beside an even one', [1, 0.5], [1, 1], 'no-bad'],
    ['a bad beside an even one', [0, 0.5], [1, 1], 'no-good'],
    ['a good beside a bad of weight 0', [1, 0], [1, 0], 'no-bad'],
    ['a bad beside a good of weight 0', [0, 1], [1, 0], 'no-good'],
    ['a good beside an unlabelled one', [1, null], [1, 1], 'no-bad'],
    ['a bad beside an unlabelled one', [0, null], [1, 1], 'no-good'],
  ])('%s', (_, goods, weights, side) => {
    const images = goods.map((good, index) => ({ index, good, weight: weights[index]!, votes: 1 }));
    expect(oneSided({ images, best: null })).toBe(side);
  });
});

describe('the best that the session carries', () => {
  const five = ['ann', 'bob', 'cem', 'dora', 'eve'];
  /** Five like the first picture; before it are rounds that ended so. */
  const bestAfter = (
    before: { bound: number; best?: number | null; method?: Outcome['method']; over?: Partial<Round> }[],
    margin = 0,
    voters = five,
  ) => {
    const w = world();
    w.consent('eve');
    for (const voter of voters) w.react(voter, w.live()[0]!, '1');
    const { session } = w.state;
    const own = { ...w.round, number: 9 };
    const earlier = before.map(({ bound, best = 0, method = 'dawid-skene', over = {} }, i): Round => {
      const outcome = { ...judge(w).outcome, method, bestBound: bound };
      const id = `before-${i}`;
      return { ...own, id, number: i + 1, state: 'done', feedback: { images: [], best }, outcome, ...over };
    });
    const guards = { ...session.rules.guards, bestMargin: margin };
    const state = {
      ...w.state,
      session: { ...session, rules: { ...session.rules, guards } },
      rounds: [...earlier, own],
    };
    return judgeRound(state, own, w.now);
  };
  const bound = bestAfter([]).outcome.bestBound;

  it('is beaten by what is liked as surely as it was and the margin more, and by no less', () => {
    expect(bound).toBeGreaterThan(0.3);
    expect(bestAfter([{ bound }]).feedback.best).toBe(0);
    expect(bestAfter([{ bound: bound + 1e-9 }]).feedback.best).toBeNull();
    expect(bestAfter([{ bound: bound - 0.05 }], 0.1).feedback.best).toBeNull();
    expect(bestAfter([{ bound: bound - 0.15 }], 0.1).feedback.best).toBe(0);
    // People are shown it all the same.
    expect(bestAfter([{ bound: 1 }]).outcome.best).toBe(0);
  });

  it('is that of the newest round that named one: of rounds that were undone or failed, and of later ones, it is not', () => {
    const low = { bound: 0 };
    const high = { bound: 1 };
    expect(bestAfter([high, low]).feedback.best).toBe(0);
    expect(bestAfter([low, high]).feedback.best).toBeNull();
    expect(bestAfter([low, { ...high, best: null }]).feedback.best).toBe(0);
    for (const state of ['superseded', 'failed', 'aborted'] as const)
      expect(bestAfter([low, { ...high, over: { state } }]).feedback.best).toBe(0);
    expect(bestAfter([low, { ...high, over: { number: 10 } }]).feedback.best).toBe(0);
    expect(bestAfter([low, { ...high, over: { number: 9 } }]).feedback.best).toBe(0);
  });

  it('has no bound where too few voted on it, and nothing to beat where too few vote now', () => {
    for (const method of ['single', 'cold'] as const)
      expect(bestAfter([{ bound: 1, method }]).feedback.best).toBe(0);
    expect(bestAfter([{ bound: 1, method: 'bridging' }]).feedback.best).toBeNull();
    expect(bestAfter([{ bound: 1 }], 0, five.slice(0, 2)).feedback.best).toBe(0);
  });
});
