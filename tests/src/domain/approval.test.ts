/**
 * Approval: of the pictures that somebody judged, the share that was liked; what it takes to reach the goal
 * with.
 */
import { describe, expect, it } from 'vitest';
import { type Approval, approvalOf, approvals, enoughJudged } from '../../../src/domain/state/approval.js';
import type { Rules } from '../../../src/domain/state/rules.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { World } from '../../support/world.js';

function world(rules: Partial<Rules> = {}, nsfw = false): World {
  const w = new World({ imagesPerRound: 6, ballots: 'gallery', ...rules }, false, nsfw);
  w.settle();
  w.consent('ann', 'bob');
  return w;
}

/** Likes the first so many pictures, and is done. */
function like(w: World, pictures: number): void {
  for (const ballot of w.live().slice(0, pictures)) w.react('ann', ballot, 'like');
  w.react('ann', w.live()[5]!, 'done');
  w.settle((effect) => effect.kind === 'generate');
}

const now = (w: World) => approvalOf(judgeRound(w.state, w.round, w.now).outcome.cells);

describe('approval', () => {
  it('leaves out what nobody judged, and counts a picture once, however many judged it', () => {
    const w = world({ quorum: 9 });
    const [a, b, c] = w.live();
    for (const voter of ['ann', 'bob']) w.react(voter, a!, 'like');
    w.react('ann', b!, 'dislike');
    // One of two is not more than half.
    w.react('ann', c!, 'like');
    w.react('bob', c!, 'dislike');
    expect(now(w)).toEqual({ pictures: 6, judged: 3, liked: 1, share: 1 / 3 });
  });

  it('of sheets: two voters who marked only the first are asked about nine pictures, not eighteen', () => {
    const w = world({ ballots: 'sheet', imagesPerRound: 18, quorum: 9 });
    const [first] = w.live();
    for (const voter of ['ann', 'bob']) for (let n = 1; n <= 7; n++) w.react(voter, first!, String(n));
    expect(now(w)).toEqual({ pictures: 18, judged: 9, liked: 7, share: 7 / 9 });
    // Done says that the second was seen too.
    w.react('ann', first!, 'done');
    expect(now(w)).toEqual({ pictures: 18, judged: 18, liked: 7, share: 7 / 18 });
  });

  it('calls liked what the learner is told is good: an unmarked cell says half of what a mark says', () => {
    const w = world({ ballots: 'sheet', imagesPerRound: 6, quorum: 9 });
    const [sheet] = w.live();
    w.react('ann', sheet!, '1');
    w.react('bob', sheet!, '2');
    expect(now(w)).toEqual({ pictures: 6, judged: 6, liked: 2, share: 1 / 3 });
    const { images } = judgeRound(w.state, w.round, w.now).feedback;
    expect(images.filter(({ good }) => good !== null && good > 0.5).map(({ index }) => index)).toEqual([
      0, 1,
    ]);
    // One of three, of whom two left it unmarked, is an even split; "none" is a whole word against.
    w.consent('cem');
    w.react('cem', sheet!, '3');
    expect(now(w).liked).toBe(0);
    w.react('cem', sheet!, '3', false);
    w.react('bob', sheet!, '2', false);
    w.react('bob', sheet!, 'none');
    expect(now(w).liked).toBe(0);
  });

  it('has no share where nobody judged a picture, and such a round is told of nowhere', () => {
    const w = world();
    like(w, 0);
    expect(w.state.rounds[0]!.outcome).toMatchObject({ voters: 1, votes: 0 });
    expect(approvalOf(w.state.rounds[0]!.outcome!.cells)).toMatchObject({ judged: 0, share: null });
    expect(approvals(w.state.rounds)).toEqual([]);
  });

  it('asks nobody about a hidden picture, and takes silence about a held one for nothing', () => {
    const w = world({ ballots: 'sheet', imagesPerRound: 4, quorum: 9, flagsToHold: 1 });
    const [sheet] = w.live();
    w.react('bob', sheet!, '3');
    w.command({ name: 'hide', index: 1 });
    w.command({ name: 'flag', index: 2 }, 'member', 'bob');
    w.command({ name: 'flag', index: 3 }, 'member', 'bob');
    w.react('ann', sheet!, '1');
    const { cells } = judgeRound(w.state, w.round, w.now).outcome;
    expect(cells).toEqual([
      { index: 0, up: 1, seen: 2, stars: 0, good: 2 / 3 },
      { index: 2, up: 1, seen: 1, stars: 0 },
      { index: 3, up: 0, seen: 0, stars: 0 },
    ]);
  });

  it('takes what the safety checker marked for unsafe, whatever people say', () => {
    const w = world({ ballots: 'sheet', imagesPerRound: 4, quorum: 9 }, true);
    const images = w.state.images.get(w.round.id)!;
    const marked = images.map((image) =>
      image.index < 2 ? { ...image, heldBy: 'checker' as const } : image,
    );
    w.state = { ...w.state, images: new Map([[w.round.id, marked]]) };
    w.react('ann', w.live()[0]!, 'none');
    expect(now(w)).toEqual({ pictures: 4, judged: 4, liked: 2, share: 1 / 2 });
    // The same where they are not shown at all.
    const held = marked.map((image) => (image.heldBy ? { ...image, state: 'held' as const } : image));
    w.state = { ...w.state, images: new Map([[w.round.id, held]]) };
    expect(now(w)).toEqual({ pictures: 4, judged: 4, liked: 2, share: 1 / 2 });
  });
});

