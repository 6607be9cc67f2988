/**
 * The vote model: its parts against scikit-learn's numbers and plain counting, and what must hold of any
 * votes: a vote without weight changes nothing, labels exchanged exchange the answer, equal votes and stream
 * give an equal model.
 */
import { describe, expect, it } from 'vitest';
import type { VoteModel } from '../../../engine/io/vote-model.js';
import { aucError, calibrationError, type Voted, weightedAuc } from '../../../engine/learn/vote-model/auc.js';
import { calibrate } from '../../../engine/learn/vote-model/calibrate.js';
import { fitVoteModel, type VoteExample } from '../../../engine/learn/vote-model/fit.js';
import { ghostVotes } from '../../../engine/learn/vote-model/ghosts.js';
import { scoreWith, tells } from '../../../engine/learn/vote-model/model.js';
import { directionOf, type Example, fitRidge, standardise } from '../../../engine/learn/vote-model/ridge.js';
import { inverse, solve } from '../../../engine/learn/vote-model/spd.js';
import { Rng } from '../../../src/rng.js';

const rng = (purpose = 'test') => new Rng(1, 0, purpose);

/**
 * Pictures whose map `told` tells by its first number what people call good, and whose map `noise` tells
 * nothing.
 */
function pictures(count: number, purpose: string, flip = 0): VoteExample[] {
  const r = rng(purpose);
  return Array.from({ length: count }, () => {
    const told = r.normals(12);
    const noise = r.normals(12);
    const good = told[0]! > 0.4 !== r.uniform() < flip;
    return { features: { told, noise }, label: good ? 1 : 0, weight: 1 };
  });
}
const fitted = (votes: readonly VoteExample[]) => fitVoteModel(votes, rng('votes'));
const opinions = (model: VoteModel, of: readonly VoteExample[]) =>
  scoreWith(
    model,
    of.map(({ features }) => features),
  ).map((opinion) => opinion!);
const unseen = pictures(400, 'unseen');
const aucOf = (model: VoteModel, of: readonly VoteExample[] = unseen) =>
  weightedAuc(
    opinions(model, of).map(({ p }) => p),
    of,
  );

