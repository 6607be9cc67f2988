/**
 * A database with damaged pages: refused at the start, and told by whatever statement meets it later; a
 * restore mends it.
 */
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Reach } from '../../../bot/monitoring/reach.js';
import { botChecks } from '../../../bot/monitoring/readiness.js';
import { checkDatabase } from '../../../src/cli/checks/place.js';
import { systemClock } from '../../../src/clock.js';
import type { RowChange } from '../../../src/domain/state/decision.js';
import { silentLog } from '../../../src/log.js';
import { readiness } from '../../../src/monitor/readiness.js';
import { backup } from '../../../src/store/backup.js';
import { lastBackup } from '../../../src/store/backup-note.js';
import { peekSessions } from '../../../src/store/peek.js';
import { restore } from '../../../src/store/restore.js';
import { emptyLog } from '../../../src/store/scrub.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { openSessionRows } from './rows.js';

let root: string;
let dir: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'acclaim-damaged-'));
  dir = join(root, 'data');
  file = join(dir, 'acclaim.sqlite');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const mark = (voter: string): RowChange => ({
  table: 'fact',
  row: { ballot: 's.1.s0.0', voter, emoji: '1', present: true, source: 'live', at: 1, late: false },
});

/** A session with some thousand marks, all of them in the database's own file. */
async function filled(): Promise<Store> {
  const store = await Store.open(dir);
  await store.commit(openSessionRows(), []);
  await store.commit(
    Array.from({ length: 5000 }, (_, i) => mark(`voter-${i}`)),
    [],
  );
  await store.writer.between(emptyLog);
  return store;
}

/** The last half of the file, but for its first page and the schema: rows of the ledger. */
function damage(): void {
  const { size } = statSync(file);
  const handle = openSync(file, 'r+');
  const from = Math.floor(size / 2 / 4096) * 4096;
  writeSync(handle, Buffer.alloc(size - from, 0xa5), 0, size - from, from);
  closeSync(handle);
}

const told = expect.objectContaining({
  code: 'file-corrupt',
  message: expect.stringContaining('acclaim.sqlite'),
  hint: expect.stringContaining('acclaim restore'),
});

it('a start refuses it by name, and goes on once a backup is restored over it', async () => {
  await (await filled()).close();
  const archive = join(root, 'acclaim.tar');
  expect(await lastBackup(dir)).toBe(0);
  await backup({ dir, file: archive, artifacts: false, software: 'acclaim 0', now: () => 1e12 });
  expect(await lastBackup(dir)).toBe(1e12);
  expect(await checkDatabase(dir)).toMatchObject({ name: 'database', state: 'ok' });
  damage();
  await expect(Store.open(dir)).rejects.toEqual(told);
  expect(await checkDatabase(dir)).toMatchObject({ state: 'fail', code: 'file-corrupt' });
  // Neither is it taken for a newer backup than the sound one.
  await expect(
    backup({ dir, file: join(root, 'more.tar'), artifacts: false, software: 'acclaim 0' }),
  ).rejects.toMatchObject({ code: 'file-corrupt' });
  expect(await lastBackup(dir)).toBe(1e12);
  await restore({ file: archive, dir, replace: true, forgetOnPage: async () => {} });
  const store = await Store.open(dir);
  expect((await store.reader.get<{ n: number }>('SELECT count(*) AS n FROM fact'))?.n).toBe(5000);
  await store.close();
});

const reach = new Reach({ clock: systemClock, log: silentLog });

it('damage that comes while it runs: every read and write that meets it is told so, and the bot is not ready', async () => {
  const store = await filled();
  const look = async () =>
    (await readiness(botChecks(store, { name: 'disk', needed: true, look: () => null }, [], reach)))
      .checks[0];
  expect(await look()).toEqual({ name: 'database', ok: true, needed: true, why: null });
  damage();
  // A connection that has read nothing yet, as after hours of other work.
  await store.reader.exec('PRAGMA shrink_memory');
  await expect(store.load('s')).rejects.toEqual(told);
  expect(store.damage).toEqual(told);
  expect(await look()).toEqual({
    name: 'database',
    ok: false,
    needed: true,
    why: 'the database is damaged: restore the newest backup',
  });
  await expect(peekSessions(dir)).resolves.toHaveLength(1);
  await store.close();
});

it('a statement that cannot be prepared is answered too: the schema is damaged, or the text is wrong', async () => {
  const store = await filled();
  const wrong = [1, 2].map(() => store.reader.all('SELECT * FROM nowhere'));
  for (const one of wrong) await expect(one).rejects.toThrow('no such table');
  await store.close();
  writeFileSync(file, 'not a database, whatever its name may say '.repeat(200));
  const db = await Connection.open(file, 'write');
  await expect(db.all('SELECT * FROM session')).rejects.toEqual(told);
  await db.close();
});

it('a lock file that is none is no reason to restore anything', async () => {
  await (await Store.open(dir)).close();
  writeFileSync(join(dir, 'acclaim.lock'), 'something else '.repeat(500));
  await expect(Store.open(dir)).rejects.toMatchObject({
    code: 'file-corrupt',
    message: expect.stringContaining('acclaim.lock'),
    hint: 'Remove it: nothing is kept in it.',
  });
});
