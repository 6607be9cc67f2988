/**
 * `acclaim restore`: a backup takes the place of what a data folder holds. Everything is unpacked, checked,
 * brought to this version and cleared of people who left since, in a folder beside; the one rename of that
 * folder to `restore` is the decision. From then on it is only finished: by this process, or by whichever
 * opens the folder next, killed how often ever.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemClock } from '../clock.js';
import type { Departure, Voter } from '../domain/state/model.js';
import { AcclaimError } from '../errors.js';
import { ifMissing, mustBeReadable } from '../files/reading.js';
import { invalid, type Manifest, readArchive } from './archive.js';
import { type Ended, EVERYONE, parseEnded } from './ended-logins.js';
import { asDataError } from './faults.js';
import { makeFolder, syncFolder } from './folder.js';
import { forgetVoter } from './forget.js';
import { DataLock } from './lock.js';
import { migrate, migrations } from './migrations.js';
import { knowsPeople } from './personal.js';
import { removeSession } from './purge.js';
import { scrub } from './scrub.js';
import { Connection } from './sqlite.js';
import { keepCopy } from './upgrade-copies.js';
import { exclusionHash, isWholeSecret, voterKey } from './voter-key.js';

export interface RestoreOptions {
  file: string;
  dir: string;
  /** What is there is moved aside; without it a folder that holds a database is refused. */
  replace: boolean;
  /** Takes people out of what the page keeps under `dir`. */
  forgetOnPage(dir: string, is: (account: string) => boolean): Promise<void>;
  now?: () => number;
}

export interface Restored {
  manifest: Manifest;
  /**
   * People who left, and sessions that were purged, after the backup and are out of it again; null = nobody
   * can tell.
   */
  left: { people: number; sessions: number } | null;
  /** Where what was there before lies now; null = there was nothing. */
  aside: string | null;
  /** Folders of sessions that are neither in the backup nor in the data folder. */
  missing: string[];
}

const staged = (dir: string) => join(dir, 'restore.new');
const decided = (dir: string) => join(dir, 'restore');
const note = 'aside';

/** True between the decision and its end. */
export const restorePending = (dir: string): boolean => existsSync(decided(dir));

/**
 * Errors: data-locked, data-exists, backup-invalid, database-newer, file-not-found, data-unwritable,
 * disk-full.
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { file, dir } = options;
  mustBeReadable(file, { message: `there is no ${file}`, hint: 'Name a file that `acclaim backup` made.' });
  let lock: DataLock | undefined;
  try {
    await makeFolder(dir);
    lock = await DataLock.take(dir);
    await finishRestore(dir);
    return await restoreLocked(options);
  } catch (error) {
    throw asDataError(error, dir);
  } finally {
    await rm(staged(dir), { recursive: true, force: true }).catch(() => {});
    await lock?.release();
  }
}

async function restoreLocked({
  file,
  dir,
  replace,
  forgetOnPage,
  now = systemClock.now,
}: RestoreOptions): Promise<Restored> {
  const there = existsSync(join(dir, 'acclaim.sqlite'));
  if (there && !replace)
    throw new AcclaimError(
      'data-exists',
      `${dir} holds a database already`,
      'Name an empty folder with --data, or say --replace: what is there is moved aside.',
    );
  const to = staged(dir);
  await rm(to, { recursive: true, force: true });
  await mkdir(to, { mode: 0o700 });
  const manifest = await readArchive(file, to, ({ schema }) => {
    if (schema > migrations.length)
      throw new AcclaimError(
        'database-newer',
        `${file} is of version ${schema}; this program knows up to ${migrations.length}.`,
        'Update Acclaim, then restore it.',
      );
  });
  const left = await bringUp({ file, dir, to, there, at: now(), forgetOnPage });
  await keepEndedLogins(dir, to, now());
  const aside = `before-restore-${new Date(now()).toISOString().replace(/[-:]|\.\d+/g, '')}`;
  await writeFile(join(to, note), aside, { flush: true });
  await syncTree(to);
  await rename(to, decided(dir));
  await syncFolder(dir);
  await finishRestore(dir);
  const folders = manifest.sessions.flatMap((session) => session.folders);
  return {
    manifest,
    left,
    aside: existsSync(join(dir, aside)) ? join(dir, aside) : null,
    missing: folders.filter((folder) => !existsSync(join(dir, folder))),
  };
}

/** Log-ins that were ended on the page since stay so, where its cookies are the same. */
async function keepEndedLogins(dir: string, to: string, now: number): Promise<void> {
  // Of a damaged file it is not known which they were.
  const read = async (root: string): Promise<Ended[]> =>
    parseEnded(await readFile(join(root, 'web/ended-logins.json'), 'utf8').catch(ifMissing('[]'))) ?? [
      [EVERYONE, now],
    ];
  const all = [...(await read(to)), ...(await read(dir))];
  if (all.length === 0) return;
  await makeFolder(join(to, 'web'));
  await writeFile(join(to, 'web/ended-logins.json'), JSON.stringify(all), { mode: 0o600, flush: true });
}

