/**
 * What the vote model may hear beside votes: reasons; and goods weighted by how sure it is of them. Against
 * numbers worked out by hand, and what must hold whatever the votes are.
 */
import { describe, expect, it } from 'vitest';
import {
  readVoteModel,
  type VoteModel,
  voteModelFacts,
  voteModelSchema,
  voteModelTensors,
} from '../../../engine/io/vote-model.js';
import { weightedAuc } from '../../../engine/learn/vote-model/auc.js';
import {
  crossFitted,
  crossFittedOf,
  fitVoteModel,
  type VoteExample,
} from '../../../engine/learn/vote-model/fit.js';
import { scoreWith } from '../../../engine/learn/vote-model/model.js';
import {
  faultVotes,
  fitReasons,
  nearMisses,
  type ReasonedVote,
} from '../../../engine/learn/vote-model/reasons.js';
import {
  effectiveCount,
  replayWeights,
  replayWeightsBy,
} from '../../../engine/learn/vote-model/replay-weights.js';
import type { FloatTensor } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';

const model = () => new Rng(1, 0, 'votes');
/** P(good) = 1 / (1 + exp(-slope x)) of a picture [x]; of two heads that agree. */
const plain = (slope: number): VoteModel => ({
  maps: { told: 1 },
  votes: 40,
  auc: 0.95,
  aucError: 0.05,
  heads: Array.from({ length: 2 }, () => ({ weights: { told: Float32Array.of(1) }, offset: 0 })),
  calibration: { slope, offset: 0 },
});
const vote = (x: number, label: number, weight = 1): VoteExample => {
  return { features: { told: [x] }, label, weight };
};

describe('weighted replay', () => {
  it('weighs goods by exp(p / T), 1 on average', () => {
    const [sure, doubted] = replayWeights([{ p: 0.9 }, { p: 0.4 }], 0.5);
    expect(sure! / doubted!).toBeCloseTo(Math.E, 12);
    expect(sure! + doubted!).toBeCloseTo(2, 12);
    expect(replayWeights([{ p: 0.7 }, { p: 0.7 }, { p: 0.7 }], 0.1)).toEqual([1, 1, 1]);
    expect(replayWeights([], 0.5)).toEqual([]);
    const [even, unknown] = replayWeights([{ p: 0.5 }, null], 0.01);
    expect(even).toBe(unknown);
    // Neither too hot nor too cold to be a number.
    for (const weight of replayWeights([{ p: 1 }, { p: 0 }], 1e9)) expect(weight).toBeCloseTo(1, 6);
    expect(replayWeights([{ p: 1 }, { p: 0 }], 1e-4)).toEqual([2, 0]);
  });

  it('weighs nothing where it is off, or the model may tell no more than chance', () => {
    const p = [0.9, null, 0.4];
    expect(replayWeightsBy(plain(1), p, 0)).toEqual([1, 1, 1]);
    expect(replayWeightsBy(null, p, 0.5)).toEqual([1, 1, 1]);
    expect(replayWeightsBy({ ...plain(1), auc: 0.54 }, p, 0.5)).toEqual([1, 1, 1]);
    const [sure, unknown, doubted] = replayWeightsBy(plain(1), p, 0.5);
    expect(sure! / doubted!).toBeCloseTo(Math.E, 12);
    expect(unknown! / doubted!).toBeCloseTo(Math.exp(0.2), 12);
  });

  it('hears a good that was called so by mistake less than others, by heads that did not see it', () => {
    const r = new Rng(5, 0, 'goods');
    const votes = Array.from({ length: 40 }, (_, i): VoteExample => {
      const truth = i % 2 ? 1 : -1;
      return { features: { told: r.normals(12).map((x) => x + truth) }, label: i % 2, weight: 1 };
    });
    votes[0] = { ...votes[0]!, label: 1 };
    const blind = { ...votes[1]!, features: {} };
    const said = crossFittedOf([blind, ...votes], model());
    expect(said).toEqual([null, ...crossFitted(votes, model())!]);
    const goods = [0, 1, 3, 5, 7].map((i) => said[i + 1]!);
    const weights = replayWeightsBy(plain(1), goods, 0.25);
    for (const weight of weights.slice(1)) expect(weight).toBeGreaterThan(5 * weights[0]!);
    expect(crossFittedOf(votes.slice(0, 2), model())).toEqual([null, null]);
  });

  it('says how many goods are really heard', () => {
    expect(effectiveCount([2, 2, 2])).toBeCloseTo(3, 12);
    expect(effectiveCount([1, 0, 0])).toBe(1);
    expect(effectiveCount([3, 1])).toBeCloseTo(16 / 10, 12);
  });
});

