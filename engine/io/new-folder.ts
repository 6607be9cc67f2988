/**
 * Model folders are never changed in place, because running engines map their files: a new one is filled
 * under another name, every file synced, and renamed to a name that nothing has yet.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AcclaimError } from '../../src/errors.js';
import { discard, sync, unwritable } from './folder.js';

/** Errors: data-unwritable where something has the name already. */
export function checkNew(out: string): void {
  if (existsSync(out))
    throw new AcclaimError(
      'data-unwritable',
      `${out} is there already`,
      'Choose another name, or remove it.',
    );
}

/** Fills a folder that has no name yet, or a file, and gives it its name. Nothing half-written stays. */
export async function writeNew(out: string, fill: (partial: string) => Promise<void>): Promise<void> {
  checkNew(out);
  const partial = `${out}.partial`;
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(dirname(resolve(out)), { recursive: true });
    await fill(partial);
    publish(partial, out);
  } catch (error) {
    discard(partial);
    throw unwritable(error, out);
  }
}

/** Syncs a folder and all that is in it, or a file, and renames it. */
export function publish(partial: string, out: string): void {
  if (statSync(partial).isDirectory())
    for (const name of readdirSync(partial, { recursive: true }) as string[]) sync(join(partial, name));
  sync(partial);
  checkNew(out);
  renameSync(partial, out);
  sync(dirname(resolve(out)));
}