interface BringUp {
  /** Of the backup, for what is wrong with it. */
  file: string;
  /** The data folder, and the folder beside it into which the backup was unpacked. */
  dir: string;
  to: string;
  /** The data folder has a database already. */
  there: boolean;
  /** Epoch ms. */
  at: number;
  forgetOnPage: RestoreOptions['forgetOnPage'];
}

/** The unpacked database at this version, whole, and without those who left since. */
async function bringUp({ file, dir, to, there, at, forgetOnPage }: BringUp): Promise<Restored['left']> {
  const db = await Connection.open(join(to, 'acclaim.sqlite'), 'write');
  let gone: Leaving | null;
  try {
    await mustBeSound(file, db);
    await mustHaveSecret(file, to, db);
    gone = there ? await whoLeft(dir, to, db, at) : null;
    if (gone) {
      await db.exec('BEGIN IMMEDIATE');
      await keepDuties(db, gone);
      for (const key of gone.people) await forgetVoter(db, gone.secret, key, at);
      for (const session of gone.sessions) await removeSession(db, session);
      await db.exec('COMMIT');
      await scrub(db);
    }
  } finally {
    await db.close();
  }
  if (!gone) return null;
  const keys = new Set(gone.people);
  const { secret } = gone;
  if (keys.size > 0) await forgetOnPage(to, (account) => keys.has(voterKey(secret, 'web', account)));
  return { people: gone.people.length, sessions: gone.sessions.length };
}

/** What SQLite says of a database that is none of ours, or was damaged before it was packed. */
const UNSOUND = /^SQLITE_(?:CORRUPT|NOTADB|ERROR|CONSTRAINT|MISMATCH|SCHEMA)/;

