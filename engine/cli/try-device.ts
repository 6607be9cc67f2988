/**
 * A process of its own that tries one device: compiles a small graph there, runs it, compares it with the answer. A
 * driver that crashes takes only this process along. Prints one line of JSON: {ok, reason}.
 */
import { Graph } from '../graph/graph.js';
import { linear, relu } from '../graph/ops.js';
import { Executor } from '../runtime/executor.js';
import { f32 } from '../runtime/tensor.js';

export interface Tried {
  ok: boolean;
  reason: string;
}

async function tryDevice(device: string): Promise<Tried> {
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

process.stdout.write(`${JSON.stringify(await tryDevice(process.argv[2] ?? 'cpu'))}\n`);
