/**
 * How quickly this machine computes, for saying beforehand how long work will take: a convolution and a
 * product of matrices of the networks' sizes, timed once a process with the threads and on the device that
 * jobs use. Half a second on a CPU.
 */
import { flops } from '../graph/flops.js';
import { Graph } from '../graph/graph.js';
import { conv2d, matmul } from '../graph/ops.js';
import { numel } from '../graph/value.js';
import type { ExecutorCache } from './cache.js';
import { Results } from './results.js';
import { f32 } from './tensor.js';

const IMAGE = [1, 128, 32, 32];
const FILTERS = [128, 128, 3, 3];
const ROWS = [1024, 320];
const COLUMNS = [320, 1280];

const TIMES = 3;

const FEEDS = { image: IMAGE, filters: FILTERS, rows: ROWS, columns: COLUMNS };

/** One a process: threads and device are the cache's. */
class Rates extends Results<Promise<number>> {
  constructor() {
    super(1);
  }
}

/** Floating-point operations a second, the best of a few runs; `now` in milliseconds. */
export function rate(cache: ExecutorCache, now: () => number = () => performance.now()): Promise<number> {
  return cache.results(Rates).of(null, async () => {
    cache.speed = await measure(cache, now);
    return cache.speed;
  });
}

/** A convolution and a product of matrices. */
function probeGraph({ shapes }: { shapes: typeof FEEDS }): Graph {
  const graph = new Graph();
  const input = (name: keyof typeof FEEDS) => graph.input(name, shapes[name]);
  graph.output('convolved', conv2d(input('image'), input('filters'), undefined, { padding: 1 }));
  graph.output('product', matmul(input('rows'), input('columns')));
  return graph;
}

async function measure(cache: ExecutorCache, now: () => number): Promise<number> {
  // What the numbers are makes no difference to the time.
  const feeds = Object.fromEntries(
    Object.entries(FEEDS).map(([name, shape]) => [
      name,
      f32(shape, new Float32Array(numel(shape)).fill(0.5)),
    ]),
  );
  const spec = { graph: 'rate', models: [], shapes: FEEDS, options: {} };
  const executor = await cache.get(spec, probeGraph);
  let best = Number.POSITIVE_INFINITY;
  // The first run warms up.
  for (let k = 0; k <= TIMES; k++) {
    const began = now();
    await executor.run(feeds);
    if (k > 0) best = Math.min(best, now() - began);
  }
  await cache.release(spec);
  return flops(probeGraph(spec)) / (best / 1000);
}
