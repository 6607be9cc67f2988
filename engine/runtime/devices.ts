/** Which device to use: the first of the configured ones that compiles and computes a small graph rightly. */
import { AcclaimError } from '../../src/errors.js';
import { Graph } from '../graph/graph.js';
import { linear, relu } from '../graph/ops.js';
import { Executor } from './executor.js';
import { f32 } from './tensor.js';

export interface Tried {
  ok: boolean;
  /** Why not; empty when it works. */
  reason: string;
}

export async function tryDevice(device: string): Promise<Tried> {
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
    return off < 1e-3 ? { ok: true, reason: '' } : { ok: false, reason: `wrong by ${off}` };
  } catch (error) {
    // The run time puts its own source line before its words.
    const line = (error as Error).message.split('\n')[0]!;
    return { ok: false, reason: line.replace(`${device}: `, '').replace(/^.* was false\. /, '') };
  }
}

/** `cpu` is taken at its word: everything else is tried. */
export async function chooseDevice(devices: readonly string[]): Promise<string> {
  const reasons: string[] = [];
  for (const device of devices) {
    if (device === 'cpu') return device;
    const { ok, reason } = await tryDevice(device);
    if (ok) return device;
    reasons.push(`${device}: ${reason}`);
  }
  throw new AcclaimError(
    'device-unavailable',
    reasons.join('; '),
    'Add cpu to engine.devices, or see `acclaim doctor`.',
  );
}
