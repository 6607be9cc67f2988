/** What only Slack has to say. */
import { commonWords } from '../../../src/chat/words.js';
import { say } from '../../../src/words/text.js';

export const words = {
  ...commonWords,
  channelsOnly: say('I work in channels, in the one of a session. Invite me there and ask again.'),
  otherWorkspace: say('I work for another workspace.'),
  takenDown: say('The pictures were taken down: this channel is no longer a private one of moderators.'),
  reveal: say('Show to me'),
  revealed: say('Only you see this.'),
  filesSent: say('The files are in your direct messages with me.'),
  fileUnsent: (name: string) =>
    say('**{name}** could not be sent: Slack lets me write you no direct message (scope im:write).', {
      name,
    }),
  fileCut: (name: string) =>
    say('**{name}** is longer than this. With the scope im:write I could send it as a file.', { name }),
} as const;