/** Says of the open round which pictures the base model drew; the others are the tuned model's. */
function drawnByBase(w: World, ...base: number[]): void {
  const images = w.state.images.get(w.round.id)!.map((image) => ({
    ...image,
    origin: base.includes(image.index) ? ('base' as const) : ('tuned' as const),
  }));
  w.state = { ...w.state, images: new Map([...w.state.images, [w.round.id, images]]) };
}

describe('a round of two models', () => {
  it('is told by the pictures of the tuned one; a round of one model by all of them', () => {
    const w = world({ quorum: 9 });
    for (const ballot of w.live().slice(0, 2)) w.react('ann', ballot, 'like');
    for (const ballot of w.live().slice(2)) w.react('ann', ballot, 'dislike');
    drawnByBase(w, 2, 4, 5);
    expect(now(w)).toEqual({ pictures: 3, judged: 3, liked: 2, share: 2 / 3 });
    drawnByBase(w, 0, 1, 2, 3, 4, 5);
    expect(now(w)).toEqual({ pictures: 6, judged: 6, liked: 2, share: 1 / 3 });
  });

  it('reaches the goal although nobody likes what the base model draws', () => {
    const w = world({ goal: 0.95 });
    drawnByBase(w, 3, 4, 5);
    for (const ballot of w.live().slice(3)) w.react('ann', ballot, 'dislike');
    like(w, 3);
    expect(w.state.session).toMatchObject({ state: 'ended', end: 'goal' });
  });

  it('keeps what the engine says of each picture, and asks nothing of one that says nothing', () => {
    const w = new World({ imagesPerRound: 6 }, false, false);
    const effect = [...w.outbox.values()].find(({ kind }) => kind === 'generate');
    const origins = ['base', 'tuned', undefined] as const;
    const images = origins.map((origin, index) => ({
      index,
      file: `images/${index}.png`,
      width: 64,
      height: 64,
      ...(origin && { origin }),
    }));
    w.send({ kind: 'job-done', job: effect!.key, result: { kind: 'generate', images }, at: w.now });
    expect(w.state.images.get(w.round.id)!.map(({ origin }) => origin)).toEqual(origins);
  });
});

/** Says of the open round which pictures votes chose. */
function chosen(w: World, ...picks: number[]): void {
  const images = w.state.images.get(w.round.id)!.map((image) => ({
    ...image,
    pick: picks.includes(image.index) ? ('liked' as const) : ('unpicked' as const),
  }));
  w.state = { ...w.state, images: new Map([...w.state.images, [w.round.id, images]]) };
}

