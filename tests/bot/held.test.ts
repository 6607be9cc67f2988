/**
 * Which sessions that ended are held in memory, over a real database: few of them, none that has something
 * under way, and what is decided while one is being read is not lost on it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Statuses } from '../../bot/monitoring/statuses.js';
import { Homes } from '../../bot/sessions/homes.js';
import { Sessions } from '../../bot/sessions/sessions.js';
import type { RowChange } from '../../src/domain/state/decision.js';
import { forgetIn } from '../../src/domain/state/forgotten.js';
import { silentLog } from '../../src/log.js';
import { Store } from '../../src/store/store.js';
import { Gate } from '../support/wait.js';
import { person, placeOn, World } from '../support/world.js';

let dir: string;
let store: Store;
let sessions: Sessions;
const busy = new Set<string>();
/** Between what was read of a session and its being held. */
let gate: Gate | null = null;
const count = 40;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-held-'));
  store = await Store.open(dir);
  busy.clear();
  gate = null;
  sessions = new Sessions({
    clock: { now: () => 1_700_000_100_000 },
    log: silentLog,
    homes: new Homes(),
    store: {
      commit: (rows, effects) => store.commit(rows, effects),
      load: async (id, known) => {
        const state = await store.load(id, known);
        await gate?.pass();
        return state;
      },
      lookups: store.lookups,
    },
    fatal: (error) => {
      throw error;
    },
  });
  sessions.keptBy({ isBusyWith: (id) => busy.has(id) });
  sessions.stopTicks();
});

afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** The life of one session that ended, under other names. */
async function fill(sessionsWanted: number): Promise<void> {
  const world = new World({ imagesPerRound: 4 }, false);
  world.settle();
  world.consent('ann');
  world.react('ann', world.live()[0]!, '1');
  world.command({ name: 'stop' });
  const text = JSON.stringify(world.rows.filter(({ table }) => table !== 'outbox'));
  for (let i = 0; i < sessionsWanted; i++)
    await store.commit(JSON.parse(text.replaceAll('"cat', `"s${i}`)) as RowChange[], []);
}

/** One that goes on, with people of two communities. */
async function pool(): Promise<void> {
  const world = new World({ imagesPerRound: 4 }, false);
  world.settle();
  world.join(placeOn('slack'));
  const rows = world.rows.filter(({ table }) => table !== 'outbox');
  await store.commit(JSON.parse(JSON.stringify(rows).replaceAll('"cat', '"pool')) as RowChange[], []);
  sessions.load(await store.loadUnfinished());
}

it('lets go of those that were not asked for longest, but of none with something under way', async () => {
  await fill(count);
  busy.add('s1');
  for (let i = 0; i < count; i++) {
    await sessions.find(`s${i}`);
    await sessions.find('s0');
  }
  const held = sessions.holding().map(({ session }) => session.id);
  expect(held).toHaveLength(32);
  expect(held).toEqual(expect.arrayContaining(['s0', 's1', `s${count - 1}`]));
  expect(held).not.toContain('s2');
  expect(await sessions.find('s2')).toEqual(await store.load('s2'));
  expect(await sessions.find('nobody')).toBeUndefined();
});

it('is read once however often it is asked for at once, and an event waits for that', async () => {
  await fill(1);
  const event = { kind: 'consent', voter: person('bob'), given: true, at: 1_700_000_100_000 } as const;
  const [first, second, refusal] = await Promise.all([
    sessions.find('s0'),
    sessions.find('s0'),
    sessions.dispatch('s0', event),
  ]);
  expect(refusal).toBeNull();
  expect(first).toBe(second);
  expect(sessions.get('s0')!.voters.has('bob')).toBe(true);
  expect(await store.load('s0')).toEqual(sessions.get('s0'));
});

it('knows whoever agreed in another session while it was being read', async () => {
  await fill(1);
  await pool();
  const consent = (key: string) =>
    sessions.dispatch('pool', { kind: 'consent', voter: person(key), given: true, at: 1_700_000_100_000 });
  const before = consent('bob');
  const reading = sessions.find('s0');
  const meanwhile = consent('cem');
  expect([...(await reading)!.voters.keys()].sort()).toEqual(['ann', 'bob', 'cem']);
  await Promise.all([before, meanwhile]);
  // Of the other community nobody comes along.
  await consent('sue-slack');
  expect([...sessions.get('s0')!.voters.keys()].sort()).toEqual(['ann', 'bob', 'cem']);
});

it('holds nobody who is forgotten while it is being read', async () => {
  await fill(2);
  gate = new Gate();
  const reading = sessions.find('s0');
  await gate.reached;
  const forgetting = sessions.hold(async () =>
    forgetIn(sessions.holding(), await store.forget('ann', Date.now())),
  );
  // It has to wait for the reading; were it not to, it would be over by then.
  await Promise.race([forgetting, new Promise((resolve) => setTimeout(resolve, 200))]);
  gate.open();
  await Promise.all([reading, forgetting]);
  for (const id of ['s0', 's1']) {
    const state = (await sessions.find(id))!;
    expect([id, state.voters.has('ann')]).toEqual([id, false]);
    expect(state).toEqual(await store.load(id));
  }
});

it('tells the status that counting anew gives, whatever happened since it was last asked', async () => {
  await fill(2);
  await pool();
  const statuses = new Statuses({ sessions, store });
  const at = 1_700_000_100_000;
  const ballot = [...sessions.get('pool')!.ballots.values()].find(({ state }) => state === 'live')!.id;
  const consent = (key: string) =>
    sessions.dispatch('pool', { kind: 'consent', voter: person(key), given: true, at });
  const mark = (key: string, emoji: string) =>
    sessions.dispatch('pool', { kind: 'reaction', ballot, voter: person(key), emoji, present: true, at });
  const exclude = (voter: string) =>
    sessions.dispatch('pool', {
      kind: 'command',
      act: { name: 'exclude', voter },
      by: person('mod', 'moderator'),
      from: 'fake-1',
      at,
    });
  const counts: number[][] = [];
  const acts: (() => Promise<unknown>)[] = [
    async () => {},
    () => consent('ann'),
    () => mark('ann', '1'),
    () => consent('bob'),
    () => mark('bob', '2'),
    () => exclude('ann'),
    () => sessions.find('s1'),
    () => sessions.hold(async () => forgetIn(sessions.holding(), await store.forget('bob', at))),
    () => sessions.hold(() => store.loadSettled()),
  ];
  for (const act of acts) {
    await act();
    const told = await statuses.all();
    expect(told).toEqual(await new Statuses({ sessions, store }).all());
    expect(told).toHaveLength(3);
    counts.push(['s0', 'pool'].map((id) => told.find((one) => one.id === id)!.voters));
  }
  // Ann counts in what ended until she is excluded; bob's marks count under another name once he is
  // forgotten.
  expect(counts).toEqual([
    [1, 0],
    [1, 0],
    [1, 1],
    [1, 1],
    [1, 2],
    [0, 1],
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
});
