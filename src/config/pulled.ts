/**
 * Models that were pulled: folders `<name>@<version>` with an acclaim.json that says where they are from and what each
 * file must be. Newer versions lie beside older ones; a name means the newest.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { projectPath } from '../paths.js';
import { type Pulled, pulledSchema } from '../queue/pulled-schema.js';
import { isExhausted, readFault } from '../reading.js';

export interface PulledModel {
  /** `owner/name`, or the name of the file or folder. */
  readonly name: string;
  /** Twelve hex digits. */
  readonly version: string;
  /** Absolute. */
  readonly dir: string;
  readonly pulled: Pulled;
}

/** Where pulled models are. */
export const modelsFolder = (): string => projectPath('models');

/** The note of a pulled model's folder; undefined where there is none that can be read. */
export function pulledNote(dir: string): Pulled | undefined {
  const file = join(dir, 'acclaim.json');
  try {
    return pulledSchema.safeParse(JSON.parse(readFileSync(file, 'utf8'))).data;
  } catch (error) {
    // Else a model that is here would be said to be missing.
    if (isExhausted(error)) throw readFault(error, file, { mend: '' });
    return undefined;
  }
}

/** Every pulled model that is whole, the newest first. */
export function listPulled(folder = modelsFolder()): PulledModel[] {
  if (!existsSync(folder)) return [];
  const found = readdirSync(folder).flatMap((entry) => {
    const match = /^(.+)@([0-9a-f]{12})$/.exec(entry);
    const dir = join(folder, entry);
    const pulled = match ? pulledNote(dir) : undefined;
    if (!match || !pulled) return [];
    const at = statSync(join(dir, 'acclaim.json')).mtimeMs;
    return [{ at, model: { name: match[1]!.replace('--', '/'), version: match[2]!, dir, pulled } }];
  });
  return found.sort((a, b) => b.at - a.at).map(({ model }) => model);
}

/** The newest of a name, or the version after its `@`. */
export function findPulled(asked: string, folder = modelsFolder()): PulledModel | undefined {
  const [name, version = ''] = asked.split('@');
  return listPulled(folder).find(
    (model) => model.name === name && model.version.startsWith(version.slice(0, 12)),
  );
}

/** What a model is opened by: its folder, or the file of one that is a single file. */
export function openPath({ dir, pulled }: Pick<PulledModel, 'dir' | 'pulled'>): string {
  const files = Object.keys(pulled.files);
  if (files.includes('model_index.json')) return dir;
  return join(dir, files.find((path) => path.endsWith('.safetensors')) ?? '');
}
