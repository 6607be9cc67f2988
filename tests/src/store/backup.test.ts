/**
 * Backup beside a running store and restore: one moment, whole, and nothing else than that; refused whole
 * where it is not.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RowChange } from '../../../src/domain/state/decision.js';
import { backup } from '../../../src/store/backup.js';
import { migrate, migrations } from '../../../src/store/migrations.js';
import { type RestoreOptions, restore } from '../../../src/store/restore.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { dump } from '../../support/dump.js';
import { killAt } from '../../support/killed.js';
import { StoreWriting } from '../../support/store-writing.js';
import { World } from '../../support/world.js';
import { openSessionRows } from './rows.js';

let root: string;
let file: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'acclaim-backup-'));
  file = join(root, 'acclaim.tar');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** SHA-256 of no bytes. */
const nothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const at = (name: string) => join(root, name);
const take = (dir: string, artifacts = false) => backup({ dir, file, artifacts, software: 'acclaim 0' });
const put = (dir: string, more: Partial<RestoreOptions> = {}) =>
  restore({ file, dir, replace: false, forgetOnPage: async () => {}, ...more });

/** A folder with an open vote; `rows` on top. */
async function folder(name: string, rows: readonly RowChange[] = openSessionRows()): Promise<string> {
  const store = await Store.open(at(name));
  await store.commit(rows, []);
  await store.close();
  return at(name);
}

