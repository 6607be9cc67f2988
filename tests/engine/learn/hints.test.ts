/**
 * What the vote model may hear beside votes: twins by wording, reasons, marked cells; and goods weighted by how sure it is of them. Against
 * numbers worked out by hand, and what must hold whatever the votes are.
 */
import { describe, expect, it } from 'vitest';
import { weightedAuc } from '../../../engine/learn/vote-model/auc.js';
import {
  readVoteModel,
  voteModelFacts,
  voteModelSchema,
  voteModelTensors,
} from '../../../engine/learn/vote-model/file.js';
import {
  crossFitted,
  crossFittedOf,
  fitVoteModel,
  type VoteExample,
} from '../../../engine/learn/vote-model/fit.js';
import { scoreWith, type VoteModel } from '../../../engine/learn/vote-model/model.js';
import {
  faultVotes,
  fitReasons,
  nearMisses,
  type ReasonedVote,
} from '../../../engine/learn/vote-model/reasons.js';
import {
  blurredOutside,
  commonMark,
  keptShares,
  type MarkedVote,
  withMarks,
} from '../../../engine/learn/vote-model/region.js';
import {
  effectiveCount,
  replayWeights,
  replayWeightsBy,
} from '../../../engine/learn/vote-model/replay-weights.js';
import { twinVotes, twinWeight } from '../../../engine/learn/vote-model/twins.js';
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

describe('twins', () => {
  it('count a fifth of a vote, and ever less', () => {
    expect([0, 8, 24].map(twinWeight)).toEqual([0.2, 0.1, 0.05].map((weight) => expect.closeTo(weight, 12)));
    const pair = { good: { told: [1] }, bad: { told: [-1] } };
    expect(twinVotes([pair], 8)).toEqual([
      { features: pair.good, label: 1, weight: expect.closeTo(0.1, 12) },
      { features: pair.bad, label: 0, weight: expect.closeTo(0.1, 12) },
    ]);
  });

  it('tell before any vote, though a third of them is not what was asked for', () => {
    const r = new Rng(7, 0, 'twins');
    const picture = (truth: number) => ({ told: r.normals(12).map((noise) => noise + truth) });
    const obeyed = (asked: number) => picture(r.uniform() < 2 / 3 ? asked : -asked);
    const pairs = Array.from({ length: 16 }, () => ({ good: obeyed(1), bad: obeyed(-1) }));
    const unseen = [1, -1].flatMap((truth) =>
      Array.from({ length: 100 }, () => ({ features: picture(truth), label: truth > 0 ? 1 : 0, weight: 1 })),
    );
    const said = scoreWith(
      fitVoteModel(twinVotes(pairs, 0), model())!,
      unseen.map(({ features }) => features),
    );
    expect(
      weightedAuc(
        said.map((opinion) => opinion!.p),
        unseen,
      ),
    ).toBeGreaterThan(0.9);
  });
});

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

