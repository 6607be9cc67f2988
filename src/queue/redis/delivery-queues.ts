/** BullMQ's queues, one an engine, as the bot uses them: deliveries go in, states and answers come out. */
import { type Job, Queue } from 'bullmq';
import { safely } from '../../machine/safely.js';
import type { connect } from './connection.js';
import { deliveryId, type keys, type Lease, queueName } from './wire.js';

/** Answers stay in Redis for so long when nobody takes them, s. */
const KEPT_S = 86_400;

export interface DeliveryQueuesParts {
  redis: ReturnType<typeof connect>;
  keys: ReturnType<typeof keys>;
  prefix: string;
  trouble: (error: unknown) => void;
}

/** BullMQ's queues, opened when they are first needed. */
export class DeliveryQueues {
  private readonly queues = new Map<string, Queue>();

  constructor(private readonly parts: DeliveryQueuesParts) {}

  state(lease: Lease): Promise<string> {
    return this.of(lease.engine).getJobState(deliveryId(lease.job, lease.delivery));
  }

  /** Undefined where Redis has forgotten it. */
  job(lease: Lease): Promise<Job | undefined> {
    return this.of(lease.engine).getJob(deliveryId(lease.job, lease.delivery));
  }

  async add(lease: Lease, kind: string, sealed: string): Promise<void> {
    const jobId = deliveryId(lease.job, lease.delivery);
    const kept = { removeOnComplete: { age: KEPT_S }, removeOnFail: { age: KEPT_S } };
    await this.of(lease.engine).add(kind, { sealed }, { jobId, attempts: 1, ...kept });
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
