/**
 * The guards against what they are there for: clocks that tick together, crowds of new accounts, a split
 * community.
 */
import { describe, expect, it } from 'vitest';
import { defaultGuards } from '../../../../src/domain/state/rules.js';
import { wilsonLower } from '../../../../src/domain/voting/taste/statistics.js';
import type { WeightedVote } from '../../../support/taste-reference/ballot-box.js';
import { bridging as bridgingPlainly } from '../../../support/taste-reference/bridging.js';
import {
  bridging,
  capNewcomers,
  dawidSkene,
  label,
  oppositeShare,
  shareWithinClusters,
  timingClusters,
} from './in-one-go.js';
import { random, table } from './votes-made.js';

const minute = 60_000;

/**
 * `honest` voters over an hour each at their own times; `puppets` up-vote the attacked images within ten
 * seconds.
 */
function rounds(
  seed: number,
  honest: number,
  puppets: number,
  attacked: (round: number) => number,
): WeightedVote[] {
  const roll = random(seed);
  const votes: WeightedVote[] = [];
  for (let round = 1; round <= 6; round++) {
    const cast = (voter: string, index: number, up: boolean, at: number): void => {
      votes.push({ voter, image: `r${round}.${index}`, index, up, weight: 1, w: 1, star: false, at });
    };
    for (let v = 0; v < honest; v++) {
      if (roll() > 0.4) continue;
      const start = roll() * 600 * minute;
      for (let index = 0; index < 24; index++) {
        if (roll() > 0.35) continue;
        const good = index % 4 === 0;
        cast(`h${v}`, index, roll() < 0.15 ? !good : good, start + index * 4000);
      }
    }
    const start = roll() * 600 * minute;
    for (let v = 0; v < puppets; v++) cast(`p${v}`, attacked(round), true, start + roll() * 10_000);
  }
  return votes;
}

describe('timing clusters', () => {
  it('join accounts that vote together, all in one', () => {
    const votes = rounds(3, 40, 12, () => 1);
    const clusters = timingClusters(votes, defaultGuards);
    const names = Array.from({ length: 12 }, (_, v) => clusters.get(`p${v}`));
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toBeDefined();
    expect(new Set([...clusters].filter(([, name]) => name === names[0]).map(([voter]) => voter[0]))).toEqual(
      new Set('p'),
    );
  });

  it('link hardly any honest voters, though some come at the same minute by chance', () => {
    let linked = 0;
    for (let seed = 0; seed < 20; seed++) {
      linked += timingClusters(
        rounds(seed, 40, 0, () => 1),
        defaultGuards,
      ).size;
    }
    expect(linked / (20 * 40)).toBeLessThan(0.05);
  });

  it('count votes without a time not at all', () => {
    const swept = rounds(3, 40, 12, () => 1).map((vote) => ({ ...vote, at: null }));
    expect(timingClusters(swept, defaultGuards).size).toBe(0);
  });

  it('are one vote per image and direction', () => {
    const votes = table({ a: '++', b: '+-', c: '+ ' });
    const shared = shareWithinClusters(votes, new Map(['a', 'b', 'c'].map((voter) => [voter, 'a'])));
    const weight = (image: string, up: boolean): number =>
      shared.filter((vote) => vote.image === image && vote.up === up).reduce((sum, vote) => sum + vote.w, 0);
    expect(weight('r.0', true)).toBeCloseTo(1);
    expect(weight('r.1', true)).toBeCloseTo(1);
    expect(weight('r.1', false)).toBeCloseTo(1);
  });
});

describe('newcomers', () => {
  it('weigh together no more than a quarter of (the others + 1)', () => {
    const votes = table({ old: '+ ', elder: '- ', n1: '++', n2: '++', n3: '++' });
    const capped = capNewcomers(votes, (voter) => voter.startsWith('n'), 0.25);
    const sum = (image: string): number =>
      capped.filter((v) => v.image === image && v.voter.startsWith('n')).reduce((s, v) => s + v.w, 0);
    expect(sum('r.0')).toBeCloseTo(0.25 * (2 + 1));
    expect(sum('r.1')).toBeCloseTo(0.25);
    expect(capped.find((vote) => vote.voter === 'old')!.w).toBe(1);
  });
});