describe('a marked region', () => {
  it('covers cells of any grid by area', () => {
    // By counting pixels of 12 x 12, which 2, 3 and 4 divide.
    const r = new Rng(1, 0, 'marks');
    for (let at = 0; at < 10; at++) {
      const mark = Array.from({ length: 9 }, (_, cell) => cell).filter(() => r.uniform() < 0.4);
      for (const g of [1, 2, 3, 4]) {
        const counted = new Float64Array(g * g);
        for (let y = 0; y < 12; y++)
          for (let x = 0; x < 12; x++) {
            const isMarked = mark.includes(3 * Math.floor(y / 4) + Math.floor(x / 4));
            const cell = Math.floor((y * g) / 12) * g + Math.floor((x * g) / 12);
            if (isMarked) counted[cell]! += (g * g) / 144;
          }
        for (const [cell, share] of keptShares(mark, g).entries())
          expect(share).toBeCloseTo(counted[cell]!, 12);
      }
    }
  });

  it('keeps what is in it, and makes the rest what it is on average', () => {
    // Two channels of 2 x 2 cells; the left column and a half of the right one are marked.
    const picture = { placed: [1, 2, 3, 4, 10, 20, 30, 40], whole: [5] };
    const average = { placed: [0, 0, 0, 0, 8, 8, 8, 8], whole: [7] };
    const blurred = blurredOutside(picture, average, [0, 3, 6], { placed: 2, whole: 1 });
    const kept = 2 / 3;
    expect([...Array.from(blurred.placed!)]).toEqual(
      [kept, 0, 3 * kept, 0, 8 + 2 * kept, 8, 8 + 22 * kept, 8].map((x) => expect.closeTo(x, 12)),
    );
    expect(blurred.whole).toEqual([5]);
    const everything = Array.from({ length: 9 }, (_, cell) => cell);
    const all = blurredOutside(picture, average, everything, { placed: 2 }).placed!;
    for (const [j, x] of picture.placed.entries()) expect(all[j]).toBeCloseTo(x, 12);
  });

  it('is common where at least half as many point as where most do', () => {
    const marked = (mark: number[], label = 0, weight = 1): MarkedVote => ({
      ...vote(0, label, weight),
      mark,
    });
    // Cell 1: 4 of weight, 4: 2, 8: 1; nobody marks good pictures.
    const votes = [marked([1, 4, 4], 0, 2), marked([1]), marked([1, 8]), marked([0], 1, 9)];
    expect(commonMark(votes)).toEqual([1, 4]);
    expect(commonMark([vote(1, 0), vote(2, 1)])).toEqual([]);
  });

  it('shares a vote between the picture and its copy', () => {
    const bad = { features: { placed: [4, 8, 0, 0] }, label: 0, weight: 5 };
    const good = { features: { placed: [0, 0, 0, 0] }, label: 1, weight: 5 };
    const grids = { placed: 2 };
    // The left column; the average is [2, 4, 0, 0].
    const marked = { ...bad, mark: [0, 3, 6] };
    const votes = withMarks([marked, good], grids);
    expect(votes.map(({ weight }) => weight)).toEqual([1, 4, 1, 4].map((w) => expect.closeTo(w, 12)));
    expect(votes.map(({ label }) => label)).toEqual([0, 0, 1, 1]);
    expect(votes.map(({ copyOf }) => copyOf)).toEqual([undefined, bad.features, undefined, good.features]);
    const copied = [votes[1]!, votes[3]!].map(({ features }) => Array.from(features.placed!));
    // Two thirds of each left cell are marked.
    expect(copied[0]![0]).toBeCloseTo((2 / 3) * 4 + (1 / 3) * 2, 12);
    expect(copied[0]![1]).toBeCloseTo(4, 12);
    expect(copied[1]![0]).toBeCloseTo((1 / 3) * 2, 12);
    expect(copied[1]![1]).toBeCloseTo(4, 12);
    // Nothing is marked, or everything.
    expect(withMarks([bad, good], grids)).toEqual([bad, good]);
    const everything = Array.from({ length: 9 }, (_, cell) => cell);
    expect(withMarks([{ ...bad, mark: everything }, good], grids)).toEqual([bad, good]);
    expect(withMarks([], grids)).toEqual([]);
  });

  it('leaves a vote what it is where the copy is the same: no head hears of what it must not see', () => {
    const r = new Rng(2, 0, 'copies');
    const votes = Array.from({ length: 40 }, (_, i): VoteExample => {
      return { features: { told: r.normals(30) }, label: i % 2, weight: 1 };
    });
    const halves = votes.flatMap((one) => [
      { ...one, weight: 0.5 },
      { ...one, weight: 0.5, features: { ...one.features }, copyOf: one.features },
    ]);
    const [once, twice] = [votes, halves].map((own) => fitVoteModel(own, model())!);
    expect(twice!.auc).toBeCloseTo(once!.auc, 9);
    expect(twice!.heads.length).toBe(once!.heads.length);
    const pictures = Array.from({ length: 20 }, () => ({ told: r.normals(30) }));
    const [first, second] = [once!, twice!].map((own) => scoreWith(own, pictures));
    for (const [i, opinion] of first!.entries()) expect(second![i]!.p).toBeCloseTo(opinion!.p, 5);
  });
});
