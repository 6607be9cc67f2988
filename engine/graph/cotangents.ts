/** What passes a node on the way back: dL/dy of its results in, dL/dx of its operands out. */
import type { OpAttrs, OpName } from './op-set.js';
import type { FloatType, Value } from './value.js';

/** A node, and the gradients that have come back to its results. */
export interface Flow {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** dL/d output, undefined where nothing depends on that output. */
  readonly dys: readonly (Value | undefined)[];
  /** Which operands' gradients are wanted. */
  readonly needs: readonly boolean[];
  /** A cotangent taken over to another type (loss-scale.ts). */
  readonly carry: (dy: Value, to: FloatType) => Value;
}

/** What the gradient rule of an op is handed. */
export interface Cotangents<K extends OpName> extends Flow {
  readonly attrs: OpAttrs[K];
}
