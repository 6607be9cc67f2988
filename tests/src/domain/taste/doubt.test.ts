/** What so many voters could have made alone is neither a label nor a best, whatever they mark beside it. */
import { describe, expect, it } from 'vitest';
import { defaultGuards } from '../../../../src/domain/state/rules.js';
import { finish } from '../../../../src/domain/state/steps.js';
import { columns } from '../../../../src/domain/voting/taste/ballot-box.js';
import { doubted, voicesOf } from '../../../../src/domain/voting/taste/doubt.js';
import { trusting } from '../../../../src/domain/voting/taste/trust.js';
import type { WeightedVote } from '../../../support/taste-reference/ballot-box.js';
import { label } from './in-one-go.js';
import { random, table } from './votes-made.js';

const box = (votes: readonly WeightedVote[]) => finish(columns([votes]));

describe('doubt', () => {
  it('takes a share of the usual turnout off either side, by hand', () => {
    // Four of five for it, where usually three and a half vote: a fifth of five is one voice.
    const votes = box(table({ a: '++', b: '+ ', c: '+-', d: '+ ', e: '- ' }));
    const voices = voicesOf(votes, () => false);
    expect([voices.ups[0], voices.all[0], voices.usual]).toEqual([4, 5, 3.5]);
    const coins = { alpha: 0.8, delta: 0.8 };
    const found = doubted(voices, 0, { coins, pi: 0.5 }, 0.2);
    // ln(.8/.2) a voice: 3 - 1 of them for it, or 4 - 0.
    expect(found.low).toBeCloseTo(1 / (1 + 4 ** -2), 12);
    expect(found.high).toBeCloseTo(1 / (1 + 4 ** -4), 12);
    expect([found.liked, found.disliked]).toEqual([true, false]);
    // On a quiet picture the usual turnout is what is doubted: .4 x 3.5 of two voices.
    const quiet = doubted(voices, 1, { coins, pi: 0.5 }, 0.4);
    expect(quiet.low).toBeCloseTo(1 / (1 + 4), 12);
    expect(quiet.liked).toBe(false);
    // Whom a moderator trusts is not doubted.
    const known = voicesOf(votes, (voter) => 'abc'.includes(voter));
    expect(doubted(known, 0, { coins, pi: 0.5 }, 1).low).toBeCloseTo(1 / (1 + 4 ** -2), 12);
  });

  /** Fourteen who err in one of ten, and six who all want picture 0, which everybody else rejects. */
  const attacked = (seed: number) => {
    const roll = random(seed);
    const [likes, flips] = [roll(), roll()];
    const row = (of: (index: number) => boolean) =>
      Array.from({ length: 12 }, (_, index) => (of(index) ? '+' : roll() < 0.5 ? '-' : 'o')).join('');
    const good = (index: number) => index % 3 === 1;
    const honest = (index: number) => index > 0 && (roll() < 0.1 ? !good(index) : good(index));
    const hostile = (index: number) =>
      index === 0 || roll() < likes * (roll() < flips ? Number(!good(index)) : Number(good(index)));
    const rows = (name: string, count: number, of: (index: number) => boolean) =>
      Array.from({ length: count }, (_, i) => [`${name}${i}`, row(of)]);
    return table(Object.fromEntries([...rows('h', 14, honest), ...rows('x', 6, hostile)]));
  };
  const judge = (votes: readonly WeightedVote[]) =>
    label(
      { votes, history: [], indices: [...Array(12).keys()], round: 'r', voters: 20, isNewcomer: () => false },
      defaultGuards,
    );

  it('lets no six of twenty crown a picture, however they vote on the others, and still names a best', () => {
    const found = Array.from({ length: 40 }, (_, seed) => judge(attacked(seed)));
    expect(found.filter(({ best }) => best === 0)).toEqual([]);
    expect(found.filter(({ images }) => (images[0]!.good ?? 0) > 0.5)).toEqual([]);
    expect(found.filter(({ best }) => best !== null && best % 3 === 1).length).toBeGreaterThan(20);
  });

  it('asks nothing of the order in which votes are told', () => {
    const votes = attacked(3);
    const [one, other] = [judge(votes), judge([...votes].reverse())];
    expect(other.best).toBe(one.best);
    for (const [i, { good }] of one.images.entries())
      expect(other.images[i]!.good ?? -1).toBeCloseTo(good ?? -1, 9);
  });

  it('trusts nobody who says the opposite, and hardly anybody who is for one picture alone', () => {
    const rows = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`h${i}`, '+++++-----']));
    const votes = box(table({ ...rows, i: '-----+++++', s: '-------+--', t: '++++------' }));
    const { trust } = finish(trusting(votes, 0.5));
    const of = (key: string) => trust[votes.voters.indexOf(key)]!;
    expect(of('h0')).toBe(1);
    expect(of('t')).toBe(1);
    expect(of('i')).toBe(0);
    expect(of('s')).toBeLessThan(0.8);
  });
});
