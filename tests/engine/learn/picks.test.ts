/**
 * The choice of a round among more noises: counts, what is paid, what is chosen and what is nobody's choice,
 * on random opinions.
 */
import { describe, expect, it } from 'vitest';
import { originsOf } from '../../../engine/jobs/generate.js';
import {
  type Candidate,
  choose,
  costsOf,
  drawsOf,
  finishedFor,
  kCentre,
  moreNoises,
  mostBegun,
  promising,
  stepsBeforeLook,
  unpickedPlaces,
} from '../../../engine/learn/picks.js';
import { Rng } from '../../../src/rng.js';

const cases = Array.from({ length: 60 }, (_, i) => new Rng(i, 0, 'cases'));
const candidates = (rng: Rng, n: number): Candidate[] =>
  Array.from({ length: n }, () => ({
    opinion: rng.uniform() < 0.05 ? null : { p: rng.uniform(), spread: rng.uniform() / 2 },
    latent: rng.normals(8),
  }));
const p = (list: readonly Candidate[], index: number) => list[index]!.opinion?.p ?? 0;

/** Distance of the furthest point from its nearest centre, worked out plainly. */
function radius(points: readonly Float32Array[], centres: readonly Float32Array[]): number {
  const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((v, k) => v - b[k]!));
  return Math.max(...points.map((point) => Math.min(...centres.map((c) => distance(point, c)))));
}

describe('places that nobody chooses', () => {
  it('are as many as asked, the tuned model’s where it draws enough, and dealt by the stream alone', () => {
    for (const [i, rng] of cases.entries()) {
      const count = 1 + rng.integer(40);
      const share = rng.uniform();
      const origins = originsOf(count, [0, 0.5, 1][i % 3]!);
      const own = (purpose: string) => unpickedPlaces(origins, share, new Rng(i, 1, purpose));
      const places = own('picks');
      const tuned = origins.filter((origin) => origin === 'tuned').length;
      expect(places.size).toBe(Math.min(Math.round(share * count), tuned || count));
      if (tuned > 0) expect([...places].every((at) => origins[at] === 'tuned')).toBe(true);
      expect(own('picks')).toEqual(places);
    }
  });
});

describe('what is begun', () => {
  it('costs no more than is given, whatever the sampler, and begins no fewer than are shown', () => {
    for (const rng of cases) {
      const steps = 3 + rng.integer(60);
      const before = stepsBeforeLook(steps, rng.uniform())!;
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(steps);
      const costs = costsOf(steps, before, 1 + rng.integer(2));
      const shown = 1 + rng.integer(40);
      const unpicked = Math.round(rng.uniform() * shown);
      const finished = unpicked + finishedFor(shown - unpicked);
      const draws = 1.2 + rng.uniform();
      const most = mostBegun(costs, shown, finished, draws);
      expect(most).toBeGreaterThanOrEqual(shown);
      const rows = most * costs.begin + finished * costs.finish;
      expect(drawsOf(costs, most, finished, shown)).toBeCloseTo(rows / (shown * costs.whole), 12);
      if (most > shown) expect(drawsOf(costs, most, finished, shown)).toBeLessThanOrEqual(draws + 1e-9);
    }
    // A plain round is one look a picture more than its steps, and costs one drawing a picture.
    const { begin, finish, whole } = costsOf(20, 7, 2);
    expect([begin, finish, whole]).toEqual([15, 27, 41]);
    expect([1, 2, 20].map((steps) => stepsBeforeLook(steps, 0.33))).toEqual([null, null, 7]);
  });

  it('goes where little is liked, and no further than there is a choice', () => {
    const easy = { begun: 9, places: 6, approval: 1 };
    const hard = { begun: 9, places: 9, approval: 0.3 };
    const [few, many] = moreNoises([easy, hard], 100) as [number, number];
    expect([few, many]).toEqual([3, 51]);
    expect(moreNoises([easy, { ...hard, places: 0 }], 100)).toEqual([3, 0]);
    for (const rng of cases) {
      const groups = [0, 1].map(() => ({
        begun: rng.integer(20),
        places: rng.integer(20),
        approval: rng.uniform(),
      }));
      const most = rng.integer(30);
      const more = moreNoises(groups, most);
      expect(Math.min(...more)).toBeGreaterThanOrEqual(0);
      expect(more[0]! + more[1]!).toBeLessThanOrEqual(most);
    }
  });
});

describe('what is finished and shown', () => {
  it('is as many as there are places, each once, the unsure ones those that the heads disagree about most', () => {
    for (const rng of cases) {
      const list = candidates(rng, 2 + rng.integer(40));
      const places = 1 + rng.integer(list.length);
      const unsure = rng.integer(places + 1);
      const kept = promising(list, { finish: places, unsure });
      expect(new Set(kept).size).toBe(Math.max(places, unsure));
      const chosen = choose(list, { places, unsure }, []);
      expect(chosen).toHaveLength(places);
      expect(new Set(chosen.map(({ index }) => index)).size).toBe(places);
      const spread = (index: number) => list[index]!.opinion?.spread ?? 0;
      const asked = chosen.filter(({ pick }) => pick === 'unsure').map(({ index }) => index);
      expect(asked).toHaveLength(unsure);
      const others = list.map((_, i) => i).filter((i) => !asked.includes(i));
      if (asked.length && others.length)
        expect(Math.min(...asked.map(spread))).toBeGreaterThanOrEqual(Math.max(...others.map(spread)));
      // No one below .5 is shown for being liked while another above it is left out.
      const liked = chosen.filter(({ pick }) => pick === 'liked').map(({ index }) => index);
      const out = others.filter((i) => !liked.includes(i));
      if (liked.some((i) => p(list, i) <= 0.5)) expect(out.every((i) => p(list, i) <= 0.5)).toBe(true);
      for (const i of kept.filter((i) => !asked.includes(i)))
        expect(others.filter((j) => !kept.includes(j)).every((j) => p(list, j) <= p(list, i))).toBe(true);
    }
  });

  it('is the same whatever the order of equals, and for the same opinions', () => {
    const list = candidates(new Rng(5, 0, 'same'), 20);
    const asked = { places: 8, unsure: 2 };
    expect(choose(list, asked, [])).toEqual(choose(list, asked, []));
    const equals = list.map((one) => ({ ...one, opinion: { p: 0.7, spread: 0 } }));
    expect(promising(equals, { finish: 3, unsure: 0 })).toEqual([0, 1, 2]);
  });

  it('covers the liked at least as well as a random choice does, on average and nearly always', () => {
    let won = 0;
    let [ours, theirs] = [0, 0];
    for (const rng of cases) {
      const points = candidates(rng, 30).map(({ latent }) => latent);
      const shown = [rng.normals(8)];
      const own = kCentre(points, 8, shown).map((i) => points[i]!);
      const random = rng
        .shuffle(points.map((_, i) => i))
        .slice(0, 8)
        .map((i) => points[i]!);
      const [a, b] = [radius(points, [...shown, ...own]), radius(points, [...shown, ...random])];
      ours += a;
      theirs += b;
      if (a <= b) won++;
    }
    expect(ours).toBeLessThan(0.9 * theirs);
    expect(won).toBeGreaterThan(50);
  });

  it('begins k-centre with the first where nothing is shown, and far from what is', () => {
    const points = [0, 1, 10, 11].map((x) => Float32Array.of(x));
    expect(kCentre(points, 2)).toEqual([0, 3]);
    expect(kCentre(points, 1, [Float32Array.of(11)])).toEqual([0]);
    expect(kCentre(points, 9)).toHaveLength(4);
  });
});
