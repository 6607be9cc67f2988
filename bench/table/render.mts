// One markdown table of all runs that stand in the folder: mean +- standard error over the seeds and the
// worst seed, of success, of variety among good pictures, and of traits that nobody voted about beside what
// chance alone makes of them. Usage: npm run bench -- table/render [--out DIR] [--traits: a line for each
// trait] [--check: status 1 below a bound]
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectPath } from '../../src/files/paths.js';
import { markdown } from '../lib/table.mjs';
import { bounds, rows as plan } from './plan.mjs';
import { filled, head, line, type Run, shortOf, traitHead, traitLines } from './rows-of.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: projectPath('bench/out/table') },
    traits: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const runs = readdirSync(options.out)
  .filter((file) => file.endsWith('.json'))
  .map((file): Run => JSON.parse(readFileSync(join(options.out, file), 'utf8')));
const rows = plan
  .map((row) => ({
    row,
    own: runs.filter((r) => r.task === row.task && r.learner === row.learner && r.votes === row.votes),
  }))
  .filter(({ own }) => own.length > 0);

const lines = rows.map(({ row, own }) => line(row, own));
console.log(markdown(...filled(head, lines)));
const sizes = [...new Set(runs.map((r) => r.final.n))].join(' or ');
console.log(
  `\nSuccess = share of ${sizes} images that the judge is more than 90 % sure of; plain = N(0, I) noise, hero = noise around the best and the goods; mean ± standard error over seeds. dgood = diversity of good tuned images / of good base images. Border, centre, latent, heads: total variation of traits nobody voted about, mean ± error; worst seed; what chance alone makes.`,
);
if (options.traits)
  console.log(
    `\n${markdown(
      traitHead,
      rows.flatMap(({ row, own }) => traitLines(row, own)),
    )}`,
  );

const short = rows.flatMap(({ row, own }) =>
  shortOf(row, own, bounds).map((why) => `${row.task}, ${row.learner}, ${row.votes} votes: ${why}`),
);
if (options.check && short.length > 0) {
  console.error(`below the bounds:\n- ${short.join('\n- ')}`);
  process.exitCode = 1;
}
