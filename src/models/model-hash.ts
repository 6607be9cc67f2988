/**
 * One hash for a model: sha256 over name and sha256 of every weight and configuration file. It ties rounds,
 * checkpoints and exports to the model they were made with. Models are never changed in place (their weights
 * are mapped: a file that is written under a running network changes or ends it), so a process hashes each
 * once; a 2 GB model takes some seconds.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AcclaimError } from '../errors.js';

const known = new Map<string, Promise<string>>();

/** `path`: a folder, or a single file. */
export function modelHash(path: string): Promise<string> {
  const root = resolve(path);
  let hash = known.get(root);
  if (!hash) {
    hash = hashFiles(root);
    hash.catch(() => known.delete(root));
    known.set(root, hash);
  }
  return hash;
}

async function hashFiles(root: string): Promise<string> {
  const { folder, files } = modelFiles(root);
  const lines: string[] = [];
  for (const file of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(folder, file)), hash);
    lines.push(`${file} ${hash.digest('hex')}`);
  }
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/**
 * What of a model counts: paths below `folder`, sorted. A single file counts with the configurations laid
 * beside it.
 */
function modelFiles(root: string): { folder: string; files: string[] } {
  if (statSync(root, { throwIfNoEntry: false })?.isFile()) {
    const beside = root.replace(/\.safetensors$/, '');
    const configs = beside !== root && existsSync(beside) ? modelFiles(beside).files : [];
    const name = basename(beside);
    return { folder: dirname(root), files: [basename(root), ...configs.map((file) => `${name}/${file}`)] };
  }
  const files = (readdirSync(root, { recursive: true }) as string[])
    .map((name) => name.split(sep).join('/'))
    .filter((name) => /\.(safetensors|json|txt)$/.test(name) && !name.startsWith('judge/'))
    .sort();
  return { folder: root, files };
}

/** Size and time of each file: cheap, and different once anything was written. */
export type ModelStamp = ReadonlyMap<string, string>;

/** Sizes and times of a model's files: equal where nobody changed them. */
export function modelStamp(path: string): ModelStamp {
  const { folder, files } = modelFiles(resolve(path));
  const facts = files.map((file) => {
    const { size, mtimeMs, ino } = statSync(join(folder, file));
    return [file, `${size} ${mtimeMs} ${ino}`] as const;
  });
  return new Map(facts);
}

/** Errors: `model-changed`, naming a file that is not what it was. */
export function checkUnchanged(path: string, before: ModelStamp): void {
  const now = modelStamp(path);
  const changed = [...before.keys(), ...now.keys()].find((file) => before.get(file) !== now.get(file));
  if (changed === undefined) return;
  throw new AcclaimError(
    'model-changed',
    `${path}: ${changed} has changed since the model was opened`,
    'Put a changed model into a folder of its own and begin a new session; to go on, restore the files and restart.',
  );
}
