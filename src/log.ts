/**
 * Structured lines on stderr, one JSON object each; stdout belongs to figures that scripts read. The home of
 * pino.
 */

import { destination, type LevelWithSilent, type Logger, pino } from 'pino';
import type { PlainError } from './errors.js';

/**
 * Written at once: lines stand in the order in which they were said, and whatever ends a process, it has said
 * them.
 */
const stderr = () => destination({ dest: 2, sync: true });

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/** `half`: which process speaks, where several write to one place. */
export function createLog(level: LevelWithSilent, half?: 'bot' | 'engine'): Log {
  const base = half === undefined ? null : { half };
  return pino({ level, base, timestamp: pino.stdTimeFunctions.isoTime }, stderr());
}

/** The last line of a service, whatever its level: why it ends, and what to do about it. */
export function logFatal(
  half: 'bot' | 'engine',
  { message, ...more }: PlainError & { stack?: string },
): void {
  const options = { level: 'fatal', base: { half }, timestamp: pino.stdTimeFunctions.isoTime };
  pino(options, stderr()).fatal(more, message);
}

/**
 * The fields of every line that concerns a job: whose it is, and of which round. Ids are
 * `<session>.<round>.<kind>.<attempt>`.
 */
export function aboutJob(job: string): { job: string; session?: string; round?: number } {
  const [, session, round] = /^(.+)\.(\d+)\.[a-z-]+\.\d+/.exec(job) ?? [];
  return session === undefined ? { job } : { job, session, round: Number(round) };
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
