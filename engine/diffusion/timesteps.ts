/**
 * Which of the n trained timesteps a run of T steps visits, noisiest first (table 2 of arXiv 2305.08891).
 * Each scheduler's file picks its spacing, such as `ddimTimesteps` of ddim.ts:
 *   leading   (T - 1 .. 0) floor(n / T) + offset
 *   trailing  n, n - n / T, ... , each less 1
 *   linspace  n - 1 .. 0 in equal strides
 */
import type { SchedulerConfig } from '../models/config.js';
import { roundHalfEven } from '../rounding.js';

export type Spacing = 'leading' | 'trailing' | 'linspace';

/** `points` numbers from `last` down to 0 in equal strides. */
export const falling = (last: number, points: number): number[] =>
  Array.from({ length: points }, (_, k) => (points > 1 ? (last * (points - 1 - k)) / (points - 1) : 0));

/** Linspace timesteps are fractions unless `whole`. */
export function spacedTimesteps(
  config: Pick<SchedulerConfig, 'num_train_timesteps' | 'steps_offset'>,
  spacing: Spacing,
  steps: number,
  { whole = true } = {},
): number[] {
  const n = config.num_train_timesteps;
  if (steps > n) throw new RangeError(`${steps} steps of ${n} timesteps`);
  if (spacing === 'leading') {
    const ratio = Math.floor(n / steps);
    return Array.from({ length: steps }, (_, k) => (steps - 1 - k) * ratio + config.steps_offset);
  }
  if (spacing === 'trailing')
    return Array.from({ length: steps }, (_, k) => roundHalfEven(n - k * (n / steps)) - 1);
  return falling(n - 1, steps).map((t) => (whole ? roundHalfEven(t) : Math.fround(t)));
}
