/** What the Slack platform is handed: one workspace, one token. */
import type { CommonPace, RemoteOptions } from '../../../src/chat/options.js';
import { platforms } from '../../../src/domain/state/platforms.js';

/**
 * How events reach us: Slack calls us, or we hold a connection open (nothing need be reachable from outside).
 */
export type Transport =
  | { kind: 'http'; signingSecret: string; host: string; port: number }
  | { kind: 'socket'; appToken: string };

export interface SlackOptions extends RemoteOptions {
  transport: Transport;
  /**
   * File of what was done lately, so that nothing is done twice over a restart; without it only this process
   * remembers.
   */
  doneFile?: string;
  pace?: Partial<Pace>;
}

/**
 * All in ms. Priming is paced for the whole workspace, since reactions.add takes some 50 a minute there; a
 * response_url can be used for half an hour.
 */
export interface Pace extends CommonPace {
  /** Between two posts in a channel. */
  post: number;
  /** Before a failed call is tried again; doubled each time. */
  retry: number;
  /** Waited after a 429 that does not say how long. */
  limited: number;
  /** Between two looks at a file that Slack is still working on. */
  file: number;
  /** How long a file may take. */
  fileMost: number;
  /** How long what Slack said of a person, a group or a channel is believed. */
  people: number;
}

export const defaultPace: Pace = {
  prime: 1_100,
  post: 1_000,
  edit: platforms.slack.editMs,
  retry: 1_000,
  limited: 10_000,
  file: 500,
  fileMost: 60_000,
  history: 7 * 86_400_000,
  people: 30_000,
  answer: 29 * 60_000,
};
