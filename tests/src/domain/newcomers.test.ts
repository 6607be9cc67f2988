/**
 * Who is a newcomer: measured by a community that was there before them, and by its own age where it is young
 * itself.
 */
import { describe, expect, it } from 'vitest';
import type { Voter } from '../../../src/domain/state/model.js';
import { inCamp, type Split } from '../../../src/domain/state/split.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { newcomers } from '../../../src/domain/voting/newcomers.js';
import { person, World } from '../../support/world.js';

const hour = 3_600_000;
const day = 24 * hour;

/** People who joined so long ago, with accounts that are years old unless `born` says so. */
function members(world: World, joined: Record<string, number>, born = 1000 * day): void {
  for (const [key, ago] of Object.entries(joined)) {
    const voter = { ...person(key), bornAt: world.now - born, joinedAt: world.now - ago };
    world.send({ kind: 'consent', voter, given: true, at: world.now });
  }
}

const those = (name: string, count: number, ago: (i: number) => number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`${name}${i}`, ago(i)]));

/** A round of nine pictures that takes votes. */
function opened(): World {
  const world = new World({ imagesPerRound: 9, quorum: 99, roundMs: day }, false);
  world.settle();
  return world;
}

function vote(world: World, people: Record<string, number>, ...marks: string[]): void {
  // Seconds apart, as people are, so that nobody is taken for somebody else's second hand.
  for (const key of Object.keys(people))
    for (const mark of marks) {
      world.now += 61_000;
      world.react(key, world.live()[0]!, mark);
    }
}

function judged(world: World): { labels: string; best: number | null } {
  const { images, best } = judgeRound(world.state, world.round, world.now).feedback;
  return {
    best,
    labels: images.map(({ good }) => (good === null ? '?' : good > 0.5 ? '+' : '-')).join(''),
  };
}

const newOnes = (world: World, people: Record<string, number>): number =>
  Object.keys(people).filter(newcomers(world.state, world.now, 3)).length;

it('of a camp are measured by their own: what the other has voted in since makes nobody of it new', () => {
  const world = opened();
  const [ours, theirs] = [those('b', 4, () => 30 * day), those('a', 4, () => 30 * day)];
  members(world, { ...ours, ...theirs });
  const made: Split = { parent: 'p', sessions: { A: 'sa', B: 'sb' }, likes: { A: [], B: [] } };
  const rows = [...world.state.voters].map(([key, row]) => {
    const camp = key in ours ? 'B' : 'A';
    return [key, inCamp({ ...row, rounds: camp === 'B' ? 1 : 2 }, made, { camp, since: 0 })] as const;
  });
  const session = { ...world.state.session, split: { ...made, camp: 'B' as const } };
  const isNew = newcomers({ ...world.state, session, voters: new Map(rows) }, world.now, 3);
  expect(Object.keys(ours).filter(isNew)).toEqual([]);
});

describe('a server that is younger than newcomers are', () => {
  it('has its pictures called what its people call them', () => {
    const world = opened();
    const all = those('m', 6, (i) => 3 * day - i * 5 * hour);
    members(world, all);
    vote(world, all, '1', '2', 'star-1');
    expect(judged(world)).toEqual({ labels: '++-------', best: 0 });
  });

  it('is young though its owner made it long ago', () => {
    const world = opened();
    const all = { owner: 900 * day, ...those('m', 6, (i) => 5 * hour - i * 60_000) };
    members(world, all);
    vote(world, all, '1', '2', 'star-1');
    expect(judged(world)).toEqual({ labels: '++-------', best: 0 });
  });

  it('is led nowhere by a crowd that came when it had been there', () => {
    for (const [joined, born] of [
      [hour, 1000 * day],
      [3 * day, 2 * day],
    ] as const) {
      const world = opened();
      const [all, crowd] = [those('m', 6, (i) => 3 * day - i * hour), those('c', 25, () => joined)];
      members(world, all);
      members(world, crowd, born);
      expect([newOnes(world, all), newOnes(world, crowd)]).toEqual([0, 25]);
      vote(world, all, '1', '2', 'star-1');
      vote(world, crowd, '9', 'star-9');
      const { labels, best } = judged(world);
      expect([labels.slice(0, 2), best]).toEqual(['++', 0]);
      // Sure enough to be called bad, or not called anything.
      expect(labels[8]).toMatch(/[-?]/);
    }
  });

  it('is one no more after four weeks, and nobody becomes a newcomer again on the way there', () => {
    const world = opened();
    const all = those('m', 9, (i) => (9 - i) * 8 * hour);
    members(world, all);
    const counts: number[] = [];
    for (let days = 0; days < 40; days++) {
      counts.push(newOnes(world, all));
      world.now += day;
    }
    expect(counts[0]).toBe(3);
    expect(counts.toSorted((a, b) => b - a)).toEqual(counts);
    members(world, { late: 13 * day });
    expect(newOnes(world, { late: 0 })).toBe(1);
  });
});

