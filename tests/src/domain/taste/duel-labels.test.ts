/** Labels of duels: everybody's comparisons weigh what the guards left of their voter. */
import { describe, expect, it } from 'vitest';
import { sigmoid, strengths } from '../../../../src/domain/voting/taste/bradley-terry.js';
import { duelLabels } from '../../../../src/domain/voting/taste/duel-labels.js';
import type { Labels } from '../../../../src/domain/voting/taste/labels.js';
import type { VoterBallot } from '../../../../src/domain/voting/vote.js';

const over = { better: [0], worse: [1] };
const under = { better: [1], worse: [0] };

/** Says it of the same pair so many times, and votes for what is better with half a vote. */
function voter(name: string, said: typeof over, times: number): VoterBallot {
  const vote = (index: number, up: boolean) => ({
    ...{ voter: name, image: `r.${index}`, index, up, weight: 0.5, star: false, at: null },
  });
  return {
    voter: name,
    accounts: new Set([name]),
    done: true,
    sheets: new Set([0]),
    votes: [vote(said.better[0]!, true), vote(said.worse[0]!, false)],
    comparisons: Array(times).fill(said),
  };
}

const voters = [voter('ann', over, 2), voter('bob', under, 2), voter('cem', under, 2)];
const votes = voters.flatMap((one) => one.votes);
const label = (good: number | null) => ({ good, weight: 1, votes: 3 });
const labels = (weights: number[], more: Partial<Labels> = {}): Labels => ({
  images: [
    { index: 0, ...label(0.3) },
    { index: 1, ...label(0.7) },
  ],
  best: null,
  bestBound: 0,
  method: 'dawid-skene',
  polarisation: 0,
  weights,
  ...more,
});
const guards = { goodAbove: 0.6, badBelow: 0.4 };
const goods = (found: Labels) => found.images.map(({ good }) => good);

describe('labels of duels', () => {
  it('are the strengths of all comparisons, each by what the guards left of its voter', () => {
    // Bob and Cem are one hand: half of each is left.
    const found = duelLabels(labels([0.5, 0.5, 0.25, 0.25, 0.25, 0.25]), voters, votes, guards);
    const expected = strengths([over, over, under, under], [1, 1, 1, 1]);
    expect(found.likely.get(0)).toBeCloseTo(sigmoid(expected.get(0)!), 5);
    expect(goods(found)).toEqual([null, null]);
    const whole = duelLabels(labels([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), voters, votes, guards);
    expect(goods(whole)[1]).toBeGreaterThan(0.55);
    expect(whole.images[1]!.weight).toBeCloseTo(2 * goods(whole)[1]! - 1, 10);
    expect(whole.best).toBe(1);
  });

  it('are none where the guards let none stand, or say the opposite, and the best is among those they name', () => {
    const weights = [0.1, 0.1, 0.5, 0.5, 0.5, 0.5];
    const fine = duelLabels(labels(weights, { contenders: [1] }), voters, votes, guards);
    expect([goods(fine)[0]! < 0.4, goods(fine)[1]! > 0.6, fine.best]).toEqual([true, true, 1]);
    expect(duelLabels(labels(weights, { contenders: [] }), voters, votes, guards).best).toBeNull();
    const images = [
      { index: 0, ...label(0.8) },
      { index: 1, ...label(null) },
    ];
    expect(goods(duelLabels(labels(weights, { images, contenders: [] }), voters, votes, guards))).toEqual([
      null,
      null,
    ]);
  });
});