async function mustBeSound(file: string, db: Connection): Promise<void> {
  try {
    await db.exec('PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON');
    const version = await db.get<{ user_version: number }>('PRAGMA user_version');
    // An empty file is a sound database to SQLite.
    if (!version?.user_version) throw invalid(file, 'its database is empty');
    const [check] = await db.all<{ integrity_check: string }>('PRAGMA integrity_check(1)');
    if (check?.integrity_check !== 'ok') throw invalid(file, 'its database is not sound');
    await migrate(db);
  } catch (error) {
    if (error instanceof AcclaimError || !UNSOUND.test((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    throw invalid(file, 'its database is not sound', error);
  }
}

/** Without the secret that their names were made with, nobody in the database would be known any more. */
async function mustHaveSecret(file: string, to: string, db: Connection): Promise<void> {
  const secret = await readFile(join(to, 'secret.key')).catch(() => null);
  if (secret && !isWholeSecret(secret)) throw invalid(file, 'its secret.key is cut short');
  if (!secret && (await knowsPeople(db))) throw invalid(file, 'people are in it, and no secret.key');
}

interface Leaving {
  secret: Buffer;
  people: string[];
  sessions: string[];
  /** Check marks that mean nothing any more: without them who left would be taken for agreeing. */
  declined: { place: string; hash: string }[];
  /** What was used once is not good again. */
  usedInvites: { id: string; until: number }[];
  /** Who is excluded stays so, forgotten or not. */
  excluded: { hash: string; platform: string }[];
  /** Servers whose purge is due, as it stands now. */
  departures: Departure[];
  /** An operator's no outlives what was allowed at the time of the backup. */
  refused: { platform: string; server: string }[];
}

async function keepDuties(db: Connection, leaving: Leaving): Promise<void> {
  const { secret, declined, excluded, usedInvites, departures, refused } = leaving;
  for (const { id, until } of usedInvites)
    await db.run('INSERT OR IGNORE INTO used_invite (id, until) VALUES (?, ?)', id, until);
  for (const { place, hash } of declined)
    await db.run('INSERT OR IGNORE INTO declined (place, hash) VALUES (?, ?)', place, hash);
  for (const { hash, platform } of excluded)
    await db.run('INSERT OR IGNORE INTO exclusion (hash, platform) VALUES (?, ?)', hash, platform);
  const out = new Set(excluded.map(({ hash }) => hash));
  for (const { key } of await voters(db))
    if (out.has(exclusionHash(secret, key)))
      await db.run("UPDATE voter SET body = json_set(body, '$.excluded', json('true')) WHERE key = ?", key);
  const refuse = `INSERT INTO server (platform, server, standing) VALUES (?, ?, 'refused')
    ON CONFLICT (platform, server) DO UPDATE SET standing = excluded.standing`;
  for (const { platform, server } of refused) await db.run(refuse, platform, server);
  await db.run('DELETE FROM departure');
  for (const { platform, server, at, due } of departures) {
    const sql = 'INSERT INTO departure (platform, server, at, due) VALUES (?, ?, ?, ?)';
    await db.run(sql, platform, server, at, due);
  }
}

/**
 * Nobody's row goes but by forgetting or a purge, and who agrees again gets a new date: so whoever is in the
 * backup and not, or not as of that date, in the database that it replaces has left in between. Null where
 * that database cannot tell.
 */
async function whoLeft(dir: string, to: string, restored: Connection, at: number): Promise<Leaving | null> {
  const [secret, before] = await Promise.all(
    [to, dir].map((root) => readFile(join(root, 'secret.key')).catch(() => null)),
  );
  // Another installation's keys say nothing about these.
  if (!secret || !before?.equals(secret)) return null;
  let db: Connection | undefined;
  let unkept: unknown = null;
  try {
    const there = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
    db = there;
    const keep = (version: number) =>
      keepCopy(there, dir, version, at).catch((error) => {
        unkept = error;
        throw error;
      });
    await migrate(there, migrations, keep);
    const known = new Map((await voters(db)).map((voter) => [voter.key, voter.consentAt]));
    const ids = async (of: Connection) =>
      (await of.all<{ id: string }>('SELECT id FROM session')).map(({ id }) => id);
    const sessions = new Set(await ids(db));
    return {
      secret,
      people: (await voters(restored))
        .filter(({ key, pseudonym, consentAt }) => !pseudonym && known.get(key) !== consentAt)
        .map(({ key }) => key),
      sessions: (await ids(restored)).filter((id) => !sessions.has(id)),
      declined: await db.all('SELECT place, hash FROM declined'),
      usedInvites: await db.all('SELECT id, until FROM used_invite'),
      excluded: await db.all('SELECT hash, platform FROM exclusion'),
      departures: await db.all('SELECT platform, server, at, due FROM departure'),
      refused: await db.all("SELECT platform, server FROM server WHERE standing = 'refused'"),
    };
  } catch (error) {
    // A full disk is no reason to bring back who was forgotten: the restore ends, and nothing is changed.
    if (unkept !== null) throw error;
    return null;
  } finally {
    await db?.close().catch(() => {});
  }
}

async function voters(db: Connection): Promise<Voter[]> {
  const rows = await db.all<{ body: string }>('SELECT body FROM voter');
  return rows.map(({ body }) => JSON.parse(body) as Voter);
}

/**
 * Puts a decided restore in place, if there is one; safe to repeat at any point. The log of the database that
 * goes must be away before the new one is there: SQLite would read it as the new one's.
 */
export async function finishRestore(dir: string): Promise<void> {
  const from = decided(dir);
  if (!existsSync(from)) return;
  const aside = join(dir, (await readFile(join(from, note), 'utf8').catch(() => 'before-restore')).trim());
  const units = await unitsOf(from);
  const away = async (path: string) => {
    if (!existsSync(join(dir, path))) return;
    await makeFolder(dirname(join(aside, path)));
    await rename(join(dir, path), join(aside, path));
  };
  for (const path of units) {
    if (path === 'acclaim.sqlite') for (const log of ['-wal', '-shm']) await away(`${path}${log}`);
    await away(path);
    await makeFolder(dirname(join(dir, path)));
    await rename(join(from, path), join(dir, path));
    await syncFolder(dirname(join(dir, path)));
  }
  await syncFolder(dir);
  await rm(from, { recursive: true, force: true });
}

/** What is moved as one: files, and whole folders of rounds and checkpoints. */
async function unitsOf(from: string): Promise<string[]> {
  const names = await readdir(from, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1))
    .filter((path) => path !== note);
  const whole = (path: string) => /^sessions\/[^/]+\/[^/]+\/[^/]+/.exec(path)?.[0] ?? path;
  return [...new Set(files.map(whole))].sort();
}

async function syncTree(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) await syncFolder(join(entry.parentPath, entry.name));
  await syncFolder(dir);
}
