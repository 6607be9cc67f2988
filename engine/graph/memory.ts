/**
 * How much memory the run time takes at most while it runs a graph, told without running it. Its rules, as
 * far as they decide that:
 *   1. Nodes run depth first from the outputs; of a node's operands the one that was added last comes first.
 *   2. A result may be a view of its operand, or take the place of one that nobody else reads any more; else
 *      it takes the buffer of a dead result of the same shape; else a new one. A buffer is given back when
 *      the last of these is dead.
 *   3. Some kernels need room of their own while they work. (This and where results lie: buffer-rules.ts.)
 *   4. Buffers come from an arena (arena.ts).
 * Source: onnxruntime, core/graph/graph_viewer.cc, core/framework/allocation_planner.cc. bench/shapes holds
 * it against runs.
 */
import { Arena } from './arena.js';
import { bufferRule, bytesOf, roomOf } from './buffer-rules.js';
import { compiledBytes, prepacksWeights, runtimeValues } from './compiled-bytes.js';
import type { Graph } from './graph.js';
import { fusedEmission } from './onnx.js';
import type { Node, Value } from './value.js';
import { wideWeight } from './weight-only-cast.js';
import { walkMemory, winogradAdds } from './winograd.js';

/** A run of equal-shaped results, one after the other in one buffer. */
interface Buffer {
  readonly bytes: number;
  readonly shape: string;
  /** Readers still to come. */
  readers: number;
  /** Steps of the first and the last use. */
  readonly from: number;
  to: number;
}

/**
 * Bytes that a graph takes for itself at its peak: compiled, and run. The mapped weights and the process are
 * beside it.
 */
export const predictedBytes = (graph: Graph): number => compiledBytes(graph) + peakBytes(graph);

/**
 * Bytes at the runs' peak, beside the mapped weights: buffers, kernels' room, literals, feeds and fetches.
 * All is free after a run, but where the arena has two large regions of one size, the next run begins in the
 * other one and touches its pages, too.
 */
export function peakBytes(graph: Graph): number {
  const order = executionOrder(graph);
  const buffers = plan(graph, order);
  const arena = new Arena();
  for (let run = 0; run < 2; run++) runIn(arena, graph, order, buffers);
  const sum = (values: Iterable<Value>) => [...values].reduce((n, value) => n + bytesOf(value), 0);
  return arena.peak + literalBytes(graph) + 2 * sum(graph.outputs.values()) + sum(graph.inputs.values());
}

/** Takes and gives back all that one run does, in its order. */
function runIn(arena: Arena, graph: Graph, order: readonly Node[], buffers: readonly Buffer[]): void {
  const begins = order.map((): Buffer[] => []);
  const ends = [...order, 'fetched'].map((): Buffer[] => []);
  for (const buffer of buffers) {
    begins[buffer.from]!.push(buffer);
    ends[buffer.to]!.push(buffer);
  }
  const held = new Map<Buffer, ReturnType<Arena['take']>>();
  const begin = (step: number) => {
    for (const buffer of begins[step]!) held.set(buffer, arena.take(buffer.bytes));
  };
  const end = (step: number) => {
    for (const buffer of ends[step]!) arena.give(held.get(buffer)!);
  };
  const winograd = !prepacksWeights(graph);
  for (const [step, node] of order.entries()) {
    if (winograd && winogradAdds(node)) {
      walkMemory(node, fusedEmission.late, {
        take: (bytes) => arena.take(bytes),
        give: (chunk) => arena.give(chunk),
        result: () => begin(step),
      });
      end(step);
      continue;
    }
    const wide = wideWeight(node, fusedEmission.late);
    const weight = wide && arena.take(bytesOf(node.inputs[1]!));
    begin(step);
    const bytes = roomOf(node);
    if (bytes > 0) arena.give(arena.take(bytes));
    if (weight) arena.give(weight);
    end(step);
  }
  end(order.length);
}

function literalBytes(graph: Graph): number {
  const seen = new Set<Value>();
  for (const { inputs } of graph.nodes) for (const x of inputs) if (x.source.kind === 'constant') seen.add(x);
  return [...seen].reduce((n, x) => n + bytesOf(x), 0);
}

/** Rule 1. Nodes that no input reaches are folded when the graph is compiled: they do not run. */
export function executionOrder(graph: Graph): Node[] {
  const runs = runtimeValues(graph);
  const order: Node[] = [];
  const seen = new Set<Node>();
  const makers = (values: Iterable<Value>) =>
    [...values].flatMap((x) => (runs.has(x) && x.source.kind === 'node' ? [x.source.node] : []));
  // The output that can be had first is asked for first (onnx.ts); the end of the stack comes next.
  const stack = makers(graph.outputs.values())
    .sort((a, b) => b.id - a.id)
    .map((node) => ({ node, leave: false }));
  while (stack.length > 0) {
    const { node, leave } = stack.pop()!;
    if (leave) {
      order.push(node);
      continue;
    }
    if (seen.has(node)) continue;
    seen.add(node);
    stack.push({ node, leave: true });
    for (const from of makers(node.inputs).sort((a, b) => a.id - b.id))
      if (!seen.has(from)) stack.push({ node: from, leave: false });
  }
  return order;
}

/** Rule 2. */
function plan(graph: Graph, order: readonly Node[]): Buffer[] {
  const readers = new Map<Value, number>();
  const reads = (x: Value) => readers.set(x, (readers.get(x) ?? 0) + 1);
  for (const { inputs } of order) inputs.forEach(reads);
  for (const value of graph.outputs.values()) reads(value);

  const buffers: Buffer[] = [];
  const of = new Map<Value, Buffer>();
  const dead: Buffer[] = [];
  const open = (value: Value, step: number): Buffer => {
    const shape = `${value.dtype === 'float32' ? 4 : value.dtype}[${value.shape}]`;
    const at = dead.findLastIndex((buffer) => buffer.shape === shape);
    if (at >= 0) return dead.splice(at, 1)[0]!;
    const buffer = { bytes: bytesOf(value), shape, readers: 0, from: step, to: order.length };
    buffers.push(buffer);
    return buffer;
  };
  for (const [step, node] of order.entries()) {
    const [x] = node.inputs;
    // What nobody reads is left out of the node, from the end (onnx.ts).
    const last = node.op === 'Split' ? Infinity : node.outputs.findLastIndex((y) => readers.has(y));
    for (const [index, y] of node.outputs.entries()) {
      if (index > 0 && index > last) continue;
      const uses = readers.get(y) ?? 0;
      const place = index === 0 ? bufferRule(node.op).place : 'own';
      let buffer = place === 'view' ? of.get(x!) : undefined;
      if (place === 'in-place') buffer = of.get(x!)?.readers === 1 ? of.get(x!) : undefined;
      // A view of what was fed or mapped needs nothing.
      if (!buffer && place === 'view' && x) continue;
      buffer ??= open(y, step);
      buffer.readers += uses;
      of.set(y, buffer);
      if (buffer.readers === 0) release(buffer, step);
    }
    for (const input of node.inputs) {
      const buffer = of.get(input);
      if (!buffer) continue;
      buffer.readers--;
      if (buffer.readers === 0) release(buffer, step);
    }
  }
  function release(buffer: Buffer, step: number) {
    buffer.to = step;
    dead.push(buffer);
  }
  return buffers;
}
