/**
 * What Discord can do for us. Reactions outlive the process, so every ballot is swept; old messages take few
 * edits.
 */
import type { Capabilities } from '../../../src/chat/port.js';

export const capabilities: Capabilities = {
  sweeps: true,
  editsOldMessages: false,
  privateReplies: true,
  spoilers: true,
  maxPictures: 10,
  maxFileBytes: 10 * 1024 * 1024,
  asksConsent: true,
  invited: true,
};
