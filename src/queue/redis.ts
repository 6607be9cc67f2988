/**
 * Connections to Redis, the home of ioredis. A connection waits for a Redis that is away and goes on when it is back:
 * nothing that matters lies there alone.
 */
import { readFileSync } from 'node:fs';
import { Redis, type RedisOptions } from 'ioredis';
import { AcclaimError } from '../errors.js';
import { readFault } from '../reading.js';

export interface RedisSettings {
  /** redis:// or rediss:// (TLS), with user and password in it. */
  url: string;
  /** PEM file of the authority that signed the server's certificate; null = those that Node trusts. */
  ca: string | null;
}

/** Errors: those of reading. */
function authority(ca: string): Buffer {
  try {
    return readFileSync(ca);
  } catch (error) {
    throw readFault(error, `REDIS_CA (${ca})`, {
      mend: "Name the PEM file of the authority that signed Redis's certificate.",
    });
  }
}

/** BullMQ wants commands that never give up; the doctor wants to know at once. */
function options({ url, ca }: RedisSettings) {
  return {
    // BullMQ reads the replies of protocol 2.
    protocol: 2,
    maxRetriesPerRequest: null,
    retryStrategy: (times: number) => Math.min(100 * 2 ** Math.min(times, 5), 2000),
    keepAlive: 10_000,
    // A server that says nothing does not close its end either.
    disconnectTimeout: 300,
    ...(url.startsWith('rediss:') && ca !== null ? { tls: { ca: authority(ca) } } : {}),
  } satisfies RedisOptions;
}

/** A connection, and those that BullMQ has made after it. */
export class Line extends Redis {
  private readonly copies: Redis[] = [];

  override duplicate(more?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(more);
    this.copies.push(copy);
    return copy;
  }

  /** Ends them all at once, whatever still waits for an answer. */
  cut(): void {
    for (const one of [this, ...this.copies]) one.disconnect();
  }
}

/** `onError` hears of each fault of the line; the connection mends itself. */
export function connect(settings: RedisSettings, onError: (error: Error) => void): Line {
  const redis = new Line(settings.url, options(settings));
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
  const { code = '' } = error as NodeJS.ErrnoException;
  const said = `${code} ${error.message}`;
  const [, , mend] =
    faults.find(([pattern, tls]) => pattern.test(said) && tls !== !url.startsWith('rediss:')) ?? usual;
  return new AcclaimError('redis-unreachable', `Redis at ${where}: ${error.message}`, mend);
}

type Fault = readonly [pattern: RegExp, tls: boolean | null, mend: string];

/** What is said of a line that does not come about -> over TLS or not (null: either) -> the mend. */
const faults: readonly Fault[] = [
  [
    /NOAUTH|WRONGPASS|invalid username-password|without any password|NOPERM/i,
    null,
    'Put the user and password into REDIS_URL: redis://USER:PASSWORD@HOST:PORT.',
  ],
  [
    /ALTNAME_INVALID/,
    true,
    'Write the host in REDIS_URL as the certificate has it, or give Redis a certificate for that name.',
  ],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/, true, "Renew Redis's certificate, or set this machine's clock."],
  [
    /UNABLE_TO|SELF_SIGNED|CERT_|certificate/i,
    true,
    "Set REDIS_CA to the PEM file of the authority that signed Redis's certificate.",
  ],
  [
    /EPROTO|WRONG_VERSION|SSL|ETIMEDOUT|disconnected before secure/i,
    true,
    'If Redis is there, that port speaks no TLS: use its tls-port, or redis:// on a line that nobody else can read.',
  ],
  [
    /Connection is closed|ECONNRESET|EPIPE|Protocol error/i,
    false,
    'If Redis speaks TLS on that port, write rediss:// in REDIS_URL.',
  ],
];
const usual: Fault = [/./, null, 'Start Redis, or mend REDIS_URL (rediss:// for TLS).'];
