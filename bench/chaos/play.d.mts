/** Types of play.mjs and plan.mjs for the tests, which run a short form of the suite. */
import type { Peer } from '../../tests/support/discord-peer/peer.js';
import type { Plan, Size } from './plan.mjs';

export interface Played {
  /** Faults that came before the session was over. */
  struck: number;
  /** What must hold and did not; empty = all is well. */
  wrong: string[];
  /** File below the session's checkpoints -> SHA-256. */
  checkpoints: Record<string, string>;
  /** Operation of Discord -> how often it was asked for. */
  requests: Record<string, number>;
  events: string[];
  seconds: number;
}
export function play(
  plans: readonly Plan[],
  parts: { Peer: typeof Peer; token: string; dir: string; size?: Size; env?: Record<string, string> },
): Promise<Played>;
