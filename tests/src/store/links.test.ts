/**
 * Linked accounts in the store: a code works once, in its time, for others than its maker; forgetting takes
 * all.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { forgetIn } from '../../../src/domain/state/forgotten.js';
import { countedIn } from '../../../src/domain/voting/who-counts.js';
import { codeHash, newCode } from '../../../src/store/codes.js';
import { migrations } from '../../../src/store/migrations.js';
import { Connection } from '../../../src/store/sqlite.js';
import { Store } from '../../../src/store/store.js';
import { placeOn, World } from '../../support/world.js';

let dir: string;
let store: Store;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-links-'));
  store = await Store.open(dir);
});
afterEach(async () => {
  await store.close().catch(() => {});
  rmSync(dir, { recursive: true, force: true });
});

/** A pooled round on which a person voted from two accounts, and somebody else. */
async function pooled(): Promise<World> {
  const world = new World({ imagesPerRound: 4, quorum: 9, quorumBy: 'marks' }, true);
  world.join(placeOn('slack'));
  world.settle();
  world.consent('ann-key-of-the-first-account', 'ann-slack', 'bob');
  const [here, there] = world.live();
  world.react('ann-key-of-the-first-account', here!, '1');
  world.react('ann-slack', there!, '1');
  world.react('bob', here!, '2');
  await store.commit(world.rows, []);
  return world;
}

const ann = 'ann-key-of-the-first-account';
const voters = async () => {
  const state = (await store.load('cat'))!;
  return countedIn(state, state.rounds[0]!).voterBallots.length;
};

const keysOf = async (voter: string) => (await store.accountsOf(voter)).map(({ key }) => key);

it('links by a code once, within its time, and unlinks', async () => {
  await pooled();
  expect(await voters()).toBe(3);
  expect(await store.keepLinkCode('old', ann, 100, 0)).toBe(true);
  expect(await store.keepLinkCode('hash', ann, 100, 0)).toBe(true);
  expect(await store.keepLinkCode('other', 'nobody', 100, 0)).toBe(false);
  expect(await store.link('old', 'ann-slack', 50)).toBe('no-code');
  expect(await store.link('hash', ann, 50)).toBe('own-code');
  expect(await store.link('hash', 'nobody', 50)).toBe('no-consent');
  expect(await store.link('hash', 'ann-slack', 50)).toBe('linked');
  expect(await store.link('hash', 'bob', 50)).toBe('no-code');
  expect(await voters()).toBe(2);
  expect(await keysOf('ann-slack')).toEqual([ann, 'ann-slack']);
  expect([await keysOf('bob'), await keysOf('nobody')]).toEqual([['bob'], []]);
  await store.keepLinkCode('late', 'bob', 60, 0);
  expect(await store.link('late', ann, 60)).toBe('no-code');
  // A third account; taking one of three out leaves two.
  await store.keepLinkCode('third', 'bob', 100, 0);
  expect(await store.link('third', ann, 70)).toBe('linked');
  expect(await voters()).toBe(1);
  expect(await store.unlink('bob')).toBe(true);
  expect(await store.unlink('bob')).toBe(false);
  expect(await voters()).toBe(2);
  expect(await store.unlink(ann)).toBe(true);
  expect(await keysOf('ann-slack')).toEqual(['ann-slack']);
});

it('forgets all accounts of a person, and the counts stay as they were', async () => {
  await pooled();
  await store.keepLinkCode('hash', ann, 100, 0);
  await store.link('hash', 'ann-slack', 50);
  await store.keepLinkCode('open', 'ann-slack', 100, 0);
  const before = (await store.load('cat'))!;
  const outcome = (state: typeof before) =>
    countedIn(state, state.rounds[0]!).voterBallots.map(({ votes }) =>
      votes.map(({ index, up }) => [index, up]),
    );
  const told = outcome(before).sort();
  const gone = await store.forget('ann-slack', Date.now());
  const after = (await store.load('cat'))!;
  expect(forgetIn([before], gone)).toEqual([after]);
  expect(outcome(after).sort()).toEqual(told);
  expect([...after.voters.values()].filter((voter) => !voter.pseudonym).map((voter) => voter.key)).toEqual([
    'bob',
  ]);
  await store.close();
  for (const name of ['acclaim.sqlite', 'acclaim.sqlite-wal']) {
    const bytes = readFileSync(join(dir, name), { flag: 'a+' }).toString('latin1');
    expect(bytes.includes(ann), name).toBe(false);
  }
  store = await Store.open(dir);
});

it('keeps codes as hashes that small letters and a missing dash do not change', () => {
  const codes = new Set(Array.from({ length: 200 }, newCode));
  expect(codes.size).toBe(200);
  for (const code of codes) expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
  const hash = (code: string, kind: 'join' | 'link' = 'link') => codeHash(store.secret, kind, code);
  expect(hash(' k0qf2m1p')).toBe(hash('K0QF-2M1P'));
  expect(hash('KOQF-2MIP')).toBe(hash('K0QF-2M1P'));
  expect(hash('K0QF-2M1P', 'join')).not.toBe(hash('K0QF-2M1P'));
});

it('brings a database of before along: its channel founded the session, its accounts are on their own', async () => {
  const world = await pooled();
  // The schema of the first step, with rows as they were then.
  const moved = join(dir, 'before');
  mkdirSync(moved);
  const file = join(moved, 'acclaim.sqlite');
  const db = await Connection.open(file, 'write');
  await db.exec(migrations[0]!);
  const { invites: _, ...session } = world.state.session;
  const [founding] = world.state.bindings;
  const { community: _c, leftAt: _l, ...binding } = founding!;
  const voter = { ...world.state.voters.get('bob')!, person: undefined };
  await db.run("INSERT INTO session (id, community, body) VALUES ('cat', 'c', ?)", JSON.stringify(session));
  await db.run(
    "INSERT INTO binding (session, channel, body) VALUES ('cat', 'fake-1', ?)",
    JSON.stringify(binding),
  );
  await db.run("INSERT INTO voter (key, community, body) VALUES ('bob', 'c', ?)", JSON.stringify(voter));
  await db.exec('PRAGMA user_version = 1');
  await db.close();
  writeFileSync(join(moved, 'secret.key'), Buffer.alloc(32, 1));
  const opened = await Store.open(moved);
  const state = (await opened.load('cat'))!;
  await opened.close();
  expect(state.session.invites).toEqual([]);
  expect(state.bindings).toEqual([founding]);
  expect(state.voters.get('bob')).toMatchObject({ key: 'bob', person: null });
});
