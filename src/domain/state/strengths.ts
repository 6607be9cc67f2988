/**
 * What the newest model draws of the same noises while its adapter is weaker or stronger: the row that is
 * kept.
 */

export interface Strengths {
  /** Whose checkpoint it is. */
  round: number;
  state: 'running' | 'done' | 'failed';
  /** When it was asked for. */
  at: number;
  /** Those that are drawn, from the weakest. */
  steps: StrengthStep[];
  failure: { message: string; hint: string } | null;
}

export interface StrengthStep {
  strength: number;
  /** By their noises: the path below the session's folder; null of one that nobody is shown. */
  files: (string | null)[];
}

/** Of all: 0 is the base model, 1 what the session draws with. */
export const strengths: readonly number[] = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5];
/** Noises, the pair row's first among them. */
export const strengthNoises = 4;
