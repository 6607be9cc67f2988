/** The tiny decoder of a round: for its previews, and where the configuration says so for its pictures. */
import type { JobPayload } from '../../src/queue/jobs.js';
import type { Pipeline } from '../models/pipeline.js';
import { checkTinyVae, hasTinyVae, type TinyVae } from '../models/tiny-vae.js';
import { vaeFactor } from '../models/vae.js';
import type { EngineContext } from './context.js';

type Payload = JobPayload<'generate'>;

/**
 * One that pictures are made with has to fit; what only previews are made with does without, and says why.
 */
export function openDecoder(
  engine: EngineContext,
  { decoder, model }: Payload,
  pipeline: Pipeline,
  fault: (error: unknown) => void,
): TinyVae | undefined {
  const dir = decoder && (decoder.tiny ?? (hasTinyVae(model) ? model : null));
  if (!dir) return undefined;
  const { unetConfig, vaeConfig } = pipeline;
  try {
    const found = engine.tinyVae(dir);
    const fit = { dir: pipeline.dir, channels: unetConfig.in_channels, factor: vaeFactor(vaeConfig) };
    checkTinyVae(found, fit);
    return found;
  } catch (error) {
    if (decoder.rounds) throw error;
    fault(error);
    return undefined;
  }
}
