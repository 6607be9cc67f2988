/**
 * An exclusion outlives forgetting, of linked accounts too, and restored backups; nothing else of the person
 * does.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { consentedRow } from '../../../src/domain/voting/people.js';
import { backup } from '../../../src/store/backup.js';
import { restore } from '../../../src/store/restore.js';
import { Store } from '../../../src/store/store.js';
import { person, World } from '../../support/world.js';

let root: string;
let dir: string;
let store: Store | undefined;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'acclaim-exclusion-'));
  dir = join(root, 'live');
});
afterEach(async () => {
  await store?.close();
  rmSync(root, { recursive: true, force: true });
});

const [ann, alt, bob] = ['ann-key-of-27-characters-xyz', 'alt-key-of-27-characters-xyz', 'bob'];

/** A session with marks of three; the first two are one person. */
function played(): World {
  const world = new World({ imagesPerRound: 4 }, false);
  world.settle();
  world.consent(ann, alt, bob);
  world.link('+one', ann, alt);
  for (const who of [ann, alt, bob]) world.react(who, world.live()[0]!, '1');
  return world;
}
const bytes = () =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n');
const take = () => backup({ dir, file: join(root, 'b.tar'), artifacts: false, software: 'test' });
const putBack = () =>
  restore({ dir, file: join(root, 'b.tar'), replace: true, forgetOnPage: async () => {} });
const both = async () => [await store!.excluded(ann), await store!.excluded(alt), await store!.excluded(bob)];

it('stays when they are forgotten, of every linked account, and leaves no other byte', async () => {
  store = await Store.open(dir);
  const world = played();
  world.command({ name: 'exclude', voter: ann });
  await store.commit(world.rows, []);
  expect(await both()).toEqual([true, true, false]);
  await store.forget(alt, Date.now());
  expect(await both()).toEqual([true, true, false]);
  for (const gone of [ann, alt, '+one']) expect(bytes()).not.toContain(gone);
  // Nor is it the hash of the account under any other key.
  const [row] = await store.reader.all<{ hash: string }>('SELECT hash FROM exclusion ORDER BY rowid');
  expect([store.voterKey('exclusion', ann), store.voterKey('', ann), ann]).not.toContain(row!.hash);
  const back = { voter: person(ann), name: null, at: 9, excluded: await store.excluded(ann) };
  expect(consentedRow(undefined, back, 'c').excluded).toBe(true);
});

it('is kept of accounts that were excluded before there was such a table', async () => {
  store = await Store.open(dir);
  const world = played();
  world.command({ name: 'exclude', voter: ann });
  await store.commit(
    world.rows.filter((change) => change.table !== 'exclusion'),
    [],
  );
  expect(await both()).toEqual([false, false, false]);
  await store.forget(ann, Date.now());
  expect(await both()).toEqual([true, true, false]);
});

it('ends when a moderator includes them, and then leaves nothing', async () => {
  store = await Store.open(dir);
  const world = played();
  world.command({ name: 'exclude', voter: ann });
  world.command({ name: 'include', voter: alt });
  await store.commit(world.rows, []);
  expect(await both()).toEqual([false, false, false]);
  await store.forget(ann, Date.now());
  expect(await store.reader.all('SELECT * FROM exclusion')).toEqual([]);
});

it('made after a backup it outlives the restore of it, forgotten or not', async () => {
  store = await Store.open(dir);
  const world = played();
  await store.commit(world.rows, []);
  await take();
  const before = world.rows.length;
  world.command({ name: 'exclude', voter: ann });
  world.command({ name: 'exclude', voter: bob });
  await store.commit(world.rows.slice(before), []);
  await store.forget(ann, Date.now());
  await store.close();
  expect((await putBack()).left).toMatchObject({ people: 2 });
  store = await Store.open(dir);
  expect(await both()).toEqual([true, true, true]);
  expect(await store.voter(ann)).toBeUndefined();
  expect((await store.voter(bob))!.excluded).toBe(true);
});

it('comes along in a backup that is restored into an empty folder', async () => {
  store = await Store.open(dir);
  const world = played();
  world.command({ name: 'exclude', voter: ann });
  await store.commit(world.rows, []);
  await store.forget(ann, Date.now());
  await take();
  await store.close();
  dir = join(root, 'fresh');
  await putBack();
  store = await Store.open(dir);
  expect(await both()).toEqual([true, true, false]);
});

it('is of the person: an account that leaves it is no way back, wherever the others were excluded', async () => {
  store = await Store.open(dir);
  const world = new World({ imagesPerRound: 4 }, false);
  world.settle();
  world.consent(ann, bob);
  // The other account is of another community: the session that excludes the person does not know it.
  const other = consentedRow(undefined, { voter: { ...person(alt), platform: 'slack' }, at: 9 }, 'slack');
  await store.commit([...world.rows, { table: 'voter', row: other }], []);
  await store.keepLinkCode('hash', ann, 100, 0);
  expect(await store.link('hash', alt, 50)).toBe('linked');
  world.link((await store.voter(ann))!.person!, ann);
  const before = world.rows.length;
  world.command({ name: 'exclude', voter: ann });
  await store.commit(world.rows.slice(before), []);
  expect(await both()).toEqual([true, false, false]);
  expect(await store.unlink(alt)).toBe(true);
  expect((await store.voter(alt))!.excluded).toBe(true);
  expect(await both()).toEqual([true, true, false]);
  // Who was never excluded leaves as they came.
  await store.keepLinkCode('more', bob, 100, 0);
  const cat = consentedRow(undefined, { voter: person('cat'), at: 9 }, 'slack');
  await store.commit([{ table: 'voter', row: cat }], []);
  await store.link('more', 'cat', 50);
  await store.unlink('cat');
  expect([(await store.voter('cat'))!.excluded, await store.excluded('cat')]).toEqual([false, false]);
});
