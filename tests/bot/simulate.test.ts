/** The whole of `simulate` at toy size: the rounds are real ones, and the figures are shares of real pictures. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { simulateCommand } from '../../bot/simulate.js';

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

it('refuses votes that are not whole rounds', async () => {
  await expect(simulateCommand({ ...options, votes: 20 })).rejects.toMatchObject({
    code: 'usage',
    mend: expect.stringContaining('multiple of 12'),
  });
});
