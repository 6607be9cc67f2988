/**
 * Where the project's own files are (config/, models/), from the source tree and from dist/ alike: the
 * nearest folder upwards whose package.json is ours.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function isRoot(dir: string): boolean {
  const file = join(dir, 'package.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'acclaim';
}

function findRoot(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!isRoot(dir)) {
    const parent = dirname(dir);
    if (parent === dir) throw new Error(`no package.json of acclaim above ${fileURLToPath(import.meta.url)}`);
    dir = parent;
  }
  return dir;
}

/** Absolute path of the checkout. */
export const projectRoot = findRoot();

/** A file of the checkout, e.g. projectPath('models/mini'). */
export function projectPath(...parts: string[]): string {
  return join(projectRoot, ...parts);
}
