/** What the adapters themselves say, beside the cards they are handed; each adds what is true of it alone. */
import { AcclaimError, type ErrorCode, inSentences } from '../errors.js';
import { say, type Text } from '../words/text.js';

export const commonWords = {
  pickCell: say('Which picture should not be shown? Only you see this.'),
  pickBest: say('Which picture is the best? Only you see this.'),
  pickFaulty: say('Which picture is not good? Only you see this.'),
  whatIsWrong: (cell: string) =>
    say('What is wrong with **{cell}**? It counts as not good. Only you see this.', { cell }),
  faultPlaceholder: say('What is wrong'),
  pickPlaceholder: say('A picture of this sheet'),
  consented: say('Thank you: your votes count from now on. **/acclaim me** shows what is held about you.'),
  withdrawn: say('Your consent is withdrawn and nothing here leads to you any more.'),
  done: say('Done.'),
  failed: say('Something went wrong on my side. Look how things stand before you try again.'),
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
export function reasonFor(error: unknown): Text | undefined {
  if (!(error instanceof AcclaimError) || forTheLog.has(error.code)) return undefined;
  return inSentences(error);
}
