/**
 * Whether a device works at all: it compiles and computes a graph of two layers, whose values are known by
 * hand.
 */
import { Graph } from '../graph/graph.js';
import { linear, relu } from '../graph/ops.js';
import { Executor } from './executor.js';
import { inShort, refused, type SelfCheck, selfCheck } from './self-check.js';
import { f32 } from './tensor.js';

/** The small graph, then the self-check. */
export async function tryDevice(device: string): Promise<SelfCheck> {
  const graph = new Graph();
  const x = graph.input('x', [2, 3]);
  const weight = graph.constant([1, 0, -1, 2, 1, 0], [2, 3]);
  graph.output('y', relu(linear(x, weight)));
  try {
    const executor = await Executor.create(graph, { threads: 1, device });
    const { y } = await executor.run({ x: f32([2, 3], [1, 2, 3, -4, 5, -6]) });
    await executor.release();
    const got = Array.from(y!.data as Float32Array);
    const wanted = [0, 4, 2, 0]; // by hand: [1-3, 2+2] and [-4+6, -8+5], cut at zero
    const off = Math.max(...got.map((v, i) => Math.abs(v - wanted[i]!)));
    return off < 1e-2 ? await selfCheck(device) : refused(`wrong by ${off}`);
  } catch (error) {
    return refused(inShort(error).replace(`${device}: `, ''));
  }
}
