/** The configuration: documents against schema, order of precedence, every problem at once. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseDocument, visit } from 'yaml';
import { promptPolicy } from '../../../src/chat/prompt-policy.js';
import {
  configFileVariable,
  engineEnvironment,
  modelsVariable,
  readEnvironment,
  variables,
} from '../../../src/config/env.js';
import { loadConfig } from '../../../src/config/load.js';
import { resolveModel } from '../../../src/config/models.js';
import { sessionRules } from '../../../src/config/rules.js';
import { safetyMeasure, safetyPrompts } from '../../../src/config/safety-prompts.js';
import { defaultRules } from '../../../src/domain/state/rules.js';
import type { AcclaimError } from '../../../src/errors.js';
import { projectPath } from '../../../src/files/paths.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-config-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function write(text: string): string {
  const file = join(dir, 'own.yaml');
  writeFileSync(file, text);
  return file;
}

function problem(f: () => unknown): AcclaimError {
  try {
    f();
  } catch (error) {
    return error as AcclaimError;
  }
  throw new Error('nothing was wrong');
}

describe('precedence', () => {
  test('defaults alone', () => {
    const config = loadConfig({ env: {} });
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 8080,
      accessToken: null,
      voters: 'invited',
      hostNames: [],
      trustProxy: [],
      nsfwChannels: [],
      nsfwToken: null,
    });
    expect(config.discord).toMatchObject({ token: null, servers: [] });
    expect(config.slack).toMatchObject({ botToken: null, appToken: null, signingSecret: null });
    expect(config.learner).toEqual({ name: 'acclaim' });
  });

  test('file over defaults, environment over file, --set over all, keys beside them untouched', () => {
    const file = write('server: { port: 1, host: 0.0.0.0 }\nsession: { images: 4, rounds: 2 }\n');
    const config = loadConfig({ file, env: { ACCLAIM_PORT: '2' }, set: ['session.rounds=3'] });
    expect(config.server.port).toBe(2);
    expect(config.server.host).toBe('0.0.0.0');
    expect(config.session).toMatchObject({ images: 4, rounds: 3, cells: 9 });
  });

  test('ACCLAIM_CONFIG names the file when no option does', () => {
    const file = write('model: elsewhere\n');
    expect(loadConfig({ env: { [configFileVariable]: file } }).model).toBe('elsewhere');
  });

  test('--set reads YAML values and passes learner parameters through', () => {
    const config = loadConfig({
      env: {},
      set: ['learner.name=hero', 'learner.faithful=true', 'learner.lr=3e-3', 'engine.devices=[cuda, cpu]'],
    });
    expect(config.learner).toEqual({ name: 'hero', faithful: true, lr: 0.003 });
    expect(config.engine.devices).toEqual(['cuda', 'cpu']);
  });

  test('.env lies under the real environment; empty values count as unset', () => {
    writeFileSync(join(dir, '.env'), 'ACCLAIM_PORT=9000\nACCLAIM_HOST=::1\nACCLAIM_MODEL=\n');
    const env = readEnvironment(dir, { ACCLAIM_PORT: '9001' });
    const config = loadConfig({ env });
    expect(config.server).toMatchObject({ port: 9001, host: '::1' });
    expect(config.model).toBe('mini');
  });
});

describe('problems', () => {
  test('all at once, each by its key', () => {
    const file = write('server: { port: eighty }\nsession: { imagse: 4 }\n');
    const error = problem(() =>
      loadConfig({ file, env: { ACCLAIM_THREADS: 'many' }, set: ['votes.quorum=0', 'nonsense'] }),
    );
    expect(error.code).toBe('config-invalid');
    for (const key of ['server.port', 'imagse', 'engine.threads', 'votes.quorum', '--set nonsense'])
      expect(error.message).toContain(key);
    expect(error.hint).toContain('config/default.yaml');
  });

  test('an engine is not lost for the second in which a busy machine does not get to it', () => {
    const lost = (seconds: number) => () =>
      loadConfig({ env: {}, set: [`queue.lostSeconds=${seconds}`] }).queue.lostSeconds;
    expect(problem(lost(2.9)).message).toContain('queue.lostSeconds: is at least 3');
    expect(lost(3)()).toBe(3);
  });

  test('what the learner, or the sampler, does not know or take: before a round meets it', () => {
    const set = ['learner.stepz=3', 'learner.lr=-1', 'sampler.step=4'];
    const { code, message } = problem(() => loadConfig({ env: {}, set }));
    expect(code).toBe('config-invalid');
    expect(message).toMatch(/learner: Unrecognized key: "stepz" \(learner acclaim\)/);
    expect(message).toMatch(/learner\.lr: Too small.* \(learner acclaim\)/);
    expect(message).toMatch(/sampler: Unrecognized key: "step"/);
    // Each learner has its own.
    const hero = (...more: string[]) => loadConfig({ env: {}, set: ['learner.name=hero', ...more] });
    expect(problem(() => hero('learner.stepsPerGood=4')).message).toContain('stepsPerGood');
    expect(hero('learner.faithful=true').learner).toEqual({ name: 'hero', faithful: true });
  });

  test('a missing file and broken YAML name the file', () => {
    expect(problem(() => loadConfig({ file: join(dir, 'none.yaml'), env: {} }))).toMatchObject({
      code: 'file-not-found',
      message: expect.stringContaining('none.yaml'),
    });
    const broken = write('server: [');
    expect(problem(() => loadConfig({ file: broken, env: {} }))).toMatchObject({
      code: 'config-invalid',
      message: expect.stringContaining('own.yaml'),
    });
  });

  test('keys of prototypes are ordinary unknown keys', () => {
    const error = problem(() => loadConfig({ env: {}, set: ['constructor.polluted=1'] }));
    expect(error.message).toContain('constructor');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });
});

describe('documents', () => {
  test('.env.example names every variable and no other', () => {
    const example = readFileSync(projectPath('.env.example'), 'utf8');
    const named = [...example.matchAll(/^([A-Z_]+)=/gm)].map((m) => m[1]!).sort();
    expect(named).toEqual([...Object.keys(variables), configFileVariable, modelsVariable].sort());
  });

  test('.env.example as it stands gives the defaults', () => {
    writeFileSync(join(dir, '.env'), readFileSync(projectPath('.env.example'), 'utf8'));
    expect(loadConfig({ env: readEnvironment(dir, {}) })).toEqual(loadConfig({ env: {} }));
  });

  test('every key of default.yaml has a comment of its own or of the keys above it', () => {
    const text = readFileSync(projectPath('config/default.yaml'), 'utf8');
    const lines = text.split('\n');
    const bare = lines.filter((line, i) => {
      if (!/^\s*\w+:/.test(line)) return false;
      const section = /:\s*$/.test(line);
      let above = i - 1;
      // keys that share one comment stand right below each other
      while (/^\s+\w+: \S/.test(lines[above] ?? '')) above--;
      return !section && !/^\s*#/.test(lines[above] ?? '');
    });
    expect(bare).toEqual([]);
    expect(parseDocument(text).errors).toEqual([]);
  });

  test('hero.yaml is a valid file over the defaults, and sets the published figures', () => {
    const file = projectPath('config/hero.yaml');
    let keys = 0;
    visit(parseDocument(readFileSync(file, 'utf8')), { Pair: () => void keys++ });
    expect(keys).toBeGreaterThan(8);
    const config = loadConfig({ file, env: {} });
    expect(config.session).toMatchObject({ images: 64, rounds: 8 });
    expect(config.sampler).toEqual({ scheduler: 'ddim', steps: 50, guidance: 5, eta: 1 });
    expect(config.learner.name).toBe('hero');
  });

  test("default.yaml and the domain's defaults are the same rules, but for budget and goal", () => {
    const { budgetRounds, goal, goalRounds, ...rest } = sessionRules(loadConfig({ env: {} }));
    expect({ budgetRounds, goal, goalRounds }).toEqual({ budgetRounds: 12, goal: 0.95, goalRounds: 2 });
    expect(defaultRules).toMatchObject(rest);
  });

  test('a quorum of Done on the page, of marks on Discord and Slack, unless it is set', () => {
    const usual = loadConfig({ env: {} });
    const by = (config: typeof usual) =>
      (['web', 'discord', 'slack'] as const).map((platform) => sessionRules(config, platform).quorumBy);
    expect(by(usual)).toEqual(['done', 'marks', 'marks']);
    expect(by(loadConfig({ env: {}, set: ['votes.quorumBy=done'] }))).toEqual(['done', 'done', 'done']);
  });

  test('tokens come from the environment; Slack needs one of two beside its own', () => {
    const env = { DISCORD_TOKEN: 'd', DISCORD_SERVERS: '1, 2', SLACK_BOT_TOKEN: 's' };
    expect(problem(() => loadConfig({ env })).message).toContain('SLACK_APP_TOKEN');
    const config = loadConfig({ env: { ...env, SLACK_APP_TOKEN: 'a' } });
    expect(config.discord).toMatchObject({ token: 'd', servers: ['1', '2'] });
    expect(config.slack).toMatchObject({ botToken: 's', appToken: 'a', signingSecret: null });
  });

  test('quiet hours become minutes of the day', () => {
    const config = loadConfig({ env: {}, set: ["session.quietHours={from: '22:30', to: '07:00'}"] });
    expect(sessionRules(config).quietHours).toEqual({ from: 1350, to: 420 });
  });
});

test('a process that computes is started without what only the bot has to know', () => {
  const secrets = Object.keys(variables).filter((name) => /TOKEN|SECRET|KEY|^REDIS_URL$/.test(name));
  expect(secrets).toContain('ACCLAIM_BUCKET_SECRET');
  const named = [...secrets, 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'];
  const env = Object.fromEntries(named.map((name) => [name, 'secret']));
  expect(engineEnvironment({ ...env, PATH: '/bin' })).toEqual({ PATH: '/bin' });
});

describe('packages', () => {
  const read = (file: string) => JSON.parse(readFileSync(projectPath(file), 'utf8'));

  test('package-lock.json names no registry and holds the packages of every platform', () => {
    const packages: Record<string, { resolved?: string; optionalDependencies?: object }> =
      read('package-lock.json').packages;
    expect(Object.keys(packages).filter((name) => packages[name]!.resolved)).toEqual([]);
    const optional = Object.values(packages).flatMap((p) => Object.keys(p.optionalDependencies ?? {}));
    // `npm ci` refuses a lock file that lacks one of them.
    expect(optional.filter((name) => !packages[`node_modules/${name}`])).toEqual([]);
    expect(optional.length).toBeGreaterThan(20);
  });

  test('the install scripts that run are reviewed by name, and none runs by default', () => {
    expect(read('package.json').allowScripts).toEqual({ 'onnxruntime-node': false, sqlite3: true });
    expect(readFileSync(projectPath('.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  });
});

describe('what the safety of a model is measured by', () => {
  const measured = (set: string[] = [], model = resolveModel('mini')) =>
    safetyMeasure(loadConfig({ set, env: {} }), model);

  test('stands in a list by family, which a host may replace', () => {
    const config = loadConfig({ env: {} });
    const { default: usual, mini } = safetyPrompts(config);
    expect(usual!.prompts).toHaveLength(14);
    // What nobody may ask for is not measured by either.
    const policy = promptPolicy(config.prompts);
    for (const prompt of [...usual!.prompts, ...mini!.prompts])
      expect(policy.allow(prompt, true)).toBe(prompt);
    expect(measured()).toEqual({ prompts: mini!.prompts, images: 16, goal: [['hazard', 0]] });
    // No judge comes with another model: the checker alone can say.
    expect(measured([], dir)).toEqual({ prompts: usual!.prompts, images: 16, goal: null });
    const own = write('default:\n  prompts: [a knight, a queen]\n');
    const set = [`safety.prompts=${own}`, 'safety.images=8'];
    expect(measured(set)).toEqual({ prompts: ['a knight', 'a queen'], images: 8, goal: null });
  });

  test('says what is wrong with such a list, and where', () => {
    const wrong = problem(() => measured([`safety.prompts=${write('mini:\n  prompts: [1]\n')}`]));
    expect(wrong).toMatchObject({ code: 'config-invalid', message: expect.stringContaining('own.yaml') });
    expect(wrong.message).toContain('mini.prompts.0');
    expect(problem(() => measured(['safety.prompts=nowhere.yaml']))).toMatchObject({
      code: 'file-not-found',
    });
  });
});
