/**
 * Models that were pulled: folders `<name>@<version>` with an acclaim.json that says where they are from and
 * what each file must be. Newer versions lie beside older ones; a name means the newest.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AcclaimError } from '../errors.js';
import { jsonOfFile, MODEL_JSON } from '../files/json-bounds.js';
import { projectPath } from '../files/paths.js';
import { isExhausted, readFault } from '../files/reading.js';
import { type Pulled, pulledSchema } from '../queue/pulled-schema.js';
import { modelsVariable, readEnvironment } from './env.js';

export interface PulledModel {
  /** `owner/name`, or the name of the file or folder. */
  readonly name: string;
  /** Twelve hex digits. */
  readonly version: string;
  /** Absolute. */
  readonly dir: string;
  readonly pulled: Pulled;
}

/** Where what is pulled goes: ACCLAIM_MODELS, else the checkout's models/. */
export function modelsFolder(env = readEnvironment()): string {
  const named = env[modelsVariable];
  return named === undefined ? projectPath('models') : resolve(named);
}

/**
 * Where pulled models are looked for: there, and in the checkout, where whoever set it up may have pulled
 * some.
 */
export const modelsFolders = (): string[] => [...new Set([modelsFolder(), projectPath('models')])];

/** A note that cannot be read counts as none, so nobody sees why. */
const unread = (why: string) => new AcclaimError('file-corrupt', why);

/** The note of a pulled model's folder; undefined where there is none that can be read. */
export function pulledNote(dir: string): Pulled | undefined {
  const file = join(dir, 'acclaim.json');
  try {
    return pulledSchema.safeParse(jsonOfFile(file, MODEL_JSON, unread, { hint: '' })).data;
  } catch (error) {
    // Else a model that is here would be said to be missing.
    if (isExhausted(error)) throw readFault(error, file, { hint: '' });
    return undefined;
  }
}

/** Every pulled model of some folders that is whole, the newest first. */
export function listPulled(folders: string | readonly string[] = modelsFolders()): PulledModel[] {
  const found = [folders].flat().flatMap(pulledIn);
  return found.sort((a, b) => b.at - a.at).map(({ model }) => model);
}

function pulledIn(folder: string): { at: number; model: PulledModel }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((entry) => {
    const match = /^(.+)@([0-9a-f]{12})$/.exec(entry);
    const dir = join(folder, entry);
    const pulled = match ? pulledNote(dir) : undefined;
    if (!match || !pulled) return [];
    const at = statSync(join(dir, 'acclaim.json')).mtimeMs;
    return [{ at, model: { name: match[1]!.replace('--', '/'), version: match[2]!, dir, pulled } }];
  });
}

/** The newest of a name, or the version after its `@`. */
export function findPulled(
  asked: string,
  folders: string | readonly string[] = modelsFolders(),
): PulledModel | undefined {
  const [name, version = ''] = asked.split('@');
  return listPulled(folders).find(
    (model) => model.name === name && model.version.startsWith(version.slice(0, 12)),
  );
}

/** A part of a model that stands alone: a tiny decoder. No session runs on it. */
export const isPart = ({ pulled: { files } }: Pick<PulledModel, 'pulled'>): boolean =>
  'config.json' in files && !('model_index.json' in files);

/** A LoRA: sessions are drawn with it, and on a model. */
export const isAdapter = ({ pulled }: Pick<PulledModel, 'pulled'>): boolean => pulled.adapter === true;

/** What a model is opened by: its folder, or the file of one that is a single file. */
export function openPath({ dir, pulled }: Pick<PulledModel, 'dir' | 'pulled'>): string {
  const files = Object.keys(pulled.files);
  if (files.includes('model_index.json') || isPart({ pulled })) return dir;
  return join(dir, files.find((path) => path.endsWith('.safetensors')) ?? '');
}
