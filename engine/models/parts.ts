/** What a layout's reader finds in a model's files: the same parts whichever the layout. */
import type { Weights } from '../io/weights.js';
import type { Concept } from './concepts.js';
import type { SchedulerConfig, TextConfig, UnetConfig, VaeConfig } from './config.js';
import type { Kind } from './families.js';
import type { ClipTokenizer } from './tokenizer.js';

export interface TextEncoder {
  readonly config: TextConfig;
  readonly weights: Weights;
  readonly tokenizer: ClipTokenizer;
  /** Vectors of the ids from `vocab_size` on. */
  readonly concepts: readonly Concept[];
}

export interface ModelParts {
  readonly kind: Kind;
  readonly unetConfig: UnetConfig;
  readonly vaeConfig: VaeConfig;
  readonly scheduler: SchedulerConfig;
  readonly encoders: readonly TextEncoder[];
  readonly unet: Weights;
  readonly vae: Weights;
}
