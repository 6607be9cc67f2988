/**
 * The bot's record of the one delivery of each job that counts. It lies in Redis, signed: engines and the
 * bot's next life go by it.
 */
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import type { connect } from './connection.js';
import type { Entry } from './entry.js';
import { type keys, type Lease, leaseSchema } from './wire.js';

export interface LeasesParts {
  redis: ReturnType<typeof connect>;
  keys: ReturnType<typeof keys>;
  envelopes: Envelopes;
  log: Log;
}

/** Which delivery of a job counts: a row in Redis, signed. */
export class Leases {
  constructor(private readonly parts: LeasesParts) {}

  /** A delivery of an earlier life of this process still counts, where it is of the same payload. */
  async claim(entry: Entry): Promise<void> {
    const { redis, keys, envelopes, log } = this.parts;
    const text = await redis.hget(keys.leases, entry.id);
    entry.claimed = true;
    if (text === null) return;
    try {
      const lease = envelopes.open('flight', text, leaseSchema);
      if (lease.job === entry.id && lease.digest === entry.digest) entry.lease = lease;
    } catch (error) {
      log.warn({ ...aboutJob(entry.id), ...toPlain(error) }, 'delivery not taken up');
    }
  }

  async write(lease: Lease): Promise<void> {
    const { redis, keys, envelopes } = this.parts;
    await redis.hset(keys.leases, lease.job, envelopes.close('flight', lease));
  }

  async remove(job: string): Promise<void> {
    await this.parts.redis.hdel(this.parts.keys.leases, job);
  }
}
