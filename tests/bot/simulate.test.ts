/**
 * The whole of `simulate` at toy size: the rounds are real ones, and the figures are shares of real pictures.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { FakePlatform } from '../../bot/platforms/fake/platform.js';
import { type Branch, simulateDivided } from '../../bot/simulate/crowd/divided.js';
import { simulateCommand } from '../../bot/simulate/simulate.js';
import { Voters } from '../../bot/simulate/voters.js';
import { faultsOf, loadJudge } from '../../engine/judge.js';
import type { Ballot } from '../../src/domain/state/round.js';

// Seconds on an idle machine; a busy one may starve the engine, which is polite.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

const dir = mkdtempSync(join(tmpdir(), 'acclaim-simulate-test-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const options = {
  task: 'hazard',
  votes: 24,
  perRound: 6,
  voters: 2,
  seed: 1,
  flip: 0,
  threads: 1,
  figures: 4,
  cache: dir,
  set: ['sampler.steps=2', 'learner.steps=1', 'learner.batch=4', 'learner.microBatch=4'],
};
const success = expect.toSatisfy((x: number) => x >= 0 && x <= 1);

it('writes what it measured, and the same again for the same seed', async () => {
  const json = join(dir, 'figures.json');
  const lines: string[] = [];
  const result = await simulateCommand({ ...options, json, onProgress: (line) => lines.push(line) });
  expect(JSON.parse(readFileSync(json, 'utf8'))).toEqual(result);
  expect(result).toMatchObject({ task: 'hazard', learner: 'acclaim', seed: 1, votes: 24, flip: 0 });
  expect(result.rounds.map((r) => r.votes)).toEqual([12, 24]);
  expect(lines[0]).toMatch(/round 1 of 2: \d+ % good/);
  const { n, ...figures } = result.final;
  expect(n).toBe(4);
  expect(Object.keys(figures)).toEqual([
    'tuned_plain',
    'tuned_hero',
    'base_plain',
    'base_hero',
    'diversity',
    'base_diversity',
    'dgood',
    'goods',
    'tv',
  ]);
  const { diversity, base_diversity, dgood, goods, tv, ...shares } = figures;
  expect(goods).toEqual({ base: 4 * figures.base_plain, tuned: 4 * figures.tuned_plain });
  // Of four pictures there may be too few good ones.
  const comparable = goods.base > 1 && goods.tuned > 1;
  expect([dgood !== null, Object.keys(tv).length > 0]).toEqual([comparable, comparable]);
  for (const share of [...Object.values(shares), ...result.rounds.map((r) => r.success)])
    expect(share).toEqual(success);
  // A distance, in units of pure noise's: two steps may spread pictures further than noise.
  for (const distance of [diversity, base_diversity]) expect(distance).toBeGreaterThan(0.2);
  const again = await simulateCommand({ ...options, figuresOf: 'plain' });
  const plain = { ...result.final, tuned_hero: null, base_hero: null };
  expect({ ...again, seconds: 0 }).toEqual({ ...result, final: plain, seconds: 0 });
});

it('splits a crowd of two tastes where its moderator says so, and judges what each camp learned by both', async () => {
  const crowd = join(dir, 'never.yaml');
  writeFileSync(
    crowd,
    `about: two camps that never agree
people: { count: 8, active: 1, skip: 0, equal: 0, mistake: 0, beta: 9, factions: [0.5, 0.5] }
tastes: [{ snow: 1 }, { snow: 0 }]
`,
  );
  const { votes: _, ...rest } = options;
  const few = ['sampler.steps=3', ...options.set.slice(1)];
  const asked = { ...rest, task: 'rose', crowd, voters: 1, perRound: 12, figures: 2, set: few };
  const { branches } = await simulateDivided({ ...asked, rounds: 2, split: 1 });
  const [a, b] = branches as [Branch, Branch];
  // Of eight people all come, and nobody of one camp is in the other.
  expect([a.camp, b.camp]).toEqual(['A', 'B']);
  expect([...a.people, ...b.people].sort()).toEqual([0, 0, expect.any(Number), expect.any(Number)]);
  const members = ({ people }: Branch) => people[0] + people[1];
  expect(members(a) + members(b)).toBe(8);
  for (const branch of [a, b]) {
    // Everybody marks in both channels; the camp's votes count there.
    expect(branch.rounds.map(({ votes }) => votes)).toEqual([12 * members(branch)]);
    for (const { base, tuned } of branch.tastes) expect([base, tuned]).toEqual([success, success]);
  }
  await expect(simulateDivided({ ...asked, crowd: 'teachers', rounds: 2 })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('has one taste'),
  });
});

it('refuses votes that are not whole rounds', async () => {
  await expect(simulateCommand({ ...options, votes: 20 })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('multiple of 12'),
  });
});

it('voters who give reasons vote as others do, and name one fault of each picture that they do not like', async () => {
  const judge = loadJudge('models/mini/judge');
  const { fingers, kind } = judge.config.heads;
  const sees = (hand: string, count: number) => {
    const values = { kind: kind!.indexOf(hand), fingers: fingers!.indexOf(count) };
    return faultsOf(judge, 'hand', { good: false, score: -1, values });
  };
  expect([sees('hand', 3), sees('hand', 7), sees('rose', 4), sees('hand', 5)]).toEqual([
    ['few'],
    ['many'],
    ['thing', 'few'],
    ['ugly'],
  ]);
  const colour = { kind: kind!.indexOf('cat'), ccol: judge.config.heads.ccol!.indexOf('grey'), place: 0 };
  expect(faultsOf(judge, 'cat', { good: false, score: -1, values: colour })).toEqual(['colour']);
  expect(faultsOf(judge, 'cat', { good: true, score: 0, values: colour })).toEqual([]);

  const marksOf = async (reasons: boolean) => {
    const platform = new FakePlatform();
    const marks: string[] = [];
    await platform.start(async (event) => {
      if (event.kind === 'reaction') marks.push(event.emoji);
    });
    const card = {
      kind: 'ballot',
      key: 'k',
      title: '',
      text: '',
      pictures: [],
      reactions: [],
      buttons: [],
    } as const;
    const { message } = await platform.post('c', {
      ...card,
      pictures: [],
      reactions: [],
      buttons: [],
      progress: null,
    });
    const ballot = { style: 'sheet', cells: [0, 1, 2], message } as unknown as Ballot;
    const said = [[], ['few', 'ugly'], ['many']];
    const verdicts = said.map((faults, index) => ({
      index,
      good: faults.length === 0,
      score: -index,
      faults,
    }));
    const voters = new Voters({ platform, channel: 'c', count: 1, flip: 0, seed: 1, reasons });
    await voters.vote(1, [ballot], verdicts);
    return marks;
  };
  const [plain, reasoned] = [await marksOf(false), await marksOf(true)];
  expect(plain).toEqual(['1', 'star-1', 'done']);
  expect(reasoned.filter((mark) => plain.includes(mark))).toEqual(plain);
  expect(reasoned.filter((mark) => !plain.includes(mark))).toEqual([
    expect.stringMatching(/^(few|ugly)-2$/),
    'many-3',
  ]);
});
