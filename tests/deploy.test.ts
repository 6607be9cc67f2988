/**
 * docs/deploy and docs/operating.md against the program: settings, commands, addresses and metrics that they
 * name are there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { commands } from '../src/acclaim.js';
import { configFileVariable, modelsVariable, variables } from '../src/config/env.js';
import { loadConfig } from '../src/config/load.js';
import { projectPath } from '../src/files/paths.js';
import { readSources } from './support/imports.js';

const folder = projectPath('docs/deploy');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const known = new Set([...Object.keys(variables), configFileVariable, modelsVariable]);
/** Not ours: glibc's. */
const others = ['MALLOC_ARENA_MAX'];

/** Metrics as the sources name them. */
const made = new Set(
  [...readSources(['src', 'bot']).values()].flatMap((text) =>
    [...text.matchAll(/\.(?:counter|gauge|histogram)\(\s*'(acclaim_[a-z_]+)'/g)].map((match) => match[1]!),
  ),
);
const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');

interface Service {
  command?: string[];
  environment: Record<string, string>;
  image?: string;
  volumes: string[];
  depends_on?: Record<string, unknown>;
  networks: string[];
  healthcheck: { test: string[] };
}
const compose = parse(read('compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, unknown>;
};

describe('compose.yaml', () => {
  const { bot, engine } = compose.services as { bot: Service; engine: Service };

  it('runs commands that there are, with settings that the program takes', () => {
    for (const service of [bot, engine]) {
      expect(Object.keys(commands)).toContain(service.command![0]);
      expect(Object.keys(service.environment).filter((name) => !known.has(name))).toEqual([]);
      // What stands there is a configuration.
      const env = Object.fromEntries(
        Object.entries(service.environment).map(([name, value]) => [
          name,
          value.replace(/\$\{[A-Z_]+:\?[^}]*\}/g, 'x'.repeat(32)).replace(/\$\{[A-Z_]+:-\}/g, ''),
        ]),
      );
      for (const name of Object.keys(env)) if (env[name] === '') delete env[name];
      expect(loadConfig({ env }).queue.redis).toBe(`redis://:${'x'.repeat(32)}@redis:6379`);
    }
  });

  it('can set what only an operator knows: host names, the proxy, and a file for all other settings', () => {
    const { environment } = bot;
    const set = { HOST_NAMES: 'taste.example.org', TRUST_PROXY: '172.16.0.0/12' };
    const filled = (name: string) =>
      environment[name]!.replace(/\$\{([A-Z_]+):-\}/, (_, key: keyof typeof set) => set[key]);
    const env = {
      ACCLAIM_ACCESS_TOKEN: 'x'.repeat(16),
      ACCLAIM_HOST_NAMES: filled('ACCLAIM_HOST_NAMES'),
      ACCLAIM_TRUST_PROXY: filled('ACCLAIM_TRUST_PROXY'),
    };
    expect(loadConfig({ env }).server).toMatchObject({
      hostNames: ['taste.example.org'],
      trustProxy: ['172.16.0.0/12'],
    });
    for (const service of [bot, engine]) {
      expect(service.environment.ACCLAIM_CONFIG).toMatch(/^\$\{CONFIG:-\}$/);
      expect(service.volumes).toContain('./config:/config:ro');
    }
  });

  it('hides nothing of the image under a volume: what is pulled lies with the data', () => {
    for (const service of [bot, engine])
      expect(service.volumes.map((volume) => volume.split(':')[1])).toEqual(['/data', '/config']);
  });

  it('gives an engine no token of a platform, and looks where each answers', () => {
    expect(Object.keys(engine.environment).filter((name) => /DISCORD|SLACK|ACCESS/.test(name))).toEqual([]);
    expect(bot.healthcheck.test.join(' ')).toContain(
      `127.0.0.1:${loadConfig({ env: {} }).server.port}/readyz`,
    );
    const port = loadConfig({ env: { ACCLAIM_MONITOR_PORT: engine.environment.ACCLAIM_MONITOR_PORT } }).engine
      .monitor.port;
    expect(engine.healthcheck.test.join(' ')).toContain(`127.0.0.1:${port}/readyz`);
  });

  it('names only services, networks and variables that it has', () => {
    for (const service of Object.values(compose.services)) {
      expect(Object.keys(compose.services)).toEqual(
        expect.arrayContaining(Object.keys(service.depends_on ?? {})),
      );
      expect(Object.keys(compose.networks)).toEqual(expect.arrayContaining(service.networks));
    }
    const asked = new Set([...read('compose.yaml').matchAll(/\$\{([A-Z_]+):\?/g)].map((match) => match[1]!));
    const shown = readFileSync(projectPath('docs/operating.md'), 'utf8');
    for (const name of asked) expect(shown).toContain(name);
  });
});

describe('images', () => {
  const dockerfile = read('Dockerfile');

  it('are pinned, and Node is of a release line that gets fixes', () => {
    const from = [...dockerfile.matchAll(/^FROM (\S+)(?: AS \w+)?$/gm)].map((match) => match[1]!);
    expect(from.slice(1)).toEqual(['base', 'base']);
    expect(from[0]).toMatch(/^node:24\.\d+\.\d+-bookworm-slim@sha256:[0-9a-f]{64}$/);
    expect(compose.services.redis!.image).toMatch(/^redis:\d+\.\d+\.\d+-bookworm@sha256:[0-9a-f]{64}$/);
  });

  it('keep data and models in the one volume, and nothing else that the process may change', () => {
    const set = [...dockerfile.matchAll(/\b([A-Z]+_[A-Z_]+)=(\S+)/g)].map((match) => [match[1]!, match[2]!]);
    const env = Object.fromEntries(set);
    expect(env).toMatchObject({
      ACCLAIM_DATA: '/data',
      ACCLAIM_MODELS: '/data/models',
      MALLOC_ARENA_MAX: '2',
    });
    expect(dockerfile).toContain('COPY --from=build /app /app\n');
    for (const name of Object.keys(env)) if (name.startsWith('ACCLAIM_')) expect(known).toContain(name);
  });
});

describe('units', () => {
  const units = readdirSync(folder).filter((name) => name.endsWith('.service'));

  it.each(units)('%s runs a command that there is, with settings that the program takes', (name) => {
    const text = read(name);
    const [, command] = /^ExecStart=.*\/usr\/bin\/node dist\/src\/acclaim\.js ([a-z]+)/m.exec(text)!;
    expect(Object.keys(commands)).toContain(command);
    const named = [...text.matchAll(/^Environment=([A-Z_]+)=/gm)].map((match) => match[1]!);
    expect(named).toContain('ACCLAIM_DATA');
    expect(named.filter((variable) => !known.has(variable) && !others.includes(variable))).toEqual([]);
    if (command !== 'backup') {
      // Below what the unit may write to; the checkout is not.
      expect(text).toMatch(/^Environment=ACCLAIM_MODELS=\/var\/lib\/acclaim\/models$/m);
      expect(text).toMatch(/^StateDirectory=acclaim$/m);
      expect(text).toMatch(/^Environment=MALLOC_ARENA_MAX=2$/m);
    }
    for (const rule of [
      'User=acclaim',
      'NoNewPrivileges=yes',
      'ProtectSystem=strict',
      'CapabilityBoundingSet=\n',
    ])
      expect(text).toContain(rule);
  });
});

describe('metrics', () => {
  it("are those of the document's tables, all of them", () => {
    const text = readFileSync(projectPath('docs/operating.md'), 'utf8');
    const rows = text.split('\n').filter((line) => line.startsWith('| `acclaim_'));
    const told = rows.flatMap((row) =>
      [...row.split('|')[1]!.matchAll(/`(acclaim_[a-z_]+)`/g)].map((m) => m[1]!),
    );
    expect(told.sort()).toEqual([...made].sort());
  });

  it('of the alert rules are made by the program', () => {
    const { groups } = parse(read('alerts.yaml')) as {
      groups: { rules: { alert: string; expr: string }[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    expect(rules.length).toBeGreaterThan(5);
    const named = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/\bacclaim_[a-z_]+/g)].map((match) => base(match[0])),
    );
    expect(named.filter((name) => !made.has(name))).toEqual([]);
  });
});

it('every file that docs/operating.md links is there', () => {
  const text = readFileSync(projectPath('docs/operating.md'), 'utf8');
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)]
    .map((match) => match[1]!)
    .filter((link) => !/^https?:/.test(link));
  expect(links.filter((link) => !existsSync(join(projectPath('docs'), link)))).toEqual([]);
});
