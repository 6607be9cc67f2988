/**
 * The cache compiles a spec once, releases the least recently used past its bounds, and forgets a failed
 * build.
 */
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../engine/graph/graph.js';
import { predictedBytes } from '../../../engine/graph/memory.js';
import { matmul, mul } from '../../../engine/graph/ops.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { GraphSpec } from '../../../engine/runtime/graph-spec.js';
import { f32 } from '../../../engine/runtime/tensor.js';

const times = (factor: number) => () => {
  const g = new Graph();
  g.output('y', mul(g.input('x', [2]), factor));
  return g;
};

const named = (graph: string): GraphSpec => ({ graph, models: [], shapes: {}, options: {} });

async function value(cache: ExecutorCache, key: string, factor: number): Promise<number> {
  const executor = await cache.get(named(key), times(factor));
  return (await executor.run({ x: f32([2], [1, 1]) })).y!.data[0] as number;
}

describe('ExecutorCache', () => {
  it('compiles a spec once and keeps the most recently used', async () => {
    const cache = new ExecutorCache({ threads: 1 }, { executors: 2, memory: Infinity });
    expect(await value(cache, 'a', 2)).toBe(2);
    expect(await value(cache, 'a', 3)).toBe(2);
    await value(cache, 'b', 4);
    await value(cache, 'a', 5);
    await value(cache, 'c', 6);
    expect(await value(cache, 'a', 7)).toBe(2);
    expect(await value(cache, 'b', 8)).toBe(8);
    await cache.clear();
    expect(await value(cache, 'a', 9)).toBe(9);
  });

  it('tells beforehand how long it will be gone: to compile, and for each run, by the rate of the machine', async () => {
    const side = 64;
    const product = () => {
      const g = new Graph();
      g.output('y', matmul(g.input('a', [side, side]), g.input('b', [side, side])));
      return g;
    };
    const ahead: number[] = [];
    const cache = new ExecutorCache({ threads: 1 });
    cache.onAhead = (seconds) => ahead.push(seconds);
    const executor = await cache.get(named('product'), product);
    expect(ahead).toEqual([expect.any(Number)]);
    expect(ahead[0]).toBeGreaterThan(1);
    const m = f32([side, side], new Float32Array(side * side));
    await executor.run({ a: m, b: m });
    // Nobody has measured the rate yet: a slow machine's.
    expect(ahead[1]).toBeCloseTo((2 * side ** 3) / 2e9);
    cache.speed = 1e6;
    await executor.run({ a: m, b: m });
    expect(ahead[2]).toBeCloseTo((2 * side ** 3) / 1e6);
  });

  it('releases the least recently used once they hold too much, and no more of them', async () => {
    const memory = 2.5 * predictedBytes(times(2)());
    const cache = new ExecutorCache({ threads: 1 }, { executors: 9, memory });
    for (const key of ['a', 'b', 'a', 'c']) await value(cache, key, 2);
    expect(cache.counts).toEqual({ hits: 1, compiled: 3, released: 1 });
    expect([await value(cache, 'a', 4), await value(cache, 'c', 4)]).toEqual([2, 2]);
    expect(await value(cache, 'b', 4)).toBe(4);
    await cache.clear();
  });

  it('keeps what is asked for, however large it is', async () => {
    const cache = new ExecutorCache({ threads: 1 }, { executors: 9, memory: 1 });
    for (const key of ['a', 'b', 'b']) await value(cache, key, 2);
    expect(cache.counts).toEqual({ hits: 1, compiled: 2, released: 1 });
    await cache.clear();
  });

  it('keeps what is in use, whatever else is asked for', async () => {
    const cache = new ExecutorCache({ threads: 1 }, { executors: 1, memory: Infinity });
    const y = await cache.use(named('a'), times(2), async (executor) => {
      await value(cache, 'b', 3);
      await value(cache, 'c', 4);
      return (await executor.run({ x: f32([2], [1, 1]) })).y!.data[0];
    });
    expect(y).toBe(2);
    await value(cache, 'd', 5);
    expect(await value(cache, 'a', 6)).toBe(6);
  });

  it('lets go of what is no longer wanted, but not of what is in use', async () => {
    const cache = new ExecutorCache({ threads: 1 });
    await cache.use(named('a'), times(2), async () => cache.release(named('a')));
    expect(await value(cache, 'a', 3)).toBe(2);
    await cache.release(named('a'));
    expect(cache.size).toBe(0);
    await cache.release(named('never asked for'));
    expect(await value(cache, 'a', 4)).toBe(4);
    await cache.clear();
  });

  it('counts whatever it let go of, for whichever reason', async () => {
    const cache = new ExecutorCache({ threads: 1 }, { executors: 2, memory: Infinity });
    for (const key of ['a', 'b', 'c', 'b']) await value(cache, key, 2);
    await cache.release(named('b'));
    await cache.release(named('never asked for'));
    expect(cache.counts).toEqual({ hits: 1, compiled: 3, released: 2 });
    await cache.clear();
    expect(cache.counts).toEqual({ hits: 1, compiled: 3, released: 3 });
  });

  it('builds again after a build that failed', async () => {
    const cache = new ExecutorCache({ threads: 1 });
    await expect(
      cache.get(named('a'), () => {
        throw new Error('no such layer');
      }),
    ).rejects.toThrow('no such layer');
    expect(await value(cache, 'a', 2)).toBe(2);
  });
});
