/**
 * Both ends of the queue over Redis in this process: the real queue, the real serving end, workers with the
 * test's handlers.
 */

import { afterEach } from 'vitest';
import type { Handlers } from '../../engine/worker.js';
import { silentLog } from '../../src/log.js';
import { InProcessQueue } from '../../src/queue/local/in-process.js';
import { BullQueue, type BullQueueOptions } from '../../src/queue/redis/bullmq.js';
import { type ServeOptions, serveEngine } from '../../src/queue/redis/serve.js';
import type { BotTransport, EngineTransport } from '../../src/queue/transport/transport.js';
import { connect, type RedisSettings } from '../../src/redis/connection.js';
import { memoryEngines } from './memory-engine.js';
import { Gate } from './wait.js';

/** Jobs without files. */
export const nowhere: BotTransport & EngineTransport = {
  prepare: async () => {},
  pack: async (_kind, payload) => ({ payload, models: [] }),
  unpack: async (_kind, payload) => payload,
  keep: async () => {},
  deliver: async () => null,
  identity: async () => null,
  noted: async () => [],
  note: async () => {},
  forget: async () => {},
  discard: () => {},
};

/** A redis-server, or what stands before it. */
interface Server {
  readonly settings: RedisSettings;
}

/** Name of the engine that has a job now, as BullMQ knows it; undefined where none has. */
export async function engineAtWork({ settings }: Server, prefix: string): Promise<string | undefined> {
  const line = connect(settings, () => {});
  try {
    for (const queue of await line.hkeys(`${prefix}:needs`))
      for (const id of await line.lrange(`${prefix}:${queue}:active`, 0, -1))
        return (await line.hget(`${prefix}:${queue}:${id}`, 'pb')) ?? undefined;
  } finally {
    line.cut();
  }
}

let made = 0;
/** No two tests see each other's keys. */
export const freshPrefix = (): string => `test${++made}`;

const common = (redis: Server, prefix: string) => ({
  redis: redis.settings,
  prefix,
  key: 'k'.repeat(32),
  transport: nowhere,
  log: silentLog,
});

export function openQueue(redis: Server, prefix: string, more: Partial<BullQueueOptions> = {}) {
  return new BullQueue({ ...common(redis, prefix), lookMs: 100, ...more });
}

export async function openEngine(
  redis: Server,
  prefix: string,
  engine: string,
  handlers: Partial<Handlers>,
  more: Partial<ServeOptions> = {},
) {
  const memory = memoryEngines(handlers);
  const local = new InProcessQueue({ launch: memory.launch, attempts: 1, backoffMs: 1, closeGraceMs: 1000 });
  const served = await serveEngine({
    ...common(redis, prefix),
    engine,
    ability: { device: 'cpu', memoryMb: 1000, models: [] },
    local,
    lostMs: 2000,
    ...more,
  });
  return { kill: memory.killBusy, ...served };
}

/** Opens both ends at a Redis; those of a test end with it. */
export function endsOfTest(redis: () => Server) {
  const stops: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  const engine = async (
    prefix: string,
    name: string,
    score: Handlers['score'],
    more: Partial<ServeOptions> = {},
  ) => {
    const opened = await openEngine(redis(), prefix, name, { score }, more);
    stops.push(opened.stop);
    return opened;
  };
  const queue = (prefix: string, more: Partial<BullQueueOptions> = {}) => {
    const opened = openQueue(redis(), prefix, more);
    stops.push(() => opened.close());
    return opened;
  };
  return { engine, queue, stops };
}

/** A job that ends when the test says so; `runs` tells on which engine it began, in order. */
export function gatedJobs() {
  const runs: string[] = [];
  const gate = new Gate();
  const on = (engine: string): Handlers['score'] => {
    return async ({ session }, { signal }) => {
      runs.push(`${engine} ${session}`);
      let open = false;
      void gate.pass().then(() => {
        open = true;
      });
      while (!open) {
        signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return { images: [], diversity: 0 };
    };
  };
  return { runs, gate, on };
}
