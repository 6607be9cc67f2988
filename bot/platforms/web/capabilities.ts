/** What the page can do: everything, and nothing needs a sweep because facts are written as they happen. */
import type { Capabilities } from '../../../src/chat/port.js';

export const capabilities: Capabilities = {
  sweeps: false,
  editsOldMessages: true,
  privateReplies: true,
  spoilers: true,
  maxPictures: 10,
  maxFileBytes: Number.POSITIVE_INFINITY,
  asksConsent: false,
  invited: false,
};