describe('a split community', () => {
  const left = '++++++------++++';
  const right = '------++++++++++';
  const camps = table({
    ...Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`l${i}`, left])),
    ...Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`r${i}`, right])),
  });

  it('is noticed: the smaller camp seems to vote the other way round', () => {
    expect(oppositeShare(camps, dawidSkene(camps).voters)).toBeGreaterThan(defaultGuards.polarised);
    const honest = table(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`v${i}`, left])));
    expect(oppositeShare(honest, dawidSkene(honest).voters)).toBe(0);
  });

  it('finds by bridging what both camps like', () => {
    const p = bridging(camps);
    const both = p.get('r.14')!;
    for (const index of [0, 3, 7, 10]) expect(both).toBeGreaterThan(p.get(`r.${index}`)! + 0.2);
    expect(p.get('r.0')).toBeCloseTo(p.get('r.3')!, 6);
  });

  it('is judged by bridging as the plain form of it judges, however few voted on what, and with what weights', () => {
    const marks = ['+', '-', 'o', ' '];
    for (let seed = 0; seed < 40; seed++) {
      const roll = random(seed);
      const row = () => Array.from({ length: 5 }, () => marks[Math.floor(roll() * 4)]).join('');
      const votes = table(
        Object.fromEntries(Array.from({ length: 2 + (seed % 6) }, (_, v) => [`v${v}`, row()])),
      );
      const weighed = votes.map((vote) => ({ ...vote, w: seed % 2 ? vote.w : Math.floor(roll() * 3) / 2 }));
      const [found, plain] = [bridging(weighed), bridgingPlainly(weighed)];
      expect([...found.keys()].sort(), `${seed}`).toEqual([...plain.keys()].sort());
      for (const [image, share] of plain) expect(found.get(image), `${seed} ${image}`).toBeCloseTo(share, 9);
    }
    expect(bridging([]).size).toBe(0);
    expect(bridging(table({ a: '+-' }).map((vote) => ({ ...vote, w: 0 }))).size).toBe(0);
  });

  it('may be turned round: what all call bad instead of good is as bad by bridging as it was good', () => {
    const p = bridging(camps);
    const turned = bridging(camps.map((vote) => ({ ...vote, up: !vote.up })));
    for (const [image, share] of p) expect(turned.get(image)).toBeCloseTo(1 - share, 6);
  });

  it('is told so, and its best is an image of both', () => {
    const votes = camps.map((vote) => ({ ...vote, star: vote.voter === 'l0' && vote.index === 14 }));
    const labels = label(
      { votes, history: [], indices: [...Array(16).keys()], round: 'r', voters: 11, isNewcomer: () => false },
      defaultGuards,
    );
    expect(labels.method).toBe('bridging');
    expect(labels.polarisation).toBeCloseTo(5 / 11, 6);
    expect(labels.best).toBe(14);
  });

  it('is told which pictures divide it, the widest first, and none that both camps like or that few voted on', () => {
    const told = (votes: WeightedVote[]) =>
      label(
        {
          votes,
          history: [],
          indices: [...Array(16).keys()],
          round: 'r',
          voters: 11,
          isNewcomer: () => false,
        },
        defaultGuards,
      ).divides;
    expect(told(camps)).toEqual([0, 1, 2]);
    // Two of six go over: they differ by two thirds there, and by all elsewhere.
    const over = (vote: WeightedVote) => vote.index === 0 && ['l0', 'l1'].includes(vote.voter);
    expect(told(camps.map((vote) => (over(vote) ? { ...vote, up: false } : vote)))).toEqual([1, 2, 3]);
    const wide = camps.filter(
      ({ index, voter }) => index > 11 || index < 2 || (index === 2 && /[lr]0/.test(voter)),
    );
    const long = camps.map((vote) => ({ ...vote, image: `q.${vote.index}` }));
    const labels = label(
      {
        votes: wide,
        history: long,
        indices: [...Array(16).keys()],
        round: 'r',
        voters: 11,
        isNewcomer: () => false,
      },
      defaultGuards,
    );
    expect([labels.method, labels.divides]).toEqual(['bridging', [0, 1]]);
    const honest = table(Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`v${i}`, left])));
    expect(told(honest)).toBeUndefined();
  });
});

