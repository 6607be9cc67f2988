/** What only Slack has to say. */
import { commonWords } from '../../../src/chat/words.js';

export const words = {
  ...commonWords,
  channelsOnly: 'I work in channels, in the one of a session. Invite me there and ask again.',
  takenDown: 'The pictures were taken down: this channel is no longer a private one of moderators.',
  reveal: 'Show to me',
  revealed: 'Only you see this.',
  closes: 'Closes ',
} as const;
