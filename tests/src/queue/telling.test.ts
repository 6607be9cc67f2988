/**
 * What an engine tells of its work: progress gives way to a line that is slow and comes once a second, and
 * nothing of it reaches whoever works.
 */
import { expect, it } from 'vitest';
import { silentLog } from '../../../src/log.js';
import { Reports } from '../../../src/queue/redis/reports.js';

const at = (done: number, more: object = {}) => {
  const progress = { stage: 'score', done, total: 20, secondsLeft: null, ...more } as const;
  return { type: 'progress', progress } as const;
};

it('leaves progress out while a word is under way, and what holds the job up never', async () => {
  const sent: unknown[] = [];
  const open: (() => void)[] = [];
  const send = (said: { type: string; progress?: { done: number } }) => {
    sent.push(said.progress?.done ?? said.type);
    return new Promise<void>((resolve) => open.push(resolve));
  };
  const reports = new Reports({ job: 'a.1.score.1', send, log: silentLog, now: () => sent.length * 1000 });
  for (let done = 0; done < 10; done++) reports.tell(at(done));
  reports.tell({ type: 'held', why: null });
  expect(sent).toEqual([0, 'held']);
  for (const resolve of open.splice(0)) resolve();
  await reports.settled();
  reports.tell(at(10));
  expect(sent.slice(2)).toEqual([10]);
});

it('tells of a stage once a second, of a new stage and of a picture at once', async () => {
  const sent: number[] = [];
  let now = 0;
  const send = async (said: { type: string; progress?: { done: number } }) => sent.push(said.progress!.done);
  const reports = new Reports({ job: 'a.1.score.1', send, log: silentLog, now: () => now });
  const tell = async (ms: number, done: number, more: object = {}) => {
    now = ms;
    reports.tell(at(done, more));
    await reports.settled();
  };
  await tell(0, 0);
  await tell(999, 1);
  await tell(1000, 2);
  await tell(1001, 3, { preview: 'QUJD' });
  await tell(1002, 4, { stage: 'write' });
  await tell(1003, 5, { stage: 'write' });
  expect(sent).toEqual([0, 2, 3, 4]);
});

it('drops what cannot be sent, at once or later, and logs the first of it', async () => {
  const lines: unknown[] = [];
  const log = { ...silentLog, warn: (about: { code: string }) => lines.push(about.code) };
  let tries = 0;
  const send = (): Promise<unknown> => {
    tries += 1;
    if (tries === 1) throw new Error('too big');
    return Promise.reject(new Error('NOPERM'));
  };
  const reports = new Reports({ job: 'a.1.score.1', send, log: log as typeof silentLog });
  for (let done = 0; done < 3; done++) reports.tell(at(done, { preview: 'QUJD' }));
  await reports.settled();
  reports.tell(at(3, { preview: 'QUJD' }));
  await reports.settled();
  expect([tries, lines]).toEqual([2, ['internal']]);
});