describe('a round that votes chose', () => {
  it('is told by what nobody chose where there are four of them, else by all, and says by which', () => {
    const w = world({ quorum: 9 });
    for (const ballot of w.live().slice(0, 2)) w.react('ann', ballot, 'like');
    for (const ballot of w.live().slice(2)) w.react('ann', ballot, 'dislike');
    chosen(w, 0, 5);
    expect(now(w)).toEqual({ pictures: 4, judged: 4, liked: 1, share: 1 / 4, unpicked: true });
    chosen(w, 0, 1, 2);
    expect(now(w)).toEqual({ pictures: 6, judged: 6, liked: 2, share: 1 / 3, unpicked: false });
    chosen(w);
    expect(now(w)).not.toHaveProperty('unpicked');
    // The base model's beside them are neither.
    chosen(w, 0);
    drawnByBase(w, 1, 2);
    expect(now(w)).toEqual({ pictures: 4, judged: 4, liked: 1, share: 1 / 4, unpicked: false });
  });

  it('reaches no goal by what it chose alone, and tells that share apart', () => {
    const w = world({ goal: 0.95 });
    chosen(w, 0, 1);
    for (const ballot of w.live().slice(2)) w.react('ann', ballot, 'dislike');
    like(w, 2);
    expect(w.state.session).toMatchObject({ state: 'active' });
    expect(approvals(w.state.rounds)).toEqual([
      { round: 1, pictures: 4, judged: 4, liked: 0, share: 0, unpicked: true, picked: 1 },
    ]);
    w.settle();
    chosen(w, 0, 1);
    for (const ballot of w.live().slice(0, 2)) w.react('ann', ballot, 'dislike');
    for (const ballot of w.live().slice(2)) w.react('ann', ballot, 'like');
    w.react('ann', w.live()[5]!, 'done');
    w.settle((effect) => effect.kind === 'generate');
    expect(w.state.session).toMatchObject({ state: 'ended', end: 'goal' });
  });

  it('is remembered with what the engine begun, finished and chose', () => {
    const w = new World({ imagesPerRound: 2 }, false, false);
    const effect = [...w.outbox.values()].find(({ kind }) => kind === 'generate');
    const images = (['unsure', 'unpicked'] as const).map((pick, index) => {
      return { index, file: `images/${index}.png`, width: 64, height: 64, pick };
    });
    const picked = { begun: 4, finished: 3, shown: 2, cost: 1.5 };
    w.send({ kind: 'job-done', job: effect!.key, result: { kind: 'generate', images, picked }, at: w.now });
    expect(w.state.images.get(w.round.id)!.map(({ pick }) => pick)).toEqual(['unsure', 'unpicked']);
    expect(w.round.picked).toEqual(picked);
  });
});

describe('a goal', () => {
  it('is not reached by one like of six pictures, and is by likes of all', () => {
    const w = world({ goal: 0.95 });
    like(w, 1);
    expect(w.state.session).toMatchObject({ state: 'active', end: null });
    expect(approvals(w.state.rounds)).toEqual([{ round: 1, pictures: 6, judged: 1, liked: 1, share: 1 }]);
    w.settle();
    like(w, 6);
    expect(w.state.session).toMatchObject({ state: 'ended', end: 'goal' });
  });

  it.each<[Partial<Rules>, number, string]>([
    [{}, 2, 'active'],
    [{}, 3, 'ended'],
    [{ goalJudged: 1 }, 5, 'active'],
    [{ goalJudged: 0 }, 1, 'ended'],
    // As sessions from before there was the rule.
    [{ goalJudged: undefined! }, 2, 'active'],
    [{ goalJudged: undefined! }, 3, 'ended'],
  ])('takes half of the pictures judged, or what is set: %j, %d of 6 liked: %s', (rules, liked, state) => {
    const w = world({ goal: 0.95, ...rules });
    like(w, liked);
    expect(w.state.session.state).toBe(state);
  });

  it('wants enough judged in each of its rounds', () => {
    const w = world({ goal: 0.95, goalRounds: 2 });
    for (const pictures of [6, 2, 6]) {
      like(w, pictures);
      expect(w.state.session.state).toBe('active');
      w.settle();
    }
    like(w, 3);
    expect(w.state.session).toMatchObject({ state: 'ended', end: 'goal' });
  });

  it.each([1, 2, 3])(
    'asks for %d good rounds in a row, for not one more, and minds none before them',
    (rounds) => {
      const w = world({ goal: 0.95, goalRounds: rounds });
      like(w, 1);
      w.settle();
      for (let n = 1; n <= rounds; n++) {
        expect(w.state.session.state).toBe('active');
        like(w, 6);
        w.settle((effect) => effect.kind === 'generate' && effect.round > rounds + 1);
      }
      expect(w.state.session).toMatchObject({ state: 'ended', end: 'goal', head: rounds + 1 });
    },
  );

  it('is never met by nothing judged, even where nothing has to be', () => {
    const nothing: Approval = { pictures: 6, judged: 0, liked: 0, share: null };
    expect(enoughJudged(nothing, { goalJudged: 0 })).toBe(false);
  });
});
