/**
 * `npm run mutate -- AREA [--seed 1] [--share 0.1] [--files src/domain/voting/ledger.ts,...]`: draws mutants
 * of an area (areas.mjs) and says which of them no test of the area notices. Goes on from the last run of the
 * same area and seed: what was killed stays so while its tests and its file do. The report is
 * bench/out/mutate/AREA-SEED.json; exit status 1 below the area's bar.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { areas } from './areas.mjs';
import { lot } from './draw.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' },
    share: { type: 'string' },
    files: { type: 'string' },
  },
});
const name = positionals[0] ?? '';
const area = areas[name];
if (!area) {
  console.error(`an area, one of: ${Object.keys(areas).join(', ')}`);
  process.exit(2);
}
process.chdir(root);
process.env.MUTATE_AREA = name;
const share = Number(values.share ?? area.share);
const folder = join(root, 'bench/out/mutate');
mkdirSync(folder, { recursive: true });

const results = await new Stryker({
  configFile: undefined,
  mutate: values.files?.split(',') ?? area.files,
  // The wording of texts is looked at by eye, and names and fields that are wrong do not compile.
  mutator: { excludedMutations: ['StringLiteral', 'ObjectLiteral'] },
  testRunner: 'vitest',
  vitest: { configFile: 'bench/mutate/vitest.config.mjs', related: false },
  plugins: ['@stryker-mutator/vitest-runner', join(root, 'bench/mutate/sample.mjs')],
  checkers: ['sample'],
  draw: { seed: values.seed, share, root },
  warnings: { unknownOptions: false },
  coverageAnalysis: 'perTest',
  concurrency: 1,
  timeoutMS: 20_000,
  // Beside other work the tests of an area take far longer than its usual 5.
  dryRunTimeoutMinutes: 30,
  incremental: true,
  incrementalFile: `bench/out/mutate/${name}-${values.seed}-${share}.incremental.json`,
  // It would rewrite the paths in it by TypeScript's own parser, which TypeScript 7 does not hand out; the
  // tests need none.
  tsconfigFile: 'none.json',
  ignorePatterns: ['bench/out', 'docs/images', 'data'],
  tempDirName: 'bench/out/mutate/tmp',
  reporters: ['progress-append-only'],
  allowConsoleColors: false,
}).runMutationTest();

// Told by lines and columns from 1, where a checker hears of them from 0.
const mutants = results
  .map(({ fileName, location, mutatorName, replacement, status }) => {
    const { line, column } = location.start;
    const file = relative(root, fileName);
    return { file, line, column, mutatorName, replacement, status };
  })
  .filter((mutant) => lot(values.seed, mutant) < share);
const noticed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout');
const missed = mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage');
for (const { file, line, column, mutatorName, replacement, status } of missed) {
  const short = replacement.replace(/\s+/g, ' ').slice(0, 90);
  console.log(`${status}: ${file}:${line}:${column} ${mutatorName} -> ${short}`);
}
const valid = noticed.length + missed.length;
const percent = (100 * noticed.length) / valid;
writeFileSync(
  join(folder, `${name}-${values.seed}.json`),
  `${JSON.stringify({ area: name, share, of: results.length, drawn: valid, killed: noticed.length, mutants }, null, 2)}\n`,
);
console.log(
  `${name}: ${noticed.length} of ${valid} drawn mutants killed, ${percent.toFixed(1)} % (bar ${area.bar}); ${results.length} in all`,
);
process.exitCode = percent < area.bar ? 1 : 0;
