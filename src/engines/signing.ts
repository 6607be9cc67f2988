/**
 * Whether what crosses Redis has to be signed. Without a key whoever reaches Redis can have engines run jobs
 * of theirs and have the bot take what they made; on one machine that is who may be there anyway, beyond it
 * nobody knows who.
 */
import type { Config } from '../config/schema.js';
import { AcclaimError } from '../errors.js';
import { isLoopback } from '../network/loopback.js';

export const MAKE_KEY =
  'Set ACCLAIM_QUEUE_KEY, the same for the bot and all engines; `acclaim key` makes one.';

/**
 * Null where nothing shows that other machines take part: Redis, and the bucket where there is one, are on
 * loopback.
 */
function reach({ queue, artifacts }: Pick<Config, 'queue' | 'artifacts'>): string | null {
  const { host, hostname } = new URL(queue.redis!);
  if (!isLoopback(hostname)) return `Redis at ${host} is reached from other machines`;
  if (artifacts.bucket === null) return null;
  const { endpoint } = artifacts;
  if (endpoint !== null && isLoopback(new URL(endpoint).hostname)) return null;
  return `bot and engines are on several machines (they meet in the bucket ${artifacts.bucket})`;
}

/** With Redis set. True: it is signed; false: it is not, and need not be. Errors: config-invalid. */
export function checkSigned(config: Pick<Config, 'queue' | 'artifacts'>): boolean {
  if (config.queue.key !== null) return true;
  const why = reach(config);
  if (why === null) return false;
  throw new AcclaimError(
    'config-invalid',
    `${why}, and there is no key to sign with: whoever reaches Redis could give jobs to engines and pictures to the bot`,
    MAKE_KEY,
  );
}
