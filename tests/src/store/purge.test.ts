/**
 * Forgetting at a size at which pages split and move, a kill in the middle of it, and what the purge of a
 * server leaves.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RowChange } from '../../../src/domain/state/decision.js';
import type { Fact } from '../../../src/domain/state/facts.js';
import type { Voter } from '../../../src/domain/state/model.js';
import { Rng } from '../../../src/rng.js';
import { forgetVoter } from '../../../src/store/forget.js';
import { migrate, migrations } from '../../../src/store/migrations.js';
import { purgeServer } from '../../../src/store/purge.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { voterKey } from '../../../src/store/voter-key.js';
import { World } from '../../support/world.js';

let dir: string;
const stores: Store[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-purge-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close().catch(() => {});
  rmSync(dir, { recursive: true, force: true });
});

async function open(folder = dir): Promise<Store> {
  const store = await Store.open(folder);
  stores.push(store);
  return store;
}

/** Files of the folder in which the text stands, whole or in good part. */
function holding(text: string, folder = dir): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[];
  return names.filter((name) => {
    if (statSync(join(folder, name)).isDirectory()) return false;
    const bytes = readFileSync(join(folder, name)).toString('latin1');
    return bytes.includes(text) || bytes.includes(text.slice(0, 14)) || bytes.includes(text.slice(-14));
  });
}

const voter = (key: string, name: string): RowChange => {
  const row: Voter = {
    key,
    community: 'c',
    platform: 'fake',
    consentAt: 1,
    bornAt: null,
    joinedAt: null,
    rounds: 0,
    excluded: false,
    trusted: false,
    name,
    pseudonym: false,
    person: null,
  };
  return { table: 'voter', row };
};

describe('forgetting', () => {
  it('leaves no byte among thousands of rows of others, whose rows stay', async () => {
    const store = await open();
    const keys = Array.from({ length: 30 }, (_, i) => store.voterKey('fake', `account-${i}`));
    const random = draws();
    for (const ballot of ['b0', 'b1', 'b2'])
      await store.commit(
        [{ table: 'ballot', row: { id: ballot, session: 's', round: ballot } as never }],
        [],
      );
    for (const [i, key] of keys.entries()) {
      await store.commit([voter(key, `A name of ${i}`)], []);
      // Bodies that grow move from page to page.
      await store.commit([voter(key, `A name of ${i} that is ${'very '.repeat(i * 4)}long`)], []);
    }
    for (let i = 0; i < 100; i++)
      await store.commit(
        Array.from({ length: 40 }, () => mark(keys, random)),
        [],
      );
    const count = async () =>
      await store.reader.all('SELECT ballot, emoji, present, count(*) AS n FROM fact GROUP BY 1, 2, 3');
    const before = await count();
    expect(holding(keys[7]!)).not.toEqual([]);
    // A reader in the middle of its work holds the log up; it is emptied all the same.
    const reading = store.reader.all('SELECT * FROM fact');
    for (const i of [7, 29]) await store.forget(keys[i]!, Date.now());
    await reading;
    for (const i of [7, 29]) {
      expect(holding(keys[i]!)).toEqual([]);
      expect(holding(`A name of ${i} that`)).toEqual([]);
    }
    expect(await count()).toEqual(before);
    expect(holding(keys[8]!)).not.toEqual([]);
  });

  it('knows marks that were set between the look through the ledger and the forgetting', async () => {
    const store = await open();
    const [ann, bob] = ['ann', 'bob'].map((name) => store.voterKey('fake', name));
    for (const ballot of ['b0', 'b1'])
      await store.commit(
        [{ table: 'ballot', row: { id: ballot, session: 's', round: ballot } as never }],
        [],
      );
    const marked = (ballot: string, key: string): RowChange => ({ table: 'fact', row: fact(ballot, key) });
    await store.commit([voter(ann!, 'Ann'), marked('b0', ann!), marked('b0', bob!)], []);
    const found = await store.marksOf([ann!]);
    await store.commit([marked('b1', ann!), marked('b0', ann!)], []);
    await store.forget(ann!, 5, found);
    expect(holding(ann!)).toEqual([]);
    const names = await store.reader.all<{ ballot: string; voter: string }>(
      'SELECT ballot, voter FROM fact ORDER BY seq',
    );
    const [first, others, second, again] = names.map((row) => row.voter);
    expect(others).toBe(bob);
    // One name a round, and no name in two.
    expect([again === first, second === first]).toEqual([true, false]);
  });

  it('rids a database of the old keys that an earlier version left in the gaps of its index', async () => {
    const folder = join(dir, 'old');
    mkdirSync(folder);
    const db = await Connection.open(join(folder, 'acclaim.sqlite'), 'write');
    await db.exec('PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON');
    await migrate(db, migrations.slice(0, 3));
    const random = draws();
    const keys = Array.from({ length: 40 }, (_, i) => voterKey(Buffer.alloc(32), 'fake', `account-${i}`));
    const add =
      "INSERT INTO fact (ballot, voter, emoji, present, source, at, late) VALUES ('b', ?, '1', 1, 'live', 1, 0)";
    await db.exec('BEGIN');
    for (let i = 0; i < 6000; i++) await db.run(add, keys[random(40)]!);
    await db.exec('COMMIT');
    // As that version forgot: in place, with a shorter name.
    await db.run('INSERT INTO forgetting (voter) VALUES (?)', keys[3]!);
    await db.run("UPDATE fact SET voter = '~nobody' WHERE voter = ?", keys[3]!);
    await db.run('DELETE FROM forgetting');
    await db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    await db.close();
    expect(holding(keys[3]!, folder)).toEqual(['acclaim.sqlite']);
    await open(folder);
    expect(holding(keys[3]!, folder)).toEqual([]);
    const kept = holding(keys[4]!, folder).sort();
    expect(kept).toEqual(['acclaim.sqlite', expect.stringMatching(/^before-upgrade\/acclaim-v3-/)]);
  });

  it('is finished by the next start when it was cut off before the log was emptied', async () => {
    const store = await open();
    const key = store.voterKey('fake', 'ann');
    await store.commit([voter(key, 'Annabel Anonymous')], []);
    await store.writer.write((db) => forgetVoter(db, store!.secret, key, 5));
    const killed = mkdtempSync(join(tmpdir(), 'acclaim-killed-'));
    try {
      cpSync(dir, killed, { recursive: true });
      expect(holding(key, killed)).toContain('acclaim.sqlite-wal');
      await open(killed);
      expect(holding(key, killed)).toEqual([]);
      expect(holding('Annabel Anonymous', killed)).toEqual([]);
    } finally {
      await stores.pop()!.close();
      rmSync(killed, { recursive: true, force: true });
    }
  });
});

