/**
 * The guards over columns against the same rules written plainly over lists (tests/support/taste-reference):
 * random crowds with camps, puppets, newcomers, unknown times, stars and earlier rounds get the same labels
 * to 1e-9.
 */
import { describe, expect, it } from 'vitest';
import { defaultGuards } from '../../../../src/domain/state/rules.js';
import type { LabelInput } from '../../../../src/domain/voting/taste/labels.js';
import type { Vote } from '../../../../src/domain/voting/vote.js';
import { weigh } from '../../../support/taste-reference/ballot-box.js';
import * as plain from '../../../support/taste-reference/clusters.js';
import { label as labelPlainly } from '../../../support/taste-reference/labels.js';
import { label, timingClusters } from './in-one-go.js';
import { random } from './votes-made.js';

interface Crowd {
  honest: number;
  /** Share of voters whose taste is the other way round. */
  contrary: number;
  puppets: number;
  images: number;
  rounds: number;
  /** Hours over which people come. */
  hours: number;
  newcomers: number;
}

function vote(
  roll: () => number,
  voter: string,
  round: string,
  index: number,
  up: boolean,
  at: number,
): Vote {
  const marked = up || roll() < 0.3;
  const weight = marked ? 1 : 0.5;
  const known = marked && roll() < 0.9;
  const star = up && roll() < 0.05;
  return { voter, image: `${round}.${index}`, index, up, weight, star, at: known ? at : null };
}

/** Votes of each round, voters in order of their keys as rounds hand them on. */
function crowd(seed: number, { honest, contrary, puppets, images, rounds, hours }: Crowd): Vote[][] {
  const roll = random(seed);
  return Array.from({ length: rounds }, (_, r) => {
    const round = `s.${r + 1}`;
    const votes: Vote[] = [];
    for (let v = 0; v < honest; v++) {
      if (roll() < 0.2) continue;
      const begun = Math.floor(roll() * hours * 3_600_000);
      const none = roll() < 0.05;
      for (let index = 0; index < images; index++) {
        if (roll() < 0.1) continue;
        const taste = (index % 3 === 0) !== v < contrary * honest;
        const up = !none && (roll() < 0.15 ? !taste : taste);
        votes.push(vote(roll, `h${v}`, round, index, up, none ? begun : begun + index * 3000));
      }
    }
    const at = Math.floor(roll() * hours * 3_600_000);
    for (let p = 0; p < puppets; p++)
      for (const index of [1, 2, 4, 5])
        votes.push(vote(roll, `p${p}`, round, index, true, at + Math.floor(roll() * 20_000)));
    return votes.sort((a, b) => (a.voter === b.voter ? a.index - b.index : a.voter < b.voter ? -1 : 1));
  });
}

function boxOf(seed: number, made: Crowd): LabelInput {
  const all = crowd(seed, made);
  const votes = all.at(-1)!;
  return {
    votes,
    history: all.slice(0, -1).flat(),
    indices: [...Array(made.images).keys()],
    round: `s.${made.rounds}`,
    voters: new Set(votes.map(({ voter }) => voter)).size,
    isNewcomer: (voter) => Number(voter.slice(1)) % 10 < made.newcomers,
  };
}

const base: Crowd = {
  honest: 24,
  contrary: 0,
  puppets: 0,
  images: 9,
  rounds: 2,
  hours: 24,
  newcomers: 2,
};
const crowds: Record<string, Crowd> = {
  plain: base,
  'with puppets': { ...base, puppets: 9, newcomers: 0 },
  'in two camps': { ...base, contrary: 0.4, newcomers: 0 },
  'in two camps with puppets and newcomers': { ...base, contrary: 0.45, puppets: 7, newcomers: 4 },
  'all at once': { ...base, hours: 0.01 },
  'of three voters': { ...base, honest: 3, rounds: 1 },
  'of newcomers only': { ...base, newcomers: 10 },
};

/** As sessions have them that were opened before there was doubt. */
const { doubt: _doubt, labelDoubt: _label, trustShare: _trust, ...older } = defaultGuards;
const ways = [1, 2].flatMap((seed) => [
  { seed, rules: 'today', guards: defaultGuards },
  { seed, rules: 'earlier', guards: { ...older, newcomerShare: 0.25 } },
]);

describe.each(Object.entries(crowds))('a crowd %s', (_, made) => {
  it.each(ways)('is judged as the plain rules judge it ($seed, $rules)', ({ seed, guards }) => {
    const box = boxOf(seed, made);
    const mine = label(box, guards);
    const wanted = labelPlainly(box, guards);
    expect(mine.method).toBe(wanted.method);
    expect(mine.best).toBe(wanted.best);
    expect(mine.bestBound).toBeCloseTo(wanted.bestBound, 9);
    expect(mine.polarisation ?? -1).toBeCloseTo(wanted.polarisation ?? -1, 9);
    expect(mine.images).toHaveLength(made.images);
    for (const [i, { index, good, weight, votes }] of wanted.images.entries()) {
      expect(mine.images[i]!.index).toBe(index);
      expect(mine.images[i]!.good === null).toBe(good === null);
      expect(mine.images[i]!.good ?? 0).toBeCloseTo(good ?? 0, 9);
      expect(mine.images[i]!.weight).toBeCloseTo(weight, 9);
      expect(mine.images[i]!.votes).toBeCloseTo(votes, 9);
    }
  });
});

it('the same hands are found', () => {
  const sizes = [1, 2, 3, 4, 5, 6].map((seed) => {
    const made: Crowd = { ...base, honest: 25, puppets: 8, rounds: 4, hours: 2 };
    const votes = weigh(crowd(seed, made).flat());
    for (const guards of [older, defaultGuards])
      expect(timingClusters(votes, guards)).toEqual(plain.timingClusters(votes, guards));
    return plain.timingClusters(votes, defaultGuards).size;
  });
  expect(Math.max(...sizes)).toBeGreaterThan(7);
});

it('the crowds bring about every method', () => {
  const methods = Object.values(crowds).map((made) => label(boxOf(1, made), defaultGuards).method);
  expect(new Set(methods)).toEqual(new Set(['cold', 'dawid-skene', 'bridging']));
});
