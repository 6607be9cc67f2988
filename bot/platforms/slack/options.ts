/**
 * What the Slack platform is handed. It keeps no file and knows no session: whatever it remembers it can read again from
 * Slack. One workspace, one token.
 */
import type { AcclaimError } from '../../../src/errors.js';
import type { RoleRules } from './permissions.js';

/** How events reach us: Slack calls us, or we hold a connection open (nothing need be reachable from outside). */
export type Transport =
  | { kind: 'http'; signingSecret: string; host: string; port: number }
  | { kind: 'socket'; appToken: string };

export interface SlackOptions {
  /** The bot's, xoxb-... */
  token: string;
  transport: Transport;
  roles: RoleRules;
  now: () => number;
  /** Base of the API's addresses. */
  api?: string;
  /** Told of faults that no answer can carry. */
  onError?: (error: unknown) => void;
  /** The token is dead: say why and end the process. */
  onFatal: (error: AcclaimError) => void;
  pace?: Partial<Pace>;
}

/** All in ms. */
export interface Pace {
  /** Between two reactions of ours: reactions.add takes some 50 a minute for the whole workspace. */
  prime: number;
  /** Between two posts in a channel. */
  post: number;
  /** Between two edits of a message. */
  edit: number;
  /** Before a failed call is tried again; doubled each time. */
  retry: number;
  /** Waited after a 429 that does not say how long. */
  limited: number;
  /** Between two looks at a file that Slack is still working on. */
  file: number;
  /** How long a file may take. */
  fileMost: number;
  /** How far back the channel's history is searched for messages of ours. */
  history: number;
  /** How long what Slack said of a person, a group or a channel is believed. */
  people: number;
  /** How long an answer can be given by its response_url. */
  answer: number;
}

export const defaultPace: Pace = {
  prime: 1_100,
  post: 1_000,
  edit: 5_000,
  retry: 1_000,
  limited: 10_000,
  file: 500,
  fileMost: 60_000,
  history: 7 * 86_400_000,
  people: 30_000,
  answer: 29 * 60_000,
};
