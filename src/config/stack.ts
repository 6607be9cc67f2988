/**
 * LoRAs that a session is drawn with, as people write them: `FILE` or `FILE:WEIGHT`. A session keeps to the
 * bytes that it began with: each file goes by its hash.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { AcclaimError } from '../errors.js';
import { mustBeReadable } from '../files/reading.js';
import type { StackedAdapter } from '../queue/jobs.js';

export interface AdapterSource {
  /** File, or a checkpoint's folder. */
  readonly path: string;
  readonly weight: number;
}

/** A file whose name ends like a weight is taken as it stands. */
export function parseAdapter(text: string): AdapterSource {
  const match = /^(.+):([+-]?(?:\d+\.?\d*|\.\d+))$/.exec(text);
  if (!match || existsSync(text)) return { path: text, weight: 1 };
  return { path: match[1]!, weight: Number(match[2]) };
}

/** The files of a configuration, each with its hash. Errors: file-not-found; usage, where one is no file. */
export function stackOf(adapters: readonly string[]): StackedAdapter[] {
  return adapters.map(parseAdapter).map(({ path, weight }) => {
    const file = resolve(path);
    mustBeReadable(file, {
      message: `there is no ${file}`,
      hint: 'Check `adapters` in the configuration, or --adapter.',
    });
    if (!statSync(file).isFile())
      throw new AcclaimError('usage', `${file} is no file`, 'Name the .safetensors file of a LoRA.');
    return { file, sha256: fileHash(file), weight };
  });
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
