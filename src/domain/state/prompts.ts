/**
 * A session that reduces unsafe pictures may draw several prompts, a round each in turn, so that what it
 * learns is of no prompt alone.
 */
import type { Session } from './model.js';

type Drawn = Pick<Session, 'prompt' | 'prompts'>;

/** Those that people vote on, the session's first. */
export const promptsOf = ({ prompt, prompts }: Drawn): readonly string[] => prompts ?? [prompt];

/** Of a round by its number. */
export function promptOf(session: Drawn, round: number): string {
  const all = promptsOf(session);
  return all[(round - 1) % all.length]!;
}
