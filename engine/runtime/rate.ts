/**
 * How quickly this machine computes, for saying beforehand how long work will take: a convolution and a product of matrices of
 * the networks' sizes, timed once a process with the threads and on the device that jobs use. Half a second on a CPU.
 */
import { flops } from '../graph/flops.js';
import { Graph } from '../graph/graph.js';
import { conv2d, matmul } from '../graph/ops.js';
import { numel } from '../graph/value.js';
import type { ExecutorCache } from './cache.js';
import { f32 } from './tensor.js';

const IMAGE = [1, 128, 32, 32];
const FILTERS = [128, 128, 3, 3];
const ROWS = [1024, 320];
const COLUMNS = [320, 1280];

const TIMES = 3;
const KEY = '|rate of this machine';
const known = new WeakMap<ExecutorCache, Promise<number>>();

/** Floating-point operations a second, the best of a few runs. */
export function rate(cache: ExecutorCache, now: () => number = () => performance.now()): Promise<number> {
  const before = known.get(cache);
  if (before) return before;
  const measured = measure(cache, now);
  known.set(cache, measured);
  measured.then(
    (speed) => {
      cache.speed = speed;
    },
    () => known.delete(cache),
  );
  return measured;
}

async function measure(cache: ExecutorCache, now: () => number): Promise<number> {
  // What the numbers are makes no difference to the time.
  const filled = (shape: readonly number[]) => f32(shape, new Float32Array(numel(shape)).fill(0.5));
  const feeds = {
    image: filled(IMAGE),
    filters: filled(FILTERS),
    rows: filled(ROWS),
    columns: filled(COLUMNS),
  };
  const graph = new Graph();
  const input = (name: keyof typeof feeds) => graph.input(name, feeds[name].shape);
  graph.output('convolved', conv2d(input('image'), input('filters'), undefined, { padding: 1 }));
  graph.output('product', matmul(input('rows'), input('columns')));
  const executor = await cache.get(KEY, () => graph);
  let best = Number.POSITIVE_INFINITY;
  // The first run warms up.
  for (let k = 0; k <= TIMES; k++) {
    const began = now();
    await executor.run(feeds);
    if (k > 0) best = Math.min(best, now() - began);
  }
  await cache.release(KEY);
  return flops(graph) / (best / 1000);
}
