/**
 * The course of one job at the bot: what it reads is brought within reach, it is given out, its end is waited
 * for, and what was made is taken in, or it is given out anew. BullMQ's lock and stalled check see to it that
 * one engine has it at a time. BullMQ retries on any worker: a job that failed on one engine is given out
 * anew by name, so that it comes to another.
 */
import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import { patiently } from '../../artifacts/patience.js';
import { type AcclaimError, fromPlain, toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { refuses } from '../../redis/faults.js';
import type { Held } from '../contract.js';
import { cancelled } from '../deferred.js';
import type { Envelopes } from '../envelope.js';
import { takeFoundResult } from '../transport/found-results.js';
import type { Packed } from '../transport/transport.js';
import { again, classifyAnswer, lost, openAnswer } from './answers.js';
import type { Aside } from './aside.js';
import type { EnginesThere } from './engines-there.js';
import type { Entry } from './entry.js';
import type { NeedQueues } from './need-queues.js';
import type { BullQueueOptions } from './options.js';
import { able, lacking, memoryClass } from './routing.js';
import { awayBucket } from './unschedulable.js';
import { type Answer, deliveredSchema, type Need, queueName, type Word } from './wire.js';

/** BullMQ's word for a job that has lost too many workers. */
const STALLED = /^job stalled more than/;

export interface CourseParts extends Omit<BullQueueOptions, 'redis'> {
  envelopes: Envelopes;
  queues: NeedQueues;
  there: EnginesThere;
  aside: Aside;
  attempts: number;
  say(word: Word): Promise<void>;
  /** Hears that Redis answers and does nothing of what it is asked. */
  away(error: Error): void;
  closed(): boolean;
}

/** A job has come back: some engine has to do it anew, or what was made of it is here. */
type End = { value: unknown } | { why: string; counts: boolean; error?: AcclaimError };

/** Takes jobs from their asking to their outcome. */
export class Course {
  constructor(private readonly parts: CourseParts) {}

  /** The result, checked. Errors: cancelled, engine-lost, those of the engine and of the transport. */
  async run(entry: Entry): Promise<unknown> {
    for (;;) {
      this.mustGoOn(entry);
      try {
        const done = await this.step(entry);
        if (done) return done.value;
      } catch (error) {
        if (!refuses(error)) throw error;
        this.parts.away(error);
        await entry.change();
      }
    }
  }

  /** From wherever it stands to an end in Redis; null where it is to be given out anew. */
  private async step(entry: Entry): Promise<{ value: unknown } | null> {
    if (!entry.asked) await this.takeUp(entry);
    entry.asked = true;
    if (!entry.out) {
      const found = entry.prepared ? null : await this.prepare(entry);
      if (found) return found;
      entry.prepared = true;
      await this.giveOut(entry);
    }
    const job = await this.ended(entry);
    if (job === 'moved') return null;
    const end: End = job ? await this.taken(entry, job) : { why: 'Redis has forgotten it', counts: false };
    // The next life of this process finds the answer there.
    if (this.parts.closed()) throw cancelled(entry.id);
    await this.evict(entry);
    if ('value' in end) return end;
    if (end.counts) entry.lost += 1;
    // What it reads may be what was lost.
    entry.prepared = false;
    this.parts.log.warn({ ...aboutJob(entry.id), why: end.why, lost: entry.lost }, 'job comes back');
    this.mustGoOn(entry);
    // Whom it shall not go to again goes by who is there.
    await this.parts.there.list();
    if (entry.lost >= this.parts.attempts) throw end.error ?? lost(entry.id, end.why);
    return null;
  }

  /** Throws `cancelled`. */
  private mustGoOn(entry: Entry): void {
    if (entry.cancelled || this.parts.closed()) throw cancelled(entry.id);
  }

  /** What an earlier life of this process has given out goes on, where it is of the same payload. */
  private async takeUp(entry: Entry): Promise<void> {
    const { queues, envelopes, log } = this.parts;
    const found = await queues.find(entry.id);
    if (!found) return;
    entry.out = { queue: found.name, nonce: '' };
    // It may have ended before anybody listened.
    entry.ended = true;
    try {
      const { job, nonce, digest } = envelopes.open('job', found.job.data.sealed, deliveredSchema);
      entry.out.nonce = nonce;
      if (job === entry.id && digest === entry.digest) return;
    } catch (error) {
      log.warn({ ...aboutJob(entry.id), ...toPlain(error) }, 'job not taken up');
    }
    await this.evict(entry);
  }

  /** Engines can reach what it reads afterwards; not null where what was made of it stands. */
  private prepare(entry: Entry): Promise<{ value: unknown } | null> {
    const { transport } = this.parts;
    const { kind, payload, abort } = entry;
    const work = async () => {
      await transport.prepare(kind, payload, abort.signal);
      entry.identity = await transport.identity(kind, payload);
      return takeFoundResult(entry, this.parts, abort.signal);
    };
    return patiently(work, { signal: abort.signal, onWait: (error) => entry.hold(awayBucket(error)) });
  }

  private async giveOut(entry: Entry): Promise<void> {
    const { envelopes, queues, say, folder = null } = this.parts;
    const { id, kind, digest, identity } = entry;
    const need = await this.need(entry);
    const { payload } = await this.packed(entry);
    const nonce = randomUUID();
    const sealed = envelopes.close('job', { job: id, nonce, kind, digest, identity, folder, payload });
    entry.out = { queue: queueName(need), nonce };
    await queues.add(need, id, kind, sealed);
    await say({ type: 'look' });
  }

  private async packed(entry: Entry): Promise<Packed> {
    entry.packed ??= await this.parts.transport.pack(entry.kind, entry.payload, 0);
    return entry.packed;
  }

  /** Who shall have it: not who has refused it, nor, where others can do it, who has failed on it. */
  private async need(entry: Entry): Promise<Need> {
    const { folder = null, predictMb, attempts, there } = this.parts;
    const { models } = await this.packed(entry);
    const memoryMb = memoryClass(predictMb?.(entry.kind, entry.payload) ?? 0);
    const anyone: Need = { models: [...new Set(models)].sort(), memoryMb, folder, not: [], attempts };
    const never = new Set([...entry.short, ...this.aside()]);
    const rather = new Set([...never, ...entry.failed]);
    const without = (names: ReadonlySet<string>): Need => ({
      ...anyone,
      not: there.known.map(({ engine }) => engine).filter((engine) => names.has(engine)),
    });
    return there.known.some((beat) => able(beat, without(rather))) ? without(rather) : without(never);
  }

  private aside(): string[] {
    return (this.parts.folder ?? null) === null ? [] : this.parts.aside.list().map(({ engine }) => engine);
  }

  /** Waits for its end; null where Redis does not know it, `moved` where it lies in no queue any more. */
  private async ended(entry: Entry): Promise<Job | null | 'moved'> {
    for (let seen = false; entry.out; await entry.change()) {
      if (this.parts.closed()) throw cancelled(entry.id);
      const queue = await this.parts.queues.of(entry.out.queue);
      const state = await queue.getJobState(entry.id);
      if (state === 'unknown') return null;
      if (state === 'completed' || state === 'failed') {
        // What was said before its end is heard before it, unless the word of it got lost.
        if (entry.ended || seen) return (await queue.getJob(entry.id)) ?? null;
        seen = true;
        continue;
      }
      if (entry.cancelled) {
        await this.evict(entry);
        throw cancelled(entry.id);
      }
      entry.active = state === 'active';
      const need = await this.need(entry);
      entry.unschedulable.mark(entry.held ?? this.lacking(entry, need));
      const elsewhere = !entry.active && queueName(need) !== entry.out.queue;
      if (elsewhere && (await queue.remove(entry.id))) entry.out = null;
    }
    return 'moved';
  }

  /** An engine that leaves has its job until it hands it back. */
  private lacking(entry: Entry, need: Need): Held | null {
    const known = this.parts.there.known.map((beat) => (entry.active ? { ...beat, draining: false } : beat));
    const { older } = this.parts.there;
    return lacking(known, need, { aside: new Set(this.aside()), short: entry.short, older });
  }

  /** Takes it out of Redis; who works on it lets go of it first, or loses its lock. */
  private async evict(entry: Entry): Promise<void> {
    for (; entry.out; await entry.change()) {
      if (this.parts.closed()) throw cancelled(entry.id);
      const { queue, nonce } = entry.out;
      if (await (await this.parts.queues.of(queue)).remove(entry.id)) entry.out = null;
      else await this.parts.say({ type: 'cancel', nonce });
      if (!entry.out) break;
    }
    entry.active = false;
    entry.ended = false;
    entry.held = null;
  }

  private async taken(entry: Entry, { returnvalue, failedReason }: Job): Promise<End> {
    const { envelopes, aside, attempts } = this.parts;
    const said = returnvalue ?? failedReason;
    if (STALLED.test(failedReason ?? '')) {
      entry.lost = attempts;
      return { why: 'each engine that took it fell silent', counts: false };
    }
    let answer: Answer;
    try {
      answer = openAnswer(envelopes, { job: entry.id, nonce: entry.out?.nonce ?? '' }, said);
    } catch (error) {
      return { why: typeof failedReason === 'string' ? failedReason : toPlain(error).message, counts: true };
    }
    const verdict = classifyAnswer(entry.kind, answer);
    if (verdict.type === 'result') return this.kept(entry, answer, verdict);
    if (verdict.type === 'failed') {
      await this.evict(entry);
      throw verdict.error;
    }
    if (verdict.tooSmall) entry.short.add(answer.engine);
    if (verdict.counts) entry.failed.add(answer.engine);
    if (verdict.error?.code === 'data-mismatch') aside.put(answer.engine, verdict.why);
    return verdict;
  }

  /** Moves what was made to where it belongs. */
  private async kept(
    entry: Entry,
    { engine, delivery }: Answer,
    { value, artifact }: { value: unknown; artifact: string | null },
  ): Promise<End> {
    const { transport, aside } = this.parts;
    const { signal } = entry.abort;
    const work = () => transport.keep(entry.kind, entry.payload, { delivery, artifact }, signal);
    try {
      await patiently(work, { signal, onWait: (error) => entry.hold(awayBucket(error)) });
      aside.forgive(engine);
      return { value };
    } catch (fault) {
      const error = fromPlain(toPlain(fault));
      if (error.code === 'data-mismatch') aside.put(engine, error.message);
      if (again.has(error.code)) {
        entry.failed.add(engine);
        return { why: error.message, counts: true, error };
      }
      if (!this.parts.closed()) await this.evict(entry);
      throw error;
    }
  }
}
