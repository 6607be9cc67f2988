/**
 * A job that the bot has asked for, as long as nobody has answered it: what is known of it, and who waits for
 * what.
 */
import { createHash } from 'node:crypto';
import type { AcclaimError } from '../../errors.js';
import type { Held } from '../contract.js';
import { deferred } from '../deferred.js';
import type { JobKind, JobProgress } from '../jobs.js';
import { Unschedulable } from './unschedulable.js';
import type { Lease, Need } from './wire.js';

export interface Entry {
  id: string;
  kind: JobKind;
  payload: Record<string, unknown>;
  session: string;
  digest: string;
  /** The delivery that counts; null while it waits. */
  lease: Lease | null;
  /** Whether Redis has been asked for a delivery of an earlier life of this process. */
  claimed: boolean;
  lost: number;
  cancelled: boolean;
  /** Whether engines can reach what it reads. */
  prepared: boolean;
  /** Of all that decides what it writes; null where it writes nothing. */
  identity: string | null;
  listeners: ((p: JobProgress) => void)[];
  watchers: ((why: Held | null) => void)[];
  /** What it needs, once it was told; and the engines that have refused it. */
  need: Need | null;
  short: Set<string>;
  /** Engines that it has outlived, or that it failed on. */
  failed: Set<string>;
  /** Why nobody can do it. */
  unschedulable: Unschedulable;
  /** What holds up what it reads or what was made of it, on its way. */
  held: Held | null;
  outcome: Promise<unknown>;
  resolve: (value: unknown) => void;
  reject: (error: AcclaimError) => void;
}

/** `payload` as its schema has it; `tell` hears why nobody can do it. */
export function newEntry(
  { id, kind, payload }: { id: string; kind: JobKind; payload: { session: string } },
  { graceMs, tell }: { graceMs: number; tell: (entry: Entry, why: Held | null) => void },
): Entry {
  const entry: Entry = {
    id,
    kind,
    payload,
    session: payload.session,
    digest: createHash('sha256').update(JSON.stringify(payload)).digest('hex'),
    lease: null,
    claimed: false,
    lost: 0,
    cancelled: false,
    prepared: false,
    identity: null,
    listeners: [],
    watchers: [],
    need: null,
    short: new Set(),
    failed: new Set(),
    held: null,
    unschedulable: new Unschedulable(graceMs, (why) => tell(entry, why)),
    ...deferred(),
  };
  return entry;
}
