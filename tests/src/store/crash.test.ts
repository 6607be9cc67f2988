/**
 * kill -9 in the middle of writing, again and again: every commit that was acknowledged is there, and each
 * one whole.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { migrate, migrations } from '../../../src/store/migrations.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { StoreWriting } from '../../support/store-writing.js';
import { openSessionRows } from './rows.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-crash-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/**
 * Lets a process write for `ms`, and two commits at least, then kills it; the last counter it had
 * acknowledged.
 */
async function writeAndKill(from: number, ms: number, whileRunning?: () => Promise<void>): Promise<number> {
  const writing = await StoreWriting.start(dir, from);
  await new Promise((resolve) => setTimeout(resolve, ms));
  await vi.waitUntil(() => writing.acknowledged > from, { timeout: 30_000, interval: 1 });
  await whileRunning?.();
  await writing.kill();
  return writing.acknowledged;
}

describe('kill -9', () => {
  it('loses nothing that was acknowledged and leaves nothing half-written', async () => {
    const store = await Store.open(dir);
    await store.commit(openSessionRows(), []);
    await store.close();
    let next = 1;
    for (const ms of [15, 60, 7, 33]) {
      const acknowledged = await writeAndKill(next, ms);
      const reopened = await Store.open(dir);
      const state = (await reopened.load('s'))!;
      const facts = [...(state.facts.get('s.1.s0.0') ?? [])];
      const written = facts.length / 3;
      expect(Number.isInteger(written)).toBe(true);
      expect(written).toBeGreaterThanOrEqual(acknowledged);
      // At most the one commit that was on its way is there without having been acknowledged.
      expect(written).toBeLessThanOrEqual(acknowledged + 1);
      if (written > 0) expect(state.rounds[0]!.count).toBe(written);
      expect((await reopened.pendingEffects()).length).toBe(written);
      expect(facts.map((fact) => fact.at)).toEqual(facts.map((_, i) => 1 + Math.floor(i / 3)));
      await reopened.close();
      next = written + 1;
    }
    expect(next).toBeGreaterThan(5);
  });

  it('gives the lock back at once, whoever held it', async () => {
    const store = await Store.open(dir);
    await store.commit(openSessionRows(), []);
    await store.close();
    await writeAndKill(1, 10, async () => {
      await expect(Store.open(dir)).rejects.toMatchObject({ code: 'data-locked' });
    });
    await (await Store.open(dir)).close();
  });
});

describe('migrations', () => {
  it('leave a step that failed undone, and go on from it', async () => {
    const file = join(dir, 'x.sqlite');
    const db = await Connection.open(file, 'write');
    const broken = [migrations[0]!, 'CREATE TABLE second (a); CREATE TABLE second (a);'];
    await expect(migrate(db, broken)).rejects.toThrow(/second/);
    const version = async () => (await db.get<{ user_version: number }>('PRAGMA user_version'))!.user_version;
    expect(await version()).toBe(1);
    expect(await db.all("SELECT name FROM sqlite_master WHERE name = 'second'")).toEqual([]);
    await migrate(db, [migrations[0]!, 'CREATE TABLE second (a);']);
    expect(await version()).toBe(2);
    await db.close();
  });
});
