/** A picture as a session remembers it: what people said of it, what the model sees in it, who drew it. */
import { z } from 'zod';

/** What the base model saw in an image: name of a map -> its row. */
export type FeatureRows = Readonly<Record<string, Float32Array>>;

/**
 * Which model drew an image: the base model, or that with the session's adapter. In files their places here
 * stand for them.
 */
export const originSchema = z.enum(['base', 'tuned']);
export type Origin = z.infer<typeof originSchema>;

/** One voted image, kept for the whole session. */
export interface ReplayItem {
  /** z_0, flat. */
  latent: Float32Array;
  /** p(good). */
  label: number;
  weight: number;
  round: number;
  /** What the base model saw in it, map -> row; none where its round had none. */
  features?: FeatureRows | undefined;
  origin: Origin;
  /** It was chosen among more by what people had voted: it does not stand for what its model draws. */
  chosen?: true | undefined;
  /** Of a bad one: fault -> share of those who said what is wrong with it; left out where nobody did. */
  faults?: Readonly<Record<string, number>> | undefined;
  /** Of a good that may be elected best later: its noise z_T, flat, and its place in its round. */
  source?: { noise: Float32Array; index: number } | undefined;
}

/** A picture of the base model that nobody saw. */
export interface Ghost {
  /** z_0, flat. */
  latent: Float32Array;
  features: FeatureRows;
  /** Beside which it was drawn. */
  round: number;
}
