/**
 * What an engine tells of its work: progress gives way to a line that is slow, and nothing of it reaches
 * whoever works.
 */
import { expect, it } from 'vitest';
import { silentLog } from '../../../src/log.js';
import { ProgressReports } from '../../../src/queue/redis/progress-reports.js';

const at = (done: number) => ({ stage: 'score', done, total: 20, secondsLeft: null }) as const;

it('leaves progress out while four words are under way, and what holds the job up never', async () => {
  const sent: unknown[] = [];
  const open: (() => void)[] = [];
  const send = (words: object) => {
    sent.push('progress' in words ? (words as { progress: { done: number } }).progress.done : 'held');
    return new Promise<void>((resolve) => open.push(resolve));
  };
  const reports = new ProgressReports({ job: 'a.1.score.1', delivery: 1, send, log: silentLog });
  for (let done = 0; done < 10; done++) reports.progress(at(done));
  reports.tell({ type: 'held', why: null });
  expect(sent).toEqual([0, 1, 2, 3, 'held']);
  for (const resolve of open.splice(0)) resolve();
  await reports.settled();
  reports.progress(at(10));
  expect(sent.slice(5)).toEqual([10]);
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
  const reports = new ProgressReports({
    job: 'a.1.score.1',
    delivery: 1,
    send,
    log: log as typeof silentLog,
  });
  for (let done = 0; done < 3; done++) reports.progress(at(done));
  await reports.settled();
  expect([tries, lines]).toEqual([3, ['internal']]);
});
