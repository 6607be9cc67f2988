/**
 * Prometheus' own promtool (src/setup/setup.mjs --test brings it), and its rule tests: what a process was
 * scraped of, minute by minute, as the series that rules are tried on. A series that a scrape did not have
 * yet is missing there too.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectPath } from '../../src/files/paths.js';
import type { Exposition, Sample } from './exposition.js';

function find(): string {
  const dirs = [projectPath('dist/tools/bin'), ...(process.env.PATH ?? '').split(delimiter)];
  const found = dirs.map((dir) => join(dir, 'promtool')).find((file) => existsSync(file));
  if (!found) throw new Error('there is no promtool: `node src/setup/setup.mjs --test` brings it');
  return found;
}

/** Throws with its words where it finds fault. */
export function promtool(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(find(), args, { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}

export class Scrapes {
  private steps = 0;
  private readonly series = new Map<string, (number | null)[]>();

  constructor(
    private readonly target: { job: string; instance: string },
    /** Of these metrics alone, so that what is tried stays small. */
    private readonly wanted: (name: string) => boolean,
  ) {}

  /** The same answer for so many minutes; null = the process does not answer. */
  add(minutes: number, found: Exposition | null): this {
    const samples = found ? [...found.families.values()].flatMap((family) => family.samples) : [];
    for (const sample of [...samples, { name: 'up', labels: {}, value: found ? 1 : 0 }]) {
      if (!this.wanted(sample.name)) continue;
      const key = keyOf(sample, this.target);
      const values = this.series.get(key) ?? [];
      this.series.set(key, values);
      while (values.length < this.steps) values.push(null);
      for (let i = 0; i < minutes; i++) values.push(sample.value);
    }
    this.steps += minutes;
    return this;
  }

  /** As promtool's `input_series`. */
  input(): { series: string; values: string }[] {
    return [...this.series].map(([series, values]) => ({ series, values: written(values) }));
  }
}

function keyOf({ name, labels }: Sample, target: Record<string, string>): string {
  const all = Object.entries({ ...labels, ...target }).map(
    ([label, value]) => `${label}=${JSON.stringify(value)}`,
  );
  return `${name}{${all.join(',')}}`;
}

/** Runs of one value as promtool writes them: `0+0x9` is ten times 0. */
function written(values: readonly (number | null)[]): string {
  const runs: { value: number | null; n: number }[] = [];
  for (const value of values) {
    const last = runs.at(-1);
    if (last?.value === value) last.n += 1;
    else runs.push({ value, n: 1 });
  }
  return runs.map(({ value, n }) => (value === null ? `_x${n}` : `${value}+0x${n - 1}`)).join(' ');
}
