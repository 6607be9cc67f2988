/**
 * Connections to Redis, the home of ioredis. A connection waits for a Redis that is away and goes on when it
 * is back, at the same address, whatever server answers there then: nothing that matters lies there alone.
 */
import { readFileSync } from 'node:fs';
import { Redis, type RedisOptions } from 'ioredis';
import { readFault } from '../files/reading.js';
import { safely } from '../machine/safely.js';
import { type RedisFacts, readInfo, servesElsewhere, unreachable } from './faults.js';

export interface RedisSettings {
  /** redis:// or rediss:// (TLS), with user and password in it. */
  url: string;
  /** PEM file of the authority that signed the server's certificate; null = those that Node trusts. */
  ca: string | null;
}

/**
 * A line on which an answer is waited for so long is dead: longer than BullMQ has a command block (10 s), ms.
 */
const SILENCE_MS = 15_000;
/** Refusals this far apart have nothing to do with each other, ms. */
const CALM_MS = 10_000;
const LONGEST_WAIT_MS = 2000;

/** Errors: those of reading. */
function authority(ca: string): Buffer {
  try {
    return readFileSync(ca);
  } catch (error) {
    throw readFault(error, `REDIS_CA (${ca})`, {
      hint: "Name the PEM file of the authority that signed Redis's certificate.",
    });
  }
}

function options({ url, ca }: RedisSettings) {
  return {
    // BullMQ reads the replies of protocol 2.
    protocol: 2,
    keepAlive: 10_000,
    // A server that says nothing does not close its end either.
    disconnectTimeout: 300,
    ...(url.startsWith('rediss:') && ca !== null ? { tls: { ca: authority(ca) } } : {}),
  } satisfies RedisOptions;
}

/** Waits between two tries, which grow: for a server that is away, and for one that is there and refuses. */
function retryDelays() {
  let refusals = 0;
  let at = Number.NEGATIVE_INFINITY;
  const calm = () => performance.now() - at > CALM_MS;
  return {
    refused: () => {
      refusals = calm() ? 1 : refusals + 1;
      at = performance.now();
    },
    next: (times: number) =>
      Math.min(100 * 2 ** Math.min(calm() ? times : Math.max(times, refusals), 5), LONGEST_WAIT_MS),
  };
}

/**
 * A connection, and its copies, on which one side or BullMQ listens. A server that was left on it is left on
 * them, which have no way of finding out by themselves.
 */
export class Line extends Redis {
  private readonly copies = new Set<Redis>();
  /** Copies that were made, or have come about, before this line was last lost. */
  private stale = new Set<Redis>();

  override duplicate(more?: Partial<RedisOptions>): Redis {
    const copy = super.duplicate(more);
    this.copies.add(copy);
    const kept = (error: unknown) => this.emit('error', error);
    copy.on('error', safely(kept, kept));
    copy.on(
      'ready',
      safely(() => this.stale.delete(copy), kept),
    );
    copy.on(
      'end',
      safely(() => this.copies.delete(copy), kept),
    );
    return copy;
  }

  /** It was lost. */
  left(): void {
    this.stale = new Set(this.copies);
  }

  /** It is back. */
  follow(): void {
    for (const copy of this.stale) if (copy.status === 'ready') copy.disconnect(true);
  }

  /** Ends them all at once, whatever still waits for an answer. */
  cut(): void {
    for (const one of [this, ...this.copies]) one.disconnect();
  }
}

/**
 * `onError` hears of each fault of the line; the connection mends itself. Commands never give up, as BullMQ
 * wants it: a server that has become a replica, or reads its data, is left, and they are said again to
 * whoever answers next.
 */
export function connect(settings: RedisSettings, onError: (error: Error) => void): Line {
  const heard = (error: unknown) => onError(error as Error);
  const fault = safely(onError, heard);
  const { refused, next } = retryDelays();
  const redis = new Line(settings.url, {
    ...options(settings),
    maxRetriesPerRequest: null,
    retryStrategy: next,
    socketTimeout: SILENCE_MS,
    reconnectOnError: (error) => {
      if (!servesElsewhere(error)) return false;
      refused();
      fault(error);
      return 2;
    },
  });
  redis.on('error', fault);
  redis.on(
    'close',
    safely(() => redis.left(), heard),
  );
  redis.on(
    'ready',
    safely(() => redis.follow(), heard),
  );
  return redis;
}

/** A line for one question, which gives up. Errors: redis-unreachable. */
async function ask<T>(
  settings: RedisSettings,
  prefix: string,
  waitMs: number,
  question: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(settings.url, {
    ...options(settings),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    connectTimeout: waitMs,
    commandTimeout: waitMs,
    // It waits for a server that reads its data; here that is an answer.
    enableReadyCheck: false,
  });
  let heard: unknown;
  const hear = (error: unknown) => {
    heard = error;
  };
  redis.on('error', safely(hear, hear));
  try {
    await redis.connect();
    return await question(redis);
  } catch (error) {
    throw unreachable(settings.url, prefix, (heard ?? error) as Error);
  } finally {
    redis.disconnect();
  }
}

const WAIT_MS = 5000;

/** What is asked of it for a start, and by the doctor: everything that bot and engines will do. */
export const probe = (settings: RedisSettings, prefix: string, waitMs = WAIT_MS): Promise<RedisFacts> =>
  ask(settings, prefix, waitMs, async (redis) => {
    const info = await redis.info();
    const key = `${prefix}:probe`;
    await redis.set(key, '', 'PX', 1000);
    await redis.eval('return redis.call("DEL", KEYS[1])', 1, key);
    await redis.publish(key, '');
    await redis.subscribe(key);
    return readInfo(info);
  });

/** What lies there under a key; null where nothing does. */
export const stored = (settings: RedisSettings, prefix: string, key: string): Promise<string | null> =>
  ask(settings, prefix, WAIT_MS, (redis) => redis.get(key));
