/**
 * Which platforms `start` connects beside the page: those that have a token. Each one's library is loaded
 * only then. Whatever ends a platform for good ends the process, so that whoever runs it hears of it.
 */
import type { RequestOutcome } from '../../src/chat/options.js';
import type { ChatPlatform } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import { remotePlatforms } from '../../src/domain/state/platforms.js';
import { type AcclaimError, toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Completion } from '../commands/complete.js';
import { commandSpecs } from '../commands/table.js';
import type { Reach } from '../monitoring/reach.js';
import type { Watch } from '../monitoring/watch.js';
import { connectors } from '../platforms/table.js';

export interface ConnectOptions {
  config: Config;
  log: Log;
  clock: Clock;
  /** A platform has ended for good: ends the process. */
  fatal: (error: unknown) => void;
  reach: Reach;
  watch: Watch;
  completion: Completion;
}

/** Made, but not started. Those without a token are left out. */
export async function connectedPlatforms(options: ConnectOptions): Promise<ChatPlatform[]> {
  const { config, log, clock, fatal, reach, watch, completion } = options;
  const made = remotePlatforms.map((name) =>
    connectors[name].connect(config, {
      commands: commandSpecs,
      complete: (typing) => completion.complete(typing),
      now: () => clock.now(),
      onError: (error: unknown) => log.error(toPlain(error), name),
      onFatal: fatal,
      onLink: (lost: AcclaimError | null) => (lost ? reach.lost(name, lost) : reach.connected(name)),
      onRequest: (outcome: RequestOutcome) => watch.request(name, outcome),
    }),
  );
  return (await Promise.all(made)).filter((platform) => platform !== null);
}
