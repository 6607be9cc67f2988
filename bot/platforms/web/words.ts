/** What the adapter itself says, beside the cards it is handed. */
import { say } from '../../../src/words/text.js';
export const words = {
  takenDown: say('The pictures were taken down: this channel is no longer one where they may be shown.'),
} as const;
