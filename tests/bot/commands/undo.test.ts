/** An act is taken back whole, wherever it reached, and what only tells something is none. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../../bot/platforms/fake/platform.js';
import { voterCode } from '../../../src/domain/state/ids.js';
import type { SessionState } from '../../../src/domain/state/model.js';
import { TestHouse } from '../../support/house.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let house: TestHouse;
beforeEach(async () => {
  house = await TestHouse.open([], undefined, false);
  const { homes } = house.platform;
  for (const channel of ['r1', 'r2', 'r3', 'r4', 'empty']) homes.set(channel, 'roses');
  homes.set('t1', 'tulips');
});
afterEach(() => house.stop());

const boss = fakeAccount('boss', 'admin');
const mod = fakeAccount('mod', 'moderator');

const card = async (channel: string, text: string, who = boss) =>
  (await house.platform.command(channel, who, text))!;
const text = async (channel: string, typed: string, who = boss) => (await card(channel, typed, who)).text;

/** The session that was opened in a channel. */
function at(channel: string): SessionState {
  return house.house.app.sessions.holding().find(({ bindings }) => bindings[0]!.address === channel)!;
}
const quorums = (...channels: string[]) => channels.map((channel) => at(channel).session.rules.quorum);

async function open(...channels: string[]): Promise<void> {
  for (const channel of channels)
    expect((await card(channel, 'session start a cat')).title).toBe('Session opened');
}

/** Numbers in the audit, newest first. */
const numbers = async (channel: string) =>
  [...(await text(channel, 'audit 200')).matchAll(/^\*\*(\d+)\*\* /gm)].map((found) => Number(found[1]));

it('settings go back on the server and in all of its sessions, and on no other server', async () => {
  await open('r1', 'r2', 'r3', 't1');
  const [usual] = quorums('r1');
  expect(await text('t1', 'settings quorum 4')).toBe('**quorum**: 4 voters (set here)');
  expect(await text('r1', 'settings quorum 3')).toBe('**quorum**: 3 voters (set here)');
  expect(quorums('r1', 'r2', 'r3', 't1')).toEqual([3, 3, 3, 4]);

  // What a moderator may not set a moderator may not take back.
  expect(await text('r2', 'undo', mod)).toContain('You may not undo settings');
  expect(quorums('r1', 'r2', 'r3')).toEqual([3, 3, 3]);

  expect(await card('r2', 'undo')).toMatchObject({
    title: 'Undone',
    text: expect.stringContaining('in 3 sessions'),
  });
  expect(quorums('r1', 'r2', 'r3', 't1')).toEqual([usual, usual, usual, 4]);
  expect(await text('r1', 'settings quorum')).toContain("(the host's configuration)");
  expect(await text('t1', 'settings quorum')).toContain('**quorum**: 4');
});

it('each of several settings goes back by itself, the newest first, also in a session that began in between', async () => {
  await open('r1', 'r2');
  const [usual] = quorums('r1');
  await text('r1', 'settings quorum 3');
  await text('r2', 'settings quorum 5');
  await open('r3');
  expect(quorums('r1', 'r2', 'r3')).toEqual([5, 5, 5]);
  const [, first] = /^\*\*(\d+)\*\* .*settings quorum 3/m.exec(await text('r1', 'audit'))!;

  // The older of the two would take the newer with it.
  const before = await numbers('r1');
  const [second] = before;
  expect(await text('r1', `undo ${first}`)).toContain(
    `by act ${second}. Take that back first: **/acclaim undo ${second}**`,
  );
  expect(quorums('r1', 'r2', 'r3')).toEqual([5, 5, 5]);
  expect((await numbers('r1')).length).toBe(before.length + 1);

  expect((await card('r1', 'undo')).title).toBe('Undone');
  expect(quorums('r1', 'r2', 'r3')).toEqual([3, 3, 3]);
  expect(await text('r3', 'settings quorum')).toContain('**quorum**: 3');
  // It was opened while 3 held, as far as anybody can tell now.
  expect((await card('r1', 'undo')).title).toBe('Undone');
  expect(quorums('r1', 'r2')).toEqual([usual, usual]);
  expect(await text('r1', 'settings quorum')).toContain("(the host's configuration)");
  expect(await text('r1', 'undo')).toContain('nothing to undo');
});

