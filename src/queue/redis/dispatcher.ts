/**
 * A job on its way to an engine over Redis: what it reads is brought within reach first, then it is told what
 * it needs, and at last it is written down and put into the engine's queue, in this order. routing.ts says
 * which engine gets it.
 */
import { randomInt } from 'node:crypto';
import { type AcclaimError, fromPlain, toPlain } from '../../errors.js';
import type { Log } from '../../log.js';
import type { Envelopes } from '../envelope.js';
import { NAME_CHARACTERS } from '../limits.js';
import type { PredictMb } from '../predict.js';
import type { BotTransport } from '../transport/transport.js';
import type { Aside } from './aside.js';
import type { DeliveryQueues } from './delivery-queues.js';
import type { Entry } from './entry.js';
import { takeFoundResult } from './found-results.js';
import type { Leases } from './leases.js';
import { choose, lacking } from './routing.js';
import type { Transfers } from './transfers.js';
import { awayBucket } from './unschedulable.js';
import { hold } from './waiting-jobs.js';
import type { Beat, Lease, Need } from './wire.js';

export interface DispatcherParts {
  transport: BotTransport;
  envelopes: Envelopes;
  transfers: Transfers;
  leases: Leases;
  deliveryQueues: DeliveryQueues;
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

/** Sends waiting jobs to engines. */
export class Dispatcher {
  constructor(private readonly parts: DispatcherParts) {}

  /** Sends the oldest waiting job of each session that has none out to engines that are free. */
  async dispatch(entries: ReadonlyMap<string, Entry>, engines: ReadonlyMap<string, Beat>): Promise<void> {
    const { folder = null, aside, closed } = this.parts;
    const busy = new Set<string>();
    const taken = new Set<string>();
    for (const { lease, session } of entries.values()) {
      if (!lease) continue;
      busy.add(lease.engine);
      taken.add(session);
    }
    for (const entry of [...entries.values()]) {
      if (entry.lease || entry.cancelled || taken.has(entry.session) || closed()) continue;
      taken.add(entry.session);
      if (!this.prepare(entry)) continue;
      entry.need ??= await this.need(entry);
      if (!entry.need) continue;
      const need = { ...entry.need, folder, aside, short: entry.short, failed: entry.failed };
      const engine = choose(engines.values(), busy, need);
      entry.unschedulable.mark(engine ? null : lacking(engines.values(), need));
      if (!engine) continue;
      busy.add(engine.engine);
      await this.deliver(entry, engine.engine);
    }
  }

  /** True once engines can reach what it reads, and nothing that was made of it stands. */
  private prepare(entry: Entry): boolean {
    if (entry.prepared) return true;
    const { transport, envelopes, transfers, log } = this.parts;
    let found: { value: unknown } | null = null;
    transfers.begin(
      entry.id,
      async (signal) => {
        await transport.prepare(entry.kind, entry.payload, signal);
        entry.identity = await transport.identity(entry.kind, entry.payload);
        found = await takeFoundResult(entry, { transport, envelopes, log }, signal);
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
    const { transport, envelopes, predictMb, settle } = this.parts;
    try {
      const { models, payload } = await transport.pack(entry.kind, entry.payload, 1);
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
    const { transport, envelopes, leases, deliveryQueues, folder = null } = this.parts;
    const delivery = 1 + randomInt(DELIVERIES);
    const { payload } = await transport.pack(entry.kind, entry.payload, delivery);
    const { id: job, kind, identity } = entry;
    const words = { job, delivery, engine, kind, identity, folder, payload };
    const sealed = envelopes.close('job', words);
    const lease: Lease = { job: entry.id, engine, delivery, digest: entry.digest };
    // Written first: an engine takes only what it finds here.
    await leases.write(lease);
    entry.lease = lease;
    await deliveryQueues.add(lease, kind, sealed);
  }
}
