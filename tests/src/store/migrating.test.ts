/** An upgrade in a real process that is killed with SIGKILL again and again: the next start ends it, and nothing shows that it was. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
/** Sessions and voters of the old database: enough that a migration takes a while. */
const many = 4000;
let whole: Record<string, unknown[]>;
let copies = 0;

const old = join(root, 'old.sqlite');
function copy(): string {
  const dir = join(root, String(++copies));
  mkdirSync(dir);
  copyFileSync(old, join(dir, 'acclaim.sqlite'));
  return dir;
}

beforeAll(async () => {
  const db = await Connection.open(old, 'write');
  await migrate(db, migrations.slice(0, 1));
  const rows = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${many})`;
  await db.exec(`BEGIN;
    INSERT INTO session (id, community, body) ${rows} SELECT 's' || i, 'c' || (i % 7), json_object('id', 's' || i) FROM n;
    INSERT INTO binding (session, channel, body) ${rows} SELECT 's' || i, 'k', json_object('session', 's' || i) FROM n;
    INSERT INTO voter (key, community, body) ${rows} SELECT 'v' || i, 'c', json_object('key', 'v' || i, 'consentAt', i) FROM n;
    INSERT INTO fact (ballot, voter, emoji, present, source, at, late)
      ${rows} SELECT 'b' || (i % 5), 'v' || i, '1', 1, 'live', i, 0 FROM n;
    COMMIT;`);
  await db.close();
  const dir = copy();
  await (await Store.open(dir)).close();
  whole = await dump(dir);
  expect(whole.version).toEqual([{ user_version: migrations.length }]);
  expect(whole.integrity).toEqual([{ integrity_check: 'ok' }]);
  expect(whole.fact).toHaveLength(many);
});

describe('a migration that is killed', () => {
  it('before any of its statements', async () => {
    let n = 1;
    for (; ; n++) {
      const dir = copy();
      const { points } = await killAt(['migrate', String(n), dir]);
      await (await Store.open(dir)).close();
      expect(await dump(dir)).toEqual(whole);
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