describe('a newcomer', () => {
  const world = new World({}, false);
  world.consent('old');
  const old = { ...world.state.voters.get('old')!, consentAt: world.now - 300 * day };
  const is = (change: Partial<Voter>, rounds = [10, 10, 10]): boolean => {
    const voters = new Map<string, Voter>([
      ...rounds.map((many, i): [string, Voter] => [`old${i}`, { ...old, key: `old${i}`, rounds: many }]),
      ['new', { ...old, key: 'new', rounds: 5, ...change }],
    ]);
    return newcomers({ ...world.state, voters }, world.now, 3)('new');
  };

  it('is known by a young account, a late joining, or few rounds', () => {
    expect(is({})).toBe(false);
    expect(is({ bornAt: world.now - 29 * day })).toBe(true);
    expect(is({ bornAt: world.now - 31 * day })).toBe(false);
    expect(is({ joinedAt: world.now - 13 * day })).toBe(true);
    expect(is({ joinedAt: world.now - 15 * day })).toBe(false);
    expect(is({ rounds: 2 })).toBe(true);
    expect(is({ rounds: 2, trusted: true })).toBe(false);
  });

  it('is nobody in a community where none has voted yet, nor because one has voted more than all others', () => {
    expect(is({ rounds: 0 }, [0, 0, 0])).toBe(false);
    expect(is({ rounds: 1 }, [2, 2, 2])).toBe(true);
    expect(is({ rounds: 1 }, [3, 1, 1])).toBe(false);
    expect(is({ rounds: 0 }, [3, 0, 0])).toBe(true);
  });

  it('is whoever comes to an open page that is older than they are, and never somebody for a day less', () => {
    const page = (ages: number[]) => {
      const voters = new Map(
        ages.map((age, i): [string, Voter] => [
          `${i}`,
          { ...old, key: `${i}`, platform: 'web', bornAt: world.now - age },
        ]),
      );
      return [...voters.keys()].filter(newcomers({ ...world.state, voters }, world.now, 3)).length;
    };
    expect(page([6 * day, 5 * day, 4 * day, ...Array(60).fill(hour)])).toBe(60);
    expect(page(Array(60).fill(23 * hour))).toBe(60);
    expect(page(Array(60).fill(25 * hour))).toBe(0);
  });

  it('is measured by people who may count, each of them once', () => {
    const measured = (change: Partial<Voter>, ago: number) => {
      const voters = new Map(
        Object.entries({ ...those('old', 3, () => 400 * day), ...those('m', 4, () => ago) }).map(
          ([key, joined]): [string, Voter] => {
            const row = { ...old, key, joinedAt: world.now - joined };
            return [key, key.startsWith('old') ? { ...row, ...change } : row];
          },
        ),
      );
      return newcomers({ ...world.state, voters }, world.now, 3)('m0');
    };
    expect(measured({}, 3 * day)).toBe(true);
    const changes: Partial<Voter>[] = [
      { excluded: true },
      { waits: true },
      { pseudonym: true },
      { person: 'one' },
    ];
    for (const change of changes) expect(measured(change, 3 * day)).toBe(false);
  });
});
