/**
 * A new model with an adapter merged in: a folder like the base model's, or one file where the base is one.
 * What the engine reads of the base model goes along, and its licence and card; `acclaim.json` says what it
 * was made of.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { AcclaimError } from '../../src/errors.js';
import { writeNew } from '../io/new-folder.js';
import { moduleTable } from '../models/modules.js';
import type { Pipeline } from '../models/pipeline.js';
import { placesOf } from '../models/weight-files.js';
import { copyMerged } from './merge.js';
import type { Weighted } from './read.js';

/** What goes along beside weights: configurations, vocabularies, licence and card. */
const along = /(\.(json|txt|md)$)|(^|\/)(licen[cs]e|notice|readme)[^/]*$/i;

/**
 * A copy of the model at `out` with the adapters added into its weights; `report` is told of files or tensors
 * that are done. Errors: those of writing.
 */
export async function writeMerged(
  pipeline: Pipeline,
  layers: readonly (readonly Weighted[])[],
  out: string,
  provenance: Readonly<Record<string, string>>,
  report: (done: number, total: number) => void = () => {},
): Promise<void> {
  const inFile = new Map<string, (readonly Weighted[])[]>();
  for (const parts of layers) {
    const file = realpathSync(parts[0]!.layer.module.weight.file);
    inFile.set(file, [...(inFile.get(file) ?? []), parts]);
  }
  const used = new Set(moduleTable(pipeline).map(({ weight }) => realpathSync(weight.file)));
  if (statSync(pipeline.dir).isFile()) {
    const file = realpathSync(pipeline.dir);
    return writeNew(out, async (partial) => copyMerged(file, partial, inFile.get(file) ?? [], provenance));
  }
  const files = filesToCopy(pipeline.dir, used);
  return writeNew(out, async (partial) => {
    for (const [i, name] of files.entries()) {
      const from = realpathSync(join(pipeline.dir, name));
      const to = join(partial, name);
      mkdirSync(dirname(to), { recursive: true });
      const own = inFile.get(from);
      if (own) await copyMerged(from, to, own, provenance);
      else await copyFile(from, to);
      report(i + 1, files.length);
      await setImmediate();
    }
    writeFileSync(join(partial, 'acclaim.json'), `${JSON.stringify(provenance, null, 2)}\n`);
    const { 'acclaim.merged_with': others, 'acclaim.sampler': sampler } = provenance;
    if (others !== undefined) appendFileSync(join(partial, 'README.md'), cardOf(JSON.parse(others)));
    if (sampler !== undefined) setScheduler(partial, JSON.parse(sampler).scheduler);
  });
}

/** What the model's card says at its end of the LoRAs that were merged into it. */
function cardOf(others: readonly { name: string; weight: number; licence?: string }[]): string {
  const lines = others.map(
    ({ name, weight, licence = 'not known' }) => `- ${name}, weight ${weight}; licence: ${licence}`,
  );
  return [
    '',
    '## Merged by Acclaim',
    '',
    'Beside what was learned from votes it holds:',
    '',
    ...lines,
    '',
  ].join('\n');
}

/** Of models that were distilled: by its class it is told how they are sampled. */
const distilled: Record<string, string> = { lcm: 'LCMScheduler', tcd: 'TCDScheduler' };

/** A model that has become one of few steps says so; others keep their own. */
function setScheduler(dir: string, scheduler: string): void {
  const file = join(dir, 'scheduler/scheduler_config.json');
  if (!distilled[scheduler] || !existsSync(file)) return;
  const config = { ...JSON.parse(readFileSync(file, 'utf8')), _class_name: distilled[scheduler] };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
}

/**
 * Weights of which only some are used (variants lie side by side) are left out with their index: they would
 * be stale.
 */
function filesToCopy(dir: string, used: ReadonlySet<string>): string[] {
  const names = (readdirSync(dir, { recursive: true }) as string[])
    .map((name) => name.split(sep).join('/'))
    .filter((name) => statSync(join(dir, name)).isFile())
    .sort();
  const tuned = new Set([...used].map((file) => partOf(dir, names, file)));
  return names.filter((name) => {
    const inTuned = tuned.has(dirname(name));
    if (name.endsWith('.safetensors')) return !inTuned || used.has(realpathSync(join(dir, name)));
    if (name.endsWith('.index.json') && inTuned) return isUsed(join(dir, name), used);
    return along.test(name) && basename(name) !== 'acclaim.json';
  });
}

/** The folder below the model's in which a used file is named. */
function partOf(dir: string, names: readonly string[], file: string): string {
  const name = names.find((n) => n.endsWith('.safetensors') && realpathSync(join(dir, n)) === file);
  if (name === undefined)
    throw new AcclaimError('model-corrupt', `${file} lies outside ${dir}`, 'Fetch the model again.');
  return dirname(name);
}

/** An index of other weights than those that were opened may be of files that are gone. */
function isUsed(index: string, used: ReadonlySet<string>): boolean {
  const shards = new Set(placesOf(index).map(([, name]) => join(dirname(index), name)));
  return [...shards].every((file) => existsSync(file) && used.has(realpathSync(file)));
}
