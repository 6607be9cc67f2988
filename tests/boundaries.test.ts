/**
 * The one table of who may import what. `bot` -> `src` <- `engine`; the two halves never see each other;
 * `src/domain` imports nothing but texts; each library has one home; one file reads the environment; there are no
 * cycles.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cycles, type Files, type Rules, reaching, readSources, violations } from './support/imports.js';
import { maySlack } from './support/longest-first.js';

const platforms = 'bot/platforms';
const platformFolders = readdirSync(platforms, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => `${platforms}/${name}`);

/** Of the bot, the lowest first: inbound and upkeep stand on all of them. */
const rooms = ['views', 'sessions', 'monitoring', 'effects', 'services', 'commands'];

/** Of the domain, the lowest first. */
const floor = ['state', 'voting', 'rounds', 'moderation', 'sessions'];

const floors = (name: string) => [
  ...floor.slice(0, floor.indexOf(name) + 1).map((one) => `src/domain/${one}`),
  'src/words',
];

const rules: Rules = {
  reach: {
    src: ['src'],
    // Floors: each sees those below it.
    // What people are told is data until somebody reads it: a refusal names its text, and knows no language.
    'src/words': ['src/words'],
    'src/domain': ['src/domain', 'src/words'],
    'src/domain/sessions': floors('sessions'),
    'src/domain/moderation': floors('moderation'),
    'src/domain/rounds': floors('rounds'),
    'src/domain/voting': floors('voting'),
    'src/domain/state': floors('state'),
    'src/errors.ts': ['src/words'],
    'src/clock.ts': [],
    'src/rng.ts': [],
    // What a failed read means has one home.
    'src/files/reading.ts': ['src/errors.ts'],
    'src/files/json-bounds.ts': ['src/errors.ts', 'src/files/reading.ts'],
    // Both halves and the queue read it: plain facts.
    'src/config/learners.ts': [],
    'src/chat': ['src/chat', 'src/domain', 'src/errors.ts', 'src/files/reading.ts', 'src/words'],
    'src/images': ['src/images', 'src/errors.ts', 'src/files/reading.ts'],
    'src/artifacts': ['src/artifacts', 'src/errors.ts', 'src/files/reading.ts', 'src/clock.ts'],
    'src/queue': [
      'src/artifacts',
      'src/queue',
      'src/errors.ts',
      'src/files/reading.ts',
      'src/clock.ts',
      'src/log.ts',
      'src/machine/safely.ts',
      'src/machine/within.ts',
      'src/redis',
      'src/config/env.ts',
      'src/config/learners.ts',
      // Results carry what people are told, as data.
      'src/words',
    ],
    'src/redis': [
      'src/redis',
      'src/errors.ts',
      'src/files/reading.ts',
      'src/log.ts',
      'src/machine/safely.ts',
    ],
    'src/store': [
      'src/store',
      'src/domain',
      'src/errors.ts',
      'src/files/reading.ts',
      'src/files/json-bounds.ts',
      'src/clock.ts',
    ],
    bot: ['bot', 'src'],
    // Rooms of the bot: each sees those below it. What comes back from below is told to listeners.
    ...Object.fromEntries(
      rooms.map((name, i) => [`bot/${name}`, [...rooms.slice(0, i + 1).map((one) => `bot/${one}`), 'src']]),
    ),
    'bot/inbound': [...rooms.map((one) => `bot/${one}`), 'bot/inbound', platforms, 'src'],
    'bot/upkeep': [...rooms.map((one) => `bot/${one}`), 'bot/inbound', 'bot/upkeep', 'src'],
    // Platforms do not see each other; what those a network away share is one folder.
    ...Object.fromEntries(platformFolders.map((one) => [one, [one, `${platforms}/remote`, 'src']])),
    engine: ['engine', 'src'],
    'engine/graph': ['engine/graph', 'engine/io/half.ts', 'src/errors.ts'],
    'engine/runtime': ['engine/runtime', 'engine/graph', 'src/errors.ts'],
    // Pictures are drawn without anything that learns.
    'engine/diffusion': [
      'engine/diffusion',
      'engine/adapters',
      'engine/graph',
      'engine/io',
      'engine/models',
      'engine/nn',
      'engine/rounding.ts',
      'engine/runtime',
      'src',
    ],
    // Runs in the reader's browser: nothing of ours but its own files.
    [`${platforms}/web/page`]: [`${platforms}/web/page`],
  },
  homes: {
    'node:': ['src', 'bot', 'engine'],
    // Both are tables of letters that look alike, kept by others: fonts and small capitals, and Unicode's
    // confusables.
    obscenity: ['src/chat'],
    unhomoglyph: ['src/chat'],
    zod: ['src', 'bot', 'engine'],
    yaml: ['src/config'],
    pino: ['src/log.ts'],
    commander: ['src/cli/parse.ts'],
    sharp: ['src/images'],
    sqlite3: ['src/store'],
    // Kept by many hands, without dependencies of its own, and its counts are in memory: a limiter is easily
    // got wrong.
    'rate-limiter-flexible': ['bot/services/limits.ts'],
    'prom-client': ['src/monitor/meter.ts'],
    'tar-stream': ['src/store/archive.ts', 'src/store/folder-archive.ts'],
    bullmq: ['src/queue'],
    // Its vendor keeps it, every S3-compatible store is tried with it, and it finds a machine's role.
    '@aws-sdk/client-s3': ['src/artifacts'],
    ioredis: ['src/redis/connection.ts'],
    hono: [`${platforms}/web`],
    '@hono/node-server': [`${platforms}/web`],
    'discord.js': [`${platforms}/discord`],
    '@slack/bolt': [`${platforms}/slack`],
    preact: [`${platforms}/web`],
    htm: [`${platforms}/web`],
    // Kept by those who keep Vite, which the tests bring along anyway; only the child process that bundles
    // the page loads it.
    rolldown: [`${platforms}/web`],
    'onnxruntime-node': ['engine/runtime'],
    '@huggingface/tokenizers': ['engine/models/tokenizer.ts'],
    '@huggingface/hub': ['engine/pull/hub.ts'],
    // Which range an address is of, as IANA's registers have it: kept by others, and in the tree already.
    'ipaddr.js': ['engine/pull/public.ts'],
  },
  bare: ['src/domain'],
  words: [
    { pattern: /\bprocess\.env\b/, only: ['src/config/env.ts'] },
    // Clock and randomness are handed to the domain, and it touches nothing outside.
    {
      pattern: /\b(Math\.random|process\.|setTimeout)/,
      only: [],
      in: ['src/domain'],
    },
    // The clock is handed in; the page's sources run in a browser, and the fake platform is a test's.
    {
      pattern: /\b(Date\.now|new Date\(\))/,
      only: ['src/clock.ts'],
      in: [
        'src',
        'engine',
        'bot/inbound',
        'bot/sessions',
        'bot/effects',
        'bot/services',
        'bot/simulate',
        'bot/cli',
      ],
    },
    {
      pattern: /['"`](SELECT|INSERT|UPDATE|DELETE|PRAGMA) /,
      only: [],
      in: ['src/domain', 'src/queue', 'bot', 'engine'],
    },
    { pattern: /\bconsole\./, only: [] },
    // What draws knows nothing of what learns; the job `generate` asks the round's learner for its noises.
    {
      pattern: /from '[./]*\/learn\//,
      only: [],
      in: [
        'engine/jobs/draw.ts',
        'engine/cli/generate.ts',
        'engine/models',
        'engine/nn',
        // Types of what is written are io's; what learns takes them from there.
        'engine/io',
        'engine/adapters',
        'engine/measures',
      ],
    },
  ],
};

const files = readSources(['src', 'bot', 'engine']);

test('there is something to look at', () => {
  expect(files.size).toBeGreaterThan(60);
});

test('a file is read at a glance: none is of more than 350 lines, but a catalogue of words', () => {
  const long = [...files].filter(([, source]) => source.split('\n').length > 350).map(([path]) => path);
  expect(long.filter((path) => !/\bwords\//.test(path))).toEqual([]);
});

test('a comment fits the page: 110 columns', () => {
  // Types of the page's scripts stand in theirs.
  const typed = [...files].filter(([path]) => path.endsWith('.ts'));
  const wide = /^(?=.{111})\s*(\/\*|\*|\/\/).*$/m;
  expect(typed.flatMap(([path, source]) => (wide.test(source) ? [path] : []))).toEqual([]);
});

test('no import but those of the table', () => {
  expect(violations(files, rules)).toEqual([]);
});

// Test files share processes, in which a module is loaded once: its hooks would be those of the first file
// alone.
test('no hook at the top of what tests share', () => {
  const shared = [...readSources(['tests'])].filter(([path]) => !path.endsWith('.test.ts'));
  expect(shared.length).toBeGreaterThan(50);
  const hook = /^(before|after)(All|Each)\(/m;
  expect(shared.filter(([, source]) => hook.test(source)).map(([path]) => path)).toEqual([]);
});

test('what is put in place of a global goes with the file that put it there', () => {
  const stubbing = [...readSources(['tests'])].filter(([, source]) => /\bvi\.stubGlobal\(/.test(source));
  expect(stubbing.length).toBeGreaterThan(0);
  const back = /^afterAll\(\(\) => vi\.unstubAllGlobals\(\)\);$/m;
  expect(stubbing.filter(([, source]) => !back.test(source)).map(([path]) => path)).toEqual([]);
});

test("no test file that shares a process with Discord's library loads Slack's", () => {
  const loading = reaching(readSources(['src', 'bot', 'engine', 'tests']), '@slack/bolt');
  expect(loading).toContain('tests/bot/platforms/slack/contract.test.ts');
  const tests = [...loading].filter((path) => path.endsWith('.test.ts'));
  expect(tests.filter((path) => !maySlack(path))).toEqual([]);
});

test('the queue’s library is loaded where a Redis is, not by every start', () => {
  expect(reaching(files, 'bullmq')).toContain('bot/start.ts');
  expect(reaching(files, 'bullmq', 'at once')).not.toContain('bot/start.ts');
  expect(reaching(files, 'ioredis', 'at once')).not.toContain('bot/start.ts');
});

test('no cycles', () => {
  expect(cycles(files)).toEqual([]);
});

// A value knows its graph, and a graph makes values.
const graphs = ['graph', 'shape-rules', 'value'].map((name) => `engine/graph/${name}.ts`);

test('no cycles of types either, but that of a graph and its values', () => {
  const elsewhere = cycles(files, 'types too').filter(
    (cycle) => !cycle.every((path) => graphs.includes(path)),
  );
  expect(elsewhere).toEqual([]);
});

test('the ground floor stays small enough to see at a glance', () => {
  const loose = (folder: string) => [...files.keys()].filter((path) => posix.dirname(path) === folder);
  expect(loose('src').sort()).toEqual(
    ['acclaim', 'clock', 'errors', 'log', 'rng'].map((name) => `src/${name}.ts`),
  );
  expect(loose('bot').sort()).toEqual(['app', 'create-app', 'start'].map((name) => `bot/${name}.ts`));
  expect(loose('src/domain').sort()).toEqual(
    ['clock', 'commands', 'decide'].map((name) => `src/domain/${name}.ts`),
  );
});

describe('the table bites', () => {
  const base = { 'src/errors.ts': '', 'src/a.ts': '', 'engine/graph/g.ts': '', 'bot/b.ts': '' };
  const planted = Object.fromEntries(
    ['platforms/fake/y', 'services/s', 'commands/c', 'effects/e', 'inbound/i'].map((path) => [
      `bot/${path}.ts`,
      '',
    ]),
  );
  const plant = (more: Record<string, string>): Files => new Map(Object.entries({ ...base, ...more }));

  test.each([
    ['bot sees the engine', 'bot/x.ts', "import { g } from '../engine/graph/g.js';"],
    ['engine sees the bot', 'engine/x.ts', "export { b } from '../bot/b.js';"],
    ['src sees the engine', 'src/x.ts', "await import('../engine/graph/g.js');"],
    ['src sees the bot by a type', 'src/x.ts', "import type { B } from '../bot/b.js';"],
    ['the domain imports beside itself', 'src/domain/x.ts', "import { E } from '../errors.js';"],
    ['the domain imports a library', 'src/domain/x.ts', "import { z } from 'zod';"],
    ['the domain asks for the time', 'src/domain/x.ts', 'export const now = Date.now();'],
    ['a library away from home', 'bot/x.ts', "import sqlite3 from 'sqlite3';"],
    ['a sub-path of a library away from home', 'bot/x.ts', "import { x } from 'hono/cookie';"],
    ['a scoped library away from home', 'engine/x.ts', "import { serve } from '@hono/node-server';"],
    ['a library without a home', 'src/x.ts', "import _ from 'lodash';"],
    ['one platform sees another', 'bot/platforms/web/x.ts', "import '../fake/y.js';"],
    ['an effect sees a service', 'bot/effects/x.ts', "import type { S } from '../services/s.js';"],
    ['a service sees a command', 'bot/services/x.ts', "import type { C } from '../commands/c.js';"],
    ['a session sees an effect', 'bot/sessions/x.ts', "import { e } from '../effects/e.js';"],
    ['a command sees what comes in', 'bot/commands/x.ts', "import { i } from '../inbound/i.js';"],
    ['the environment elsewhere', 'engine/x.ts', 'const t = process.env.TOKEN;'],
    ['a statement of SQL away from the store', 'bot/x.ts', 'const all = "SELECT * FROM fact";'],
    ['the time taken from the machine', 'src/x.ts', 'export const at = new Date();'],
    ['an import over several lines', 'bot/x.ts', "import {\n  a,\n  b,\n} from '../engine/graph/g.js';"],
    ['a file that is not there', 'bot/x.ts', "import { a } from './gone.js';"],
    ['a folder that the table does not know', 'lib/x.ts', ''],
  ])('%s', (_, path, source) => {
    const found = violations(plant({ ...planted, [path]: source }), rules);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(path);
  });

  test('what is allowed, and words in comments, pass', () => {
    const source = [
      "import { join } from 'node:path';",
      "import { g } from './graph/g.js';",
      "import { E } from '../src/errors.js';",
      '// never process.env here, nor from the bot',
      "/* import { b } from '../bot/b.js'; */",
      "const url = 'https://example.org/x';",
    ].join('\n');
    expect(violations(plant({ 'engine/x.ts': source }), rules)).toEqual([]);
  });

  test('a cycle of two, of three, and of one', () => {
    expect(cycles(plant({ 'src/x.ts': "import './y.js';", 'src/y.ts': "import './x.js';" }))).toEqual([
      ['src/x.ts', 'src/y.ts'],
    ]);
    const three = {
      'src/x.ts': "import './y.js';",
      'src/y.ts': "import { type Z, z } from './z.js';",
      'src/z.ts': "import './x.js';",
    };
    expect(cycles(plant(three))).toEqual([['src/x.ts', 'src/y.ts', 'src/z.ts']]);
    expect(cycles(plant({ 'src/x.ts': "import './x.js';" }))).toEqual([['src/x.ts']]);
    expect(cycles(plant({ 'src/x.ts': "import './a.js';" }))).toEqual([]);
    const types = { 'src/x.ts': "import './y.js';", 'src/y.ts': "import type { X } from './x.js';" };
    expect(cycles(plant(types)), 'imports of types are erased').toEqual([]);
    expect(cycles(plant(types), 'types too')).toEqual([['src/x.ts', 'src/y.ts']]);
  });
});

test.skipIf(!existsSync('.git'))('nothing that is ignored is in the repository', () => {
  expect(execFileSync('git', ['ls-files', '-ci', '--exclude-standard'], { encoding: 'utf8' })).toBe('');
});
