/**
 * Runs a script of bench by its name: `npm run bench -- votes/measure --seconds 60`. Without a name it lists
 * them; `npm run bench -- votes/measure --help` prints what stands at the head of bench/votes/measure.mts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../src/files/paths.js';
import { scripts } from './scripts.mjs';

/** The comment that a file begins with, without its signs. */
function headOf(file: string): string {
  const source = readFileSync(file, 'utf8');
  const [comment = ''] = /^(?:\/\/.*\n)+|^\/\*\*[\s\S]*?\*\//.exec(source) ?? [];
  return comment.replace(/^(?:\/\/|\/\*\*| \*\/| \*)? ?/gm, '').trim();
}

const [name, ...rest] = process.argv.slice(2);
const known = scripts.find((one) => one === name);
if (!known) {
  const wrong = name === undefined || name === '--help' ? '' : `there is no script ${name}; `;
  console.error(`${wrong}npm run bench -- SCRIPT [--help]; SCRIPT is one of:\n  ${scripts.join('\n  ')}`);
  process.exitCode = wrong ? 2 : 0;
} else if (rest.includes('--help')) {
  console.log(headOf(projectPath('bench', `${known}.mts`)));
} else {
  const file = join(import.meta.dirname, `${known}.mjs`);
  process.argv = [process.execPath, file, ...rest];
  await import(file);
}
