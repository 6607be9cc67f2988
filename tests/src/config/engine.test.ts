/** What an engine is told of the configuration: no secret that it does not need, whatever platforms there are. */
import { expect, test } from 'vitest';
import { withoutPlatforms } from '../../../src/config/engine.js';
import { loadConfig } from '../../../src/config/load.js';
import type { Config } from '../../../src/config/schema.js';

/** The hub's, the bucket's, Redis' and that of the envelopes: what it draws with, and speaks by. */
const itsOwn = ['hub.token', 'artifacts.accessKeyId', 'artifacts.secretAccessKey', 'queue.key'];

type Section = Record<string, unknown>;

/** Paths of all that is a secret by its name. */
const secrets = (section: Section, path: string[] = []): string[] =>
  Object.entries(section).flatMap(([name, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? secrets(value as Section, [...path, name])
      : /token|secret|password|key(id)?$/i.test(name)
        ? [[...path, name].join('.')]
        : [],
  );
const at = (config: Config, path: string) =>
  path.split('.').reduce<unknown>((found, name) => (found as Section)[name], config);

test('an engine has no secret but its own', () => {
  const config = loadConfig({ env: {} });
  const all = secrets(config);
  expect(all).toEqual(expect.arrayContaining([...itsOwn, 'discord.token', 'slack.signingSecret']));
  const full = structuredClone(config);
  for (const path of all) {
    const names = path.split('.');
    const section = at(full, names.slice(0, -1).join('.')) as Section;
    section[names.at(-1)!] = 'x'.repeat(40);
  }
  const { config: left, dropped } = withoutPlatforms(full);
  const others = all.filter((path) => !itsOwn.includes(path));
  expect(dropped.sort()).toEqual(others.sort());
  expect(all.filter((path) => at(left, path) !== null).sort()).toEqual([...itsOwn].sort());
});
