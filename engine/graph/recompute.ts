/**
 * Recompute, also called checkpointing (arXiv 1604.06174): of a segment of the forward pass only what enters and leaves it
 * is kept; what a gradient rule needs of its inside is computed once more when the reverse pass arrives there. Costs one
 * forward pass, saves most of the memory.
 *
 * The run time merges nodes that compute the same, and runs whatever is ready, so a plain copy would be merged again or
 * run too early. Every value x that enters the copy is therefore joined with an empty slice of the gradient that
 * arrived: x' = Concat(x, dy[0:0]), equal to x and never ready before dy. The same values give the same gradients, bit for
 * bit where the run time computes both copies alike.
 */
import type { Segment } from './graph.js';
import { castLike, concat, reshape, slice } from './ops.js';
import { isFloat, type Node, type Value } from './value.js';

export class Recompute {
  private readonly segmentOf: (Segment | undefined)[] = [];
  private readonly copies = new Map<Segment, SegmentCopy>();

  constructor(segments: readonly Segment[]) {
    for (const segment of segments)
      for (let id = segment.start; id < segment.end; id++) this.segmentOf[id] = segment;
  }

  /** Operands and results as a gradient rule shall see them; `dy` is a gradient that has arrived at the node. */
  of(node: Node, dy: Value): Pick<Node, 'inputs' | 'outputs'> {
    const segment = this.segmentOf[node.id];
    if (!segment) return node;
    let copy = this.copies.get(segment);
    if (!copy) {
      copy = new SegmentCopy(segment, dy);
      this.copies.set(segment, copy);
    }
    return { inputs: node.inputs.map(copy.value), outputs: node.outputs.map(copy.value) };
  }
}

/** One segment's second run, of which only what is asked for comes into being. */
class SegmentCopy {
  private readonly known = new Map<Value, Value>();

  constructor(
    private readonly segment: Segment,
    private readonly dy: Value,
  ) {}

  readonly value = (x: Value): Value => {
    // Inputs, weights and constants are held anyway.
    if (x.source.kind !== 'node') return x;
    let copy = this.known.get(x);
    if (!copy) {
      const { node, index } = x.source;
      copy = node.id < this.segment.start ? this.afterGradient(x) : this.again(node)[index]!;
      this.known.set(x, copy);
    }
    return copy;
  };

  private again(node: Node): readonly Value[] {
    return node.inputs[0]!.graph.node(node.op, node.inputs.map(this.value), node.attrs).outputs;
  }

  /** x, but not before dy. */
  private afterGradient(x: Value): Value {
    if (x.rank === 0 || !isFloat(x.dtype)) return x;
    const empty = reshape(slice(this.dy, 0, 0, 0), [0, ...x.shape.slice(1)]);
    return concat([x, castLike(empty, x)], 0);
  }
}
