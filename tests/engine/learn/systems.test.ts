/**
 * Systems beside HERO that act on the vote model: doubted labels, the best elected again, ghosts. Against
 * numbers worked out by hand, and what must hold whatever the votes are.
 */
import { describe, expect, it } from 'vitest';
import type { VoteModel } from '../../../engine/io/vote-model.js';
import { weightedAuc } from '../../../engine/learn/vote-model/auc.js';
import { drifted, strengthOf, taughtBy, weakest } from '../../../engine/learn/vote-model/doubt.js';
import { electBest } from '../../../engine/learn/vote-model/elect.js';
import { crossFitted, fitVoteModel, type VoteExample } from '../../../engine/learn/vote-model/fit.js';
import { ghostVotes } from '../../../engine/learn/vote-model/ghosts.js';
import { scoreWith } from '../../../engine/learn/vote-model/model.js';
import { Rng } from '../../../src/rng.js';

/**
 * Good where the first twenty of forty numbers have in common that they are high; a share of the labels is
 * turned round.
 */
function session(count: number, flips: number, seed: number) {
  const r = new Rng(seed, 0, 'session');
  const flip: boolean[] = [];
  const votes = Array.from({ length: count }, (_, i): VoteExample => {
    const truth = r.normal() > 0 ? 1 : -1;
    const told = r.normals(40).map((noise, j) => (j < 20 ? truth : 0) + noise);
    flip.push(r.uniform() < flips);
    return { features: { told }, label: truth > 0 !== flip[i] ? 1 : 0, weight: 1 };
  });
  return { votes, flip };
}
const model = () => new Rng(1, 0, 'votes');

/** P(good) = 1 / (1 + exp(-x)) of a picture [x]; of four heads that agree. */
const plain: VoteModel = {
  maps: { told: 1 },
  votes: 40,
  auc: 0.95,
  aucError: 0.05,
  heads: Array.from({ length: 4 }, () => ({ weights: { told: Float32Array.of(1) }, offset: 0 })),
  calibration: { slope: 1, offset: 0 },
};
const picture = (x: number) => ({ told: [x] });
const vote = (x: number, label: number, weight = 1): VoteExample => {
  return { features: picture(x), label, weight };
};

