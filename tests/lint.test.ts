/** Format and lint rules (biome.json) hold for the whole checkout: `npm run format` mends most of what this says. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { projectPath, projectRoot } from '../src/paths.js';

test('biome has nothing to say', () => {
  const biome = projectPath('node_modules/@biomejs/biome/bin/biome');
  const args = ['check', '--error-on-warnings', '--max-diagnostics=20', '.'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [biome, ...args], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  expect(status, `${stdout}${stderr}`).toBe(0);
});
