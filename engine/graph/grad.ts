/**
 * Reverse-mode differentiation: appends to the graph the nodes that compute dL/dx for each x in `wrt`.
 * 1. Mark the values that depend on some x. 2. Walk the nodes backwards from the loss, adding up cotangents,
 * asking each node's rule only for the operands that are marked. What does not depend on any x costs nothing.
 */
import type { Cotangents } from './cotangents.js';
import { type GradientRule, gradientRules } from './gradient-rules.js';
import { LossScale } from './loss-scale.js';
import type { OpName } from './op-set.js';
import { add, expand } from './ops.js';
import { Recompute } from './recompute.js';
import { isFloat, numel, sameShape, type Value } from './value.js';

export interface GradOptions {
  /** Less memory for more time. */
  readonly recompute?: boolean | undefined;
}

/**
 * `loss` has one element, it and `wrt` are float32. Returns one value for each of `wrt`, of its shape; zeros
 * where the loss does not depend on it.
 */
export function grad(loss: Value, wrt: readonly Value[], { recompute = false }: GradOptions = {}): Value[] {
  if (numel(loss.shape) !== 1) throw new Error(`grad needs a loss of one element, not [${loss.shape}]`);
  for (const x of [loss, ...wrt])
    if (x.dtype !== 'float32') throw new Error(`grad is of and for float32, and ${x.name} is ${x.dtype}`);
  const g = loss.graph;
  const last = loss.source.kind === 'node' ? loss.source.node.id : -1;
  const marked = new Set<Value>(wrt);
  for (const node of g.nodes.slice(0, last + 1)) {
    if (node.op === 'Identity' || !node.inputs.some((x) => marked.has(x))) continue;
    for (const y of node.outputs) if (isFloat(y.dtype)) marked.add(y);
  }

  const scale = new LossScale();
  const again = new Recompute(recompute ? g.segments : []);
  const cotangent = new Map<Value, Value>([[loss, expand(g.constant(1), loss.shape)]]);
  for (let id = last; id >= 0; id--) {
    const node = g.nodes[id]!;
    const dys = node.outputs.map((y) => cotangent.get(y));
    const needs = node.inputs.map((x) => marked.has(x));
    if (!dys.some(Boolean) || node.op === 'Identity' || !needs.some(Boolean)) continue;
    const rule = gradientRules[node.op] as GradientRule<OpName>;
    if (rule === 'none') throw new Error(`${node.op} is not differentiable`);
    const dxs = rule({
      ...again.of(node, dys.find(Boolean)!),
      attrs: node.attrs,
      dys,
      needs,
      carry: scale.carry,
    } as Cotangents<OpName>);
    node.inputs.forEach((x, i) => {
      const dx = dxs[i];
      if (!needs[i] || !dx) return;
      if (!sameShape(dx.shape, x.shape))
        throw new Error(`${node.op}: gradient [${dx.shape}] of an operand [${x.shape}]`);
      const sofar = cotangent.get(x);
      cotangent.set(x, sofar ? add(sofar, dx) : dx);
    });
  }
  return wrt.map((x) => cotangent.get(x) ?? expand(g.constant(0), x.shape));
}
