import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Latest, Spaced } from '../../../src/chat/pace.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Longer than all that a test here waits for; what else runs in this process keeps its timers to itself. */
const pass = () => vi.advanceTimersByTimeAsync(500);

/** Jobs that write down when they began, on the clock of the test. */
function diary() {
  const began = Date.now();
  const log: string[] = [];
  const job = (name: string) => async () => void log.push(`${name} ${Date.now() - began}`);
  return { log, job };
}

test('a least time between the starts in a lane; lanes do not wait for each other', async () => {
  const { log, job } = diary();
  const spaced = new Spaced(50);
  const done = Promise.all(
    ['a', 'b', 'c'].map((name) => spaced.run('x', job(name))).concat(spaced.run('y', job('d'))),
  );
  await pass();
  await done;
  expect(log).toEqual(['a 0', 'd 0', 'b 50', 'c 100']);
});

test('one that takes longer than the gap is waited for, one that fails is not', async () => {
  const { log, job } = diary();
  const spaced = new Spaced(50);
  const long = spaced.run('x', () => new Promise<void>((resolve) => setTimeout(resolve, 80)));
  const broken = expect(spaced.run('x', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  const last = spaced.run('x', job('c'));
  await pass();
  await Promise.all([long, broken, last]);
  expect(log).toEqual(['c 130']);
});

test('of those that wait only the newest is done, and everybody is answered with it', async () => {
  const { log, job } = diary();
  const latest = new Latest(50);
  const first = expect(latest.run('x', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  const rest = ['b', 'c', 'd'].map((name) => latest.run('x', job(name)));
  await pass();
  await Promise.all([first, ...rest]);
  expect(log).toEqual(['d 50']);
});
