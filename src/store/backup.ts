/**
 * `acclaim backup`: one file of a data folder, taken beside a running Acclaim. A read transaction holds one
 * moment of the database while it is copied; writers go on meanwhile. The page's journal is read after that
 * moment has been fixed, so every message that the database knows is in it, and what is newer is adopted by
 * its key. Artifacts are never changed once they are there: those of running sessions come along when asked
 * for, the others are named.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { systemClock } from '../clock.js';
import type { Session } from '../domain/state/model.js';
import type { Round } from '../domain/state/round.js';
import { AcclaimError } from '../errors.js';
import { mustBeReadable } from '../files/reading.js';
import {
  type ArchivedFile,
  beside,
  database,
  describeFile,
  journal,
  type Manifest,
  type SessionArtifacts,
  writeArchive,
} from './archive.js';
import { noteBackup } from './backup-note.js';
import { asDataError } from './faults.js';
import { makeFolder } from './folder.js';
import { restorePending } from './restore.js';
import { Connection } from './sqlite.js';

export interface BackupOptions {
  dir: string;
  file: string;
  /** Rounds and checkpoints of sessions that have not ended, too. */
  artifacts: boolean;
  software: string;
  now?: () => number;
}

const counted = ['community', 'channel', 'session', 'round', 'ballot', 'voter', 'fact', 'act', 'outbox'];

/**
 * Errors: file-not-found, data-locked (a restore waits to be ended), data-unwritable, disk-full,
 * file-corrupt.
 */
export async function backup({
  dir,
  file,
  artifacts,
  software,
  now = systemClock.now,
}: BackupOptions): Promise<Manifest> {
  const source = join(dir, 'acclaim.sqlite');
  mustBeReadable(source, { message: `there is no ${source}`, hint: 'Name the data folder: --data DIR.' });
  if (restorePending(dir))
    throw new AcclaimError(
      'data-locked',
      `a restore of ${dir} was broken off`,
      'Start Acclaim once on it, which ends the restore.',
    );
  let staging: string | undefined;
  try {
    staging = await mkdtemp(join(dirname(resolve(file)), '.acclaim-backup-'));
    const createdAt = await snapshot(dir, staging, now);
    const { schema, rows, sessions } = await describe(staging, artifacts);
    const taken: ArchivedFile[] = [];
    for (const path of [database, ...beside, journal])
      if (existsSync(join(staging, path))) taken.push(await describeFile(staging, path));
    const small = new Set(taken.map(({ path }) => path));
    for (const session of sessions) {
      session.folders = session.folders.filter((folder) => existsSync(join(dir, folder)));
      if (session.included) for (const folder of session.folders) taken.push(...(await filesOf(dir, folder)));
    }
    const manifest: Manifest = {
      format: 'acclaim-backup',
      version: 1,
      software,
      createdAt: new Date(createdAt).toISOString(),
      schema,
      rows,
      sessions,
      files: taken,
    };
    const from = staging;
    await writeArchive(resolve(file), manifest, (path) => (small.has(path) ? from : dir));
    // Without the note the backup is there all the same, and looks older than it is.
    await noteBackup(dir, createdAt).catch(() => {});
    return manifest;
  } catch (error) {
    throw asDataError(error, file);
  } finally {
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}

/** Resolves with the moment that was held. */
async function snapshot(dir: string, to: string, now: () => number): Promise<number> {
  const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
  let at: number;
  try {
    await db.exec('PRAGMA busy_timeout = 5000; BEGIN');
    // The first read is what fixes the moment.
    await db.all('SELECT count(*) FROM sqlite_master');
    at = now();
    await copyBeside(dir, to);
    await db.copyTo(join(to, 'acclaim.sqlite'));
    await db.exec('COMMIT');
  } finally {
    await db.close();
  }
  const copy = await Connection.open(join(to, 'acclaim.sqlite'), 'write');
  try {
    // One file, without a log beside it.
    await copy.exec('PRAGMA journal_mode = DELETE');
    const [check] = await copy.all<{ integrity_check: string }>('PRAGMA integrity_check(1)');
    if (check?.integrity_check !== 'ok')
      throw new AcclaimError(
        'file-corrupt',
        `${join(dir, 'acclaim.sqlite')}: ${check?.integrity_check}`,
        'Restore the newest backup that is sound, and look at the disk.',
      );
  } finally {
    await copy.close();
  }
  return at;
}

async function copyBeside(dir: string, to: string): Promise<void> {
  await makeFolder(join(to, 'web'));
  for (const path of beside) if (existsSync(join(dir, path))) await copyFile(join(dir, path), join(to, path));
  // An empty one too, so that a restore never leaves another life's page beside this database.
  if (!existsSync(join(dir, journal))) return writeFile(join(to, journal), '');
  await copyFile(join(dir, journal), join(to, journal));
  // Somebody may be writing: what follows the last newline is half a line.
  const handle = await open(join(to, journal), 'r+');
  try {
    const bytes = await handle.readFile();
    await handle.truncate(bytes.lastIndexOf(10) + 1);
  } finally {
    await handle.close();
  }
}

async function describe(staging: string, artifacts: boolean) {
  const db = await Connection.open(join(staging, 'acclaim.sqlite'), 'read');
  try {
    const version = await db.get<{ user_version: number }>('PRAGMA user_version');
    const rows: Record<string, number> = {};
    for (const table of counted)
      rows[table] = (await db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))!.n;
    const bodies = async <T>(table: string): Promise<T[]> =>
      (await db.all<{ body: string }>(`SELECT body FROM ${table} ORDER BY seq`)).map(
        ({ body }) => JSON.parse(body) as T,
      );
    const rounds = await bodies<Round>('round');
    const sessions = (await bodies<Session>('session')).map(({ id, state }): SessionArtifacts => {
      const own = rounds.filter(({ session }) => session === id).sort((a, b) => a.number - b.number);
      const folders = own.flatMap(({ number, learned }) => [
        `sessions/${id}/rounds/${number}`,
        ...(learned ? [`sessions/${id}/checkpoints/${number}`] : []),
      ]);
      return { id, state, folders, included: artifacts && state !== 'ended' };
    });
    return { schema: version?.user_version ?? 0, rows, sessions };
  } finally {
    await db.close();
  }
}

async function filesOf(dir: string, folder: string): Promise<ArchivedFile[]> {
  const names = (await readdir(join(dir, folder), { recursive: true })).sort();
  const files: ArchivedFile[] = [];
  for (const name of names) {
    const path = `${folder}/${name.split('\\').join('/')}`;
    // A picture that a moderator takes away at this moment is not missed.
    const found = await stat(join(dir, path)).catch(() => undefined);
    if (found?.isFile()) files.push(await describeFile(dir, path));
  }
  return files;
}
