/**
 * Copies of the database from before an upgrade changed it: the way back to the version that made it. In
 * `before-upgrade/acclaim-v<schema>-<time>.sqlite` of the data folder, whole or not at all, two at most, and
 * each for so long as the configuration says. Whoever is forgotten, and what is purged, must be in none of
 * them: then all of them go.
 */
import { open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, syncFolder } from './folder.js';
import type { Connection } from './sqlite.js';

const MOST = 2;
const named = /^acclaim-v\d+-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.sqlite$/;
const folderOf = (dir: string) => join(dir, 'before-upgrade');

/** Resolves with the copy's path; a second one of the same second takes the first one's place. */
export async function keepCopy(db: Connection, dir: string, schema: number, at: number): Promise<string> {
  const folder = folderOf(dir);
  const time = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const file = join(folder, `acclaim-v${schema}-${time}.sqlite`);
  await makeFolder(folder);
  try {
    await rm(`${file}.new`, { force: true });
    // Written anew row by row: what was deleted, and only left in gaps of pages, is not in it. One file,
    // without a log beside it.
    await db.run('VACUUM INTO ?', `${file}.new`);
    await syncFile(`${file}.new`);
    await rename(`${file}.new`, file);
    await syncFolder(folder);
  } catch (error) {
    await rm(`${file}.new`, { force: true });
    throw error;
  }
  for (const { name } of (await copiesOf(dir)).slice(MOST)) await rm(join(folder, name), { force: true });
  return file;
}

/** Those that are older; resolves with how many went. */
export async function dropCopies(dir: string, olderThanMs: number, now: number): Promise<number> {
  const old = (await copiesOf(dir)).filter(({ at }) => now - at > olderThanMs);
  for (const { name } of old) await rm(join(folderOf(dir), name), { force: true });
  return old.length;
}

/** Deletes every copy of the database from before an upgrade. */
export async function dropAllCopies(dir: string): Promise<void> {
  await rm(folderOf(dir), { recursive: true, force: true });
}

async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  await handle.sync().finally(() => handle.close());
}

/** The newest first. */
async function copiesOf(dir: string): Promise<{ name: string; at: number }[]> {
  const names = await readdir(folderOf(dir)).catch(() => []);
  const found = names.flatMap((name) => {
    const time = named.exec(name)?.slice(1);
    if (!time) return [];
    const [year, month, day, hour, minute, second] = time.map(Number);
    return [{ name, at: Date.UTC(year!, month! - 1, day, hour, minute, second) }];
  });
  return found.sort((a, b) => b.at - a.at);
}
