/** Emits an op's plain form: a graph of its own over the op's operands, whose nodes take the op's place. */
import { type EmitContext, emitRule, type OnnxNode } from './emit-rules.js';
import { Graph } from './graph.js';
import { type FusedOp, opDecompositions } from './op-decompositions.js';
import type { OpAttrs } from './op-set.js';
import { floatType } from './ops.js';
import type { Node, Value } from './value.js';

/** ONNX nodes that give the node's results from its operands; names between them begin with the result's. */
export function emitDecomposed(
  node: Node<FusedOp>,
  names: { inputs: readonly string[]; outputs: readonly string[] },
  c: EmitContext,
): OnnxNode[] {
  const form = new Graph();
  const inputs = node.inputs.map((x, i) => form.input(`x${i}`, x.shape, x.dtype));
  // The op and its attributes belong together; TypeScript cannot follow the pair.
  const write = opDecompositions[node.op] as (xs: Value[], attrs: OpAttrs[FusedOp]) => readonly Value[];
  const results = write(inputs, node.attrs);
  const nameOf = (x: Value): string => {
    if (x.source.kind === 'input') return names.inputs[inputs.indexOf(x)]!;
    if (x.source.kind === 'constant') return c.floats([...(x.source.data as Float32Array)], floatType(x));
    return names.outputs[results.indexOf(x)] ?? `${node.outputs[0]!.name}.${x.name}`;
  };
  return form.nodes.flatMap((inner) => {
    const rule = emitRule(inner.op);
    return rule(inner, { inputs: inner.inputs.map(nameOf), outputs: inner.outputs.map(nameOf) }, c);
  });
}
