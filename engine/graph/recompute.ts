/**
 * Recompute, also called checkpointing (arXiv 1604.06174): of a segment of the forward pass what enters and
 * leaves it is kept; what a gradient rule needs of its inside is computed once more when the reverse pass
 * arrives there. Costs one forward pass, saves most of the memory. Results that take many operations for
 * their size are kept too, as in selective checkpointing (arXiv 2205.05198).
 *
 * The run time merges nodes that compute the same, and runs whatever is ready, so a plain copy would be
 * merged again or run too early. Every value x that enters the copy is therefore joined with an empty slice
 * of the gradient that arrived: x' = Concat(x, dy[0:0]), equal to x and never ready before dy. The same
 * values give the same gradients, bit for bit where the run time computes both copies alike.
 *
 * What was only widened from float16 is widened once more whether or not blocks are recomputed: a low-rank
 * part beside a layer reads its input in float32, and twice the size of that input would be kept until the
 * reverse pass comes by.
 */
import { nodeFlops } from './flops.js';
import type { Segment } from './graph.js';
import { castLike, concat, reshape, slice, wide } from './ops.js';
import { isFloat, type Node, numel, type Value } from './value.js';

/**
 * Operations an element (flops.ts) from which on a result is kept: of attention over 1024 tokens and more,
 * and of 3x3 convolutions from 640 channels and more. Of what Stable Diffusion 1.5 computes again at 512x512
 * that is 52 % for 137 MB in float32; what comes next, layers from 1280 channels, would be 15 % for 180 MB.
 */
const DEAR = 4096;

const dear = (node: Node): boolean => nodeFlops(node, true) >= DEAR * numel(node.outputs[0]!.shape);

/** What one reverse pass computes again, of the segments given. */
export class Recompute {
  private readonly segmentOf: (Segment | undefined)[] = [];
  private readonly copies = new Map<Segment, SegmentCopy>();
  private readonly wide = new Map<Value, Value>();

  constructor(segments: readonly Segment[]) {
    for (const segment of segments)
      for (let id = segment.start; id < segment.end; id++) this.segmentOf[id] = segment;
  }

  /**
   * Operands and results as a gradient rule shall see them; `dy` is a gradient that has arrived at the node.
   */
  of(node: Node, dy: Value): Pick<Node, 'inputs' | 'outputs'> {
    const segment = this.segmentOf[node.id];
    if (!segment) return { inputs: node.inputs.map((x) => this.widened(x, dy)), outputs: node.outputs };
    let copy = this.copies.get(segment);
    if (!copy) {
      copy = new SegmentCopy(segment, dy);
      this.copies.set(segment, copy);
    }
    return { inputs: node.inputs.map(copy.value), outputs: node.outputs.map(copy.value) };
  }

  /** A float16 result that `x` only widens, or widens and reshapes, widened again. */
  private widened(x: Value, dy: Value): Value {
    if (x.source.kind !== 'node' || x.dtype !== 'float32') return x;
    const { op, inputs } = x.source.node;
    const [from] = inputs as [Value];
    if (op === 'Reshape') return reshape(this.widened(from, dy), x.shape);
    if (op !== 'Cast' || from.dtype !== 'float16' || from.source.kind !== 'node') return x;
    const again = this.wide.get(x) ?? wide(afterGradient(from, dy));
    this.wide.set(x, again);
    return again;
  }
}

/** x, but not before dy. */
function afterGradient(x: Value, dy: Value): Value {
  if (x.rank === 0 || !isFloat(x.dtype)) return x;
  const empty = reshape(slice(dy, 0, 0, 0), [0, ...x.shape.slice(1)]);
  return concat([x, castLike(empty, x)], 0);
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
      const kept = node.id < this.segment.start || dear(node);
      copy = kept ? afterGradient(x, this.dy) : this.again(node)[index]!;
      this.known.set(x, copy);
    }
    return copy;
  };

  private again(node: Node): readonly Value[] {
    return node.inputs[0]!.graph.node(node.op, node.inputs.map(this.value), node.attrs).outputs;
  }
}
