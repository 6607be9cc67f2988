// One markdown table of all runs that stand in the folder: mean +- standard error over the seeds, the worst seed, the
// share of diversity that is left. Usage: node bench/table/render.mjs [--out DIR] [--check: status 1 below a floor]
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdown, mean, standardError } from '../lib/table.mjs';
import { rows as plan } from './plan.mjs';

const bench = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: join(bench, 'out', 'table') },
    check: { type: 'boolean', default: false },
  },
});
const runs = readdirSync(options.out)
  .filter((file) => file.endsWith('.json'))
  .map((file) => JSON.parse(readFileSync(join(options.out, file), 'utf8')));

const two = (x) => x.toFixed(2).replace(/^0\./, '.');
const short = [];
const table = [];
for (const row of plan) {
  const own = runs.filter((r) => r.task === row.task && r.learner === row.learner && r.votes === row.votes);
  if (own.length === 0) continue;
  const of = (key) => own.map((r) => r.final[key]);
  // One seed has no standard error.
  const error = (key) => (own.length < 2 ? '' : ` ± ${two(standardError(of(key)))}`);
  const cell = (key) => two(mean(of(key))) + error(key);
  const plain = mean(of('tuned_plain'));
  const worst = Math.min(...of('tuned_plain'));
  const kept = mean(own.map((r) => r.final.diversity / r.final.base_diversity));
  const name = `${row.task}, ${row.learner}, ${row.votes} votes`;
  if (row.floor !== undefined && plain < row.floor) short.push(`${name}: ${two(plain)} < ${two(row.floor)}`);
  if (row.learner === 'acclaim' && worst < row.floor - 0.12) short.push(`${name}: worst seed ${two(worst)}`);
  if (row.learner === 'acclaim' && kept < 0.65) short.push(`${name}: diversity ${Math.round(100 * kept)} %`);
  table.push([
    row.task,
    row.learner,
    row.votes,
    own.length,
    cell('base_plain'),
    `**${cell('tuned_plain')}**`,
    two(worst),
    cell('base_hero'),
    cell('tuned_hero'),
    `${Math.round(100 * kept)} %`,
    row.floor === undefined ? '' : `>= ${two(row.floor)}`,
  ]);
}
const head = [
  'task',
  'learner',
  'votes',
  'seeds',
  'base, plain',
  'tuned, plain',
  'worst seed',
  'base, hero',
  'tuned, hero',
  'diversity kept',
  'floor',
];
console.log(markdown(head, table));
const sizes = [...new Set(runs.map((r) => r.final.n))].join(' or ');
console.log(
  `\nSuccess = share of ${sizes} images that the judge is more than 90 % sure of; plain = N(0, I) noise, hero = noise around the best and the goods; mean ± standard error over seeds.`,
);
if (options.check && short.length > 0) {
  console.error(`below the floors:\n- ${short.join('\n- ')}`);
  process.exitCode = 1;
}
