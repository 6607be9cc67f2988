/**
 * LoRAs that a session is drawn with, as people write them: `NAME` or `NAME:WEIGHT`, the name of the
 * catalogue, of what was pulled, or a file of this machine. A session keeps to the bytes that it began with:
 * each file goes by its hash.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { AcclaimError } from '../errors.js';
import { mustBeReadable } from '../files/reading.js';
import type { StackedAdapter } from '../queue/jobs.js';
import { type Catalogue, type CatalogueAdapter, loadCatalogue } from './catalogue.js';
import { findPulled, isAdapter, listPulled, modelsFolders, openPath, type PulledModel } from './pulled.js';

export interface AdapterSource {
  /** File, a checkpoint's folder, or a name. */
  readonly path: string;
  readonly weight: number;
}

/** A file whose name ends like a weight is taken as it stands. */
export function parseAdapter(text: string): AdapterSource {
  const match = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text);
  if (!match || existsSync(text)) return { path: text, weight: 1 };
  return { path: match[1]!, weight: Number(match[2]) };
}

type Folders = string | readonly string[];

const entryOf = (name: string, { adapters }: Catalogue): CatalogueAdapter | undefined =>
  adapters.find((one) => one.name === name);

/** What the catalogue calls so, where it was pulled: by that name, or by its repository's. */
export function heldOf({ hub, file }: CatalogueAdapter, folders: Folders): PulledModel | undefined {
  const named = [`${hub}--${basename(file, '.safetensors')}`, hub].map((name) => findPulled(name, folders));
  return named.find((one) => one && isAdapter(one) && file in one.pulled.files);
}

/** Names of LoRAs of this machine: of the catalogue, and of what was pulled. */
export function adapterNamesHere(catalogue = loadCatalogue(), folders: Folders = modelsFolders()): string[] {
  const held = catalogue.adapters.flatMap((entry) => {
    const pulled = heldOf(entry, folders);
    return pulled ? [{ called: entry.name, name: pulled.name }] : [];
  });
  const others = listPulled(folders).filter(
    (one) => isAdapter(one) && !held.some(({ name }) => name === one.name),
  );
  return [...new Set([...held.map(({ called }) => called), ...others.map(({ name }) => name)])];
}

interface Found {
  /** Absolute. */
  file: string;
  /** Missing of a file of the machine. */
  name?: string;
  licence?: string;
}

/** Errors: model-not-found of one of the catalogue that was not pulled. */
export function findAdapter(
  named: string,
  catalogue = loadCatalogue(),
  folders: Folders = modelsFolders(),
): Found {
  const entry = entryOf(named, catalogue);
  const pulled = entry ? heldOf(entry, folders) : findPulled(named, folders);
  if (pulled && isAdapter(pulled)) {
    const licence = pulled.pulled.licence ?? entry?.licence;
    return { file: openPath(pulled), name: named, ...(licence !== undefined && { licence }) };
  }
  if (!entry) return { file: resolve(named) };
  throw new AcclaimError(
    'model-not-found',
    `the LoRA ${named} is not on this machine`,
    `Fetch it: acclaim pull ${named} (${entry.licence}).`,
  );
}

export interface Stack {
  stack: StackedAdapter[];
  /** As an accelerator among them wants pictures to be sampled. */
  sampler?: CatalogueAdapter['sampler'];
}

/**
 * LoRAs as they are written, for a model of this family. Errors: file-not-found; usage, where one is no file;
 * model-not-found; adapter-unsupported of one that is known to be another family's, and of two accelerators.
 */
export function stackFor(
  adapters: readonly string[],
  family: string,
  catalogue = loadCatalogue(),
  folders: Folders = modelsFolders(),
): Stack {
  const known = adapters.flatMap((text) => entryOf(parseAdapter(text).path, catalogue) ?? []);
  const other = known.find(({ families }) => !families.includes(family));
  if (other)
    throw new AcclaimError(
      'adapter-unsupported',
      `the LoRA ${other.name} is made for ${other.families.join(' and ')}, and the model is of ${family}`,
      "Choose one of the model's family: `acclaim models` lists them.",
    );
  const [first, second] = known.filter(({ sampler }) => sampler);
  if (first && second)
    throw new AcclaimError(
      'adapter-unsupported',
      `${first.name} and ${second.name} both make models draw in few steps, each in its own way`,
      'Choose one of them.',
    );
  return {
    stack: adapters.map((text) => stacked(text, catalogue, folders)),
    ...(first && { sampler: first.sampler }),
  };
}

function stacked(text: string, catalogue: Catalogue, folders: Folders): StackedAdapter {
  const { path, weight } = parseAdapter(text);
  const found = findAdapter(path, catalogue, folders);
  mustBeReadable(found.file, {
    message: `there is no ${found.file}`,
    hint: 'Check `adapters` in the configuration, or --adapter.',
  });
  if (!statSync(found.file).isFile())
    throw new AcclaimError('usage', `${found.file} is no file`, 'Name the .safetensors file of a LoRA.');
  return { ...found, sha256: fileHash(found.file), weight };
}

const known = new Map<string, { stamp: string; sha256: string }>();

/** Of its bytes, hashed again when its size or time is another. */
export function fileHash(file: string): string {
  const { size, mtimeMs, ino } = statSync(file);
  const stamp = `${size} ${mtimeMs} ${ino}`;
  const before = known.get(file);
  if (before?.stamp === stamp) return before.sha256;
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  known.set(file, { stamp, sha256 });
  return sha256;
}