describe('doubt', () => {
  const votes = [1, 0, 1, 0, 0.8].map((label) => ({ label, weight: 2 }));
  const p = [0.1, 0.7, 0.4, 0.2, 0.3];

  it('calls weak what others contradict, the most contradicted first, and no more than may be', () => {
    expect(strengthOf(0.3, 0.8)).toBeCloseTo(0.3 * 0.8 + 0.7 * 0.2, 12);
    // .1, .3, .4, .8, .38
    expect(weakest(votes, p, 1)).toEqual([0, 1, 4, 2]);
    expect(weakest(votes, p, 0.5)).toEqual([0, 1]);
    expect(weakest(votes, p, 0)).toEqual([]);
    expect(weakest(votes, [0.9, 0.1, 0.6, 0.4, 0.7], 1)).toEqual([]);
  });

  it('moves labels by a share of the way, and ten times', () => {
    expect(drifted(votes, p, 0.1).map(({ label }) => label)).toEqual(
      [0.91, 0.07, 0.94, 0.02, 0.75].map((label) => expect.closeTo(label, 12)),
    );
    const taught = taughtBy(votes, p, () => p, { labelDrift: 0.03 });
    for (const [i, { label, weight }] of taught.entries()) {
      expect(label).toBeCloseTo(p[i]! + 0.97 ** 10 * (votes[i]!.label - p[i]!), 12);
      expect(weight).toBe(2);
    }
  });

  it('leaves votes as they are where it is off, and takes weight from none but the weakest', () => {
    expect(taughtBy(votes, p, () => p, {})).toBe(votes);
    const taught = taughtBy(votes, p, () => p, { labelDrop: 0.4 });
    expect(taught.map(({ label }) => label)).toEqual(votes.map(({ label }) => label));
    expect(taught.map(({ weight }) => weight > 1)).toEqual([false, false, true, true, true]);
  });

  it('finds votes that were turned round, and tells no worse without them', () => {
    const unseen = session(400, 0, 99).votes;
    const aucOf = (fitted: VoteModel | null) =>
      weightedAuc(
        scoreWith(
          fitted!,
          unseen.map(({ features }) => features),
        ).map((opinion) => opinion!.p),
        unseen,
      );
    let [found, right, planted, dropped, moved] = [0, 0, 0, 0, 0];
    for (let seed = 1; seed <= 5; seed++) {
      const { votes, flip } = session(64, 0.2, seed);
      const weak = weakest(votes, crossFitted(votes, model())!, 0.2);
      found += weak.length;
      right += weak.filter((i) => flip[i]).length;
      planted += flip.filter(Boolean).length;
      const off = fitVoteModel(votes, model());
      const [drop, drift] = [{ labelDrop: 0.2 }, { labelDrift: 0.2 }].map((doubt) => {
        const on = fitVoteModel(votes, model(), doubt);
        // What it says of itself is said by votes as they were cast.
        expect(on!.auc).toBe(off!.auc);
        return aucOf(on) - aucOf(off);
      });
      dropped += drop!;
      moved += drift!;
      expect(fitVoteModel(votes, model(), { labelDrop: 0, labelDrift: 0 })).toEqual(off);
    }
    // By chance a fifth of them.
    expect(right / found).toBeGreaterThan(0.6);
    expect(right / planted).toBeGreaterThan(0.5);
    // Little is left to gain: heads of a strong ridge hear votes that err less by themselves.
    expect(dropped / 5).toBeGreaterThan(0);
    expect(moved / 5).toBeGreaterThan(0);
  });

  it('doubts nothing while the votes tell hardly more than chance', () => {
    const { votes } = session(64, 0.2, 1);
    const on = { labelDrop: 0.25, labelDrift: 0.05 };
    const chance = votes.map((one, i) => ({ ...one, label: i % 2 }));
    expect(fitVoteModel(chance, model(), on)).toEqual(fitVoteModel(chance, model()));
    expect(crossFitted(chance, model(), on)).toEqual(crossFitted(chance, model()));
    // Where they tell something, it does.
    expect(fitVoteModel(votes, model(), on)).not.toEqual(fitVoteModel(votes, model()));
  });
});

describe('the best', () => {
  it('is the picture people called good that today the model is surest of', () => {
    const history = [vote(1, 1), vote(3, 1, 0), vote(2, 1), vote(9, 0), vote(2, 1)];
    expect(electBest(plain, history)).toBe(2);
    const turned = { ...plain, calibration: { slope: -1, offset: 0 } };
    expect(electBest(turned, history)).toBe(0);
    expect(electBest(plain, [vote(4, 0.4)])).toBeNull();
    expect(electBest(plain, [{ features: {}, label: 1, weight: 1 }])).toBeNull();
  });

  it('is never named by a ghost', () => {
    const ghosts = ghostVotes(plain, [picture(9)], 1);
    expect(ghosts[0]!.label).toBeGreaterThan(0.99);
    expect(electBest(plain, ghosts)).toBeNull();
    expect(electBest(plain, [...ghosts, vote(0.1, 1)])).toBe(1);
  });
});

describe('a ghost', () => {
  it('says what the model says, at the weight of its certainty', () => {
    const [good, bad, ...rest] = ghostVotes(plain, [picture(Math.log(3)), picture(-2), picture(0), {}], 2);
    expect(good).toMatchObject({
      label: expect.closeTo(0.75, 6),
      weight: expect.closeTo(0.5, 6),
      ghost: true,
    });
    expect(bad!.label).toBeLessThan(0.5);
    expect(rest).toEqual([]);
  });

  it('says nothing where the model may tell no more than chance, and of the newest two pictures for each that was voted on', () => {
    const pictures = [1, 2, 3, 4].map((score) => picture(score));
    const ask = (of: VoteModel | null, voted = 3) =>
      ghostVotes(of, pictures, voted).map(({ features }) => features);
    expect(ask(null)).toEqual([]);
    // Two standard errors above chance.
    expect(ask({ ...plain, auc: 0.59 })).toEqual([]);
    expect(ask({ ...plain, auc: 0.61 })).toEqual(pictures);
    expect(ask(plain, 2)).toEqual(pictures);
    expect(ask(plain, 1)).toEqual(pictures.slice(2));
    expect(ask(plain, 0)).toEqual([]);
  });
});