describe('the parts', () => {
  const scores = [-1.2, -0.7, -0.4, 0.1, 0.3, 0.5, 0.9, 1.4, -0.2, 0.05];
  const labels = [0, 0, 1, 0, 1, 0, 1, 1, 0, 1];
  const weights = [1, 0.5, 1, 2, 1, 1, 0.25, 1, 1, 1.5];
  const votes: Voted[] = labels.map((label, i) => ({ label, weight: weights[i]! }));

  it('calibrate as scikit-learn does on the same targets', () => {
    const { slope, offset } = calibrate(scores, votes);
    expect(slope).toBeCloseTo(1.18736002, 5);
    expect(offset).toBeCloseTo(-0.22058794, 5);
    // A score that tells the opposite tells nothing: the share of goods, smoothed.
    const against = calibrate(
      scores.map((s) => -s),
      votes,
    );
    expect(against).toEqual({ slope: 0, offset: Math.log(5.25 / 6) });
  });

  it('count an AUC as scikit-learn does, and pair by pair with soft labels and ties', () => {
    expect(weightedAuc(scores, votes)).toBeCloseTo(0.6363636363636364, 12);
    const r = rng('auc');
    const tied = Array.from({ length: 30 }, () => r.integer(8));
    const soft = tied.map(() => ({ label: r.uniform(), weight: r.uniform() }));
    let [won, all] = [0, 0];
    for (const [i, a] of soft.entries())
      for (const [j, b] of soft.entries()) {
        const pairs = a.weight * a.label * b.weight * (1 - b.label);
        all += pairs;
        won += pairs * (tied[i]! > tied[j]! ? 1 : tied[i] === tied[j] ? 0.5 : 0);
      }
    expect(weightedAuc(tied, soft)).toBeCloseTo(won / all, 12);
    expect(
      weightedAuc(
        [1, 2],
        [
          { label: 1, weight: 1 },
          { label: 1, weight: 1 },
        ],
      ),
    ).toBeNaN();
  });

  it('know how far an AUC may be off: as much as it varies over draws of pictures', () => {
    // Scores N(1, 1) of 12 goods and N(0, 1) of 20 bads: AUC = Phi(1 / sqrt(2)) = .76.
    const r = rng('error');
    const drawn = Array.from({ length: 400 }, () => {
      const own = Array.from({ length: 32 }, (_, i) => ({ label: i < 12 ? 1 : 0, weight: 1 }));
      const auc = weightedAuc(
        own.map(({ label }) => r.normal() + label),
        own,
      );
      return { auc, error: aucError(auc, own) };
    });
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v / values.length, 0);
    const middle = mean(drawn.map(({ auc }) => auc));
    expect(Math.abs(middle - 0.7602)).toBeLessThan(0.02);
    const deviation = Math.sqrt(mean(drawn.map(({ auc }) => (auc - middle) ** 2)));
    expect(mean(drawn.map(({ error }) => error)) / deviation).toBeGreaterThan(0.85);
    expect(mean(drawn.map(({ error }) => error)) / deviation).toBeLessThan(1.15);
    expect(aucError(1, votes)).toBe(0);
  });

  it('tell how far probabilities are from what comes true', () => {
    const half = (label: number) => ({ label, weight: 1 });
    // Of four at .25 one comes true, of four at .5 three: 0 and .25, half of the pictures each.
    const p = [0.25, 0.25, 0.25, 0.25, 0.5, 0.5, 0.5, 0.5];
    expect(calibrationError(p, [1, 0, 0, 0, 1, 1, 1, 0].map(half), 2)).toBeCloseTo(0.125, 12);
  });

  it('invert and solve', () => {
    const a = Float64Array.of(4, 1, 0.5, 1, 3, 0.2, 0.5, 0.2, 2);
    const inverted = inverse(a, 3);
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const entry = [0, 1, 2].reduce((sum, k) => sum + a[i * 3 + k]! * inverted[k * 3 + j]!, 0);
        expect(entry).toBeCloseTo(i === j ? 1 : 0, 12);
      }
    const x = solve(a, [1, 2, 3], 3);
    for (let i = 0; i < 3; i++)
      expect([0, 1, 2].reduce((sum, k) => sum + a[i * 3 + k]! * x[k]!, 0)).toBeCloseTo(i + 1, 12);
    expect(() => inverse(Float64Array.of(1, 2, 2, 1), 2)).toThrow('not positive definite');
  });

  it("score each fold as scikit-learn's ridge fitted to the other folds does, and by the head's direction", () => {
    const x = [
      [-0.8, -1.32, -0.25],
      [0.42, 1.14, 0.11],
      [-0.55, -0.78, 0.75],
      [1.63, 0.27, -1.23],
      [-0.96, 1.6, 0.2],
      [-1.73, -0.08, -1.16],
      [-0.63, -0.49, -0.71],
    ];
    const good = [1, 0, 1, 1, 0, 0, 1];
    const heavy = [1, 0.5, 1, 2, 1, 1, 0.25];
    const folds = [[0, 1], [2, 4], [3, 5], [6]];
    const examples: Example[] = x.map((row, i) => ({ row, label: good[i]!, weight: heavy[i]! }));
    const standardised = standardise(examples);
    const { heldOut, heads } = fitRidge(standardised, examples, 0.3, folds);
    const expected = [
      0.7413175574346564, 0.1487860992868363, 0.41162620384890114, -0.2861332799734922, -1.5683570601644465,
      0.2088752326697288, 0.29393723232412994,
    ];
    for (const [f, fold] of folds.entries()) {
      const { weights, offset } = directionOf(standardised, heads[f]!);
      for (const i of fold) {
        expect(heldOut[i]).toBeCloseTo(expected[i]!, 9);
        expect(x[i]!.reduce((sum, v, j) => sum + weights[j]! * v, offset)).toBeCloseTo(expected[i]!, 5);
      }
    }
  });
});

