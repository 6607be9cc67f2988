/** What only Discord has to say. */
import { commonWords } from '../../../src/chat/words.js';

export const words = {
  ...commonWords,
  staleButton: 'This button does nothing any more.',
  staleCommand: 'This command has changed. Reload Discord (Ctrl+R) and choose it again.',
  serversOnly: 'I work on servers, in the channel of a session.',
  takenDown: 'The pictures were taken down: this channel is no longer age-restricted.',
  tooLarge: 'is larger than what Discord takes.',
  longAnswer: 'The whole answer is in the file.',
} as const;
