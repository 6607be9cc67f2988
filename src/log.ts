/** Structured lines on stderr, one JSON object each; stdout belongs to figures that scripts read. The home of pino. */
import { destination, type LevelWithSilent, type Logger, pino } from 'pino';

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

export function createLog(level: LevelWithSilent): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination(2));
}

export const silentLog: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
