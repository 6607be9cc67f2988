/**
 * What every platform beyond the page is handed. It keeps no file and knows no session: what it remembers it
 * can read again.
 */
import type { AcclaimError } from '../errors.js';
import type { RoleRules } from './roles.js';

/** limited: told to wait (429). refused: the platform will not. failed: it broke, or never answered. */
export type RequestOutcome = 'ok' | 'limited' | 'refused' | 'failed';

/** An HTTP status as an outcome. */
export function outcomeOf(status: number): RequestOutcome {
  if (status === 429) return 'limited';
  if (status >= 500) return 'failed';
  return status >= 400 ? 'refused' : 'ok';
}

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
  /** Told of the connection: why it is lost, and null when it is there again. */
  onLink?: (lost: AcclaimError | null) => void;
  /** Told of each request's end, for who counts them. */
  onRequest?: (outcome: RequestOutcome) => void;
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
