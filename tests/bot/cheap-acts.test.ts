/**
 * What a stranger may repeat for nothing: wrong codes, agreeing and withdrawing. Sessions in memory stay what
 * they were, down to the object, and nothing is written that says nothing.
 */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../bot/platforms/fake/platform.js';
import { Connection } from '../../src/store/sqlite.js';
import { Store } from '../../src/store/store.js';
import { ann, ben, TestHouse } from '../support/house.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let test: TestHouse;
const ids = ['cat', 'rose', 'owl'];
beforeAll(async () => {
  test = await TestHouse.open(['votes.quorum=9', 'queue.waiting=100'], undefined, false);
  for (const id of ids) await test.openSession(id, `at-${id}`);
  // Open rounds change no more by themselves.
  for (const id of ids) await test.open(1, id);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => test.stop());

const [cem, dan] = [fakeAccount('cem'), fakeAccount('dan')];
const states = () => ids.map((id) => test.state(id));
const say = async (who: typeof ann, words: string) => (await test.platform.command('at-cat', who, words))!;
const key = (who: typeof ann) => test.house.voterKey('fake', who.id);
const count = async (table: string) => {
  const db = await Connection.open(join(test.dir, 'acclaim.sqlite'), 'read');
  const [row] = await db.all<{ n: number }>(`SELECT count(*) AS n FROM ${table}`);
  await db.close();
  return row!.n;
};

it('a wrong code is one look: nothing is written, and no session is read anew', async () => {
  const before = states();
  const commit = vi.spyOn(Store.prototype, 'link');
  expect((await say(ann, 'link ABCD-EFGH')).text).toContain('not good');
  expect((await say(ann, 'unlink')).title).toBe('Not done');
  expect(commit).not.toHaveBeenCalled();
  for (const [i, state] of states().entries()) expect(state).toBe(before[i]);
});

it('a right one tells each session of both accounts, without reading any', async () => {
  await test.platform.consent('at-cat', ann);
  await test.platform.consent('at-cat', ben);
  await test.platform.mark(test.sheet(1, 'A', 'at-rose').ref, ann, '1');
  const facts = states().map((state) => state.facts);
  const [, code] = /link ([A-Z0-9]{4}-[A-Z0-9]{4})/.exec((await say(ann, 'link')).text)!;
  expect((await say(ben, `link ${code}`)).title).toBe('Linked');
  const people = () => states().map(({ voters }) => [ann, ben].map((who) => voters.get(key(who))?.person));
  for (const [one, other] of people()) {
    expect(one).toMatch(/^\+/);
    expect(other).toBe(one);
  }
  for (const [i, state] of states().entries()) expect(state.facts).toBe(facts[i]);
  expect(new Set(states().map(({ voters }) => voters)).size, 'they go on sharing them').toBe(1);
  expect((await say(ben, 'unlink')).title).toBe('Unlinked');
  for (const pair of people()) expect(pair).toEqual([null, null]);
});

it('who agrees is one row for all sessions, and who leaves without a mark touches none but one', async () => {
  const commit = vi.spyOn(Store.prototype, 'commit');
  const rows = () =>
    commit.mock.calls.flatMap(([changes]) => changes.filter(({ table }) => table === 'voter'));
  await test.platform.consent('at-cat', cem);
  expect(rows()).toHaveLength(1);
  for (const { voters } of states()) expect(voters.get(key(cem))?.consentAt).toBeGreaterThan(0);
  await test.platform.mark(test.sheet(1, 'A', 'at-rose').ref, cem, '1');
  await test.platform.mark(test.sheet(1, 'A', 'at-rose').ref, cem, '2');
  commit.mockClear();
  await test.platform.consent('at-cat', cem, false);
  await test.until(({ voters }) => !voters.has(key(cem)), 'owl');
  const facts = commit.mock.calls.flatMap(([changes]) => changes.filter(({ table }) => table === 'fact'));
  expect(facts.map((change) => change.table === 'fact' && [change.row.ballot, change.row.present])).toEqual(
    Array(2).fill([test.state('rose').ballots.keys().next().value, false]),
  );
});

it('a stranger who withdraws what was never given changes nothing', async () => {
  const before = states();
  const rows = async () => [await count('voter'), await count('declined')];
  const kept = await rows();
  const forget = vi.spyOn(Store.prototype, 'forget');
  await test.platform.consent('at-cat', dan, false);
  expect((await say(dan, 'me forget')).title).toBe('Forgotten');
  expect(forget).not.toHaveBeenCalled();
  for (const [i, state] of states().entries()) expect(state).toBe(before[i]);
  expect(await rows()).toEqual(kept);
});
