/**
 * `acclaim models`: the catalogue and what was pulled; whether a pulled model is still what it was; removing
 * one.
 */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Catalogue, loadCatalogue } from '../config/catalogue.js';
import { modelFamily, resolveModel } from '../config/models.js';
import { findPulled, listPulled, modelsFolders, type PulledModel } from '../config/pulled.js';
import { adapterNamesHere, heldOf } from '../config/stack.js';
import { count } from '../domain/state/count.js';
import { AcclaimError } from '../errors.js';
import { asDataError } from '../store/faults.js';
import { defineCommand, type Io } from './command.js';
import { flag, text } from './options.js';

/** The engine's half: what of a model's folder is done otherwise than its files ask. */
export type ModelNotes = (dir: string) => string[];

/** One, or several. */
type Folders = string | readonly string[];

function folderBytes(dir: string): number {
  return (readdirSync(dir, { recursive: true }) as string[])
    .map((name) => statSync(join(dir, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

function locate(name: string, catalogue: Catalogue, folder: Folders): string | null {
  try {
    return resolveModel(name, catalogue, folder);
  } catch {
    return null;
  }
}

function list(catalogue: Catalogue, folder: Folders, modelNotes: ModelNotes) {
  const known = catalogue.models.map((model) => {
    const path = locate(model.name, catalogue, folder);
    const here = path !== null && existsSync(path);
    const family = here ? modelFamily(path, catalogue) : model.family;
    const bytes = here ? (statSync(path).isDirectory() ? folderBytes(path) : statSync(path).size) : null;
    return { ...model, path, here, family, bytes, notes: here ? modelNotes(path) : [] };
  });
  const pulled = listPulled(folder).map(({ name, version, dir, pulled: note }) => ({
    name,
    version,
    path: dir,
    source: note.source,
    revision: note.revision,
    licence: note.licence,
    ...(note.adapter && { adapter: note.adapter }),
    bytes: folderBytes(dir),
  }));
  const here = adapterNamesHere(catalogue, folder);
  const adapters = catalogue.adapters.map((one) => ({ ...one, here: here.includes(one.name) }));
  return { models: known, adapters, pulled };
}

function show({ models, adapters, pulled }: ReturnType<typeof list>, io: Io): void {
  const size = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  for (const m of models) {
    const held = m.bytes === null ? `not on this machine: acclaim pull ${m.name}` : size(m.bytes);
    io.out(`${m.name}  ${m.title}, ${held}, ${m.licence}\n  ${m.about}\n`);
    if (m.path !== null) io.out(`  ${m.path}\n`);
    for (const note of m.notes) io.out(`  note: ${note}\n`);
  }
  io.out('\nLoRAs to draw with, as in `MODEL + LORA:WEIGHT`:\n');
  for (const { name, title, about, licence, here } of adapters)
    io.out(
      `${name}  ${title}, ${here ? 'here' : `not on this machine: acclaim pull ${name}`}, ${licence}\n  ${about}\n`,
    );
  io.out('\n');
  for (const p of pulled)
    io.out(
      `${p.name}@${p.version}  pulled${p.adapter ? ' LoRA' : ''}, ${size(p.bytes)}, ${p.licence ?? 'no licence named'}\n  ${p.path}\n`,
    );
  io.out(
    "Any folder in diffusers' layout and any .safetensors checkpoint works too: give its path where a model is asked for.\n",
  );
}

/** Every file has the size and sha256 that it was pulled with. Errors: model-corrupt, naming the files. */
async function verify({ dir, name, version, pulled }: PulledModel, io: Io): Promise<void> {
  const faults: string[] = [];
  for (const [path, { bytes, sha256 }] of Object.entries(pulled.files)) {
    const file = join(dir, path);
    if (!existsSync(file)) faults.push(`${path} is missing`);
    else if (statSync(file).size !== bytes)
      faults.push(`${path} has ${count(statSync(file).size, 'byte')}, not ${bytes}`);
    else {
      const hash = createHash('sha256');
      await pipeline(createReadStream(file), hash, { signal: io.signal });
      if (hash.digest('hex') !== sha256) faults.push(`${path} has changed`);
    }
  }
  if (faults.length > 0)
    throw new AcclaimError(
      'model-corrupt',
      `${dir}: ${faults.join('; ')}`,
      `Remove it and fetch it again: acclaim models remove ${name}@${version}.`,
    );
  io.out(
    `${name}@${version}: ${count(Object.keys(pulled.files).length, 'file is', 'files are')} as pulled\n`,
  );
}

/** Gone under its name at once; an engine that still maps the files keeps them until it lets go. */
function remove({ dir, name, version }: PulledModel, io: Io): void {
  const gone = `${dir}.removed`;
  try {
    rmSync(gone, { recursive: true, force: true });
    renameSync(dir, gone);
    rmSync(gone, { recursive: true, force: true });
  } catch (error) {
    throw asDataError(error, dir, 'Run it as the user who pulled it.');
  }
  io.out(`${name}@${version} is removed\n`);
}

function pulledModel(asked: string | undefined, catalogue: Catalogue, folder: Folders): PulledModel {
  const lora = catalogue.adapters.find(({ name }) => name === asked);
  const entry = catalogue.models.find(({ name }) => name === asked);
  const found = lora
    ? heldOf(lora, folder)
    : asked === undefined
      ? undefined
      : findPulled(entry?.hub ?? asked, folder);
  if (found) return found;
  const there = listPulled(folder).map(({ name, version }) => `${name}@${version}`);
  throw new AcclaimError(
    'model-not-found',
    asked === undefined ? 'which model?' : `${asked} was not pulled`,
    `Pulled models: ${there.join(', ') || 'none'}.`,
  );
}

const acts = ['list', 'verify', 'remove'] as const;

export const command = defineCommand(
  {
    args: [
      { name: 'act', help: 'list (what happens without it), verify or remove', required: false },
      { name: 'model', help: 'a pulled model: NAME or NAME@VERSION', required: false },
    ],
    options: {
      models: text(
        '--models <dir>',
        "folder that holds pulled models; default: ACCLAIM_MODELS, and the checkout's models/",
      ),
      json: flag('--json', 'print the list as JSON'),
    },
    examples: [
      'models',
      'models --json',
      'models verify sd15',
      'models remove someone/painterly@0123456789ab',
    ],
  },
  async ({ json, models }, [asked = 'list', model], io) => {
    const act = acts.find((name) => name === asked);
    if (!act) throw new AcclaimError('usage', `there is no act "${asked}"`, 'See `acclaim models --help`.');
    const catalogue = loadCatalogue();
    const folder = models ?? modelsFolders();
    if (act === 'list') {
      const { modelNotes } = (await io.load('engine/cli/model-notes.js')) as { modelNotes: ModelNotes };
      const all = list(catalogue, folder, modelNotes);
      return json ? io.out(`${JSON.stringify(all, null, 2)}\n`) : show(all, io);
    }
    const found = pulledModel(model, catalogue, folder);
    return act === 'verify' ? verify(found, io) : remove(found, io);
  },
);
