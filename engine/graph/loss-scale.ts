/**
 * What keeps gradients within float16's range. Cotangents of float16 values carry a factor S that those of
 * float32 values do not: it comes in where a cotangent is narrowed and goes out where one is widened, so loss
 * and gradients never show it. S is worked out in the run itself, from the first cotangent that is narrowed,
 * that of the network's output d:
 *   S = TARGET / mean |d|
 * so that no batch, loss or guidance needs a setting, and no step is lost in finding one (arXiv 1710.03740
 * tries and halves).
 */
import { abs, cast, div, maximum, mul, reduceMean } from './ops.js';
import type { FloatType, Value } from './value.js';

/**
 * float16 has 2^-24 ... 2^16: what is 2^20 times the mean still fits, and so does what is a 2^-20th of it. On
 * the miniature, where every operation rounds, targets of 2^-10 to 2^6 give equally good gradients; at 2^12
 * some overflow.
 */
const TARGET = 2 ** -4;
/** Below any gradient that means something; a batch whose rows all have weight 0 must not divide by it. */
const LEAST = 1e-30;

/** The factor of one reverse pass. */
export class LossScale {
  private scale: Value | undefined;

  /** The cotangent `dy` of one side of a Cast as that of the other. */
  readonly carry = (dy: Value, to: FloatType): Value => {
    if (dy.dtype === to) return dy;
    if (to === 'float32') {
      if (!this.scale) throw new Error('a cotangent is float16 that was never narrowed');
      return div(cast(dy, to), this.scale);
    }
    this.scale ??= div(TARGET, maximum(reduceMean(abs(dy), undefined, false), LEAST));
    return cast(mul(dy, this.scale), to);
  };
}
