/** What only Slack has to say. */
import { commonWords } from '../../../src/chat/words.js';

export const words = {
  ...commonWords,
  channelsOnly: 'I work in channels, in the one of a session. Invite me there and ask again.',
  otherWorkspace: 'I work for another workspace.',
  takenDown: 'The pictures were taken down: this channel is no longer a private one of moderators.',
  reveal: 'Show to me',
  revealed: 'Only you see this.',
  filesSent: 'The files are in your direct messages with me.',
  fileUnsent: 'could not be sent: Slack lets me write you no direct message (scope im:write).',
  fileCut: 'is longer than this. With the scope im:write I could send it as a file.',
} as const;
