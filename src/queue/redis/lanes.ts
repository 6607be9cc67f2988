/** BullMQ's queues, one an engine, as the bot uses them: deliveries go in, states and answers come out. */
import { type Job, Queue } from 'bullmq';
import { safely } from '../../machine/safely.js';
import type { connect } from './connection.js';
import { deliveryId, type Flight, type keys, queueName } from './wire.js';

/** Answers stay in Redis for so long when nobody takes them, s. */
const KEPT_S = 86_400;

export interface LanesParts {
  redis: ReturnType<typeof connect>;
  keys: ReturnType<typeof keys>;
  prefix: string;
  trouble: (error: unknown) => void;
}

export class Lanes {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly parts: LanesParts) {}

  state(flight: Flight): Promise<string> {
    return this.of(flight.engine).getJobState(deliveryId(flight.job, flight.delivery));
  }

  /** Undefined where Redis has forgotten it. */
  job(flight: Flight): Promise<Job | undefined> {
    return this.of(flight.engine).getJob(deliveryId(flight.job, flight.delivery));
  }

  async add(flight: Flight, kind: string, sealed: string): Promise<void> {
    const jobId = deliveryId(flight.job, flight.delivery);
    const kept = { removeOnComplete: { age: KEPT_S }, removeOnFail: { age: KEPT_S } };
    await this.of(flight.engine).add(kind, { sealed }, { jobId, attempts: 1, ...kept });
  }

  /** What is left in a silent engine's queue would be run when it wakes up: it goes, locks and all. */
  async forget(engine: string): Promise<void> {
    const { redis, keys, trouble } = this.parts;
    const queue = this.of(engine);
    await redis.srem(keys.engines, engine);
    await queue.obliterate({ force: true }).catch(trouble);
    await queue.close().catch(() => {});
    this.queues.delete(engine);
  }

  async close(): Promise<void> {
    for (const queue of this.queues.values()) await queue.close().catch(() => {});
  }

  private of(engine: string): Queue {
    let queue = this.queues.get(engine);
    if (!queue) {
      const { redis: connection, prefix, trouble } = this.parts;
      queue = new Queue(queueName(engine), { connection, prefix, skipVersionCheck: true });
      queue.on('error', safely(trouble, trouble));
      this.queues.set(engine, queue);
    }
    return queue;
  }
}
