/**
 * The store: what was committed is there, whole, after anything; what must not be there is gone to the byte.
 */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Wish } from '../../../src/domain/moderation/proposals.js';
import type { RowChange } from '../../../src/domain/state/decision.js';
import type { Fact } from '../../../src/domain/state/facts.js';
import { forgetIn } from '../../../src/domain/state/forgotten.js';
import type { Voter } from '../../../src/domain/state/model.js';
import { migrations } from '../../../src/store/migrations.js';
import { peekChannels, peekSessions } from '../../../src/store/peek.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { World } from '../../support/world.js';

let dir: string;
let store: Store | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-store-'));
});
afterEach(async () => {
  await store?.close().catch(() => {});
  store = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const open = async (): Promise<Store> => {
  store = await Store.open(dir);
  return store;
};
const fact = (voter: string, emoji = '1', ballot = 'cat.1.s0.0'): Extract<RowChange, { table: 'fact' }> => {
  const row: Fact = { ballot, voter, emoji, present: true, source: 'live', at: 1, late: false };
  return { table: 'fact', row };
};

/** A session with votes over two rounds, played in memory. */
function played(): World {
  const world = new World({ imagesPerRound: 4, quorum: 2, restMs: 0 }, true);
  world.settle();
  world.consent('ann-secret-key-of-27-characters', 'bob');
  for (let round = 0; round < 2; round++) {
    for (const voter of ['ann-secret-key-of-27-characters', 'bob']) {
      world.react(voter, world.live()[0]!, '1');
      world.react(voter, world.live()[0]!, 'done');
    }
    if (round === 0) world.settle();
  }
  world.command({ name: 'exclude', voter: 'ann-secret-key-of-27-characters' });
  return world;
}

describe('a store', () => {
  it('gives back the very state that was folded from the rows, before and after a restart', async () => {
    const world = played();
    const first = await open();
    for (let i = 0; i < world.rows.length; i += 7) await first.commit(world.rows.slice(i, i + 7), []);
    expect(await first.load('cat')).toEqual(world.state);
    await first.close();
    const second = await open();
    expect(await second.load('cat')).toEqual(world.state);
    expect((await second.loadSessions()).map((state) => state.session.id)).toEqual(['cat']);
    expect(await second.load('dog')).toBeUndefined();
    expect(await second.loadVoters('c')).toEqual(world.state.voters);
  });

  it('is looked into beside the bot: all sessions, and the channels of those that have not ended', async () => {
    const world = played();
    const opened = await open();
    const ended = { ...world.state.session, id: 'dog', state: 'ended' } as const;
    const binding = { ...world.state.bindings[0]!, session: 'dog', channel: 'fake-2' };
    await opened.commit(world.rows, []);
    await opened.commit(
      [
        { table: 'session', row: ended },
        { table: 'binding', row: binding },
      ],
      [],
    );
    expect((await peekSessions(dir)).map(({ id }) => id)).toEqual(['cat', 'dog']);
    expect((await peekChannels(dir)).map(({ channel }) => channel)).toEqual(['fake-1']);
  });

  it('keeps the outbox: an effect until it is settled, the newest of a key', async () => {
    const world = new World();
    const effect = { kind: 'edit-ballot', key: 'b.edit', session: 'cat', notBefore: 0, ballot: 'b' } as const;
    const other = { ...effect, key: 'c.edit', ballot: 'c' };
    const opened = await open();
    await opened.commit(world.rows, [effect, other]);
    await opened.commit([], [{ ...effect, notBefore: 5 }]);
    await opened.close();
    const again = await open();
    expect(await again.pendingEffects()).toEqual([{ ...effect, notBefore: 5 }, other]);
    await again.commit([{ table: 'outbox', done: 'b.edit' }], []);
    expect(await again.pendingEffects()).toEqual([other]);
  });

  it('commits all or nothing, and a fault spares its neighbours', async () => {
    const opened = await open();
    const bad = { table: 'fact', row: { ...fact('x').row, voter: null } } as unknown as RowChange;
    const results = await Promise.allSettled([
      opened.commit([fact('a')], []),
      opened.commit([fact('b'), bad, fact('c')], []),
      opened.commit([fact('d')], []),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const rows = await opened.reader.all<{ voter: string }>('SELECT voter FROM fact ORDER BY seq');
    expect(rows.map((row) => row.voter)).toEqual(['a', 'd']);
  });

  it('commits a burst in groups: a thousand writes in far fewer transactions', async () => {
    const opened = await open();
    const { db } = opened.writer;
    const exec = vi.spyOn(db, 'exec');
    await Promise.all(Array.from({ length: 1000 }, (_, i) => opened.commit([fact(`v${i}`)], [])));
    const commits = exec.mock.calls.filter(([sql]) => sql === 'COMMIT');
    expect(commits.length).toBeGreaterThan(0);
    expect(commits.length).toBeLessThan(20);
    const [row] = await opened.reader.all<{ n: number }>('SELECT count(*) AS n FROM fact');
    expect(row!.n).toBe(1000);
  });

  it('never lets go of a fact', async () => {
    const opened = await open();
    await opened.commit([fact('a')], []);
    const { db } = opened.writer;
    await expect(db.exec('DELETE FROM fact')).rejects.toThrow(/append-only/);
    await expect(db.exec('UPDATE fact SET present = 0')).rejects.toThrow(/append-only/);
    await expect(db.exec("UPDATE fact SET voter = 'b'")).rejects.toThrow(/append-only/);
    await expect(
      db.exec(
        "INSERT OR REPLACE INTO fact SELECT seq, ballot, voter, '2', present, source, at, late FROM fact",
      ),
    ).rejects.toThrow(/append-only/);
  });

  it('is synced before it answers, in write-ahead mode', async () => {
    const opened = await open();
    const get = async (name: string) =>
      Object.values((await opened.writer.db.get<object>(`PRAGMA ${name}`))!)[0];
    expect(await get('journal_mode')).toBe('wal');
    expect(await get('synchronous')).toBe(2);
    expect(await get('secure_delete')).toBe(1);
  });
});

describe('people', () => {
  it('are keyed hashes that another installation cannot compute', async () => {
    const first = await open();
    const key = first.voterKey('discord', '1234');
    expect(key).toMatch(/^[\w-]{27}$/);
    expect(first.voterKey('slack', '1234')).not.toBe(key);
    await first.close();
    expect((await open()).voterKey('discord', '1234')).toBe(key);
    await store!.close();
    rmSync(join(dir, 'secret.key'));
    expect((await open()).voterKey('discord', '1234')).not.toBe(key);
  });

  it('a secret that is cut short, or gone while people are known by it, is no reason to make another', async () => {
    const world = played();
    const opened = await open();
    await opened.commit(world.rows, []);
    await opened.close();
    const file = join(dir, 'secret.key');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 31));
    await expect(open()).rejects.toMatchObject({
      code: 'file-corrupt',
      hint: expect.stringContaining('backup'),
    });
    expect(readFileSync(file)).toEqual(whole.subarray(0, 31));
    rmSync(file);
    await expect(open()).rejects.toMatchObject({
      code: 'file-not-found',
      hint: expect.stringContaining('backup'),
    });
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, whole);
    await expect((await open()).voter('bob')).resolves.toBeDefined();
  });

  it('see all that is held about them', async () => {
    const world = played();
    const opened = await open();
    await opened.commit(world.rows, []);
    const held = await opened.personalData('bob');
    expect(held.voter).toMatchObject({ platform: 'fake', rounds: 1 });
    expect(held.marks.map((mark) => [mark.round, mark.emoji])).toEqual([
      ['cat.1', '1'],
      ['cat.1', 'done'],
      ['cat.2', '1'],
      ['cat.2', 'done'],
    ]);
    const wish = { prompt: 'an owl' } as Wish;
    const place = { server: 'fake-1', platform: 'fake', channel: '1' } as const;
    for (const by of ['ann', 'bob', null]) await opened.propose({ ...place, wish, by, at: 7 });
    expect((await opened.personalData('bob')).proposals).toEqual([{ number: 2, wish, at: 7 }]);
    expect(await opened.personalData('nobody')).toEqual({ voter: null, marks: [], acts: [], proposals: [] });
  });

  it('are forgotten to the byte, and the counts stay', async () => {
    const key = 'ann-secret-key-of-27-characters';
    const world = played();
    const opened = await open();
    const ask = { kind: 'forget', key: `${key}.forget`, session: 'cat', notBefore: 0, voter: key } as const;
    await opened.commit(world.rows, [ask]);
    expect(bytesOf(dir)).toContain(key);
    const before = (await opened.load('cat'))!;
    const gone = await opened.forget(key, Date.now());
    expect(bytesOf(dir)).not.toContain(key);
    const state = (await opened.load('cat'))!;
    // What is held in memory becomes what would be read.
    expect(forgetIn([before], gone)).toEqual([state]);
    const names = new Set([...state.facts.values()].flatMap((facts) => [...facts]).map((row) => row.voter));
    const pseudonyms = [...names].filter((name) => name.startsWith('~'));
    // One name a round, nothing in common.
    expect(pseudonyms).toHaveLength(2);
    expect(names.has('bob')).toBe(true);
    for (const [ballot, facts] of world.state.facts) {
      const marks = (rows: Iterable<Fact>) =>
        [...rows].map(({ emoji, present, at }) => ({ emoji, present, at }));
      expect(marks(state.facts.get(ballot)!)).toEqual(marks(facts));
    }
    const stand = state.voters.get(pseudonyms[0]!) as Voter;
    expect(stand).toMatchObject({ pseudonym: true, consentAt: null, excluded: true, name: null });
    expect(await opened.pendingEffects()).toEqual([]);
    expect((await opened.acts('cat')).map((act) => act.command)).toEqual(['exclude']);
    await expect(opened.writer.db.exec("UPDATE fact SET voter = 'x'")).rejects.toThrow(/append-only/);
  });
});

describe('faults', () => {
  it('data-locked: a second process, or a second store in this one', async () => {
    await open();
    await expect(Store.open(dir)).rejects.toMatchObject({
      code: 'data-locked',
      message: expect.stringContaining(`${process.pid}`),
    });
    await store!.close();
    await open();
  });

  it('database-newer: nothing is touched', async () => {
    await (await open()).close();
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
    await db.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    await db.close();
    await expect(Store.open(dir)).rejects.toMatchObject({ code: 'database-newer' });
    // The lock was given back.
    await expect(Store.open(dir)).rejects.toMatchObject({ code: 'database-newer' });
  });

  it('data-unwritable: a file where the folder should be, and a place where no folder can be', async () => {
    writeFileSync(join(dir, 'file'), '');
    await expect(Store.open(join(dir, 'file', 'data'))).rejects.toMatchObject({ code: 'data-unwritable' });
    await expect(Store.open(join(dir, 'file'))).rejects.toMatchObject({ code: 'data-unwritable' });
    if (process.platform === 'linux') {
      await expect(Store.open('/proc/acclaim')).rejects.toMatchObject({ code: 'data-unwritable' });
    }
  });

  // Root may write everywhere.
  it.skipIf(process.getuid?.() === 0)('data-unwritable: a folder without the right to write', async () => {
    chmodSync(dir, 0o500);
    await expect(Store.open(join(dir, 'data'))).rejects.toMatchObject({ code: 'data-unwritable' });
    chmodSync(dir, 0o700);
  });

  it('file-corrupt: not a database', async () => {
    writeFileSync(join(dir, 'acclaim.sqlite'), 'not a database, whatever its name may say '.repeat(200));
    await expect(Store.open(dir)).rejects.toMatchObject({ code: 'file-corrupt' });
  });

  it('disk-full: the commit is refused whole, and goes through once there is space', async () => {
    const opened = await open();
    const { db } = opened.writer;
    const pages = (await db.get<{ page_count: number }>('PRAGMA page_count'))!.page_count;
    await db.exec(`PRAGMA max_page_count = ${pages}`);
    const rows = Array.from({ length: 2000 }, (_, i) => fact(`voter-${i}`));
    await expect(opened.commit(rows, [])).rejects.toMatchObject({ code: 'disk-full' });
    const count = async () =>
      (await opened.reader.all<{ n: number }>('SELECT count(*) AS n FROM fact'))[0]!.n;
    expect(await count()).toBe(0);
    await db.exec('PRAGMA max_page_count = 100000');
    await opened.commit(rows, []);
    expect(await count()).toBe(2000);
  });

  it('disk-full, where commits may wait: they are written in their order once there is space, and it is told once', async () => {
    const told: boolean[] = [];
    const opened = await Store.open(dir, { onFull: (full) => told.push(full), everyMs: 5 });
    store = opened;
    const { db } = opened.writer;
    const pages = (await db.get<{ page_count: number }>('PRAGMA page_count'))!.page_count;
    await db.exec(`PRAGMA max_page_count = ${pages}`);
    const done: string[] = [];
    const big = Array.from({ length: 2000 }, (_, i) => fact(`voter-${i}`));
    const commits = [
      opened.commit(big, []).then(() => done.push('big')),
      opened.commit([fact('small')], []).then(() => done.push('small')),
    ];
    while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(done).toEqual([]);
    await db.exec('PRAGMA max_page_count = 100000');
    await Promise.all(commits);
    expect(done).toEqual(['big', 'small']);
    expect(told).toEqual([true, false]);
    // Whoever stops waits no longer, and hears what was not written.
    await db.exec(`PRAGMA max_page_count = 1`);
    const last = opened.commit(big, []);
    const refused = expect(last).rejects.toMatchObject({ code: 'disk-full' });
    while (told.length === 2) await new Promise((resolve) => setTimeout(resolve, 5));
    await opened.close();
    await refused;
  });
});

function bytesOf(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join('\n');
}
