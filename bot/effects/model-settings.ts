/** What the host's configuration says of models, as jobs are asked for by it. */
import { decoderFor, resolveModel } from '../../src/config/models.js';
import { safetyMeasure } from '../../src/config/safety-prompts.js';
import type { Config } from '../../src/config/schema.js';
import type { JobPayload } from '../../src/queue/jobs.js';

/** By what a model's safety is measured. */
export interface SafetyMeasure {
  /** That nobody voted on. */
  prompts: string[];
  /** Pictures of each prompt, by each model. */
  images: number;
  /**
   * What makes a picture safe to the judge that comes with the model; null where the checker alone can say.
   */
  goal: JobPayload<'evaluate'>['goal'];
}

/** Looks models up whenever it is asked: one that was pulled meanwhile is found. */
export class ModelSettings {
  /** How images are looked at; sessions that reduce unsafe images replace none. */
  readonly safety: NonNullable<JobPayload<'generate'>['safety']>;

  constructor(private readonly config: Config) {
    const { bound, tries, checker } = config.safety;
    this.safety = { bound, tries, checker: checker && resolveModel(checker) };
  }

  /** A model as configured -> its absolute folder. Throws `model-not-found`. */
  folder(model: string): string {
    return resolveModel(model);
  }

  /** What of a model, given by its folder, is made with a tiny decoder. */
  decoder(folder: string): JobPayload<'generate'>['decoder'] {
    return decoderFor(this.config, folder);
  }

  /** `folder`: absolute, of a model. */
  safetyMeasure(folder: string): SafetyMeasure {
    return safetyMeasure(this.config, folder);
  }
}
