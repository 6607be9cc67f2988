/**
 * src/setup/setup.mjs in a folder of its own, with an npm and a compiler that are small scripts: what it
 * runs, when it runs nothing, and that each failure names the cause and the hint.
 */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectPath } from '../../src/files/paths.js';

let root: string;

function put(path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
}

/** An npm that notes how it was called, and on `rebuild` leaves a sqlite3 that loads. */
const npm = (body = '') => `#!/bin/sh
echo "npm $*" >> "${root}/calls"
${body}
mkdir -p node_modules/sqlite3/build/Release node_modules/typescript/bin
printf '%s' 'require("node:fs").appendFileSync("${root}/calls", "tsc" + require("node:os").EOL)' > node_modules/typescript/bin/tsc
echo '{"name":"sqlite3","version":"1.2.3","main":"index.js"}' > node_modules/sqlite3/package.json
echo 'require("node:fs").accessSync(__dirname + "/build/Release/node_sqlite3.node")' > node_modules/sqlite3/index.js
if [ "$1" = rebuild ]; then
  echo '' > node_modules/sqlite3/build/Release/node_sqlite3.node
fi
`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'acclaim-setup-'));
  mkdirSync(join(root, 'src', 'setup'), { recursive: true });
  for (const file of ['setup.mjs', 'fetch-lavapipe.mjs', 'fetch-promtool.mjs'])
    copyFileSync(projectPath('src', 'setup', file), join(root, 'src', 'setup', file));
  put('package.json', '{"engines":{"node":">=20.19"}}');
  put('package-lock.json', '{}');
  put('tsconfig.base.json', '{}');
  for (const project of ['src', 'bot', 'engine']) put(`${project}/index.ts`, '');
  put('bin/npm', npm());
});
afterEach(() => rmSync(root, { recursive: true }));

function setup(...args: string[]) {
  const env = { ...process.env, PATH: `${join(root, 'bin')}${delimiter}${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'src/setup/setup.mjs'), ...args],
    {
      encoding: 'utf8',
      env,
    },
  );
  return { status, out: stdout, err: stderr };
}

const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');

test('a fresh clone: packages without scripts, sqlite3 by name, compile; then nothing', () => {
  const first = setup();
  expect(first).toMatchObject({ status: 0, err: '' });
  expect(calls()).toEqual([
    'npm ci --ignore-scripts --no-audit --no-fund',
    'npm rebuild sqlite3 --ignore-scripts=false',
    'tsc',
  ]);
  expect(first.out.trim().split('\n')).toHaveLength(3);
  expect(setup()).toEqual({ status: 0, out: '', err: '' });
  expect(calls()).toHaveLength(3);
});

test('a changed source is compiled, a changed lock file installed; --quiet keeps stdout clean', () => {
  setup();
  appendFileSync(join(root, 'bot/index.ts'), 'export {};');
  const compiled = setup('--quiet');
  expect(compiled).toMatchObject({ status: 0, out: '' });
  expect(compiled.err).toContain('compiling');
  expect(calls().slice(3)).toEqual(['tsc']);
  put('package-lock.json', '{"other":1}');
  setup('--quiet');
  expect(calls().slice(4)).toEqual(['npm ci --ignore-scripts --no-audit --no-fund', 'tsc']);
});

test('--bench compiles what is measured when that has changed, whatever it has written', () => {
  put('bench/run.mts', '');
  put('tests/support/wait.ts', '');
  setup('--bench');
  const first = calls().length;
  put('bench/out/shape.mts', '');
  setup('--bench');
  expect(calls()).toHaveLength(first);
  appendFileSync(join(root, 'bench/run.mts'), 'export {};');
  setup('--bench');
  expect(calls().slice(first)).toEqual(['tsc']);
});

test('a built sqlite3 outlives the packages around it', () => {
  setup();
  rmSync(join(root, 'node_modules'), { recursive: true });
  expect(setup()).toMatchObject({ status: 0, err: '' });
  expect(calls().filter((call) => call.includes('rebuild'))).toHaveLength(1);
});

test.each([
  [
    'an old Node',
    () => put('package.json', '{"engines":{"node":">=99.0"}}'),
    'too old',
    'https://nodejs.org',
  ],
  [
    'no network',
    () => put('bin/npm', npm('echo "npm error code ENOTFOUND"; exit 1')),
    'cannot reach',
    'Go online',
  ],
  [
    'no compiler',
    () =>
      put(
        'bin/npm',
        npm('if [ "$1" = rebuild ]; then echo "gyp ERR! stack Error: not found: make"; exit 1; fi'),
      ),
    'no compiler for sqlite3',
    'Install',
  ],
  [
    'a lock file that does not fit',
    () => put('bin/npm', npm('if [ "$1" = ci ]; then echo "npm error code EUSAGE"; exit 1; fi')),
    'npm ci failed',
    'Mend',
  ],
])('%s: one line with the cause, one with the hint, exit 1', (_, arrange, cause, hint) => {
  arrange();
  const { status, err } = setup();
  expect(status).toBe(1);
  const [line, next] = err.trim().split('\n').slice(-2) as [string, string];
  expect(line).toMatch(/^setup: /);
  expect(line).toContain(cause);
  expect(next).toContain(hint);
});

test('what failed is tried again the next time', () => {
  put('bin/npm', npm('if [ "$1" = rebuild ]; then echo "not found: make"; exit 1; fi'));
  expect(setup().status).toBe(1);
  put('bin/npm', npm());
  expect(setup().status).toBe(0);
  expect(setup().out).toBe('');
});
