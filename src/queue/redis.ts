/**
 * Connections to Redis, the home of ioredis. A connection waits for a Redis that is away and goes on when it is back:
 * nothing that matters lies there alone.
 */
import { readFileSync } from 'node:fs';
import { Redis, type RedisOptions } from 'ioredis';
import { AcclaimError } from '../errors.js';

export interface RedisSettings {
  /** redis:// or rediss:// (TLS), with user and password in it. */
  url: string;
  /** PEM file of the authority that signed the server's certificate; null = those that Node trusts. */
  ca: string | null;
}

/** BullMQ wants commands that never give up; the doctor wants to know at once. */
function options({ url, ca }: RedisSettings) {
  return {
    // BullMQ reads the replies of protocol 2.
    protocol: 2,
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(100 * 2 ** Math.min(times, 5), 2000),
    keepAlive: 10_000,
    ...(url.startsWith('rediss:') && ca !== null ? { tls: { ca: readFileSync(ca) } } : {}),
  } satisfies RedisOptions;
}

/** `onError` hears of each fault of the line; the connection mends itself. */
export function connect(settings: RedisSettings, onError: (error: Error) => void): Redis {
  const redis = new Redis(settings.url, options(settings));
  redis.on('error', onError);
  return redis;
}

/** A connection that answers, or an error that says what to mend; for a start, and for the doctor. */
export async function probe(settings: RedisSettings, waitMs = 5000): Promise<{ version: string }> {
  const redis = new Redis(settings.url, {
    ...options(settings),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: waitMs,
  });
  let heard: Error | undefined;
  redis.on('error', (error) => {
    heard = error;
  });
  try {
    await redis.connect();
    const info = await redis.info('server');
    return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown' };
  } catch (error) {
    throw unreachable(settings.url, heard ?? (error as Error));
  } finally {
    redis.disconnect();
  }
}

function unreachable(url: string, error: Error): AcclaimError {
  const where = url.replace(/\/\/[^@/]*@/, '//');
  const refused = /NOAUTH|WRONGPASS|invalid username-password|NOPERM/i.test(error.message);
  return new AcclaimError(
    'redis-unreachable',
    `Redis at ${where}: ${error.message}`,
    refused
      ? 'Put the user and password into REDIS_URL: redis://USER:PASSWORD@HOST:PORT.'
      : 'Start Redis, or mend REDIS_URL (rediss:// for TLS; REDIS_CA names the authority of its certificate).',
  );
}
