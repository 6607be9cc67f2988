/** The bot's record of the one delivery of each job that counts. It lies in Redis, signed: engines and the bot's next life go by it. */
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import type { connect } from './connection.js';
import type { Entry } from './entry.js';
import { type Flight, flightSchema, type keys } from './wire.js';

export interface FlightsParts {
  redis: ReturnType<typeof connect>;
  keys: ReturnType<typeof keys>;
  envelopes: Envelopes;
  log: Log;
}

export class Flights {
  constructor(private readonly parts: FlightsParts) {}

  /** A delivery of an earlier life of this process still counts, where it is of the same payload. */
  async claim(entry: Entry): Promise<void> {
    const { redis, keys, envelopes, log } = this.parts;
    const text = await redis.hget(keys.flights, entry.id);
    entry.claimed = true;
    if (text === null) return;
    try {
      const flight = envelopes.open('flight', text, flightSchema);
      if (flight.job === entry.id && flight.digest === entry.digest) entry.flight = flight;
    } catch (error) {
      log.warn({ ...aboutJob(entry.id), ...toPlain(error) }, 'delivery not taken up');
    }
  }

  async write(flight: Flight): Promise<void> {
    const { redis, keys, envelopes } = this.parts;
    await redis.hset(keys.flights, flight.job, envelopes.close('flight', flight));
  }

  async remove(job: string): Promise<void> {
    await this.parts.redis.hdel(this.parts.keys.flights, job);
  }
}
