/** Work ahead of the votes: in stretches, given up at once, taken up again, and nobody waits for it. */
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Ahead, FitAhead, NotAhead } from '../../../engine/learn/ahead.js';
import type { AheadWork, Reached } from '../../../engine/learn/learner.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { type Handlers, Worker } from '../../../engine/worker.js';
import type { FromEngine } from '../../../src/queue/messages.js';

const at = (steps: number, elements = 1): Reached => {
  const one = { a: f32([elements], new Float32Array(elements).fill(steps)) };
  return { steps, adapter: one, optimiser: { step: steps, m: one, v: one } };
};

/** Each step is a turn of the event loop. */
function counting(
  steps: number,
  elements = 1,
  onStep: (step: number) => void = () => {},
): AheadWork & { asked: [number, number][] } {
  const asked: [number, number][] = [];
  return {
    asked,
    start: at(0, elements),
    steps,
    async advance(from, to, signal) {
      asked.push([from.steps, to]);
      for (let step = from.steps; step < to; step++) {
        await setImmediate();
        onStep(step);
        signal?.throwIfAborted();
      }
      return at(to, elements);
    },
  };
}
const quiet = () => new AbortController().signal;

describe('work ahead', () => {
  it('keeps what each stretch reached, so that any number of steps finds what is just below it', async () => {
    const ahead = new Ahead();
    const work = counting(10);
    expect(ahead.due).toBe(false);
    ahead.take('r', async () => [new FitAhead(work)]);
    expect(ahead.due).toBe(true);
    expect(ahead.found('r', FitAhead)).toBeUndefined();
    await ahead.work(quiet());
    expect(ahead.due).toBe(false);
    expect(work.asked).toEqual([
      [0, 4],
      [4, 8],
      [8, 10],
    ]);
    expect([3, 4, 7, 9, 10, 99].map((n) => ahead.found('r', FitAhead)?.best(n)?.steps)).toEqual([
      undefined,
      4,
      4,
      8,
      10,
      10,
    ]);
    expect(ahead.found('another', FitAhead)?.best(10)).toBeUndefined();
    await ahead.work(quiet());
    expect(work.asked).toHaveLength(3);
    ahead.drop('another');
    expect(ahead.found('r', FitAhead)?.best(10)).toBeDefined();
    ahead.drop('r');
    expect(ahead.found('r', FitAhead)?.best(10)).toBeUndefined();
  });

  it('goes on from the last whole stretch after it gave way', async () => {
    const ahead = new Ahead();
    const abort = new AbortController();
    const work = counting(8, 1, (step) => step === 6 && abort.abort());
    ahead.take('r', async () => [new FitAhead(work)]);
    await ahead.work(abort.signal);
    expect(ahead.found('r', FitAhead)?.best(99)?.steps).toBe(4);
    await ahead.work(quiet());
    expect(work.asked).toEqual([
      [0, 4],
      [4, 8],
      [4, 8],
    ]);
  });

  it('takes longer stretches where what is kept is large, and only the newest round', async () => {
    const ahead = new Ahead();
    const old = counting(9);
    const large = counting(9, 2 ** 20);
    ahead.take('old', async () => [new FitAhead(old)]);
    ahead.take('new', async () => [new FitAhead(large)]);
    await ahead.work(quiet());
    expect(old.asked).toEqual([]);
    // 9 steps of 12 MB: two at a time would do, four are the least; of 36 MB six.
    expect(large.asked[0]).toEqual([0, 4]);
    const larger = counting(9, 3 * 2 ** 20);
    ahead.take('larger', async () => [new FitAhead(larger)]);
    await ahead.work(quiet());
    expect(larger.asked[0]).toEqual([0, 6]);
  });

  it('is given up where it fails, and without a word where it is too slow for it', async () => {
    for (const [error, said] of [
      [new Error('no'), true],
      [new NotAhead(), false],
    ] as const) {
      const ahead = new Ahead();
      const advance = vi.fn(async () => {
        throw error;
      });
      ahead.take('r', async () => [new FitAhead({ ...counting(8), advance })]);
      const done = ahead.work(quiet());
      if (said) await expect(done).rejects.toBe(error);
      else await done;
      await ahead.work(quiet());
      expect(advance).toHaveBeenCalledTimes(1);
    }
  });
});

describe('the worker', () => {
  it('does it while no job is there, and no job begins before it gave way', async () => {
    const order: string[] = [];
    const sent: FromEngine[] = [];
    const handlers = {
      score: async () => {
        order.push('job');
        return { images: [], diversity: 0 };
      },
    } as unknown as Handlers;
    const spare = async (signal: AbortSignal) => {
      order.push('spare');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await setImmediate();
      order.push('gave way');
    };
    const worker = new Worker(handlers, { send: (message) => sent.push(message) }, undefined, spare);
    const payload = { session: 's', round: 1, attempt: 1, seed: 1, judge: 'j', task: 'cat', roundDir: 'r' };
    const job = (id: string) => worker.receive({ type: 'job', id, kind: 'score', payload });
    job('a');
    job('b');
    await expect.poll(() => order).toEqual(['job', 'job', 'spare']);
    job('c');
    await expect.poll(() => order).toEqual(['job', 'job', 'spare', 'gave way', 'job', 'spare']);
    await worker.stop();
    expect(order.at(-1)).toBe('gave way');
    expect(sent.filter(({ type }) => type === 'done')).toHaveLength(3);
  });
});
