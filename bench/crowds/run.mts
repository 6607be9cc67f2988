// What do the guards hold, and what do they cost honest people? The crowds of config/crowds/ over seeds that
// no number was chosen on, without guards, with those of sessions from before there was doubt, and with
// today's; and how long a round of a thousand voters is judged. Usage: npm run bench -- crowds/run [--crowds
// a,b] [--seeds 20] [--first 1] [--rounds 20] [--out FILE] [--set doubt=0.3]
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { playRounds } from '../../bot/simulate/crowd/rounds.js';
import { measureCrowd } from '../../bot/simulate/crowd/undrawn.js';
import { crowdNames, loadCrowd } from '../../src/config/crowds.js';
import { defaultGuards, defaultRules } from '../../src/domain/state/rules.js';
import { judgeRound } from '../../src/domain/voting/feedback.js';
import { projectPath } from '../../src/files/paths.js';
import { machine, markdown, median } from '../lib/table.mjs';

/** Tastes are of drawn pictures. */
const hasNoTastes = (name: string) => loadCrowd(name).tastes === null;
const { values: options } = parseArgs({
  options: {
    crowds: { type: 'string', default: crowdNames().filter(hasNoTastes).join(',') },
    seeds: { type: 'string', default: '20' },
    first: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '20' },
    out: { type: 'string', default: projectPath('bench/out/crowds.json') },
    set: { type: 'string', multiple: true, default: [] },
  },
});
const seeds = Array.from({ length: Number(options.seeds) }, (_, i) => Number(options.first) + i);
const rounds = Number(options.rounds);
const set = Object.fromEntries(
  options.set.map((one) => one.split('=')).map(([key, value]) => [key, Number(value)]),
);
const { doubt: _doubt, labelDoubt: _label, trustShare: _trust, ...rest } = defaultGuards;
const before = { ...rest, newcomerShare: 0.25 };
const ways = { none: { ...before, from: 1e9 }, before, now: { ...defaultGuards, ...set } };

const percent = (part: number, of: number) => (of > 0 ? `${((100 * part) / of).toFixed(1)} %` : '-');
type Figures = ReturnType<typeof measureCrowd> & { crowd: string; guards: string; hostile: boolean };
const figures: Figures[] = [];
for (const name of options.crowds.split(',')) {
  const crowd = loadCrowd(name);
  for (const [guards, numbers] of Object.entries(ways))
    figures.push({
      crowd: name,
      hostile: crowd.attack !== null,
      guards,
      ...measureCrowd(crowd, seeds, rounds, numbers),
    });
  process.stderr.write(`${name}\n`);
}

const row = ({ crowd, guards, ...f }: Figures) => [
  crowd,
  guards,
  percent(f.crowned, f.attacked),
  percent(f.fooled, f.attacked),
  percent(f.badAsGood, f.bad),
  (f.auc / f.aucRounds).toFixed(3),
  percent(f.labelled, f.pictures),
  percent(f.named, f.rounds),
  percent(f.namedGood, f.named),
  percent(f.cast - f.weighed, f.cast),
];
const head = [
  'crowd',
  'guards',
  'attacked one is the best',
  'labelled good',
  'bad ones labelled good',
  'AUC',
  'labelled',
  'a best is named',
  'of these good',
  'weight honest votes lost',
];
console.log(`${seeds.length} seeds from ${seeds[0]}, ${rounds} rounds each; ${machine()}\n`);
console.log(markdown(head, figures.map(row)));

// A thousand voters, all of whom come, in nine rounds: the last one is judged with eight before it.
const thousand = loadCrowd('teachers');
thousand.people = { ...thousand.people, count: 1000, active: 1 };
const rules = { ...defaultRules, guards: ways.now };
const { state } = [...playRounds({ crowd: thousand, seed: seeds[0]!, rounds: 9, rules })].at(-1)!;
const last = state.rounds.at(-1)!;
const ms = median(
  Array.from({ length: 5 }, () => {
    const began = process.cpuUsage();
    judgeRound(state, last, last.closedAt!);
    const { user, system } = process.cpuUsage(began);
    return Math.round((user + system) / 1000);
  }),
);
console.log(`\nA round of 1,000 voters, eight rounds before it: ${ms} ms of CPU (median of 5)`);
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(
  options.out,
  `${JSON.stringify({ seeds, rounds, machine: machine(), figures, thousandMs: ms }, null, 2)}\n`,
);