describe('reasons', () => {
  const reasoned = (x: number, label: number, ...reasons: string[]): ReasonedVote => {
    return { ...vote(x, label), faults: Object.fromEntries(reasons.map((one) => [one, 1])) };
  };
  const votes = [
    reasoned(0, 1),
    reasoned(1, 0, 'few'),
    reasoned(2, 0, 'few', 'red'),
    reasoned(3, 0, 'red'),
    reasoned(4, 0),
  ];

  it('are votes on one fault, and against the others', () => {
    expect(
      faultVotes(votes, 'few').map(({ features, label, weight }) => [features.told![0], label, weight]),
    ).toEqual([
      [0, 1, 1],
      [1, 0, 1],
      [2, 0, 1],
      [3, 1, 1],
    ]);
  });

  it('make near misses less bad the fewer there are', () => {
    const labels = nearMisses(votes).map(({ label }) => label);
    expect(labels).toEqual([1, 0.2, expect.closeTo(0.04, 12), 0.2, 0]);
  });

  it('make a picture as good as its worst part, and hear all votes by how well they tell', () => {
    const p = (x: number) => 1 / (1 + Math.exp(-x));
    const parts = { few: plain(2), many: { ...plain(-3), maps: { told: 1, other: 0 } } };
    const told = (say: number, picture: Record<string, number[]>) =>
      scoreWith({ ...plain(1), faults: { parts, say, calibration: { slope: 1, offset: 0 } } }, [picture])[0];
    // The odds of what is calibrated are the score itself: p = s / (1 + s) at slope 1.
    const score = (say: number, x: number) => {
      const { p: good, spread } = told(say, { told: [x], other: [0] })!;
      // Its heads agree.
      expect(spread).toBeCloseTo(0, 12);
      return good / (1 - good);
    };
    expect(score(0.9, 0.7)).toBeCloseTo(p(-2.1) * p(0.7) ** 0.9, 6);
    expect(score(0.9, -0.7)).toBeCloseTo(p(-1.4) * p(-0.7) ** 0.9, 6);
    expect(score(0, 0.7)).toBeCloseTo(p(-2.1), 6);
    // A part reads a map that the picture lacks.
    expect(told(0.9, { told: [0.7] })).toBeNull();
  });

  it('tell what lies between two faults, which good and bad alone do not', () => {
    const r = new Rng(3, 0, 'reasons');
    const picture = (): ReasonedVote => {
      const x = r.normal() * 2;
      const faults: Record<string, number> = x < -1 ? { few: 1 } : x > 1 ? { many: 1 } : {};
      const features = { told: r.normals(8).map((noise) => x + noise / 2) };
      return { features, label: Math.abs(x) > 1 ? 0 : 1, weight: 1, faults };
    };
    const seen = Array.from({ length: 80 }, picture);
    const unseen = Array.from({ length: 300 }, picture);
    const pictures = unseen.map(({ features }) => features);
    const whole = fitVoteModel(seen, model())!;
    const reasoned = fitReasons(seen, model())!;
    expect(Object.keys(reasoned.faults!.parts)).toEqual(['few', 'many']);
    const said = [whole, reasoned].map((one) => scoreWith(one, pictures).map((opinion) => opinion!.p));
    const [off, on] = said.map((scores) => weightedAuc(scores, unseen));
    expect(off).toBeLessThan(0.7);
    expect(on).toBeGreaterThan(0.9);
    // It knows so of itself, and its probabilities are those of goods: as many are good as it says.
    expect(Math.abs(reasoned.auc - on!)).toBeLessThan(2.5 * reasoned.aucError);
    const good = unseen.filter(({ label }) => label === 1).length / unseen.length;
    expect(said[1]!.reduce((sum, p) => sum + p, 0) / unseen.length).toBeCloseTo(good, 1);
  });

  it('of nobody change nothing, and of too few pictures no more than that', () => {
    const r = new Rng(4, 0, 'reasons');
    const some = Array.from({ length: 24 }, (_, i): ReasonedVote => {
      return {
        features: { told: r.normals(6).map((x) => x + (i % 2)) },
        label: i % 2,
        weight: 1,
        faults: {},
      };
    });
    const off = fitVoteModel(some, model());
    expect(fitReasons(some, model())).toEqual(off);
    const one = some.map((vote, i) => (i === 0 ? { ...vote, faults: { few: 1 } } : vote));
    expect(fitReasons(one, model())).toEqual(off);
    // Said of a good picture it says nothing either.
    expect(
      fitReasons(
        some.map((vote) => ({ ...vote, faults: vote.label ? { few: 1 } : {} })),
        model(),
      ),
    ).toEqual(off);
  });

  it('are kept with the model: read back it says the same', () => {
    const r = new Rng(5, 0, 'reasons');
    const seen = Array.from({ length: 40 }, (): ReasonedVote => {
      const x = r.normal() * 2;
      const faults: Record<string, number> = x < -1 ? { few: 0.75, ugly: 0.75 } : x > 1 ? { many: 1 } : {};
      return {
        features: { told: r.normals(5).map((noise) => x + noise) },
        label: Math.abs(x) > 1 ? 0 : 1,
        weight: 1,
        faults,
      };
    });
    const fitted = fitReasons(seen, model())!;
    const tensors = voteModelTensors(fitted);
    const read = (name: string, shape: readonly number[]) => {
      expect(tensors[name]!.shape).toEqual(shape);
      return tensors[name] as FloatTensor;
    };
    const facts = voteModelSchema.parse(JSON.parse(JSON.stringify(voteModelFacts(fitted))));
    expect(readVoteModel({ tensor: read }, facts)).toEqual(fitted);
    expect(Object.keys(tensors).filter((name) => name.includes('offsets'))).toEqual([
      'heads.offsets',
      ...['few', 'many', 'ugly'].map((fault) => `faults.${fault}.heads.offsets`),
    ]);
    expect(fitReasons(seen, model())).toEqual(fitted);
  });

  it('need two bad pictures that have them', () => {
    const few = [...votes, reasoned(1, 1), reasoned(2, 0, 'rare')];
    expect(Object.keys(fitReasons(few, model())!.faults!.parts)).toEqual(['few', 'red']);
    expect(fitReasons(votes.slice(0, 2), model())).toBeNull();
  });
});
