/** The README tells the truth: its commands exist, its links lead somewhere. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scripts as benches } from '../bench/scripts.mjs';
import { commandSpecs } from '../bot/commands/table.js';
import { commands } from '../src/acclaim.js';
import { parseCommand } from '../src/chat/commands.js';
import { projectPath } from '../src/files/paths.js';
import { acclaim } from './support/command-line.js';

const readme = readFileSync(projectPath('README.md'), 'utf8');
const { scripts } = JSON.parse(readFileSync(projectPath('package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

describe('README', () => {
  test('every npm command is a script of package.json', () => {
    const named = [...readme.matchAll(/\bnpm (?:run (?:-s )?)?([a-z-]+)/g)].map((m) => m[1]!);
    expect(named).toEqual(expect.arrayContaining(['start', 'test', 'acclaim', 'install-cuda']));
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
  });

  test("its table of commands is the launcher's", () => {
    const rows = [...readme.matchAll(/^\| `acclaim ([a-z]+)` \|/gm)].map((m) => m[1]);
    expect(rows).toEqual(Object.keys(commands));
  });

  test('every option it shows is known to its command', async () => {
    const shown = [
      ...readme.matchAll(/(?:acclaim -- |`)(generate|simulate|start|learn|export) ([^`\n]*)/g),
      ...[...readme.matchAll(/npm start -- ([^`\n]*)/g)].map((m) => [m[0], 'start', m[1]!]),
    ];
    const pairs = shown.flatMap(([, name, rest]) =>
      [...rest!.matchAll(/--[a-z-]+/g)].map((m) => [name!, m[0]] as const),
    );
    expect(pairs.length).toBeGreaterThan(5);
    for (const [name, option] of pairs) expect((await acclaim(name, '--help')).out).toContain(option);
  });

  test('every chat command it shows is understood', () => {
    const shown = [...readme.matchAll(/`(\/acclaim [^`]+)`/g)].map((m) => m[1]!.replace(/\s+/g, ' '));
    expect(shown.length).toBeGreaterThan(1);
    for (const line of shown) expect(parseCommand(commandSpecs, line), line).toMatchObject({ ok: true });
  });
});

describe('docs/architecture.md', () => {
  const text = readFileSync(projectPath('docs/architecture.md'), 'utf8');

  test('every file and folder that it names is there', () => {
    const named = [...text.matchAll(/`((?:src|bot|engine|tests|config|docs)\/[\w./-]+)`/g)].map((m) => m[1]!);
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter((path) => !existsSync(projectPath(path)))).toEqual([]);
  });

  test('every name that it gives of a file is declared there', () => {
    const named = [...text.matchAll(/`([\w./-]+\.ts)`: ((?:`[\w.]+`(?:, )?)+)/g)].flatMap(([, file, names]) =>
      [...names!.matchAll(/`([\w.]+)`/g)].map(([, name]) => [file!, ...name!.split('.')] as const),
    );
    expect(named.length).toBeGreaterThan(80);
    const missing = named.filter(([file, name, member]) => {
      const source = readFileSync(projectPath(file), 'utf8');
      const declared = new RegExp(
        `^(export )?(async |abstract )*(function\\*?|const|class|interface|type) ${name}\\b`,
        'm',
      );
      const has = new RegExp(`^  (async |readonly )*\\*?${member}\\b(<.*>)?( =|\\()`, 'm');
      return !declared.test(source) || (member !== undefined && !has.test(source));
    });
    expect(missing).toEqual([]);
  });
});

test('each file and each test that docs/queue.md names is there', () => {
  const text = readFileSync(projectPath('docs/queue.md'), 'utf8');
  const files = [...text.matchAll(/`((?:src|tests)\/[\w./-]+)`/g)].map((m) => m[1]!);
  expect(files.filter((path) => !existsSync(projectPath(path)))).toEqual([]);
  const tests = [...text.matchAll(/`(tests\/[\w./-]+)`: \*([^*]+)\*/g)];
  expect(tests.length).toBeGreaterThan(20);
  const missing = tests.filter(([, file, name]) => !readFileSync(projectPath(file!), 'utf8').includes(name!));
  expect(missing.map(([, , name]) => name)).toEqual([]);
});

describe('bench', () => {
  const docs = readdirSync(projectPath('docs'), { recursive: true }) as string[];
  const pages = ['README.md', 'bench/README.md', ...docs.map((name) => `docs/${name}`)];
  const said = pages
    .filter((page) => page.endsWith('.md'))
    .map((page) => readFileSync(projectPath(page), 'utf8'))
    .join('\n');
  const named = [...said.matchAll(/npm run bench -- ([\w/-]+)/g)].map((m) => m[1]!);

  test('what pages say to run is there, and each script is on a page', () => {
    expect([...new Set(named)].sort()).toEqual([...benches].sort());
  });

  test.each(benches)('%s says at its head what it measures and how it is run', (name) => {
    const [head] = readFileSync(projectPath('bench', `${name}.mts`), 'utf8').split(/\nimport /);
    const words = head!.replace(/^(?:\/\/|\/?\*+\/?| \*) ?/gm, '').replace(/\s+/g, ' ');
    expect(words).toContain(`npm run bench -- ${name}`);
  });
});

describe('links', () => {
  const docs = readdirSync(projectPath('docs')).filter((name) => name.endsWith('.md'));
  const files = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'models/mini/README.md', 'bench/README.md'];
  test.each([...files, ...docs.map((name) => `docs/${name}`)])('of %s', (file) => {
    const text = readFileSync(projectPath(file), 'utf8');
    const local = [...text.matchAll(/\]\(([^)#]+)\)/g)].map((m) => m[1]!).filter((l) => !/^https?:/.test(l));
    expect(local.filter((link) => !existsSync(join(dirname(projectPath(file)), link)))).toEqual([]);
  });
});
