/** What is fitted of pictures that nobody saw: against numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { Ghost } from '../../../engine/io/remembered.js';
import type { VoteModel } from '../../../engine/io/vote-model.js';
import { ghostGoods, ghostsDue, ghostWords, likedGhosts, mergeGhosts } from '../../../engine/learn/ghosts.js';
import { english } from '../../../src/words/text.js';

/** P(good) = 1 / (1 + exp(-x)), x the picture's one feature. */
const model: VoteModel = {
  maps: { a: 1 },
  votes: 8,
  auc: 0.95,
  aucError: 0.05,
  heads: [{ weights: { a: Float32Array.of(1) }, offset: 0 }],
  calibration: { slope: 1, offset: 0 },
};
const ghost = (p: number, round = 1): Ghost => ({
  latent: Float32Array.of(p),
  features: { a: Float32Array.of(Math.log(p / (1 - p))) },
  round,
});

describe('ghosts', () => {
  const ghosts = [ghost(0.9), ghost(0.75), ghost(0.1), ghost(0.95)];

  it('are fitted where they are surely liked, by how sure it is', () => {
    const items = likedGhosts(model, ghosts, 4);
    expect(items.map(({ latent }) => latent[0])).toEqual([Math.fround(0.9), Math.fround(0.95)]);
    expect(items[0]!.weight).toBeCloseTo(0.8, 5);
    expect(items[1]!.weight).toBeCloseTo(0.9, 5);
  });

  it('are none where the model is not believed, and the newest two for each picture that was voted on', () => {
    expect(likedGhosts(null, ghosts, 4)).toEqual([]);
    expect(likedGhosts({ ...model, auc: 0.6 }, ghosts, 4)).toEqual([]);
    expect(likedGhosts({ ...model, auc: 0.61 }, ghosts, 4)).toHaveLength(2);
    expect(likedGhosts(model, ghosts, 1).map(({ latent }) => latent[0])).toEqual([Math.fround(0.95)]);
  });

  it('count as goods of the base model, of all that were voted on', () => {
    const replay = [{ latent: Float32Array.of(0), label: 1, weight: 1, round: 1, origin: 'base' as const }];
    const state = { replay, ghosts, voteModel: model } as unknown as Parameters<typeof ghostGoods>[0];
    expect(ghostGoods(state)).toBe(1);
    expect(ghostGoods({ ...state, replay: [...replay, ...replay] })).toBe(2);
    expect(ghostGoods({ ...state, voteModel: undefined })).toBe(0);
  });

  it('are drawn for each picture of a round, up to 256, and a round that is learned again replaces its own', () => {
    const old = [ghost(0.9, 1), ghost(0.9, 2)];
    expect(ghostsDue(2, 18, old, 2)).toBe(36);
    expect(ghostsDue(2, 200, old, 2)).toBe(255);
    expect(
      mergeGhosts(old, [ghost(0.5, 2)], 2).map(({ features, round }) => [features.a![0], round]),
    ).toEqual([
      [old[0]!.features.a![0], 1],
      [0, 2],
    ]);
  });

  it('are told to people, one as one', () => {
    expect(ghostWords(0)).toEqual([]);
    expect(ghostWords(1).map(english).join()).toContain('1 picture that');
    expect(ghostWords(2).map(english).join()).toContain('2 pictures that');
  });
});
