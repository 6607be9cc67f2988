/**
 * An upgrade in a real process that is killed with SIGKILL again and again: the next start ends it, and
 * nothing shows that it was.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate, migrations } from '../../../src/store/migrations.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { dump } from '../../support/dump.js';
import { killAt } from '../../support/killed.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-migrating-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
/**
 * Sessions and voters of the old database: enough that a migration takes a while, and where that does not
 * matter, some.
 */
const many = 4000;
const some = 50;
let whole: Record<string, unknown[]>;
let wholeOfSome: Record<string, unknown[]>;
let copies = 0;

const old = join(root, 'old.sqlite');
const small = join(root, 'small.sqlite');
function copy(of = old): string {
  const dir = join(root, String(++copies));
  mkdirSync(dir);
  copyFileSync(of, join(dir, 'acclaim.sqlite'));
  writeFileSync(join(dir, 'secret.key'), Buffer.alloc(32, 1));
  return dir;
}

/**
 * A database of the first version, of so many sessions and voters, and all that it holds after an upgrade
 * that nothing disturbs.
 */
async function make(file: string, size: number): Promise<Record<string, unknown[]>> {
  const db = await Connection.open(file, 'write');
  await migrate(db, migrations.slice(0, 1));
  const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${size})`;
  await db.exec(`BEGIN;
    INSERT INTO session (id, community, body) ${rows} SELECT 's' || i, 'c' || (i % 7), json_object('id', 's' || i) FROM n;
    INSERT INTO binding (session, channel, body) ${rows} SELECT 's' || i, 'k', json_object('session', 's' || i) FROM n;
    INSERT INTO voter (key, community, body) ${rows} SELECT 'v' || i, 'c', json_object('key', 'v' || i, 'consentAt', i) FROM n;
    INSERT INTO fact (ballot, voter, emoji, present, source, at, late)
      ${rows} SELECT 'b' || (i % 5), 'v' || i, '1', 1, 'live', i, 0 FROM n;
    COMMIT;`);
  await db.close();
  const dir = copy(file);
  await (await Store.open(dir)).close();
  const held = await dump(dir);
  expect(held.version).toEqual([{ user_version: migrations.length }]);
  expect(held.integrity).toEqual([{ integrity_check: 'ok' }]);
  expect(held.fact).toHaveLength(size);
  return held;
}

beforeAll(async () => {
  whole = await make(old, many);
  wholeOfSome = await make(small, some);
});

describe('a migration that is killed', () => {
  it('before any of its statements', async () => {
    let n = 1;
    for (; ; n++) {
      const dir = copy(small);
      const { points } = await killAt(['migrate', String(n), dir]);
      await (await Store.open(dir)).close();
      expect(await dump(dir)).toEqual(wholeOfSome);
      if (points !== null) break;
    }
    // Each step is begun, changed, numbered and committed.
    expect(n - 1).toBe(4 * (migrations.length - 1));
  });

  it('in the middle of a statement, wherever that is, over and over on the same database', async () => {
    const dir = copy();
    const killed = [];
    for (const ms of [0, 4, 8, 12, 16, 24, 32, 48])
      killed.push((await killAt(['migrate', '0', dir], ms)).points === null);
    expect(killed).toContain(true);
    await (await Store.open(dir)).close();
    expect(await dump(dir)).toEqual(whole);
  });
});

describe('the database from before', () => {
  const at = Date.UTC(2026, 10, 29, 12);
  const DAY = 86_400_000;
  const kept = (dir: string) => {
    const folder = join(dir, 'before-upgrade');
    return existsSync(folder) ? readdirSync(folder).sort() : [];
  };
  const version = async (file: string) => {
    const db = await Connection.open(file, 'read');
    const row = await db.get<{ user_version: number }>('PRAGMA user_version');
    const voters = await db.get<{ n: number }>('SELECT count(*) AS n FROM voter');
    await db.close();
    return [row?.user_version, voters?.n];
  };
  /** An upgrade of the folder, as often as one likes. */
  const upgrade = async (dir: string, now: number, keepCopies = true) => {
    copyFileSync(old, join(dir, 'acclaim.sqlite'));
    writeFileSync(join(dir, 'secret.key'), Buffer.alloc(32, 1));
    return Store.open(dir, undefined, { clock: { now: () => now }, keepCopies });
  };

  it('is kept under its version and date, two at most, and each for its time', async () => {
    const dir = copy();
    const store = await upgrade(dir, at);
    const file = join(dir, 'before-upgrade/acclaim-v1-20261129T120000Z.sqlite');
    expect(store.migrated).toEqual({ from: 1, to: migrations.length, copy: file });
    expect(await version(file)).toEqual([1, many]);
    expect(await version(join(dir, 'acclaim.sqlite'))).toEqual([migrations.length, many]);
    await store.close();
    for (const day of [1, 2]) await (await upgrade(dir, at + day * DAY)).close();
    expect(kept(dir)).toEqual(['acclaim-v1-20261130T120000Z.sqlite', 'acclaim-v1-20261201T120000Z.sqlite']);
    const again = await Store.open(dir);
    expect(again.migrated).toBeNull();
    expect(await again.dropCopies(30 * DAY, at + 31 * DAY)).toBe(0);
    expect(await again.dropCopies(30 * DAY, at + 32 * DAY)).toBe(1);
    expect(kept(dir)).toEqual(['acclaim-v1-20261201T120000Z.sqlite']);
    await again.close();
  });

  it('goes before anybody is forgotten, who is in it', async () => {
    const dir = copy();
    const store = await upgrade(dir, at);
    await store.forget('v7', Date.now());
    expect(kept(dir)).toEqual([]);
    await store.close();
  });

  it('is not kept where the configuration says so', async () => {
    const dir = copy();
    await (await upgrade(dir, at, false)).close();
    expect(kept(dir)).toEqual([]);
  });

  it('is what an upgrade begins with: where it cannot be kept, nothing is changed', async () => {
    const dir = copy();
    writeFileSync(join(dir, 'before-upgrade'), 'in the way');
    await expect(upgrade(dir, at)).rejects.toMatchObject({ code: 'data-unwritable' });
    expect(await version(join(dir, 'acclaim.sqlite'))).toEqual([1, many]);
  });
});

it('keeps what people were told to do about a failure, in its field of today, and their own words as they are', async () => {
  const dir = copy(small);
  const before = { failure: { code: 'disk-full', message: 'of "mend": no', mend: 'Make room.' } };
  const old = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
  await old.run('INSERT INTO round (id, session, body) VALUES (?, ?, ?)', 'r', 's1', JSON.stringify(before));
  await old.close();
  await (await Store.open(dir)).close();
  const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'read');
  const row = await db.get<{ body: string }>("SELECT body FROM round WHERE id = 'r'");
  await db.close();
  expect(JSON.parse(row!.body).failure).toEqual({
    code: 'disk-full',
    message: 'of "mend": no',
    hint: 'Make room.',
  });
});
