/**
 * What Slack can do for us. Reactions outlive the process, so every ballot is swept; pictures are blurred by
 * us.
 */
import type { Capabilities } from '../../../src/chat/port.js';

export const capabilities: Capabilities = {
  sweeps: true,
  editsOldMessages: true,
  privateReplies: true,
  spoilers: true,
  maxPictures: 10,
  maxFileBytes: 200 * 1024 * 1024,
  asksConsent: true,
  invited: true,
};
