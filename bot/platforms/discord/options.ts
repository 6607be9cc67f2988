/**
 * What the Discord platform is handed. It keeps no file and knows no session: whatever it remembers it can read again
 * from Discord, so several processes can share the work.
 */
import type { CommandSpec } from '../../../src/chat/commands.js';
import type { Account } from '../../../src/chat/port.js';
import type { AcclaimError } from '../../../src/errors.js';
import type { RoleRules } from './permissions.js';

/** An option that somebody is typing. */
export interface Typing {
  path: readonly string[];
  name: string;
  typed: string;
  channel: string;
  account: Account;
}

export interface DiscordOptions {
  token: string;
  commands: readonly CommandSpec[];
  roles: RoleRules;
  now: () => number;
  /** Servers whose own commands are set, which shows at once; empty = the application's commands everywhere. */
  guilds?: readonly string[];
  /** False: commands are registered by someone else. */
  register?: boolean;
  /** Base of the REST addresses, without the version. The gateway's address comes from there. */
  api?: string;
  /** What could complete a typed option; none = the option's own choices. */
  complete?: (typing: Typing) => Promise<readonly string[]> | readonly string[];
  /** Told of faults that no answer can carry. */
  onError?: (error: unknown) => void;
  /** The token is dead or the gateway refuses us for good: say why and end the process. */
  onFatal: (error: AcclaimError) => void;
  pace?: Partial<Pace>;
}

/** All in ms. */
export interface Pace {
  /** Between two reactions of ours in a channel. */
  prime: number;
  /** Between two edits of a message. */
  edit: number;
  /** Age from which Discord limits edits (30046 from an hour on): only what must be seen is edited in. */
  editable: number;
  /** How far back the channel's history is searched for messages of ours. */
  history: number;
  /** Life of an interaction's token. */
  answer: number;
}

export const defaultPace: Pace = {
  prime: 250,
  edit: 5_000,
  editable: 50 * 60_000,
  history: 7 * 86_400_000,
  answer: 15 * 60_000,
};
