/** What every platform beyond the page is handed. It keeps no file and knows no session: what it remembers it can read again. */
import type { AcclaimError } from '../errors.js';
import type { RoleRules } from './roles.js';

export interface RemoteOptions {
  /** The bot's. */
  token: string;
  roles: RoleRules;
  /** Epoch ms. */
  now: () => number;
  /** Base of the API's addresses; the platform's own when missing. */
  api?: string;
  /** Told of faults that no answer can carry. */
  onError?: (error: unknown) => void;
  /** The token is dead or the platform refuses us for good: say why and end the process. */
  onFatal: (error: AcclaimError) => void;
}

/** All in ms. */
export interface CommonPace {
  /** Between two reactions of ours. */
  prime: number;
  /** Between two edits of a message. */
  edit: number;
  /** How far back the channel's history is searched for messages of ours. */
  history: number;
  /** How long an interaction can be answered. */
  answer: number;
}
