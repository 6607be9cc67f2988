/**
 * Whether this processor sums products of int8 rightly. Without instructions for them the run time multiplies
 * in pairs whose sums of 16 bits saturate: with the largest activations and weights that shows.
 */
import { Graph } from '../graph/graph.js';
import { cast, int8Linear } from '../graph/ops.js';
import { Executor } from './executor.js';
import { f32 } from './tensor.js';

const [IN, OUT] = [64, 16];
/** Of the largest sum. */
const BOUND = 1e-3;

export async function int8Right(): Promise<boolean> {
  const g = new Graph();
  const [x, steps] = [g.input('x', [1, IN]), g.input('steps', [IN, OUT])];
  g.output('y', int8Linear(x, { steps: cast(steps, 'int8'), scale: g.input('scale', [OUT]) }));
  const executor = await Executor.create(g, { threads: 1 });
  try {
    // One zero, so that 0 to 1 is 0 to 255.
    const ones = new Float32Array(IN).fill(1).fill(0, 0, 1);
    // Even columns hold 127, odd ones -127.
    const largest = Float32Array.from({ length: IN * OUT }, (_, i) => (i % 2 === 0 ? 127 : -127));
    const scale = new Float32Array(OUT).fill(1 / 127);
    const { y } = await executor.run({
      x: f32([1, IN], ones),
      steps: f32([IN, OUT], largest),
      scale: f32([OUT], scale),
    });
    return (y!.data as Float32Array).every(
      (sum, i) => Math.abs(sum - (i % 2 === 0 ? 1 : -1) * (IN - 1)) <= BOUND * IN,
    );
  } finally {
    await executor.release();
  }
}
