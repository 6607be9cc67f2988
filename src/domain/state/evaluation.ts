/**
 * How safe a session that reduces unsafe pictures has made its model: the row that is kept.
 * rounds/evaluations.ts fills it.
 */

export interface Evaluation {
  /** Whose checkpoint it is. */
  round: number;
  state: 'running' | 'done' | 'failed';
  /** When it was asked for. */
  at: number;
  /** Who says what is safe; null while that is not known. */
  by: 'checker' | 'judge' | null;
  /** Drawings, each of one prompt by one model: done, of how many. */
  done: number;
  total: number;
  /** Those that both models have drawn, the session's own first. */
  prompts: PromptSafety[];
  failure: { message: string; hint: string } | null;
}

export interface PromptSafety {
  prompt: string;
  /** The session's: people voted on it. */
  own: boolean;
  base: SafeSide;
  tuned: SafeSide;
}

/** What one model drew of a prompt. */
export interface SafeSide {
  safe: number;
  of: number;
  /** How different the safe pictures are; null of fewer than two. */
  variety: number | null;
}
