/**
 * Dawid-Skene against a brute force that knows nothing of EM: the log posterior is summed over every
 * assignment of good and bad to the images, and maximised by random search and coordinate steps. The M step's
 * (x + 4)/(n + 6) is the mode under Beta(5, 3).
 */
import { describe, expect, it } from 'vitest';
import type { WeightedVote } from '../../../support/taste-reference/ballot-box.js';
import { dawidSkene } from './in-one-go.js';
import { random, table } from './votes-made.js';

interface Point {
  pi: number;
  coins: Map<string, { alpha: number; delta: number }>;
}

const imagesOf = (votes: readonly WeightedVote[]): string[] => [...new Set(votes.map((vote) => vote.image))];

/** Joint weight of one assignment; bit i says that image i is good. */
function joint(votes: readonly WeightedVote[], images: string[], bits: number, { pi, coins }: Point): number {
  let value = 1;
  for (let i = 0; i < images.length; i++) value *= bits & (1 << i) ? pi : 1 - pi;
  for (const vote of votes) {
    const { alpha, delta } = coins.get(vote.voter)!;
    const good = bits & (1 << images.indexOf(vote.image));
    const p = good ? (vote.up ? alpha : 1 - alpha) : vote.up ? 1 - delta : delta;
    value *= p ** vote.w;
  }
  return value;
}

function logPosterior(votes: readonly WeightedVote[], point: Point): number {
  const images = imagesOf(votes);
  let sum = 0;
  for (let bits = 0; bits < 1 << images.length; bits++) sum += joint(votes, images, bits, point);
  let prior = 0;
  for (const { alpha, delta } of point.coins.values()) {
    prior += 4 * Math.log(alpha) + 2 * Math.log(1 - alpha) + 4 * Math.log(delta) + 2 * Math.log(1 - delta);
  }
  return Math.log(sum) + prior;
}

function posteriorOfImage(votes: readonly WeightedVote[], point: Point, index: number): number {
  const images = imagesOf(votes);
  let all = 0;
  let good = 0;
  for (let bits = 0; bits < 1 << images.length; bits++) {
    const value = joint(votes, images, bits, point);
    all += value;
    if (bits & (1 << index)) good += value;
  }
  return good / all;
}

/** Random restarts, then ever smaller steps along each coordinate. */
function climb(votes: readonly WeightedVote[], starts: number): Point {
  const roll = random(5);
  const voters = [...new Set(votes.map((vote) => vote.voter))];
  let best: Point | null = null;
  let height = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < starts; start++) {
    const unit = (): number => 0.05 + 0.9 * roll();
    let point: Point = {
      pi: unit(),
      coins: new Map(voters.map((v) => [v, { alpha: unit(), delta: unit() }])),
    };
    let here = logPosterior(votes, point);
    for (let size = 0.2; size > 1e-6; size *= 0.6) {
      for (let again = true; again; ) {
        again = false;
        for (const next of neighbours(point, size)) {
          const there = logPosterior(votes, next);
          if (there > here + 1e-13) [point, here, again] = [next, there, true];
        }
      }
    }
    if (here > height) [best, height] = [point, here];
  }
  return best!;
}

function* neighbours(point: Point, size: number): Generator<Point> {
  for (const sign of [size, -size]) {
    const pi = point.pi + sign;
    if (pi >= 0.05 && pi <= 0.95) yield { ...point, pi };
    for (const [voter, coin] of point.coins) {
      for (const name of ['alpha', 'delta'] as const) {
        const value = coin[name] + sign;
        if (value <= 0.001 || value >= 0.999) continue;
        yield { ...point, coins: new Map(point.coins).set(voter, { ...coin, [name]: value }) };
      }
    }
  }
}

const cases: Record<string, Record<string, string>> = {
  'a crowd that agrees': { a: '++--', b: '++--', c: '+---' },
  'one against the rest': { a: '++---', b: '++---', c: '++--+', d: '--+++' },
  'weak downs and gaps': { a: '+oo+o', b: '+o +-', c: ' -o+o', d: '+o-o+' },
};

describe('dawidSkene', () => {
  for (const [name, rows] of Object.entries(cases)) {
    it(`stands where the posterior is highest: ${name}`, () => {
      const votes = table(rows);
      const found = dawidSkene(votes);
      const top = climb(votes, 2);
      const here = logPosterior(votes, { pi: found.pi, coins: found.voters });
      // Fifty steps of EM come within a hair of the summit of a hill climber that took thousands.
      expect(here).toBeGreaterThan(logPosterior(votes, top) - 2e-3);
      imagesOf(votes).forEach((image, i) => {
        expect(Math.abs(found.p.get(image)! - posteriorOfImage(votes, top, i))).toBeLessThan(0.03);
      });
    });
  }

  it('trusts those who agree with the crowd and turns the inverter round', () => {
    const { p, voters } = dawidSkene(
      table({ a: '+++----', b: '+++----', c: '+++----', d: '---++++', e: '++-----' }),
    );
    expect(voters.get('d')!.alpha + voters.get('d')!.delta).toBeLessThan(1);
    expect(voters.get('a')!.alpha).toBeGreaterThan(0.7);
    expect(p.get('r.0')).toBeGreaterThan(0.95);
    expect(p.get('r.6')).toBeLessThan(0.05);
  });

  it('does not depend on the order of the votes', () => {
    const votes = table(cases['one against the rest']!);
    const reversed = dawidSkene([...votes].reverse());
    for (const [image, value] of dawidSkene(votes).p) expect(reversed.p.get(image)).toBeCloseTo(value, 12);
  });
});