describe('a backup while votes stream in', () => {
  it('holds exactly what was durable at one moment between its begin and its end', async () => {
    const dir = await folder('live');
    const writing = await StoreWriting.start(dir, 1);
    try {
      for (let n = 0; n < 4; n++) {
        const before = writing.acknowledged;
        const { rows } = await take(dir);
        const after = writing.acknowledged;
        await put(at(`restored-${n}`));
        const store = await Store.open(at(`restored-${n}`));
        const state = (await store.load('s'))!;
        const facts = [...(state.facts.get('s.1.s0.0') ?? [])];
        const commits = facts.length / 3;
        // What was called durable before it began is in it; of what came after its end nothing can be.
        expect(commits).toBeGreaterThanOrEqual(before);
        expect(commits).toBeLessThanOrEqual(after + 1);
        expect(facts.map((fact) => fact.at)).toEqual(facts.map((_, i) => 1 + Math.floor(i / 3)));
        expect(rows.fact).toBe(facts.length);
        if (commits > 0) expect(state.rounds[0]!.count).toBe(commits);
        expect((await store.pendingEffects()).length).toBe(commits);
        await store.close();
      }
      expect(writing.acknowledged).toBeGreaterThan(4);
    } finally {
      await writing.kill();
    }
  });

  it('leaves nothing beside its file, which only its owner can read', async () => {
    const dir = await folder('live');
    await take(dir);
    expect(readdirSync(root).sort()).toEqual(['acclaim.tar', 'live']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('names of each session its own rounds alone', async () => {
    const other = JSON.parse(
      JSON.stringify(openSessionRows()).replaceAll(/"s(?=[."])/g, '"t'),
    ) as RowChange[];
    const second = openSessionRows().flatMap((change) =>
      change.table === 'round' ? [{ ...change, row: { ...change.row, id: 's.2', number: 2 } }] : [],
    );
    const dir = await folder('two', [...openSessionRows(), ...second, ...other]);
    for (const round of ['s/rounds/1', 's/rounds/2', 't/rounds/1'])
      mkdirSync(join(dir, 'sessions', round), { recursive: true });
    expect((await take(dir)).sessions.map(({ id, folders }) => [id, folders])).toEqual([
      ['s', ['sessions/s/rounds/1', 'sessions/s/rounds/2']],
      ['t', ['sessions/t/rounds/1']],
    ]);
  });

  it('takes the secret, the page and, when asked, the artifacts of sessions that have not ended', async () => {
    const dir = await folder('live');
    mkdirSync(join(dir, 'web'));
    writeFileSync(join(dir, 'web/messages.jsonl'), '{"t":"gone","id":"m1","seq":1}\n{"t":"go');
    writeFileSync(join(dir, 'web/ended-logins.json'), '[["a",1]]');
    const round = join(dir, 'sessions/s/rounds/1');
    mkdirSync(join(round, 'images'), { recursive: true });
    writeFileSync(join(round, 'images/0000.png'), 'picture');
    writeFileSync(join(round, 'empty.txt'), '');
    const without = await take(dir);
    expect(without.sessions).toEqual([
      { id: 's', state: 'active', folders: ['sessions/s/rounds/1'], included: false },
    ]);
    expect((await put(at('bare'))).missing).toEqual(['sessions/s/rounds/1']);
    const manifest = await take(dir, true);
    expect(manifest.files.map(({ path }) => path)).toEqual([
      'acclaim.sqlite',
      'secret.key',
      'web/ended-logins.json',
      'web/messages.jsonl',
      'sessions/s/rounds/1/empty.txt',
      'sessions/s/rounds/1/images/0000.png',
    ]);
    expect((await put(at('whole'))).missing).toEqual([]);
    // A log-in that was ended after the backup stays ended.
    writeFileSync(join(dir, 'web/ended-logins.json'), '[["b",2]]');
    mkdirSync(at('again'));
    for (const name of ['acclaim.sqlite', 'secret.key', 'web'])
      cpSync(join(dir, name), join(at('again'), name), { recursive: true });
    await put(at('again'), { replace: true });
    expect(readFileSync(join(at('again'), 'web/ended-logins.json'), 'utf8')).toBe('[["a",1],["b",2]]');
    // Where that cannot be told any more, all of before are over.
    writeFileSync(join(at('again'), 'web/ended-logins.json'), '[["b"');
    await put(at('again'), { replace: true });
    expect(readFileSync(join(at('again'), 'web/ended-logins.json'), 'utf8')).toMatch(
      /^\[\["a",1\],\["\*",\d+\]\]$/,
    );
    for (const path of ['secret.key', 'sessions/s/rounds/1/images/0000.png', 'sessions/s/rounds/1/empty.txt'])
      expect(readFileSync(join(at('whole'), path)).equals(readFileSync(join(dir, path)))).toBe(true);
    expect(readFileSync(join(at('whole'), 'web/messages.jsonl'), 'utf8')).toBe(
      '{"t":"gone","id":"m1","seq":1}\n',
    );
  });
});

describe('a restore refuses', () => {
  it('a folder in use, and one that holds a database, which stay as they are', async () => {
    const dir = await folder('live');
    await take(dir);
    const store = await Store.open(dir);
    await expect(put(dir, { replace: true })).rejects.toMatchObject({ code: 'data-locked' });
    await store.close();
    const before = await dump(dir);
    await expect(put(dir)).rejects.toMatchObject({
      code: 'data-exists',
      hint: expect.stringContaining('--replace'),
    });
    expect(await dump(dir)).toEqual(before);
  });

  it('a file that is cut short anywhere or changed by one bit, and leaves nothing behind', async () => {
    const dir = await folder('live');
    mkdirSync(join(dir, 'web'));
    writeFileSync(join(dir, 'web/messages.jsonl'), '{"t":"gone","id":"m1","seq":1}\n');
    await take(dir);
    const whole = readFileSync(file);
    const refused = async (bytes: Buffer, what: string) => {
      writeFileSync(file, bytes);
      const error = await put(at('none')).catch((thrown: unknown) => thrown);
      expect(error, what).toMatchObject({
        code: 'backup-invalid',
        message: expect.stringContaining('acclaim.tar'),
      });
      expect(
        readdirSync(at('none')).filter((name) => name !== 'acclaim.lock'),
        what,
      ).toEqual([]);
    };
    // The last 1024 bytes are the end mark, and before them the last file is padded: they carry nothing.
    for (let i = 0; i < 40; i++) {
      const length = Math.floor((i / 40) * (whole.length - 1536));
      await refused(whole.subarray(0, length), `the first ${length} bytes`);
    }
    const manifest = JSON.parse(whole.toString('utf8', 512, whole.indexOf('\n}\n') + 3));
    const sizes = manifest.files.map((f: { bytes: number }) => f.bytes);
    const begin = 512 + Math.ceil((whole.indexOf('\n}\n') + 3 - 512) / 512) * 512 + 512;
    for (let i = 0; i < 20; i++) {
      const place = begin + Math.floor((i / 20) * sizes[0]);
      const changed = Buffer.from(whole);
      changed[place]! ^= 1 << (i % 8);
      await refused(changed, `a bit at ${place}`);
    }
  });

  it.each([
    ['text', () => Buffer.from('not a backup')],
    ['nothing', () => Buffer.alloc(0)],
    ['an empty tar', () => Buffer.alloc(1024)],
  ])('%s', async (_, bytes) => {
    writeFileSync(file, bytes());
    await expect(put(at('none'))).rejects.toMatchObject({ code: 'backup-invalid' });
  });

  const strangers = [
    ...['../evil', '/etc/evil', 'a/../../evil', '.hidden', 'a//b', '', 'evil', 'web/evil', 'sessions/evil'],
    ...['restore', 'restore/acclaim.sqlite', 'restore.new', 'aside', 'acclaim.lock', 'acclaim.pid'],
    ...[
      'acclaim.sqlite-wal',
      'acclaim.sqlite-shm',
      'acclaim.sqlite-journal',
      'acclaim.sqlite/x',
      'devices.json',
    ],
    ...['acclaim.sqlite', 'ACCLAIM.SQLITE', 'web', 'secret.key/x', 'before-restore-1/acclaim.sqlite'],
    ...[
      'sessions/other/rounds/1/x',
      'sessions/s/rounds/1',
      'sessions/s/rounds/1/../../x',
      'sessions/s/tmp/1/x',
    ],
    ...[
      'sessions/s/rounds/1/.hidden',
      'sessions/s/rounds/1/',
      'sessions/s/rounds/1/A',
      'sessions/s/rounds/1/a/b',
    ],
    // What no file system takes, and what Windows takes for something else.
    ...[`sessions/s/rounds/1/${'a'.repeat(300)}`, `sessions/s/rounds/1/${'b/'.repeat(400)}x`],
    ...['sessions/s/rounds/1/NUL', 'sessions/s/rounds/1/com1.png', 'sessions/s/rounds/1/b.'],
  ];
  it('a manifest that names what belongs in no backup, before anything changes', async () => {
    const { describeFile, writeArchive } = await import('../../../src/store/archive.js');
    const dir = await folder('live');
    mkdirSync(join(dir, 'sessions/s/rounds/1'), { recursive: true });
    writeFileSync(join(dir, 'sessions/s/rounds/1/a'), '');
    const manifest = await take(dir);
    const whole = [await describeFile(dir, 'acclaim.sqlite'), await describeFile(dir, 'secret.key')];
    const own = { path: 'sessions/s/rounds/1/a', bytes: 0, sha256: nothing };
    const sessions = [{ id: 's', state: 'active', folders: ['sessions/s/rounds/1'], included: true }];
    const before = await dump(dir);
    const held = readdirSync(dir).sort();
    for (const path of strangers) {
      const files = [...whole, own, { ...own, path }];
      await writeArchive(file, { ...manifest, sessions, files }, () => dir);
      await expect(put(dir, { replace: true }), path).rejects.toMatchObject({
        code: 'backup-invalid',
        message: expect.stringContaining('does not belong'),
      });
      expect(readdirSync(dir).sort(), path).toEqual(held);
    }
    expect(await dump(dir)).toEqual(before);
    expect(existsSync(at('evil'))).toBe(false);
    // Without the stranger the same archive is taken.
    await writeArchive(file, { ...manifest, sessions, files: [...whole, own] }, () => dir);
    await expect(put(dir, { replace: true })).resolves.toMatchObject({ missing: [] });
  });

  it('a database that is empty, and people without the whole secret that their names were made with', async () => {
    const { describeFile, writeArchive } = await import('../../../src/store/archive.js');
    const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
    world.settle();
    world.consent('bob');
    const dir = await folder('live', world.rows);
    const manifest = await take(dir);
    const other = at('other');
    mkdirSync(other);
    writeFileSync(join(other, 'acclaim.sqlite'), '');
    writeFileSync(join(other, 'secret.key'), Buffer.alloc(31, 1));
    const database = await describeFile(dir, 'acclaim.sqlite');
    const secret = await describeFile(dir, 'secret.key');
    const from =
      (...paths: string[]) =>
      (path: string) =>
        paths.includes(path) ? other : dir;
    const empty = [await describeFile(other, 'acclaim.sqlite'), secret];
    await writeArchive(file, { ...manifest, sessions: [], files: empty }, from('acclaim.sqlite'));
    const refused = (why: string) => ({ code: 'backup-invalid', message: expect.stringContaining(why) });
    await expect(put(at('none'))).rejects.toMatchObject(refused('is empty'));
    const short = [database, await describeFile(other, 'secret.key')];
    await writeArchive(file, { ...manifest, sessions: [], files: short }, from('secret.key'));
    await expect(put(at('none'))).rejects.toMatchObject(refused('cut short'));
    await writeArchive(file, { ...manifest, sessions: [], files: [database] }, from());
    await expect(put(at('none'))).rejects.toMatchObject(refused('no secret.key'));
    await writeArchive(file, { ...manifest, sessions: [], files: [database, secret] }, from());
    await expect(put(at('none'))).resolves.toMatchObject({ missing: [] });
  });

  it('a manifest that is nested beyond any of ours', async () => {
    const { writeArchive } = await import('../../../src/store/archive.js');
    const dir = await folder('live');
    const manifest = await take(dir);
    const rows = JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`);
    await writeArchive(file, { ...manifest, rows }, () => dir);
    await expect(put(at('none'))).rejects.toMatchObject({
      code: 'backup-invalid',
      message: expect.stringContaining('nested more than'),
    });
  });

  it('names what it refuses so that a terminal obeys nothing of it', async () => {
    const { pack } = await import('tar-stream');
    const tar = pack();
    tar.entry({ name: 'a\u001b[2J\u202e', type: 'link', linkname: '/etc/passwd' });
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    writeFileSync(file, Buffer.concat(chunks));
    const error = await put(at('none')).catch((e) => e);
    expect(error).toMatchObject({
      code: 'backup-invalid',
      message: expect.stringContaining('no ordinary file'),
    });
    expect(error.message).not.toMatch(/\p{Cc}|\p{Cf}/u);
  });

  it('a manifest that gives a session what is no folder of its rounds', async () => {
    const { writeArchive } = await import('../../../src/store/archive.js');
    const dir = await folder('live');
    const manifest = await take(dir);
    for (const folders of [
      ['.'],
      ['sessions/t/rounds/1'],
      ['sessions/s/rounds/1/..'],
      ['restore'],
      null,
      [7],
    ]) {
      const sessions = [{ id: 's', state: 'active', folders, included: true }];
      await writeArchive(file, { ...manifest, sessions } as typeof manifest, () => dir);
      await expect(put(at('none')), String(folders)).rejects.toMatchObject({
        code: 'backup-invalid',
        message: expect.stringContaining('manifest is broken'),
      });
    }
  });

  it('a database of a newer version', async () => {
    const dir = await folder('live');
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
    await db.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    await db.close();
    await take(dir);
    await expect(put(at('none'))).rejects.toMatchObject({ code: 'database-newer' });
  });
});

describe('a restore', () => {
  it('brings an older schema up to date', async () => {
    mkdirSync(at('old'));
    writeFileSync(join(at('old'), 'secret.key'), Buffer.alloc(32, 1));
    const db = await Connection.open(join(at('old'), 'acclaim.sqlite'), 'write');
    await migrate(db, migrations.slice(0, 1));
    await db.run(
      'INSERT INTO voter (key, community, body) VALUES (\'v\', \'c\', \'{"key":"v","consentAt":1}\')',
    );
    await db.close();
    expect((await take(at('old'))).schema).toBe(1);
    await put(at('new'));
    const { voter, departure } = await dump(at('new'));
    expect(voter).toEqual([expect.objectContaining({ body: '{"key":"v","consentAt":1,"person":null}' })]);
    expect(departure).toEqual([]);
  });

  it('ends where what it replaces cannot be read for who left, because no copy of it can be kept', async () => {
    const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
    world.settle();
    world.consent('ann-secret-key-of-27-characters');
    const dir = await folder('unkept', world.rows);
    await take(dir);
    const store = await Store.open(dir);
    await store.forget('ann-secret-key-of-27-characters', Date.now());
    await store.close();
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
    await db.exec(`PRAGMA user_version = ${migrations.length - 1}`);
    await db.close();
    const before = await dump(dir);
    // No folder can be made here.
    writeFileSync(join(dir, 'before-upgrade'), '');
    await expect(put(dir, { replace: true })).rejects.toThrow('cannot be written (EEXIST)');
    rmSync(join(dir, 'before-upgrade'));
    expect(await dump(dir)).toEqual(before);
  });

  it('takes out again whoever left, and what was purged, since the backup; and says when nobody can tell', async () => {
    const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
    world.settle();
    world.consent('ann-secret-key-of-27-characters', 'bob', 'cleo');
    for (const voter of ['ann-secret-key-of-27-characters', 'bob', 'cleo'])
      world.react(voter, world.live()[0]!, '1');
    const other = JSON.parse(
      JSON.stringify(world.rows.filter(({ table }) => table !== 'voter' && table !== 'fact')).replaceAll(
        '"cat',
        '"dog',
      ),
    ) as RowChange[];
    const dir = await folder('live', [...world.rows, ...other]);
    let store = await Store.open(dir);
    await store.standings.set('discord', '8', 'allowed');
    await store.close();
    await take(dir);
    store = await Store.open(dir);
    await store.standings.set('discord', '8', 'refused');
    await store.forget('ann-secret-key-of-27-characters', Date.now());
    // Left, and agreed again: what was before is not theirs any more.
    await store.forget('bob', Date.now());
    await store.places.decline([{ place: 'discord 1', hash: 'hash of a check mark' }]);
    await store.places.depart({ platform: 'discord', server: '9', at: 5, due: 7 });
    const bob = world.state.voters.get('bob')!;
    await store.commit([{ table: 'voter', row: { ...bob, consentAt: bob.consentAt! + 1 } }], []);
    await store.close();
    const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
    await db.exec("DELETE FROM session WHERE id = 'dog'");
    await db.close();

    let asked: ((account: string) => boolean) | undefined;
    const restored = await put(dir, {
      replace: true,
      forgetOnPage: async (_, is) => {
        asked = is;
      },
    });
    expect(restored.left).toEqual({ people: 2, sessions: 1 });
    expect(asked).toBeDefined();
    const after = await dump(dir);
    const voters = (after.fact as { voter: string }[]).map(({ voter }) => voter);
    expect(voters).toHaveLength(3);
    expect(new Set(voters).size).toBe(3);
    expect(voters.filter((key) => key.startsWith('~'))).toHaveLength(2);
    expect(voters).toContain('cleo');
    // Duties that came after the backup are kept: nobody who left is asked for anew, and a purge stays due.
    expect(after.declined).toEqual([{ place: 'discord 1', hash: 'hash of a check mark' }]);
    expect(after.departure).toEqual([expect.objectContaining({ server: '9', due: 7 })]);
    expect(after.server).toEqual([{ platform: 'discord', server: '8', standing: 'refused' }]);
    expect((after.session as { id: string }[]).map(({ id }) => id)).toEqual(['cat']);
    expect(readFileSync(join(dir, 'acclaim.sqlite')).includes('ann-secret-key-of-27-characters')).toBe(false);

    expect((await put(at('elsewhere'))).left).toBeNull();
  });

  it('killed before any of its steps leaves the old data or the new, whole; what was there is kept aside', async () => {
    const dir = await folder('live');
    mkdirSync(join(dir, 'sessions/s/rounds/1'), { recursive: true });
    writeFileSync(join(dir, 'sessions/s/rounds/1/manifest.json'), 'as backed up');
    await take(dir, true);
    const inBackup = await dump(dir);
    const fact: RowChange = {
      table: 'fact',
      row: { ballot: 's.1.s0.0', voter: 'v', emoji: '1', present: true, source: 'live', at: 9, late: false },
    };
    let outcomes = '';
    for (let n = 1; ; n++) {
      const target = at(`target-${n}`);
      const store = await Store.open(target);
      await store.commit([...openSessionRows(), fact], []);
      await store.close();
      const before = await dump(target);
      const { points } = await killAt(['restore', String(n), file, target]);
      await (await Store.open(target)).close();
      const after = await dump(target);
      const isNew = JSON.stringify(after) === JSON.stringify(inBackup);
      if (!isNew) expect(after).toEqual(before);
      outcomes += isNew ? 'n' : 'o';
      if (isNew) {
        expect(readFileSync(join(target, 'sessions/s/rounds/1/manifest.json'), 'utf8')).toBe('as backed up');
        const aside = readdirSync(target).filter((name) => name.startsWith('before-restore'));
        expect(await dump(join(target, aside[0]!))).toEqual(before);
      }
      expect(readdirSync(target).filter((name) => name === 'restore')).toEqual([]);
      if (points !== null) break;
    }
    // Up to the one rename that decides it is the old data, from then on the new.
    expect(outcomes).toMatch(/^o+n{4,}$/);
  });
});
