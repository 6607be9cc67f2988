/** What the bot's end of the queue over Redis is made of. */
import type { Log } from '../../log.js';
import type { RedisSettings } from '../../redis/connection.js';
import type { PredictMb } from '../predict.js';
import type { BotTransport } from '../transport/transport.js';
import type { Aside } from './aside.js';

export interface BullQueueOptions {
  redis: RedisSettings;
  prefix: string;
  /** Shared with the engines; null = nothing is signed. */
  key: string | null;
  transport: BotTransport;
  /** Mark of the data folder that engines share; null or missing where they share none. */
  folder?: string | null;
  /** Engines whose work was not there; with a clock of its own in tests. */
  aside?: Aside;
  /** Megabytes that a job takes of its engine's memory; a job goes to no engine that has less. */
  predictMb?: PredictMb;
  /** Engines that a job may outlive before it fails `engine-lost`. */
  attempts?: number;
  log: Log;
  /** Time between two looks when nobody says anything. */
  lookMs?: number;
  /** Silence after which an engine's job is given to another; the engines' own. */
  lostMs?: number;
  /** Told when jobs begin to wait that no engine can do (true), and when none does any more (false). */
  onStarved?: (starved: boolean) => void;
  /** How long nobody must be able to do a job before whoever waits is told: engines come and go. */
  graceMs?: number;
}
