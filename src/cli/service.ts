/**
 * How a service speaks where no terminal listens: everything on stderr is a line of JSON, its end too. What
 * libraries write to the console (ioredis, BullMQ, ...) and Node's own warnings become lines of the log, so
 * that whoever collects them can read them all.
 */
import { format } from 'node:util';
import { AcclaimError, type PlainError, toPlain } from '../errors.js';
import { createLog, logFatal } from '../log.js';
import { safely } from '../machine/safely.js';

/** What a command's process says apart from its log. */
export interface Voice {
  /** A remark. */
  err(text: string): void;
  /** Why it ends. */
  failed(error: unknown): void;
}

/** Makes a service's own words, those of libraries too, lines of its log. */
export function speakInLines(half: 'bot' | 'engine'): Voice {
  const log = createLog('warn', half);
  const tell =
    (from: string) =>
    (...words: unknown[]): void =>
      log.warn({ from }, format(...words));
  for (const name of ['error', 'warn', 'info', 'log', 'debug', 'trace'] as const)
    console[name] = tell('console');
  process.removeAllListeners('warning');
  const ignored = (): void => {};
  process.on(
    'warning',
    safely(({ name, message }: Error) => tell('node')(`${name}: ${message}`), ignored),
  );
  const failed = (error: unknown): void => logFatal(half, fatal(error));
  const end = (error: unknown): void => {
    failed(error);
    process.exit(1);
  };
  process.on('uncaughtException', safely(end, ignored));
  return { err: (text) => log.warn(text.trim().replace(/^acclaim: /, '')), failed };
}

/** A defect comes with where it was; what a person can mend does not need it. */
function fatal(error: unknown): PlainError & { stack?: string } {
  const plain = toPlain(error);
  if (error instanceof AcclaimError || !(error instanceof Error) || error.stack === undefined) return plain;
  return { ...plain, stack: error.stack };
}
