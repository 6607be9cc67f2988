/**
 * The texts of a session that draws several prompts in turn: a picture is learned under that of its own
 * round, whichever round is learned.
 */
import { AcclaimError } from '../../src/errors.js';
import type { RoundManifest } from '../io/round.js';
import type { Pipeline } from '../models/pipeline.js';
import { encodePair, shapesOf, type TextFeeds } from '../models/prompt.js';
import type { ExecutorCache } from '../runtime/cache.js';

/**
 * Round -> its texts; the same object for the same prompt. Undefined where there is but one. Errors: usage.
 */
export async function textsInTurn(
  pipeline: Pipeline,
  cache: ExecutorCache,
  { prompts, negative, latent }: Pick<RoundManifest, 'prompts' | 'negative' | 'latent'>,
): Promise<((round: number) => TextFeeds) | undefined> {
  if (!prompts) return undefined;
  const texts = new Map<string, TextFeeds>();
  for (const prompt of prompts)
    if (!texts.has(prompt))
      texts.set(prompt, await encodePair(pipeline, cache, { negative, prompt }, latent));
  const shapes = new Set([...texts.values()].map((text) => JSON.stringify(shapesOf(text))));
  if (shapes.size > 1)
    throw new AcclaimError(
      'usage',
      'the prompts of the session are of too different lengths to be learned together',
      'Make the longest shorter.',
    );
  return (round) => texts.get(prompts[(round - 1) % prompts.length]!)!;
}
