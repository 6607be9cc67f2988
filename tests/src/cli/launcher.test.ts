/** The launcher: its table against the modules, help against the options, and wrong usage answered kindly. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { commands } from '../../../src/acclaim.js';
import type { Command } from '../../../src/cli/command.js';
import { parseCommand } from '../../../src/cli/parse.js';
import { projectPath } from '../../../src/files/paths.js';
import { acclaim, loadSource, words } from '../../support/command-line.js';

const names = Object.keys(commands) as (keyof typeof commands)[];

async function load(name: keyof typeof commands): Promise<Command> {
  return ((await loadSource(commands[name].module)) as { command: Command }).command;
}

describe('help', () => {
  test.each([[['--help']], [['-h']], [['help']], [[]]])(
    '%j lists every command of the table',
    async (argv) => {
      const { status, out } = await acclaim(...argv);
      expect(status).toBe(0);
      for (const name of names) {
        expect(out).toMatch(new RegExp(`^ +${name} +`, 'm'));
        expect(out.replace(/\s+/g, ' ')).toContain(commands[name].summary);
      }
    },
  );

  test.each(names)('%s --help names every option and gives examples that parse', async (name) => {
    const { status, out } = await acclaim(name, '--help');
    expect(status).toBe(0);
    const command = await load(name);
    for (const { flags } of Object.values(command.spec.options)) expect(out).toContain(flags);
    expect(command.spec.examples.length).toBeGreaterThan(0);
    for (const example of command.spec.examples) {
      expect(out).toContain(`acclaim ${example}`);
      const [first, ...rest] = words(example);
      expect(first).toBe(name);
      expect(parseCommand(name, '', command, rest).kind).toBe('run');
    }
    expect((await acclaim('help', name)).out).toBe(out);
  });

  test('the version is the package', async () => {
    const { version } = JSON.parse(readFileSync(projectPath('package.json'), 'utf8'));
    expect((await acclaim('--version')).out).toBe(`${version}\n`);
  });
});

describe('wrong usage', () => {
  test.each([
    [['modles'], "unknown command 'modles'", 'Did you mean models?'],
    [['genrate', '--prompt', 'x'], 'genrate', 'generate'],
    [['models', '--jsn'], "unknown option '--jsn'", 'Did you mean --json?'],
    [['generate', '--promt', 'x', '--out', 'y'], "unknown option '--promt'", '--prompt'],
    [['generate', '--prompt', 'x'], 'needs --out <dir>', 'acclaim generate --help'],
    [
      ['generate', '--prompt', 'x', '--out', 'y', '--count', 'many'],
      '--count wants a whole number, not "many"',
      '',
    ],
    [['generate', '--prompt', 'x', '--out', 'y', '--eta', '2'], '--eta wants a number from 0 to 1', ''],
    [['generate', '--prompt', 'x', '--out', 'y', '--scheduler', 'eulr'], '--scheduler wants one of ddim', ''],
    [['generate', '--prompt', 'x', '--out'], 'argument missing', ''],
    [
      ['simulate', '--task', 'cat', '--votes', '64', '--learner', 'hro'],
      '--learner wants one of acclaim, hero',
      '',
    ],
    [['learn', 'mini'], 'too many arguments', ''],
    [['export'], 'session', ''],
    [['start', '--task', 'cat', '--prompt', 'x'], '--task and --prompt', ''],
    [['--nonsense'], "unknown option '--nonsense'", ''],
    [['help', 'nonsense'], 'nonsense', ''],
    [['constructor'], 'constructor', ''],
  ])('%j', async (argv, cause, hint) => {
    const { status, out, err } = await acclaim(...argv);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/^acclaim: usage: /);
    expect(err).toContain(cause);
    expect(err).toContain(hint);
    expect(err.trim().split('\n').length).toBeLessThanOrEqual(2);
  });
});

describe('failures carry their code and the hint', () => {
  test.each([
    [
      ['generate', '--prompt', 'x', '--out', '/tmp/acclaim-none', '--model', 'nowhere'],
      'model-not-found',
      'mini',
    ],
    [
      ['learn', '--round', 'nowhere', '--labels', 'nowhere.json', '--out', 'x'],
      'file-not-found',
      'formats.md',
    ],
    [['export', 'cat-1', '--data', '/nonexistent'], 'file-not-found', '--data'],
    [['doctor', '--set', 'server.port=eighty'], 'config-invalid', 'above'],
    [['pull', 'models/mini', '--to', '/proc/acclaim'], 'data-unwritable', 'ACCLAIM_MODELS'],
    [['start', '--set', 'votes.quorum=0', '--set', 'nonsense'], 'config-invalid', 'config/default.yaml'],
    [['start', '--set', 'learner.stepz=3'], 'config-invalid', 'config/default.yaml'],
    [['start', '--task', 'dog', '--data', '/dev/null/x'], 'config-invalid', 'hazard'],
    [['start', '--data', '/dev/null/x'], 'data-unwritable', '--data'],
  ])('%j', async (argv, code, hint) => {
    const { status, err } = await acclaim(...argv);
    expect(err).toMatch(new RegExp(`^acclaim: ${code}: `));
    expect(err).toContain(hint);
    expect(status).toBe(1);
  });
});

test('models lists the miniature, for people and for scripts', async () => {
  expect((await acclaim('models')).out).toMatch(/^mini {2}.*Apache-2\.0/m);
  const { models } = JSON.parse((await acclaim('models', '--json')).out);
  expect(models[0]).toMatchObject({
    name: 'mini',
    family: 'mini',
    here: true,
    path: projectPath('models/mini'),
  });
  expect(models[0].bytes).toBeGreaterThan(10e6);
});
