import { describe, expect, it } from 'vitest';
import type { EngineEnd } from '../../../src/queue/local/engine-link.js';
import { InProcessQueue } from '../../../src/queue/local/in-process.js';
import { queueContract, scoreJob } from '../../contracts/queue.js';
import { memoryEngines } from '../../support/memory-engine.js';

queueContract('the in-process queue', async (score, { engines, attempts }) => {
  const memory = memoryEngines({ score });
  const queue = new InProcessQueue({ launch: memory.launch, engines, attempts, backoffMs: 1 });
  return { queue, killEngine: memory.killBusy, stop: () => queue.close() };
});

describe('InProcessQueue', () => {
  it('fails waiting jobs when no engine starts, and tries again for the next job', async () => {
    const ends: EngineEnd[] = [];
    let broken = true;
    const memory = memoryEngines({ score: async () => ({ images: [], diversity: 0 }) });
    const queue = new InProcessQueue({
      launch: (listener) => {
        if (!broken) return memory.launch(listener);
        setImmediate(() => listener.ended({ code: null, signal: null, rss: 0, error: 'ENOENT' }));
        return { send: () => {}, kill: () => {} };
      },
      backoffMs: 1,
      attempts: 2,
      onEnd: (end) => ends.push(end),
    });
    await expect(queue.run(scoreJob('a'))).rejects.toMatchObject({
      code: 'engine-lost',
      hint: 'Run `acclaim doctor`.',
    });
    expect(ends.length).toBe(2);
    broken = false;
    expect(await queue.run(scoreJob('a', 2))).toEqual({ images: [], diversity: 0 });
    await queue.close();
  });

  it('outlives a machine that can start no process now', async () => {
    const memory = memoryEngines({ score: async () => ({ images: [], diversity: 0 }) });
    let short = 2;
    const ends: EngineEnd[] = [];
    const queue = new InProcessQueue({
      launch: (listener) => {
        // As fork does where the machine is out of memory.
        if (short-- > 0) throw new Error('spawn ENOMEM');
        return memory.launch(listener);
      },
      backoffMs: 1,
      onEnd: (end) => {
        ends.push(end);
        throw new Error('the log is full');
      },
    });
    expect(await queue.run(scoreJob('a'))).toEqual({ images: [], diversity: 0 });
    expect(ends.map(({ error }) => error)).toEqual(['spawn ENOMEM', 'spawn ENOMEM']);
    await queue.close();
  });

  it('kills an engine that has been silent for too long and gives its job to the next', async () => {
    let calls = 0;
    const memory = memoryEngines({
      score: async () => {
        calls += 1;
        if (calls === 1) await new Promise(() => {});
        return { images: [], diversity: 0 };
      },
    });
    const patience = { factor: 2, floorMs: 30 };
    const queue = new InProcessQueue({ launch: memory.launch, backoffMs: 1, patience });
    expect(await queue.run(scoreJob('a'))).toEqual({ images: [], diversity: 0 });
    expect(memory.started()).toBe(2);
    await queue.close();
  });

  it('refuses what is expected to take more memory than the engine may use', async () => {
    const memory = memoryEngines({ score: async () => ({ images: [], diversity: 0 }) });
    const predictMb = (_kind: string, { round }: Record<string, unknown>) => (round === 1 ? 2001 : 2000);
    const queue = new InProcessQueue({ launch: memory.launch, predictMb, offerMb: 2000 });
    await expect(queue.run(scoreJob('a', 1))).rejects.toMatchObject({
      code: 'memory-short',
      hint: expect.stringContaining('engine.offerMb'),
    });
    expect(await queue.run(scoreJob('a', 2))).toEqual({ images: [], diversity: 0 });
    await queue.close();
  });

  it('takes a result that is none of its kind for a fault, and goes on', async () => {
    const results: unknown[] = [{ images: 'none' }, { images: [], diversity: 0 }];
    const queue = new InProcessQueue({
      launch: ({ message }) => {
        queueMicrotask(() => message({ type: 'ready', pid: 1 }));
        return {
          send: (word) => {
            if (word.type === 'job') message({ type: 'done', id: word.id, result: results.shift() });
          },
          kill: () => {},
        };
      },
    });
    await expect(queue.run(scoreJob('a'))).rejects.toMatchObject({ code: 'job-invalid' });
    expect(await queue.run(scoreJob('a', 2))).toEqual({ images: [], diversity: 0 });
  });

  it('kills what does not stop in its grace, says so once, and is closed for whoever asked', async () => {
    let killed = 0;
    const late: number[] = [];
    const queue = new InProcessQueue({
      launch: ({ ended }) => ({
        send: () => {},
        kill: () => {
          killed += 1;
          ended({ code: null, signal: 'SIGKILL', rss: 0 });
        },
      }),
      closeGraceMs: 5,
      onKill: () => late.push(killed),
    });
    await Promise.all([queue.close(), queue.close()]);
    expect([killed, late]).toEqual([1, [1]]);
    await expect(queue.run(scoreJob('a'))).rejects.toMatchObject({ code: 'cancelled' });
  });
});
