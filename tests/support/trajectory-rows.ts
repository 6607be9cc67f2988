/** The miniature's golden trajectory as what a likelihood is trained on. */
import { ddim } from '../../engine/diffusion/ddim.js';
import type { Pipeline } from '../../engine/models/pipeline.js';
import { type FloatTensor, f32 } from '../../engine/runtime/tensor.js';
import { golden } from './golden.js';

const SIZE = 4 * 16 * 16;

/**
 * Rows (step, sample) of the golden trajectory with eta 1, four samples a step, step-major: feeds of a
 * likelihood's graph.
 */
export function trajectoryRows(
  { scheduler }: Pick<Pipeline, 'scheduler'>,
  states: FloatTensor,
  steps: readonly number[],
): Record<string, FloatTensor> {
  const { latents } = golden('trajectory_eta1') as Record<string, FloatTensor>;
  const plan = ddim(scheduler, { steps: 20, eta: 1 }).steps;
  const rows = steps.length * 4;
  const perRow = (f: (k: number) => number) => steps.flatMap((k) => [0, 1, 2, 3].map(() => f(k)));
  const column = (f: (k: number) => number) => f32([rows, 1, 1, 1], perRow(f));
  const take = (ahead: 0 | 1) => {
    const out = f32([rows, 4, 16, 16]);
    for (const [i, k] of steps.entries())
      out.data.set(latents!.data.subarray((k + ahead) * 4 * SIZE, (k + ahead + 1) * 4 * SIZE), i * 4 * SIZE);
    return out;
  };
  return {
    x: take(0),
    next: take(1),
    timestep: f32(
      [rows],
      perRow((k) => plan[k]!.timestep),
    ),
    from_sample: column((k) => plan[k]!.fromSample),
    from_output: column((k) => plan[k]!.fromOutput),
    sigma: column((k) => plan[k]!.std),
    states,
  };
}
