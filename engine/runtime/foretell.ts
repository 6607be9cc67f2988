/**
 * How long the thread will be gone while a graph is compiled or run: for whoever must tell a process that
 * computes from one that hangs. Generous: a machine that reads its weights from a slow disk, and one whose
 * rate nobody has measured yet, are not hung.
 */
import { flops } from '../graph/flops.js';
import type { Graph } from '../graph/graph.js';

export interface Work {
  flops: number;
  /** Of the mapped weights. */
  bytes: number;
  nodes: number;
}

/** Bytes a second of a disk that is slow; mapped weights may have to be read for every run. */
const READ = 100e6;
/** Operations a second of a machine that is slow. */
const SLOW = 2e9;
const COMPILE_S = 2;
const NODE_S = 0.002;

/** What decides how long a graph takes. */
export function workOf(graph: Graph): Work {
  let bytes = 0;
  for (const { source } of graph.weights.values())
    if (source.kind === 'weight') bytes += source.weight.length;
  return { flops: flops(graph), bytes, nodes: graph.nodes.length };
}

/** An upper estimate, of a slow machine. */
export const compileSeconds = ({ bytes, nodes }: Work): number => COMPILE_S + bytes / READ + nodes * NODE_S;

/** An upper estimate; `speed` in floating-point operations a second. */
export const runSeconds = ({ flops: count, bytes }: Work, speed = SLOW): number =>
  count / speed + bytes / READ;