describe('labels of five voters and more', () => {
  const indices = [0, 1, 2, 3];
  const box = (votes: WeightedVote[], isNewcomer = (_: string) => false) =>
    label(
      { votes, history: [], indices, round: 'r', voters: 6, isNewcomer },
      { ...defaultGuards, newcomerShare: 0.25 },
    );

  it('are soft, weigh |2p - 1|, and name the best by its lower bound', () => {
    const votes = table({ a: '++--', b: '++--', c: '+---', d: '+---', e: '++--', f: '+---' });
    const labels = box(votes);
    expect(labels.method).toBe('dawid-skene');
    expect(labels.images[0]!.good).toBeGreaterThan(0.9);
    expect(labels.images[3]!.good).toBeLessThan(0.1);
    for (const { good, weight } of labels.images)
      if (good !== null) expect(weight).toBeCloseTo(Math.abs(2 * good - 1), 12);
    expect(labels.best).toBe(0);
    expect(labels.bestBound).toBeCloseTo(wilsonLower(6, 6), 12);
  });

  it('need three effective votes for a good, and three established ups for a best', () => {
    const labels = box(
      table({ a: '+   ', b: '+   ', n1: '+   ', n2: '+   ', n3: '+   ', c: '   -' }),
      (voter) => voter.startsWith('n'),
    );
    expect(labels.images[0]).toMatchObject({ good: null, weight: 0 });
    expect(labels.images[0]!.votes).toBeCloseTo(2.75);
    expect(labels.images[1]).toMatchObject({ good: null, votes: 0 });
    expect(labels.best).toBeNull();
  });

  it('need three voters for a bad, of whom newcomers are few and who left it unmarked is one', () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    const votes = table(Object.fromEntries(five.map((voter) => [voter, '+---'])));
    const bads = (list: WeightedVote[], isNewcomer = (_: string) => false) =>
      box(list, isNewcomer).images.filter(({ good }) => good !== null && good < 0.5).length;
    expect(bads(votes)).toBe(3);
    expect(bads(votes.map((vote) => (vote.up ? vote : { ...vote, weight: 0.5, w: 0.5 })))).toBe(3);
    expect(bads(votes.filter(({ voter, up }) => up || voter < 'c'))).toBe(0);
    expect(bads(votes, () => true)).toBe(0);
  });

  /** Share of trials in which the puppets' bad image is named best. */
  const crowned = (guards: typeof defaultGuards, puppetsAreNew: boolean): number => {
    let crowns = 0;
    const trials = 30;
    for (let seed = 100; seed < 100 + trials; seed++) {
      const all = rounds(seed, 40, 12, () => 1);
      const votes = all.filter((vote) => vote.image.startsWith('r6.'));
      const labels = label(
        {
          votes,
          history: all.filter((vote) => !vote.image.startsWith('r6.')),
          indices: [...Array(24).keys()],
          round: 'r6',
          voters: new Set(votes.map((vote) => vote.voter)).size,
          isNewcomer: (voter) => puppetsAreNew && voter.startsWith('p'),
        },
        guards,
      );
      if (labels.best === 1) crowns += 1;
    }
    return crowns / trials;
  };

  it('let twelve sock-puppets crown their image hardly ever, new accounts or old ones', () => {
    expect(crowned(defaultGuards, true)).toBeLessThanOrEqual(0.034);
    expect(crowned(defaultGuards, false)).toBeLessThanOrEqual(0.034);
  });

  it('which without the clusters they do in one trial of five, two of three of whoever votes on it being puppets', () => {
    expect(crowned({ ...defaultGuards, clusterPairs: 1e9 }, false)).toBeGreaterThan(0.1);
    const { doubt: _, ...earlier } = { ...defaultGuards, clusterPairs: 1e9 };
    expect(crowned(earlier, false)).toBeGreaterThan(0.1);
  });
});
