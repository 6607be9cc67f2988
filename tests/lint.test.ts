/**
 * Compiler, format and lint rules hold for the whole checkout; `npm run format` mends most of what biome
 * says.
 */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { projectPath, projectRoot } from '../src/files/paths.js';

function run(script: string, ...args: string[]): { status: number | null; said: string } {
  const all = [projectPath('node_modules', script), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd: projectRoot, encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

test('biome has nothing to say', () => {
  const { status, said } = run('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.');
  expect(status, said).toBe(0);
});

test('the compiler has nothing to say, tests included', () => {
  const { status, said } = run('typescript/bin/tsc', '-b');
  expect(status, said).toBe(0);
});
