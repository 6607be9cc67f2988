/** `acclaim models`: the catalogue, and what of it is on this machine. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue, modelFamily, resolveModel } from '../config/models.js';
import { defineCommand } from './command.js';
import { flag } from './options.js';

/** The engine's half: what of a model's folder is done otherwise than its files ask. */
export type ModelNotes = (dir: string) => string[];

function folderBytes(dir: string): number {
  return (readdirSync(dir, { recursive: true }) as string[])
    .map((name) => statSync(join(dir, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

export const command = defineCommand(
  {
    args: [],
    options: { json: flag('--json', 'print the list as JSON') },
    examples: ['models', 'models --json'],
  },
  async ({ json }, _args, io) => {
    const catalogue = loadCatalogue();
    const { modelNotes } = (await io.load('engine/cli/model-notes.js')) as { modelNotes: ModelNotes };
    const models = catalogue.models.map((model) => {
      const path = resolveModel(model.name, catalogue);
      const here = existsSync(join(path, 'model_index.json'));
      const family = here ? modelFamily(path, catalogue) : model.family;
      const notes = here ? modelNotes(path) : [];
      return { ...model, path, here, family, bytes: here ? folderBytes(path) : null, notes };
    });
    if (json) {
      io.out(`${JSON.stringify({ models }, null, 2)}\n`);
      return;
    }
    for (const m of models) {
      const size = m.bytes === null ? 'not on this machine' : `${(m.bytes / 1e6).toFixed(1)} MB`;
      io.out(`${m.name}  ${m.title}, ${size}, ${m.licence}\n  ${m.about}\n  ${m.path}\n`);
      for (const note of m.notes) io.out(`  note: ${note}\n`);
    }
    io.out("Any folder in diffusers' layout works too: give its path where a model is asked for.\n");
  },
);