describe('the model', () => {
  it('hears the map that tells, and tells good from bad on pictures that nobody voted on', () => {
    const model = fitted(pictures(64, 'votes'))!;
    expect(model.votes).toBe(64);
    expect(model.maps.told).toBeGreaterThan(0.95);
    expect(aucOf(model)).toBeGreaterThan(0.95);
    expect(Math.abs(model.auc - aucOf(model))).toBeLessThan(0.05);
    const seen = opinions(model, unseen);
    expect(
      calibrationError(
        seen.map(({ p }) => p),
        unseen,
      ),
    ).toBeLessThan(0.08);
    for (const { p, spread } of seen) {
      expect(p).toBeGreaterThan(0);
      expect(p).toBeLessThan(1);
      expect(spread).toBeGreaterThanOrEqual(0);
    }
  });

  it('hears a crowd of thousands to a picture as it hears few, and says numbers', () => {
    const loud = pictures(64, 'votes').map((vote) => ({ ...vote, weight: 5000 }));
    const model = fitted(loud)!;
    expect(model.maps).toEqual({ told: expect.closeTo(1, 12) });
    expect(opinions(model, unseen).every(({ p }) => p > 0 && p < 1)).toBe(true);
    expect(aucOf(model)).toBeGreaterThan(0.95);
  });

  it('keeps from a head what it must not see, where a map is far wider than there are votes', () => {
    const r = rng('wide');
    const found = Array.from({ length: 60 }, (_, at) => {
      const row = () => ({ features: { wide: r.normals(300) }, weight: 1 });
      const votes = Array.from({ length: 16 }, (_, i) => ({ ...row(), label: i < 5 ? 1 : 0 }));
      return fitVoteModel(votes, rng(`wide ${at}`))!.auc;
    });
    // Chance, of which the better of a few ridges is taken; rows centred once for all heads gave more than
    // .7.
    const mean = found.reduce((sum, auc) => sum + auc / found.length, 0);
    expect(mean).toBeLessThan(0.6);
    expect(mean).toBeGreaterThan(0.3);
  });

  it('claims nothing where votes are chance', () => {
    const r = rng('chance');
    const found = Array.from({ length: 12 }, (_, i) => {
      const votes = pictures(64, `chance ${i}`).map((vote) => ({ ...vote, label: r.integer(2) }));
      return fitted(votes)!.auc;
    });
    expect(found.reduce((sum, auc) => sum + auc, 0) / found.length).toBeLessThan(0.65);
    expect(Math.max(...found)).toBeLessThan(0.8);
  });

  it('is believed where it tells, and not where a few votes are right by chance', () => {
    const r = rng('believed');
    const votesOn = (count: number, i: number) => pictures(count, `believed ${i}`);
    const chance = (vote: VoteExample) => ({ ...vote, label: r.integer(2) });
    const told = Array.from({ length: 20 }, (_, i) => fitted(votesOn(64, i))).filter(
      (m) => m && tells(m, 0.8),
    );
    const byChance = Array.from({ length: 20 }, (_, i) => fitted(votesOn(16, i).map(chance)));
    expect(told.length).toBeGreaterThan(15);
    expect(byChance.filter((m) => m && tells(m, 0.8)).length).toBeLessThan(3);
  });

  it('lets a ghost vote although a fifth of the votes err, on what is really liked, and not where votes are chance', () => {
    const r = rng('erring');
    const all = unseen.map(({ features }) => features);
    const votes = (name: string, flip: number) =>
      Array.from({ length: 20 }, (_, i) => pictures(64, `${name} ${i}`, flip));
    /** Whether those are good that are surely liked. */
    const liked = (of: readonly VoteExample[][]) =>
      of.flatMap((one) =>
        ghostVotes(fitted(one), all, all.length).flatMap(({ label }, i) =>
          label >= 0.8 ? [unseen[i]!.label] : [],
        ),
      );
    const erring = liked(votes('erring', 0.2));
    expect(erring.length).toBeGreaterThan(200);
    expect(erring.reduce((sum, good) => sum + good, 0) / erring.length).toBeGreaterThan(0.8);
    const chance = liked(
      votes('chance', 0).map((one) => one.map((vote) => ({ ...vote, label: r.integer(2) }))),
    );
    // Of 20 times 400: one in a hundred.
    expect(chance.length).toBeLessThan(160);
  });

  it('hears maps together that tell the same, and is better for it', () => {
    const r = rng('together');
    // What is told is in both maps, each with noise of its own.
    const made = (count: number) =>
      Array.from({ length: count }, (): VoteExample => {
        const truth = r.normal();
        const seen = () => r.normals(8).map((noise, j) => (j < 4 ? truth : 0) + 2 * noise);
        return { features: { a: seen(), b: seen() }, label: truth > 0 ? 1 : 0, weight: 1 };
      });
    const [votes, test] = [made(80), made(600)];
    const only = (map: string) => (vote: VoteExample) => ({
      ...vote,
      features: { [map]: vote.features[map]! },
    });
    const [a, b] = ['a', 'b'].map((map) => aucOf(fitted(votes.map(only(map)))!, test)) as [number, number];
    const both = fitted(votes)!;
    expect(Object.values(both.maps).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(aucOf(both, test)).toBeGreaterThan(Math.max(a, b) - 0.01);
  });

  it('bears votes that are wrong now and then', () => {
    const model = fitted(pictures(128, 'flipped', 0.2))!;
    expect(aucOf(model)).toBeGreaterThan(0.9);
    // Probabilities know it: hardly anything is as good as certain.
    expect(opinions(model, unseen).filter(({ p }) => p > 0.98 || p < 0.02).length).toBeLessThan(40);
  });

  it('disagrees with itself more after few votes than after many', () => {
    const spread = (count: number) =>
      opinions(fitted(pictures(count, 'votes'))!, unseen).reduce((sum, o) => sum + o.spread, 0);
    expect(spread(200)).toBeLessThan(0.7 * spread(24));
  });

  it('does not hear votes without weight or pictures without features', () => {
    const votes = pictures(40, 'votes');
    const silent = pictures(20, 'silent').map((vote) => ({ ...vote, weight: 0 }));
    const blank = pictures(20, 'blank').map((vote) => ({ ...vote, features: {} }));
    expect(fitted([...votes, ...silent, ...blank])).toEqual(fitted(votes));
  });

  it('turns p to 1 - p where labels are exchanged, and is the same for the same votes', () => {
    const votes = pictures(48, 'votes', 0.1);
    const turned = votes.map((vote) => ({ ...vote, label: 1 - vote.label }));
    const [a, b] = [fitted(votes)!, fitted(turned)!];
    for (const [i, { p, spread }] of opinions(a, unseen).entries()) {
      const other = opinions(b, unseen.slice(i, i + 1))[0]!;
      expect(p + other.p).toBeCloseTo(1, 5);
      expect(spread).toBeCloseTo(other.spread, 5);
    }
    expect(fitted(votes)).toEqual(a);
  });

  it('says the same however the numbers of a map are shifted and stretched', () => {
    const moved = (vote: VoteExample) => ({
      ...vote,
      features: {
        told: Array.from(vote.features.told!, (x, j) => 50 + 3 * j - 2 * x),
        noise: Array.from(vote.features.noise!, (x) => 0.1 * x - 7),
      },
    });
    const votes = pictures(48, 'votes', 0.1);
    const [plain, other] = [
      opinions(fitted(votes)!, unseen),
      opinions(fitted(votes.map(moved))!, unseen.map(moved)),
    ];
    for (const [i, { p, spread }] of plain.entries()) {
      expect(other[i]!.p).toBeCloseTo(p, 4);
      expect(other[i]!.spread).toBeCloseTo(spread, 4);
    }
    // On the whole as many are held for good as are.
    const mean = (values: number[]) => values.reduce((sum, v) => sum + v / values.length, 0);
    expect(Math.abs(mean(plain.map(({ p }) => p)) - mean(unseen.map(({ label }) => label)))).toBeLessThan(
      0.1,
    );
  });

  it('counts a soft label as shares of a good and a bad one, a weight of two as two votes', () => {
    const votes = pictures(30, 'votes');
    const [first] = votes as [VoteExample];
    const shared = fitRidgeOf([{ ...first, label: 0.7, weight: 2 }, ...votes.slice(1)]);
    const apart = fitRidgeOf([
      { ...first, label: 1, weight: 1.4 },
      { ...first, label: 0, weight: 0.6 },
      ...votes.slice(1),
    ]);
    for (const [j, w] of shared.weights.entries()) expect(w).toBeCloseTo(apart.weights[j]!, 6);
  });

  it('says nothing before there are two goods and two bads', () => {
    const votes = pictures(40, 'votes');
    const goods = votes.filter(({ label }) => label === 1);
    const bads = votes.filter(({ label }) => label === 0);
    expect(fitted([])).toBeNull();
    expect(fitted(goods)).toBeNull();
    expect(fitted([...goods.slice(0, 1), ...bads])).toBeNull();
    expect(fitted([...goods.slice(0, 2), ...bads.slice(0, 2)])).not.toBeNull();
    expect(scoreWith(fitted(votes)!, [{ noise: [1] }])).toEqual([null]);
  });
});

/** The head that saw all votes, of map `told`. */
function fitRidgeOf(votes: readonly VoteExample[]) {
  const examples = votes.map(({ features, ...vote }) => ({ row: features.told!, ...vote }));
  const standardised = standardise(examples);
  const { heads } = fitRidge(standardised, examples, 0.3, [[]]);
  return directionOf(standardised, heads[0]!);
}

it('is believed by its AUC less its standard error', () => {
  const model = (auc: number, aucError: number): VoteModel => ({
    ...{ maps: {}, votes: 16, heads: [], calibration: { slope: 1, offset: 0 } as VoteModel['calibration'] },
    ...{ auc, aucError },
  });
  expect(tells(model(0.9, 0.05), 0.8)).toBe(true);
  expect(tells(model(0.9, 0.15), 0.8)).toBe(false);
  expect(tells(model(0.75, 0), 0.8)).toBe(false);
});
