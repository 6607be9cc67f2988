/** docs/deploy/alerts.yaml as data, and which of what its rules ask for a process does not answer. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { projectPath } from '../../src/files/paths.js';
import type { Exposition } from './exposition.js';

export interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string };
}

export const rulesFile = projectPath('docs/deploy/alerts.yaml');
const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] };
export const rules = groups.flatMap((group) => group.rules);

/** `job`: whose answer it is. Of counters the very series must be there, which `increase()` counts from. */
export function notAnswered(found: Exposition, job: string): string[] {
  const samples = [...found.families.values()].flatMap((family) => family.samples);
  const asked = rules.flatMap(({ expr }) => [
    ...expr.matchAll(/\b((?:acclaim|nodejs|process)_\w+)(?:\{([^}]*)\})?/g),
  ]);
  return asked.flatMap(([selector, name, text = '']) => {
    const matchers = [...text.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)].map(([, label, how, value]) => {
      const same = new RegExp(`^(?:${value})$`);
      return { label: label!, fits: (has = '') => same.test(has) === (how !== '!=') };
    });
    if (!matchers.every(({ label, fits }) => label !== 'job' || fits(job))) return [];
    const own = name!.endsWith('_total') ? matchers.filter(({ label }) => label !== 'job') : [];
    const there = samples.some(
      (sample) => sample.name === name && own.every(({ label, fits }) => fits(sample.labels[label])),
    );
    return there ? [] : [selector];
  });
}
