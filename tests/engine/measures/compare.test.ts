/**
 * The measures against values worked out by hand, against k-means and resampling written anew here, and
 * against what must not change them: the order of the pictures.
 */
import { describe, expect, it } from 'vitest';
import { fitClusters, nearest } from '../../../engine/measures/clusters.js';
import { borderColour, centreColour } from '../../../engine/measures/colours.js';
import { comparePictures, type Picture } from '../../../engine/measures/compare.js';
import { sessionVariety } from '../../../engine/measures/session-variety.js';
import { countValues, floorOf, totalVariation } from '../../../engine/measures/total-variation.js';
import { Rng } from '../../../src/rng.js';

const rng = (purpose: string) => new Rng(7, 0, purpose);

/** One colour a picture. */
function picture(
  latent: number[],
  colour: readonly number[],
  good: boolean,
  named?: Picture['named'],
): Picture {
  const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => colour[i % 3]!);
  return { latent: Float32Array.from(latent), picture: { width: 8, height: 8, data: pixels }, good, named };
}

describe('total variation', () => {
  it('is half the sum of the differences of shares', () => {
    expect(countValues([2, 0, 2, 2], 4)).toEqual([1, 0, 3, 0]);
    expect(totalVariation([1, 1], [1, 1])).toBe(0);
    expect(totalVariation([3, 0], [0, 5])).toBe(1);
    // .5, .25, .25 beside .25, .25, .5.
    expect(totalVariation([4, 2, 2], [1, 1, 2])).toBeCloseTo(0.25, 12);
  });

  it('has a floor that two coins tell by hand', () => {
    // |X - Y| / 2 of two fair pairs, over their 16 cases: 0 in 6, a half in 8, 1 in 2.
    expect(floorOf([1, 1], 2)).toBeCloseTo(0.375, 12);
    expect(floorOf([7], 3)).toBe(0);
    expect(floorOf([7, 0, 0], 3)).toBe(0);
  });

  it.each([
    [[40, 25, 20, 10, 5], 60],
    [[3, 1, 1], 200],
    [[120, 0, 1, 60, 75], 250],
  ])('has the floor that resampling finds: %j beside %i', (counts, size) => {
    const values = counts.flatMap((n, value) => Array.from({ length: n }, () => value));
    const draws = rng('resampling');
    const sample = (n: number) => Array.from({ length: n }, () => draws.choice(values));
    const share = (of: number[], value: number) => of.filter((v) => v === value).length / of.length;
    let sum = 0;
    const times = 600;
    for (let time = 0; time < times; time++) {
      const [a, b] = [sample(values.length), sample(size)];
      sum += counts.reduce((tv, _, value) => tv + Math.abs(share(a, value) - share(b, value)) / 2, 0);
    }
    // Six standard errors of the mean: a single draw spreads by less than a half of it.
    const floor = floorOf(counts, size);
    expect(Math.abs(floor - sum / times)).toBeLessThan((6 * 0.5 * floor) / Math.sqrt(times));
  });
});

describe('clusters', () => {
  it('are the groups that are there', () => {
    const points = [0, 1, 2, 100, 101, 102, 1000].map((x) => Float64Array.of(x));
    const centres = fitClusters(points, 3, rng('groups'));
    expect(centres.map(([x]) => x).sort((a, b) => a! - b!)).toEqual([1, 101, 1000]);
    const labels = points.map((point) => nearest(point, centres));
    expect(new Set(labels.slice(0, 3)).size).toBe(1);
    expect(new Set(labels).size).toBe(3);
  });

  it('are as many as there are different points, at most', () => {
    const points = [1, 1, 1, 2].map((x) => Float64Array.of(x));
    expect(
      fitClusters(points, 8, rng('few'))
        .map(([x]) => x)
        .sort(),
    ).toEqual([1, 2]);
    expect(fitClusters([], 8, rng('none'))).toEqual([]);
  });

  it('leave no point with another centre nearer than its own, and each centre is the mean of its points', () => {
    const draws = rng('cloud');
    const points = Array.from({ length: 60 }, () => Float64Array.from({ length: 3 }, () => draws.normal()));
    const centres = fitClusters(points, 5, rng('fit'));
    expect(centres).toHaveLength(5);
    const far = (a: Float64Array, b: Float64Array) => Math.hypot(...a.map((x, i) => x - b[i]!));
    const groups = centres.map((centre) =>
      points.filter((point) => centres.every((other) => far(point, centre) <= far(point, other))),
    );
    expect(groups.flat()).toHaveLength(points.length);
    for (const [c, group] of groups.entries())
      for (const i of [0, 1, 2])
        expect(centres[c]![i]).toBeCloseTo(group.reduce((sum, p) => sum + p[i]!, 0) / group.length, 10);
  });
});

it('the colour of the border is not that of the centre', () => {
  const [width, height] = [16, 32];
  // Blue within two pixels of an edge, red in the middle half, black between.
  const at = (x: number, y: number) => {
    if (Math.min(x, y, width - 1 - x, height - 1 - y) < 2) return [0, 0, 255];
    return x >= 4 && x < 12 && y >= 8 && y < 24 ? [51, 0, 0] : [0, 0, 0];
  };
  const pixels = Uint8Array.from(
    Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))).flat(),
  );
  expect([...borderColour({ width, height, data: pixels })]).toEqual([0, 0, 1]);
  expect([...centreColour({ width, height, data: pixels })]).toEqual([0.2, 0, 0]);
});

