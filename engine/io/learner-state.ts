/** What a learner carries from round to round, as a checkpoint keeps it. */
import type { NamedTensors } from '../runtime/named-tensors.js';
import type { EmbeddingSpec } from './embedding-tensors.js';
import type { Ghost, ReplayItem } from './remembered.js';
import type { VoteModel } from './vote-model.js';

/** Of Adam (engine/learn/optimiser.ts). */
export interface AdamState {
  /** Steps taken. */
  step: number;
  /** First and second moments, by parameter. */
  m: NamedTensors;
  v: NamedTensors;
}

/** The adapter that is taken off the tuned one (engine/learn/drift.ts). */
export interface Drift {
  adapter: NamedTensors;
  optimiser: AdamState;
  /** Share of it that is taken off. */
  lambda: number;
}

/** What a learner carries from round to round. */
export interface LearnerState {
  adapter: NamedTensors;
  optimiser: AdamState;
  drift?: Drift | undefined;
  embedding: { spec: EmbeddingSpec; params: NamedTensors; optimiser: AdamState } | null;
  best: { latent: Float32Array; noise: Float32Array; round: number; index: number } | null;
  /** Noises of the last round's goods, the best excluded. */
  positives: Float32Array[];
  replay: ReplayItem[];
  ghosts?: Ghost[] | undefined;
  voteModel?: VoteModel | undefined;
}
