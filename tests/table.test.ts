/**
 * The table of bench/table, from runs whose figures are made up: its means, errors and worst seeds by hand.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { projectPath } from '../src/files/paths.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-table-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const base = { n: 256, base_plain: 0.5, base_hero: null, tuned_hero: null, base_diversity: 0.5 };
function record(seed: number, final: object, run = { task: 'cat', learner: 'acclaim', votes: 64 }) {
  writeFileSync(join(dir, `s${seed}.json`), JSON.stringify({ ...run, seed, final: { ...base, ...final } }));
}

/** Column -> cell, of each line of the first table; what follows it; what fell short. */
async function rendered(...args: string[]) {
  const script = projectPath('dist/bench/table/render.mjs');
  const said = await promisify(execFile)(process.execPath, [script, '--out', dir, ...args]).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  const [table = '', , second = ''] = said.stdout.split('\n\n');
  return { rows: cells(table), traits: cells(second), short: said.stderr };
}

function cells(table: string): Map<string, string>[] {
  const [head = [], , ...lines] = table
    .trim()
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((c) => c.trim()),
    );
  // Three columns are called alike: each is named with the one before it.
  const names = head.map((name, i) => (name === 'worst seed' ? `worst of ${head[i - 1]}` : name));
  return lines.map((line) => new Map(line.map((cell, i) => [names[i]!, cell])));
}

it('has the mean, its standard error and the worst seed of success, variety and every trait beside its floor', async () => {
  const heads = { fingers: { tv: 0.4, floor: 0.2 }, snow: { tv: 0.2, floor: 0.1 } };
  const run = (plain: number, dgood: number, tv: number) => ({
    tuned_plain: plain,
    diversity: 0.4,
    dgood,
    tv: { ...heads, border: { tv, floor: 0.1 } },
  });
  record(1, run(0.9, 0.9, 0.1));
  record(2, run(1, 1, 0.3));
  const { rows, traits, short } = await rendered('--traits', '--check');
  expect(Object.fromEntries(rows[0]!)).toEqual({
    ...{ task: 'cat', learner: 'acclaim', votes: '64', seeds: '2', 'base, plain': '.50 ± .00' },
    // Two values a tenth apart: a standard deviation of .1 / sqrt 2, over sqrt 2.
    ...{ 'tuned, plain': '**.95 ± .05**', 'worst of tuned, plain': '.90' },
    ...{ dgood: '.95 ± .05', 'worst of dgood': '.90' },
    ...{ border: '.20 ± .10; .30; .10', "judge's other heads": '.30 ± .00; .30; .15' },
    ...{ 'diversity kept': '80 %', floor: '>= .85' },
  });
  expect(traits.map((line) => [...line.values()].slice(3))).toEqual([
    ['fingers', '.40 ± .00', '.40', '.20', '.20'],
    ['snow', '.20 ± .00', '.20', '.10', '.10'],
    ['border', '.20 ± .10', '.30', '.10', '.10'],
  ]);
  expect(short).toContain('cat, acclaim, 64 votes: fingers .20 above its floor > .10');
  expect(short).not.toMatch(/snow|border|dgood|success/);
});

it('counts a seed that has too few good pictures as the worst, and says below which bounds a row is', async () => {
  record(1, { tuned_plain: 0.6, diversity: 0.2, dgood: 0.8, tv: {} });
  record(2, { tuned_plain: 0.8, diversity: 0.2, dgood: null, tv: {} });
  const { rows, short } = await rendered('--check');
  expect(rows[0]!.get('dgood')).toBe('.80 (of 1)');
  expect(rows[0]!.get('worst of dgood')).toBe('none');
  for (const why of [
    'success .70 < .85',
    'success of the worst seed .60 < .73',
    'diversity .40 < .65',
    'dgood .80 < .93',
    'dgood of the worst seed .80 < .85',
    'a seed has too few good images',
  ])
    expect(short).toContain(why);
});

it('has no columns for what older runs did not measure', async () => {
  record(1, { tuned_plain: 0.9, diversity: 0.4 });
  const { rows, short } = await rendered('--check');
  expect([...rows[0]!.keys()].at(-2)).toBe('diversity kept');
  expect(rows[0]!.has('dgood')).toBe(false);
  expect(short).toBe('');
});
