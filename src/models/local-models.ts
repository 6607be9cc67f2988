/** The models on this machine by their hash: bot and engines name a model so, wherever each has it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue } from '../config/catalogue.js';
import { resolveModel } from '../config/models.js';
import { listPulled, openPath } from '../config/pulled.js';
import type { Config } from '../config/schema.js';
import { findAdapter, parseAdapter } from '../config/stack.js';
import type { Models } from '../queue/transport/transport.js';
import { modelHash, modelStamp } from './model-hash.js';

type Wanted = Pick<Config, 'model' | 'safety' | 'decoder' | 'adapters'>;

/** The models in the model folders, by hash. */
export class ModelsHere implements Models {
  /** Hash -> what the model is opened by. */
  private held = new Map<string, string>();
  private readonly seen = new Map<string, string>();
  private first = true;
  private looking: Promise<boolean> | null = null;

  private constructor(private readonly config: Wanted) {}

  /** Of the catalogue, the folders of pulled models and the configuration, those that are there. */
  static async open(config: Wanted): Promise<ModelsHere> {
    const here = new ModelsHere(config);
    await here.look();
    return here;
  }

  /**
   * What came while this process ran is taken when it is the same in two looks: somebody may be copying it.
   */
  private settled(path: string): boolean {
    const stamp = JSON.stringify([...modelStamp(path)]);
    const same = this.first || this.seen.get(path) === stamp;
    this.seen.set(path, stamp);
    return same;
  }

  /**
   * What was pulled, or removed, since it was looked: true where that is another set. Hashing a big model
   * takes some seconds.
   */
  look(): Promise<boolean> {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = null;
    });
    return this.looking;
  }

  hash(path: string): Promise<string> {
    return modelHash(path);
  }

  find(hash: string): string | undefined {
    return this.held.get(hash);
  }

  get hashes(): string[] {
    return [...this.held.keys()];
  }

  private async lookOnce(): Promise<boolean> {
    const held = new Map<string, string>();
    const before = new Set(this.held.values());
    const paths = [...pathsOf(this.config)].filter(isModel);
    for (const path of paths)
      if (before.has(path) || this.settled(path)) held.set(await modelHash(path), path);
    this.first = false;
    const changed = held.size !== this.held.size || [...held.keys()].some((hash) => !this.held.has(hash));
    this.held = held;
    return changed;
  }
}

function pathsOf({ model, safety, decoder, adapters }: Wanted): Set<string> {
  const catalogue = loadCatalogue();
  const paths = new Set(listPulled().map(openPath));
  const add = (find: () => string) => {
    try {
      paths.add(find());
    } catch {
      // Not on this machine: its jobs go to an engine that has it.
    }
  };
  for (const name of [...catalogue.models.map((m) => m.name), model, safety.checker, decoder.tiny])
    if (name !== null) add(() => resolveModel(name, catalogue));
  for (const { path } of adapters.map(parseAdapter)) add(() => findAdapter(path, catalogue).file);
  return paths;
}

const isModel = (path: string): boolean =>
  path.endsWith('.safetensors')
    ? existsSync(path)
    : ['model_index.json', 'safety_checker', 'tiny_vae', 'config.json'].some((name) =>
        existsSync(join(path, name)),
      );
