/** The models on this machine by their hash: bot and engines name a model so, wherever each has it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue, resolveModel } from './config/models.js';
import { listPulled, openPath } from './config/pulled.js';
import type { Config } from './config/schema.js';
import { modelHash } from './model-hash.js';
import type { Models } from './queue/places.js';

/** Of the catalogue and the configuration, those whose folders are there. Hashing a big model takes some seconds. */
export async function modelsHere(
  config: Pick<Config, 'model' | 'safety'>,
): Promise<Models & { hashes: string[] }> {
  const catalogue = loadCatalogue();
  const named = [...catalogue.models.map((m) => m.name), config.model, config.safety.checker];
  const paths = new Set(listPulled().map(openPath));
  for (const name of named) {
    try {
      if (name !== null) paths.add(resolveModel(name, catalogue));
    } catch {
      // Not on this machine: its jobs go to an engine that has it.
    }
  }
  const held = new Map<string, string>();
  for (const path of paths) {
    const hash = isModel(path) ? await modelHash(path) : null;
    if (hash !== null) held.set(hash, path);
  }
  return { hash: modelHash, find: (hash) => held.get(hash), hashes: [...held.keys()] };
}

const isModel = (path: string): boolean =>
  path.endsWith('.safetensors') ||
  ['model_index.json', 'safety_checker'].some((name) => existsSync(join(path, name)));
