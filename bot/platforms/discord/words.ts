/** What only Discord has to say. */
import { commonWords } from '../../../src/chat/words.js';
import { say } from '../../../src/words/text.js';

export const words = {
  ...commonWords,
  staleButton: say('This button does nothing any more.'),
  staleCommand: say('This command has changed. Reload Discord (Ctrl+R) and choose it again.'),
  serversOnly: say('I work on servers, in the channel of a session.'),
  takenDown: say('The pictures were taken down: this channel is no longer age-restricted.'),
  tooLarge: (name: string) => say('**{name}** is larger than what Discord takes.', { name }),
  longAnswer: say('The whole answer is in the file.'),
} as const;
