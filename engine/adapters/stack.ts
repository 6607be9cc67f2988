/**
 * The LoRAs that a session is drawn with beside its own: an accelerator, styles. They belong to the sampler,
 * not to what is learned: the base model's pictures have them too, and nothing is trained through them.
 */
import { existsSync } from 'node:fs';
import { fileHash } from '../../src/config/stack.js';
import { AcclaimError } from '../../src/errors.js';
import type { StackedAdapter } from '../../src/queue/jobs.js';
import type { Pipeline } from '../models/pipeline.js';
import type { AdapterValues } from '../nn/lora.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { Results } from '../runtime/results.js';
import type { FloatTensor, Tensor } from '../runtime/tensor.js';
import { readAdapters } from './read.js';
import { above, beside } from './sum.js';

/** Stacks as they were read for an opened model; few, since each is as large as its files. */
class Stacks extends Results<AdapterValues> {
  constructor() {
    super(2);
  }
}

/** As readStack; files that were read before are only looked at again. */
export function stackOnce(
  cache: ExecutorCache,
  pipeline: Pipeline,
  stack: readonly StackedAdapter[] = [],
): AdapterValues | undefined {
  if (stack.length === 0) return undefined;
  checkFiles(stack);
  const spec = { model: pipeline.identity, stack: stack.map((one) => ({ ...one })) };
  return cache.results(Stacks).of(spec, () => valuesOf(pipeline, stack));
}

/** Undefined of no files. Errors: file-not-found, model-changed, and those of readAdapter. */
export function readStack(
  pipeline: Pipeline,
  stack: readonly StackedAdapter[] = [],
): AdapterValues | undefined {
  if (stack.length === 0) return undefined;
  checkFiles(stack);
  return valuesOf(pipeline, stack);
}

const valuesOf = (pipeline: Pipeline, stack: readonly StackedAdapter[]): AdapterValues =>
  readAdapters(
    pipeline,
    stack.map(({ file: path, weight }) => ({ path, weight })),
  )!;

/** Each is as it was when the session began. Errors: file-not-found, model-changed. */
export function checkFiles(stack: readonly StackedAdapter[]): void {
  for (const { file, sha256 } of stack) {
    const hint = 'Put the file back, or begin a session with another stack.';
    if (!existsSync(file))
      throw new AcclaimError('file-not-found', `the session is drawn with ${file}, which is gone`, hint);
    if (fileHash(file) !== sha256)
      throw new AcclaimError('model-changed', `${file} has changed since the session began`, hint);
  }
}

/** Two adapters as one: of layers that both have, low-rank matrices lie beside one another (sum.ts). */
export function together(a: AdapterValues, b: AdapterValues): AdapterValues {
  const tensors: Record<string, Tensor> = {};
  const layers = new Set([a, b].flatMap((one) => Object.keys(one.tensors).map(layerOf)));
  for (const layer of layers) {
    const parts = [a, b].flatMap(({ spec, tensors: own }) => {
      const [down, up] = [own[`${layer}A.weight`], own[`${layer}B.weight`]] as (FloatTensor | undefined)[];
      return down && up ? [{ down, up, scale: 'tensors' in spec ? 1 : spec.alpha / spec.rank }] : [];
    });
    tensors[`${layer}A.weight`] = above(parts.map(({ down }) => down));
    tensors[`${layer}B.weight`] = beside(parts);
  }
  const shapes = Object.entries(tensors).map(([name, { shape }]) => ({ name, shape }));
  return { spec: { tensors: shapes.sort((x, y) => (x.name < y.name ? -1 : 1)) }, tensors };
}

/** `unet.<layer>.lora_`. */
const layerOf = (name: string): string => name.replace(/[AB]\.weight$/, '');