describe('a purge', () => {
  const community = { id: 'c', platform: 'fake' as const, name: 'c' };
  const channel = (id: string, server: string) => ({
    id,
    community: 'c',
    platform: 'fake' as const,
    address: id.slice(5),
    server,
    name: 'roses',
    nsfw: false,
  });

  it('takes a server’s sessions, marks, audit and people, and leaves what belongs to others', async () => {
    const store = await open();
    const [ann, bob, cem, dan] = ['ann', 'bob', 'cem', 'dan'].map((name) => store.voterKey('fake', name));
    const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
    world.settle();
    world.consent(ann!, bob!, dan!);
    for (const who of [ann!, bob!]) world.react(who, world.live()[0]!, '1');
    world.command({ name: 'exclude', voter: ann! });
    await store.ensureChannel(community, channel('fake-1', 'server-one'));
    await store.ensureChannel(community, channel('fake-2', 'server-two'));
    await store.commit(world.rows, [...world.outbox.values()]);
    // Another server's session, with a mark of Bob's; Cem agreed there only after the bot had left this one.
    const other = { ...world.state.session, id: 'dog', prompt: 'a dog on the other server' };
    const ballot = {
      ...world.live()[0]!,
      id: 'dog.1.s0.0',
      session: 'dog',
      round: 'dog.1',
      channel: 'fake-2',
      message: 'm',
    };
    const left = { platform: 'fake', server: 'server-one', at: world.now + 5, due: world.now + 10 } as const;
    await store.commit(
      [
        { table: 'session', row: other },
        {
          table: 'binding',
          row: { ...world.state.bindings[0]!, session: 'dog', channel: 'fake-2', address: '2' },
        },
        { table: 'round', row: { ...world.round, id: 'dog.1', session: 'dog' } },
        { table: 'ballot', row: ballot },
        { table: 'fact', row: fact('dog.1.s0.0', bob!) },
        { table: 'voter', row: { ...world.state.voters.get(dan!)!, key: cem!, consentAt: left.at + 1 } },
      ],
      [],
    );
    await store.places.depart(left);
    await store.places.depart({ ...left, due: 99 });
    expect(await store.places.departures()).toEqual([left]);

    expect(await store.purge(left)).toEqual({ sessions: ['cat'], elsewhere: [] });
    expect(await store.lookups.sessions()).toEqual(['dog']);
    expect([...(await store.loadVoters('c')).keys()].sort()).toEqual([bob!, cem!].sort());
    expect((await store.load('dog'))!.facts.get('dog.1.s0.0')).toHaveLength(1);
    expect(await store.places.departures()).toEqual([]);
    expect(await store.pendingEffects()).toEqual([]);
    expect(await store.leftovers()).toEqual([{ session: 'cat', keep: [] }]);
    await store.cleared('cat');
    expect(await store.leftovers()).toEqual([]);
    for (const gone of [ann!, dan!, 'server-one', 'cat.1.s0.0', 'a black cat in a box'])
      expect([gone, holding(gone)]).toEqual([gone, []]);
    // The ledger is as it was: nothing may be deleted from it.
    await expect(store.writer.db.exec('DELETE FROM fact')).rejects.toThrow(/append-only/);
  });

  it('of a guest leaves the host’s pool as it was, less the guest’s channel, its ballots and who voted there alone', async () => {
    const store = await open();
    const [ann, bob] = ['ann', 'bob'].map((name) => store.voterKey('fake', name));
    const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
    world.settle();
    const guest = {
      channel: 'fake-2',
      community: 'c',
      platform: 'fake',
      address: '2',
      sweeps: true,
    } as const;
    expect(world.join(guest)).toBeNull();
    world.settle();
    world.consent(ann!, bob!);
    const [host, theirs] = ['fake-1', 'fake-2'].map((id) => world.live().find((b) => b.channel === id)!);
    world.react(ann!, host!, '1');
    world.react(bob!, theirs!, '2');
    await store.ensureChannel(community, channel('fake-1', 'server-one'));
    await store.ensureChannel(community, channel('fake-2', 'server-two'));
    const owed = [card('fake-1'), card('fake-2'), edit(host!.id), edit(theirs!.id)];
    await store.commit(world.rows, owed);
    const left = { platform: 'fake', server: 'server-two', at: world.now + 5, due: world.now + 10 } as const;
    await store.places.depart(left);
    await store.standings.set('fake', 'server-two', 'refused');

    expect(await store.purge(left)).toEqual({ sessions: [], elsewhere: [] });
    // What an operator refused stays refused.
    expect(await store.standings.all()).toMatchObject([{ server: 'server-two', standing: 'refused' }]);
    expect(await store.lookups.sessions()).toEqual(['cat']);
    expect(await store.leftovers()).toEqual([]);
    expect(await store.pendingEffects()).toEqual([card('fake-1'), edit(host!.id)]);
    const kept = (await store.load('cat'))!;
    expect(kept.bindings.map((row) => row.channel)).toEqual(['fake-1']);
    expect([...kept.ballots.keys()]).toEqual([host!.id]);
    expect([...kept.facts.get(host!.id)!]).toMatchObject([{ voter: ann!, emoji: '1', present: true }]);
    expect([...(await store.loadVoters('c')).keys()]).toEqual([ann!]);
    expect(kept.images.get('cat.1')).toHaveLength(4);
  });

  it('of the host takes the pool, tells where it also hung, and leaves who is known elsewhere and what others said', async () => {
    const store = await open();
    const [ann, bob, eve] = ['ann', 'bob', 'eve'].map((name) => store.voterKey('fake', name));
    const world = new World({ imagesPerRound: 4, quorum: 9 }, true);
    world.settle();
    world.join({ channel: 'fake-2', community: 'c', platform: 'fake', address: '2', sweeps: true });
    world.settle();
    world.consent(ann!, bob!);
    world.react(ann!, world.live()[0]!, '1');
    const at = world.now + 5;
    const left = { platform: 'fake', server: 'server-one', at, due: at + 5 } as const;
    const known = world.state.voters.get(bob!)!;
    const said = {
      session: 'dog',
      at: 1,
      by: ann!,
      role: 'member',
      command: 'start',
      args: {},
      refused: null,
    } as const;
    await store.ensureChannel(community, channel('fake-1', 'server-one'));
    await store.ensureChannel(community, channel('fake-2', 'server-two'));
    await store.commit(
      [
        ...world.rows,
        // Idle since the very moment of leaving; and as idle on a platform that is not left.
        { table: 'voter', row: { ...known, consentAt: at } },
        { table: 'voter', row: { ...known, key: eve!, platform: 'slack' } },
        { table: 'act', row: said },
        { table: 'exclusion', voter: eve!, platform: 'slack', on: true },
        { table: 'exclusion', voter: bob!, platform: 'fake', on: true },
      ],
      [card('fake-1'), edit(world.live()[0]!.id)],
    );
    await store.keepLinkCode('hash', ann!, at + 9, at);
    for (const server of ['server-one', 'server-two']) {
      await store.standings.set('fake', server, 'allowed');
      await store.propose({ ...proposal, server: `fake-${server}` });
      await store.places.setSettings({ ...community, id: `fake-${server}` }, { quorum: 3 });
      await store.commit([{ table: 'act', row: { ...said, session: `@fake-${server}`, by: null } }], []);
    }
    await store.places.decline(['1', '2'].map((address) => ({ place: `fake ${address}`, hash: 'h' })));

    const elsewhere = [{ platform: 'fake', address: '2' }];
    expect(await store.purge(left)).toEqual({ sessions: ['cat'], elsewhere });
    expect(await store.reader.all('SELECT id FROM image')).toEqual([]);
    expect(await store.lookups.sessions()).toEqual([]);
    expect([...(await store.loadVoters('c')).keys()]).toEqual([eve!]);
    expect(await store.acts('dog')).toMatchObject([{ by: null, command: 'start' }]);
    expect([await store.excluded(eve!), await store.excluded(bob!)]).toEqual([true, true]);
    expect((await store.standings.all()).map(({ server }) => server)).toEqual(['server-two']);
    expect((await store.proposals()).map(({ server }) => server)).toEqual(['fake-server-two']);
    expect([...(await store.places.settings()).keys()]).toEqual(['fake-server-two']);
    expect(
      (await store.acts(['@fake-server-one', '@fake-server-two'])).map(({ session }) => session),
    ).toEqual(['@fake-server-two']);
    expect([await store.places.declined('fake 1'), await store.places.declined('fake 2')]).toEqual([
      [],
      ['h'],
    ]);
    expect([await store.pendingEffects(), holding(ann!)]).toEqual([[], []]);
  });

  it('is cleaned up after by the next start when it was cut off before the file was written anew', async () => {
    const store = await open();
    const left = { platform: 'fake', server: 'server-one', at: 5, due: 10 } as const;
    const key = store.voterKey('fake', 'ann');
    await store.ensureChannel(community, channel('fake-1', 'server-one'));
    await store.commit([voter(key, 'Annabel Anonymous')], []);
    for (const platform of ['fake', 'slack'] as const)
      await store.commit([{ table: 'exclusion', voter: `${platform}-cem`, platform, on: true }], []);
    await store.writer.write((db) => purgeServer(db, left));
    // Of a platform that the bot is gone from altogether, nobody is excluded any more.
    expect([await store.excluded('fake-cem'), await store.excluded('slack-cem')]).toEqual([false, true]);
    const owed = async () => (await store.reader.all('SELECT * FROM unscrubbed')).length;
    expect(await owed()).toBe(1);
    await store.close();
    stores.pop();
    const again = await open();
    expect(await again.reader.all('SELECT * FROM unscrubbed')).toEqual([]);
    for (const gone of [key, 'Annabel Anonymous', 'server-one'])
      expect([gone, holding(gone)]).toEqual([gone, []]);
  });
});

const card = (channel: string) =>
  ({
    kind: 'card',
    card: 'progress',
    key: channel,
    channel,
    round: 1,
    session: 'cat',
    notBefore: 0,
  }) as const;
const edit = (ballot: string) =>
  ({ kind: 'edit-ballot', key: `${ballot}.edit`, ballot, session: 'cat', notBefore: 0 }) as const;
const proposal = { platform: 'fake', channel: '1', wish: { prompt: 'a dog' }, by: null, at: 1 } as const;

function fact(ballot: string, key: string): Fact {
  return { ballot, voter: key, emoji: '1', present: true, source: 'live', at: 1, late: false };
}

function draws(): (n: number) => number {
  const random = new Rng(7, 0, 'marks of a crowd');
  return (n) => random.integer(n);
}

function mark(keys: readonly string[], random: (n: number) => number): RowChange {
  const row = fact(`b${random(3)}`, keys[random(keys.length)]!);
  return { table: 'fact', row: { ...row, emoji: String(1 + random(9)), present: random(2) === 0 } };
}
