/** What the adapters themselves say, beside the cards they are handed; each adds what is true of it alone. */
import { AcclaimError, type ErrorCode, inSentences } from '../errors.js';

export const commonWords = {
  pickCell: 'Which picture should not be shown? Only you see this.',
  pickFaulty: 'Which picture is not good? Only you see this.',
  whatIsWrong: (cell: string) => `What is wrong with **${cell}**? It counts as not good. Only you see this.`,
  faultPlaceholder: 'What is wrong',
  pickPlaceholder: 'A picture of this sheet',
  consented: 'Thank you: your votes count from now on. **/acclaim me** shows what is held about you.',
  withdrawn: 'Your consent is withdrawn and nothing here leads to you any more.',
  done: 'Done.',
  failed: 'Something went wrong on my side. Look how things stand before you try again.',
} as const;

const forTheLog: ReadonlySet<ErrorCode> = new Set([
  'token-invalid',
  'internal',
  'platform-unreachable',
  'platform-refused',
]);

/**
 * What whoever asked is told of an act that ended so; undefined for a fault of ours, whose words are for the
 * log.
 */
export function reasonFor(error: unknown): string | undefined {
  if (!(error instanceof AcclaimError) || forTheLog.has(error.code)) return undefined;
  return inSentences(error);
}
