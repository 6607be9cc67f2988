/**
 * docs/papers.md and docs/formats.md against the code: parameters and defaults, files and functions, manifest
 * keys.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { checkpointManifestSchema } from '../../../engine/io/checkpoint.js';
import { roundManifestSchema } from '../../../engine/io/round.js';
import { learners } from '../../../engine/learn/learners/table.js';
import { learnerNames } from '../../../src/config/learners.js';
import { projectPath } from '../../../src/files/paths.js';

const papers = readFileSync(projectPath('docs/papers.md'), 'utf8');
const formats = readFileSync(projectPath('docs/formats.md'), 'utf8');

it('papers.md lists every parameter of every learner with its default, and no other', () => {
  const rows = papers.slice(papers.indexOf('## Parameters')).matchAll(/^\| `(\w+)` \|(.*)\|$/gm);
  const table = new Map([...rows].map(([, key, cells]) => [key!, cells!.split('|').map((c) => c.trim())]));
  const columns = learnerNames;
  const known = new Set<string>();
  for (const [column, name] of columns.entries()) {
    const defaults = learners[name].params.parse({}) as unknown as Record<string, unknown>;
    for (const [key, cells] of table) {
      known.add(key);
      expect(cells[column], `${name}.${key}`).toBe(key in defaults ? String(defaults[key]) : '');
    }
    for (const key of Object.keys(defaults)) expect(known, `${name}.${key}`).toContain(key);
  }
});

it('the README says of every learner what the registry says', () => {
  const readme = readFileSync(projectPath('README.md'), 'utf8').replace(/\s+/g, ' ');
  for (const name of learnerNames) expect(readme).toContain(`\`${name}\` (${learners[name].about})`);
});

it('papers.md names files and functions that are there', () => {
  for (const [, file] of papers.matchAll(/`((?:engine|src)\/[\w/-]+\.ts)`/g))
    expect(existsSync(projectPath(file!)), file).toBe(true);
  for (const [, file, names] of papers.matchAll(/`(engine\/[\w/-]+\.ts)`: ((?:`[\w.]+`(?:, )?)+)/g)) {
    const source = readFileSync(projectPath(file!), 'utf8');
    for (const [, name] of names!.matchAll(/`(\w+)(?:\.\w+)?`/g))
      expect(source, `${file}: ${name}`).toMatch(new RegExp(`export (async )?(function|const) ${name}\\b`));
  }
});

it('formats.md names every key of both manifests', () => {
  for (const schema of [roundManifestSchema, checkpointManifestSchema])
    for (const key of Object.keys(schema.shape)) expect(formats, key).toContain(`\`${key}\``);
});
