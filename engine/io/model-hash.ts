/**
 * One hash for a model folder: sha256 over name and sha256 of every weight and configuration file. It ties rounds,
 * checkpoints and exports to the model they were made with. Folders are never changed in place, so a process hashes
 * each once; a 2 GB model takes some seconds.
 */
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256 } from './folder.js';

const known = new Map<string, Promise<string>>();

export function modelHash(dir: string): Promise<string> {
  const root = resolve(dir);
  let hash = known.get(root);
  if (!hash) {
    hash = hashFolder(root);
    hash.catch(() => known.delete(root));
    known.set(root, hash);
  }
  return hash;
}

async function hashFolder(root: string): Promise<string> {
  const files = (readdirSync(root, { recursive: true }) as string[])
    .map((name) => name.split(sep).join('/'))
    .filter((name) => /\.(safetensors|json|txt)$/.test(name) && !name.startsWith('judge/'))
    .sort();
  const lines: string[] = [];
  for (const file of files) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(root, file)), hash);
    lines.push(`${file} ${hash.digest('hex')}`);
  }
  return sha256(lines.join('\n'));
}
