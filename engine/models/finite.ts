/**
 * Pictures whose numbers are not finite would be black, and nobody would know why: they fail instead, with
 * the first layer of the model, in the order in which it is computed, whose weights can be the cause.
 */
import { AcclaimError } from '../../src/errors.js';
import { allFinite, firstNotFinite } from '../io/finite.js';
import type { FloatTensor } from '../runtime/tensor.js';
import type { Pipeline } from './pipeline.js';

/** What gave the numbers, and so which weights they went through. */
export type Stage = { readonly step: number; readonly of: number } | 'decode';

/** Errors: not-finite. */
export function mustBeFinite({ data }: Pick<FloatTensor, 'data'>, pipeline: Pipeline, stage: Stage): void {
  if (allFinite(data)) return;
  const { encoders, unet, vae, precision } = pipeline;
  const parts = stage === 'decode' ? [vae] : [...encoders.map(({ weights }) => weights), unet];
  for (const { tensors } of parts) {
    const found = firstNotFinite(placed(tensors), precision);
    if (found) throw layerNotFinite(found, precision);
  }
  const where =
    stage === 'decode' ? 'the decoded pictures' : `the latents at step ${stage.step} of ${stage.of}`;
  throw new AcclaimError(
    'not-finite',
    `${where} are not finite, though all weights of the model are: numbers grew too large while they were computed`,
    precision === 'fp16'
      ? 'Set engine.precision to fp32.'
      : "Take the guidance, or the adapter's weight, down.",
  );
}

function* placed(tensors: Pipeline['unet']['tensors']) {
  for (const [name, { tensor, dtype, offset, length }] of tensors)
    yield [name, { file: tensor.file, dtype, offset, length }] as const;
}

/** The error that names the layer whose weights are not finite, or overflow in fp16. */
export const layerNotFinite = (
  { name, file }: { name: string; file: string },
  precision: 'fp32' | 'fp16' = 'fp32',
): AcclaimError =>
  new AcclaimError(
    'not-finite',
    `${file}: ${name} holds numbers that are not finite${precision === 'fp16' ? ' in fp16' : ''}`,
    'Fetch the model again; if it stays so, use another.',
  );