describe('two sets of pictures', () => {
  const [red, blue] = [
    [255, 0, 0],
    [0, 0, 255],
  ] as const;
  const base = [
    picture([0, 0], red, true, { tail: 0 }),
    picture([3, 4], blue, true, { tail: 1 }),
    picture([90, 0], red, false, { tail: 1 }),
    picture([0, 90], red, false, { tail: 1 }),
  ];
  const tuned = [
    picture([0, 0], red, true, { tail: 1 }),
    picture([0, 1], red, true, { tail: 1 }),
    picture([0, 4], red, true, { tail: 1 }),
    picture([70, 0], blue, false, { tail: 0 }),
  ];

  it('are compared by what is good among them', () => {
    const { dgood, traits, ...sides } = comparePictures({ base, tuned }, { seed: 1, named: { tail: 2 } });
    expect(sides.base).toMatchObject({ count: 4, good: 2, success: 0.5 });
    expect(sides.tuned).toMatchObject({ count: 4, good: 3, success: 0.75 });
    // Distances over sqrt(2 x 2): base 5 / 2; tuned (1 + 4 + 3) / 3 / 2.
    expect(sides.base.goodDiversity).toBeCloseTo(2.5, 12);
    expect(dgood).toBeCloseTo(8 / 3 / 5, 12);
    // Half of the base's goods are blue, have a tail, or lie at (3, 4); of the tuned none, all, and one: (0,
    // 4) is nearer to it.
    expect(Object.fromEntries(Object.entries(traits).map(([name, { tv }]) => [name, tv]))).toEqual({
      tail: 0.5,
      border: 0.5,
      centre: 0.5,
      latent: expect.closeTo(1 / 6, 12),
    });
    // X of two, Y of three fair coins: E|X/2 - Y/3| = (0 x 8 + 1/6 x 6 + 1/3 x 6 + ...) / 32, by all 32
    // cases.
    let sum = 0;
    for (let bits = 0; bits < 32; bits++) {
      const heads = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, i) => (bits >> (from + i)) & 1).reduce((a, b) => a + b, 0);
      sum += Math.abs(heads(0, 2) / 2 - heads(2, 5) / 3);
    }
    for (const { floor } of Object.values(traits)) expect(floor).toBeCloseTo(sum / 32, 12);
  });

  it('say nothing of variety where there are fewer than two goods', () => {
    const bad = tuned.map((p) => ({ ...p, good: false }));
    const none = comparePictures({ base, tuned: bad }, { seed: 1 });
    expect(none).toMatchObject({ dgood: null, traits: {}, tuned: { success: 0, goodDiversity: null } });
    const alike = base.map((p) => ({ ...p, latent: Float32Array.of(1, 1) }));
    expect(comparePictures({ base: alike, tuned }, { seed: 1 }).dgood).toBeNull();
  });

  it('are the same in any order, to the last bit, and move nothing beside themselves', () => {
    const draws = rng('pictures');
    const many = (n: number) =>
      Array.from({ length: n }, () => {
        const colour = [0, 1, 2].map(() => draws.integer(256));
        return picture([...draws.normals(6)], colour, draws.uniform() < 0.7, { tail: draws.integer(3) });
      });
    const given = { base: many(70), tuned: many(50) };
    const options = { seed: 3, named: { tail: 3 } };
    const one = comparePictures(given, options);
    const shuffled = { base: draws.shuffle(given.base), tuned: draws.shuffle(given.tuned) };
    expect(comparePictures(shuffled, options)).toEqual(one);
    const itself = comparePictures({ base: given.base, tuned: given.base }, options);
    expect(itself.dgood).toBe(1);
    for (const { tv } of Object.values(itself.traits)) expect(tv).toBe(0);
    expect(Object.keys(one.traits)).toEqual(['tail', 'border', 'centre', 'latent']);
    for (const { tv, floor } of Object.values(one.traits)) {
      expect(tv).toBeGreaterThan(0);
      expect(tv).toBeLessThanOrEqual(1);
      // Both sets are of one kind: what they differ by is of the size of the floor.
      expect(Math.abs(tv - floor)).toBeLessThan(floor);
    }
  });
});

it('a session tells how varied what was liked of a round is, beside all that was liked of what the base model drew', () => {
  const liked = (x: number, round: number, origin: 'base' | 'tuned') => ({
    latent: Float32Array.of(x, 0),
    round,
    origin,
  });
  const base = [0, 10, 20].map((x) => liked(x, 1, 'base'));
  const tuned = [0, 1, 2, 3].map((x) => liked(x, 3, 'tuned'));
  const others = [liked(1000, 2, 'tuned'), liked(-1000, 2, 'tuned')];
  expect(sessionVariety([...base, ...tuned, ...others], 3)).toBeNull();
  // The base model draws some of later rounds too.
  const all = [...base, liked(30, 3, 'base'), ...tuned, ...others];
  expect(sessionVariety(all, 3)).toEqual({ kept: expect.closeTo(0.1, 12), base: 4, tuned: 4 });
  expect(sessionVariety(all, 2)).toBeNull();
  expect(
    sessionVariety(
      all.filter(({ origin }) => origin === 'base'),
      3,
    ),
  ).toBeNull();
  expect(
    sessionVariety(
      [...base, ...base].map((one) => ({ ...one, latent: Float32Array.of(1, 1) })).concat(tuned),
      3,
    ),
  ).toBeNull();
});
