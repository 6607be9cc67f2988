/**
 * Which platforms `start` connects beside the page: those that have a token. Each one's library is loaded only then.
 * Whatever ends a platform for good ends the process, so that whoever runs it hears of it.
 */
import type { RequestOutcome } from '../../src/chat/options.js';
import type { ChatPlatform, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import { remotePlatforms } from '../../src/domain/state/platforms.js';
import { type AcclaimError, toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Typing } from '../commands/complete.js';
import { commandSpecs } from '../commands/table.js';
import { connectors } from '../platforms/table.js';

export interface ConnectOptions {
  config: Config;
  log: Log;
  clock: Clock;
  fatal: (error: unknown) => void;
  /** Told why a connection is lost; null: it is there again. */
  onLink: (platform: PlatformName, lost: AcclaimError | null) => void;
  /** Told of each request's end. */
  onRequest: (platform: string, outcome: RequestOutcome) => void;
  /** What could complete a typed option. */
  complete: (typing: Typing) => Promise<readonly string[]>;
}

export async function connectedPlatforms(options: ConnectOptions): Promise<ChatPlatform[]> {
  const { config, log, clock, fatal, complete, onRequest, onLink } = options;
  const made = remotePlatforms.map((name) =>
    connectors[name].connect(config, {
      commands: commandSpecs,
      complete,
      now: () => clock.now(),
      onError: (error: unknown) => log.error(toPlain(error), name),
      onFatal: fatal,
      onLink: (lost: AcclaimError | null) => onLink(name, lost),
      onRequest: (outcome: RequestOutcome) => onRequest(name, outcome),
    }),
  );
  return (await Promise.all(made)).filter((platform) => platform !== null);
}
