/**
 * What was done is not done again after a process was killed, and what was not done is: a file that survives
 * it.
 */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DoneFile } from '../../../../bot/platforms/slack/done.js';
import type { Transport } from '../../../../bot/platforms/slack/options.js';
import { ends, sheet } from '../../../support/chat.js';
import { until } from '../../../support/wait.js';
import { makeStage, marks, overHttp, overSocket } from './support.js';

const minute = 60_000;

/** As a process finds it that follows one that was killed: whatever was not written is lost. */
function place(): string {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-done-'));
  ends(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'slack', 'done.jsonl');
}

const over: [string, Transport][] = [
  ['HTTP', overHttp],
  ['Socket Mode', overSocket],
];

test.each(over)('over %s: acted, killed, started again, brought again: acted once', async (_, transport) => {
  const doneFile = place();
  const stage = await makeStage({ transport, doneFile });
  const { peer, channel, platform } = stage;
  const kinds = () => stage.events.map(({ kind }) => kind);
  const buttons = [{ id: 'done', label: 'Done' }];
  const ref = await platform.post(channel, sheet('s.1.0', null, { buttons }));
  const told = peer.reaction('ann', channel, ref.message, 'one');
  await peer.tell(told, 'Ev1');
  await peer.command('boss', channel, 'session stop');
  const command = peer.repeat;
  await until(() => kinds().length === 2, 'a mark and a command');
  await peer.press('boss', channel, ref.message, 'Done');
  const press = peer.repeat;
  await until(() => kinds().length === 3, 'a press');

  // Nobody stops the first one; what it has in memory is not the next one's.
  const left = readFileSync(doneFile, 'utf8');
  const next = place();
  const opened = await DoneFile.open(next, Date.now);
  await opened.close();
  writeFileSync(next, left);
  await stage.again({ doneFile: next });
  await peer.tell(told, 'Ev1', { headers: { 'x-slack-retry-num': '1' } });
  await command();
  await press();
  // What is new is taken, after all that.
  await peer.tell(peer.reaction('bea', channel, ref.message, 'two'), 'Ev2');
  await until(() => kinds().length > 3, 'a new mark');
  expect(kinds()).toEqual(['reaction', 'command', 'button', 'reaction']);
  expect(marks(stage.events).map(([who]) => who)).toEqual([peer.id('ann'), peer.id('bea')]);
});

test('an event that could not be kept is taken by the next process', async () => {
  const doneFile = place();
  const stage = await makeStage({ doneFile });
  const { peer, channel, platform } = stage;
  const ref = await platform.post(channel, sheet('s.1.0', null));
  stage.onEvent = async () => {
    throw new Error('no space left');
  };
  const told = peer.reaction('ann', channel, ref.message, 'one');
  expect(await peer.tell(told, 'Ev1')).toBe(500);
  stage.onEvent = async () => {};
  await stage.again();
  expect(await peer.tell(told, 'Ev1')).toBe(200);
  expect(stage.events).toHaveLength(2);
});

test('ids go after ten minutes, a torn line and a file that is none do no harm', async () => {
  const file = place();
  let now = 1_700_000_000_000;
  const open = () => DoneFile.open(file, () => now);
  const first = await open();
  await first.add('old');
  now += 6 * minute;
  await first.add('young');
  appendFileSync(file, '[17000');
  now += 5 * minute;
  const second = await open();
  expect([second.has('old'), second.has('young'), second.has('never')]).toEqual([false, true, false]);
  expect(readFileSync(file, 'utf8')).toBe('[1700000360000,"young"]\n');
  now += 6 * minute;
  expect(second.has('young')).toBe(false);
  await second.close();
  await first.close();
  writeFileSync(file, 'what is this?\n');
  const third = await open();
  await third.add('new');
  expect((await open()).has('new')).toBe(true);
  expect(readdirSync(join(file, '..')).sort()).toEqual(['done.jsonl', 'done.jsonl.broken']);
});
