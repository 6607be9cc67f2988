/**
 * A job on its way to an engine over Redis: what it reads is brought within reach first, then it is told what it needs, and at
 * last it is written down and put into the engine's lane, in this order. routing.ts says which engine gets it.
 */
import { randomInt } from 'node:crypto';
import { type AcclaimError, fromPlain, toPlain } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import { NAME_CHARACTERS } from '../limits.js';
import type { PredictMb } from '../predict.js';
import type { BotPlaces } from '../transport/places.js';
import type { Aside } from './aside.js';
import type { Entry } from './entry.js';
import type { Errands } from './errands.js';
import type { Flights } from './flights.js';
import { takeStanding } from './found-results.js';
import { awayBucket } from './lack.js';
import type { Lanes } from './lanes.js';
import { choose, lacking } from './routing.js';
import { hold } from './waits.js';
import type { Beat, Flight, Need } from './wire.js';

export interface SendingParts {
  places: BotPlaces;
  envelopes: Envelopes;
  errands: Errands;
  flights: Flights;
  lanes: Lanes;
  /** Engines that get no jobs for a while. */
  aside: Aside;
  folder?: string | null;
  predictMb?: PredictMb;
  log: Log;
  closed(): boolean;
  /** Ends the job with a fault, or with what was made of it. */
  settle(entry: Entry, error: AcclaimError | null, result?: unknown): Promise<void>;
}

/** Deliveries are drawn below this: no two of a job are alike, and no counter in Redis is needed for it. */
const DELIVERIES = 2 ** 47;

export class Sending {
  constructor(private readonly parts: SendingParts) {}

  /** Sends the oldest waiting job of each session that has none out to engines that are free. */
  async dispatch(entries: ReadonlyMap<string, Entry>, engines: ReadonlyMap<string, Beat>): Promise<void> {
    const { folder = null, aside, closed } = this.parts;
    const busy = new Set<string>();
    const taken = new Set<string>();
    for (const { flight, session } of entries.values()) {
      if (!flight) continue;
      busy.add(flight.engine);
      taken.add(session);
    }
    for (const entry of [...entries.values()]) {
      if (entry.flight || entry.cancelled || taken.has(entry.session) || closed()) continue;
      taken.add(entry.session);
      if (!this.prepare(entry)) continue;
      entry.need ??= await this.need(entry);
      if (!entry.need) continue;
      const need = { ...entry.need, folder, aside, short: entry.short, failed: entry.failed };
      const engine = choose(engines.values(), busy, need);
      entry.lack.mark(engine ? null : lacking(engines.values(), need));
      if (!engine) continue;
      busy.add(engine.engine);
      await this.deliver(entry, engine.engine);
    }
  }

  /** True once engines can reach what it reads, and nothing that was made of it stands. */
  private prepare(entry: Entry): boolean {
    if (entry.prepared) return true;
    const { places, envelopes, errands, log } = this.parts;
    let found: { value: unknown } | null = null;
    errands.begin(
      entry.id,
      async (signal) => {
        await places.prepare(entry.kind, entry.payload, signal);
        entry.identity = await places.identity(entry.kind, entry.payload);
        found = await takeStanding(entry, { places, envelopes, log }, signal);
      },
      async (fault) => {
        const { closed, settle } = this.parts;
        if (closed()) return;
        if (fault !== null) await settle(entry, fromPlain(toPlain(fault)));
        else if (found) await settle(entry, null, found.value);
        else entry.prepared = true;
      },
      (error) => hold(entry, awayBucket(error)),
    );
    return false;
  }

  /** Null where the job can go nowhere, which is then its end. */
  private async need(entry: Entry): Promise<Need | null> {
    const { places, envelopes, predictMb, settle } = this.parts;
    try {
      const { models, payload } = await places.pack(entry.kind, entry.payload, 1);
      const { id: job, kind, identity } = entry;
      // As large as it can get, so that none is found too big once it is to go.
      const [delivery, engine] = [DELIVERIES, '-'.repeat(NAME_CHARACTERS)];
      envelopes.close('job', { job, delivery, engine, kind, identity, payload });
      return { models, memoryMb: predictMb?.(kind, entry.payload) ?? 0 };
    } catch (error) {
      await settle(entry, fromPlain(toPlain(error)));
      return null;
    }
  }

  private async deliver(entry: Entry, engine: string): Promise<void> {
    const { places, envelopes, flights, lanes, folder = null } = this.parts;
    const delivery = 1 + randomInt(DELIVERIES);
    const { payload } = await places.pack(entry.kind, entry.payload, delivery);
    const { id: job, kind, identity } = entry;
    const words = { job, delivery, engine, kind, identity, folder, payload };
    const sealed = envelopes.close('job', words);
    const flight: Flight = { job: entry.id, engine, delivery, digest: entry.digest };
    // Written first: an engine takes only what it finds here.
    await flights.write(flight);
    entry.flight = flight;
    await lanes.add(flight, kind, sealed);
  }
}