it('what was set in a channel without a session goes back there, and so does the model', async () => {
  expect(await text('empty', 'settings rounds 5')).toBe('**rounds**: 5 rounds (set here)');
  // Off is a setting, and not the same as none.
  await text('empty', 'settings quiet-hours off');
  await text('empty', 'settings quiet-hours 22:00-07:00');
  expect((await card('empty', 'undo')).text).toContain('**settings quiet-hours**');
  expect(await text('empty', 'settings quiet-hours')).toContain('**quiet-hours**: off');
  await text('empty', 'undo');
  await text('empty', 'model use mini');
  await text('empty', 'model use mini channel');
  expect((await card('empty', 'undo')).text).toContain('**model use**');
  expect((await card('empty', 'undo')).text).toContain('**model use**');
  expect((await card('empty', 'undo')).text).toContain('**settings rounds**');
  expect(await text('empty', 'settings rounds')).toContain("(the host's configuration)");
  expect(await text('empty', 'undo')).toContain('nothing to undo');
});

it('telling something is no act: nothing of it is in the audit, and undo goes past it', async () => {
  await open('r1');
  const [usual] = quorums('r1');
  await text('r1', 'settings quorum 3');
  const before = await numbers('r1');
  for (const typed of [
    'settings',
    'settings quorum',
    'voters',
    'guards',
    'audit',
    'audit 5',
    'review',
    'review show',
    'proposals',
    'proposals list',
  ])
    expect([typed, (await card('r1', typed)).title === 'Not done']).toEqual([typed, false]);
  expect((await card('r1', 'proposals show 7')).title).toBe('Not done');
  expect(await numbers('r1')).toEqual(before);
  expect((await card('r1', 'undo')).text).toContain('**settings quorum**');
  expect(quorums('r1')).toEqual([usual]);
});

it('whoever was excluded counts again in every session of the server', async () => {
  await open('r1', 'r2');
  const ann = fakeAccount('ann');
  for (const channel of ['r1', 'r2']) {
    const { id } = at(channel).session;
    await house.open(1, id);
    const found = house.platform.messages.find(
      ({ ref, card: { kind } }) => ref.channel === channel && kind === 'ballot',
    )!;
    await house.platform.consent(channel, ann);
    await house.platform.mark(found.ref, ann, '1');
  }
  const key = [...at('r1').voters.keys()][0]!;
  const rows = async (channel: string) =>
    (await text(channel, 'audit 200')).split('\n').filter((line) => /clude|undo/.test(line));
  expect((await card('r1', `exclude ${voterCode(key)}`, mod)).title).toBe('Excluded');
  expect(at('r2').voters.get(key)!.excluded).toBe(true);
  expect([(await rows('r1')).length, (await rows('r2')).length]).toEqual([1, 1]);
  expect((await card('r2', 'undo', mod)).text).toContain('in 2 sessions');
  expect(at('r1').voters.get(key)!.excluded).toBe(false);
  expect([(await rows('r1')).length, (await rows('r2')).length, (await rows('t1')).length]).toEqual([
    2, 2, 0,
  ]);
  expect(await text('r1', 'undo', mod)).toContain('nothing to undo');
});

it('every number that the audit shows is an act that undo knows', async () => {
  await open('r1', 'r2');
  await text('r1', 'settings quorum 3');
  await text('r1', 'settings images 4');
  await text('r1', 'session pause');
  await text('r1', 'session resume');
  await text('r1', 'session invite');
  await text('r1', 'undo');
  await text('r1', 'model use mini');
  await text('r1', 'round close');
  const shown = await numbers('r1');
  expect(shown.length).toBeGreaterThan(8);
  const told = await text('r1', 'audit 200');
  // In words, and without what lets somebody in.
  expect(told).not.toMatch(/[{}"[\]]|[0-9A-Z]{4}-[0-9A-Z]{4}|whole|null|undefined|\w{27}/);
  expect(told).toMatch(/: settings quorum 3 \(before: default\)$/m);
  expect(told).toMatch(/: undo of act \d+ \(session resume\)$/m);
  expect(told).toMatch(/: session invite good until \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m);
  for (const number of shown) expect(await text('r1', `undo ${number}`)).not.toContain('no such act');
  expect(await text('r1', 'undo 999999')).toContain('no such act');
});
