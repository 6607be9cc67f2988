/**
 * The course of one job at the bot: what it reads is brought within reach, it is given out, its end is waited
 * for, and what was made is taken in, or it is given out anew. BullMQ's lock and stalled check see to it that
 * one engine has it at a time. BullMQ retries on any worker: a job that failed on one engine is given out
 * anew by name, so that it comes to another.
 */
import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import { patiently } from '../../artifacts/patience.js';
import { fromPlain, toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { refuses } from '../../redis/faults.js';
import type { Held } from '../contract.js';
import { cancelled } from '../deferred.js';
import type { Need } from '../matching/ability.js';
import type { Aside } from '../matching/aside.js';
import { able, lacking, memoryClass } from '../matching/routing.js';
import { awayBucket } from '../matching/unschedulable.js';
import type { PredictMb } from '../predict.js';
import { takeFoundResult } from '../transport/found-results.js';
import type { BotTransport, Packed } from '../transport/transport.js';
import { again, classifyAnswer, lost, openAnswer, type Verdict } from './answers.js';
import type { End } from './end.js';
import type { EnginesThere } from './engines-there.js';
import type { Entry } from './entry.js';
import type { NeedQueues } from './need-queues.js';
import { type Answer, deliveredSchema, queueName } from './wire.js';

/** BullMQ's word for a job that has lost too many workers. */
const STALLED = /^job stalled more than/;

export interface CourseParts {
  end: End;
  queues: NeedQueues;
  there: EnginesThere;
  transport: BotTransport;
  /** Engines whose work was not there. */
  aside: Aside;
  /** Mark of the data folder that engines share; null where they share none. */
  folder: string | null;
  /** Megabytes that a job takes of its engine's memory; a job goes to no engine that has less. */
  predictMb?: PredictMb;
  /** Engines that a job may outlive before it fails `engine-lost`. */
  attempts: number;
  /** Hears that Redis answers and does nothing of what it is asked. */
  away(error: Error): void;
  closed(): boolean;
}

/** The result is here, or an answer that is none. */
type Outcome = { type: 'kept'; value: unknown } | Exclude<Verdict, { type: 'result' }>;

/** Takes jobs from their asking to their outcome. */
export class Course {
  constructor(private readonly parts: CourseParts) {}

  /** The result, checked. Errors: cancelled, engine-lost, those of the engine and of the transport. */
  async run(entry: Entry): Promise<unknown> {
    await this.insist(entry, () => this.takeUp(entry));
    for (;;) {
      if (!entry.out) {
        const found = await this.prepare(entry);
        if (found) return found.value;
        await this.insist(entry, () => this.giveOut(entry));
      }
      const job = await this.insist(entry, () => this.ended(entry));
      if (job === 'moved') continue;
      const outcome = job ? await this.taken(entry, job) : forgotten;
      // The next life of this process finds the answer there.
      if (this.parts.closed()) throw cancelled(entry.id);
      await this.insist(entry, () => this.evict(entry));
      if (outcome.type === 'kept') return outcome.value;
      if (outcome.type === 'failed') throw outcome.error;
      if (outcome.counts) entry.lost += 1;
      this.parts.end.log.warn(
        { ...aboutJob(entry.id), why: outcome.why, lost: entry.lost },
        'job comes back',
      );
      this.mustGoOn(entry);
      // Whom it shall not go to again goes by who is there.
      await this.insist(entry, () => this.parts.there.list());
      if (entry.lost >= this.parts.attempts) throw outcome.error ?? lost(entry.id, outcome.why);
    }
  }

  /** Again at the next change, where Redis refuses it. */
  private async insist<T>(entry: Entry, act: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!refuses(error) || this.parts.closed()) throw error;
        this.parts.away(error);
        await entry.change();
      }
    }
  }

  /** Throws `cancelled`. */
  private mustGoOn(entry: Entry): void {
    if (entry.abort.signal.aborted || this.parts.closed()) throw cancelled(entry.id);
  }

  /** What an earlier life of this process has given out goes on, where it is of the same payload. */
  private async takeUp(entry: Entry): Promise<void> {
    this.mustGoOn(entry);
    const { queues, end } = this.parts;
    const found = await queues.find(entry.id);
    if (!found) return;
    entry.out = { queue: found.name, nonce: '' };
    // It may have ended before anybody listened.
    entry.ended = true;
    try {
      const { job, nonce, digest } = end.envelopes.open('job', found.job.data.sealed, deliveredSchema);
      entry.out.nonce = nonce;
      if (job === entry.id && digest === entry.digest) return;
    } catch (error) {
      end.log.warn({ ...aboutJob(entry.id), ...toPlain(error) }, 'job not taken up');
    }
    await this.evict(entry);
  }

  /** Engines can reach what it reads afterwards; not null where what was made of it stands. */
  private prepare(entry: Entry): Promise<{ value: unknown } | null> {
    const { transport, end } = this.parts;
    const { kind, payload, abort } = entry;
    const work = async () => {
      await transport.prepare(kind, payload, abort.signal);
      entry.identity = await transport.identity(kind, payload);
      const { envelopes, log } = end;
      return takeFoundResult(entry, { transport, envelopes, log }, abort.signal);
    };
    return patiently(work, { signal: abort.signal, onWait: (error) => entry.hold(awayBucket(error)) });
  }

  private async giveOut(entry: Entry): Promise<void> {
    // Redis refused a part of it: whether the job is there is asked next.
    if (entry.out) return;
    this.mustGoOn(entry);
    const { end, queues, folder } = this.parts;
    const { id, kind, digest, identity } = entry;
    const need = await this.need(entry);
    const { payload } = await this.packed(entry);
    const nonce = randomUUID();
    const delivered = { job: id, nonce, kind, digest, identity, folder, payload };
    entry.out = { queue: queueName(need), nonce };
    await queues.add(need, id, kind, end.envelopes.close('job', delivered));
    await end.say({ type: 'look' });
  }

  private async packed(entry: Entry): Promise<Packed> {
    entry.packed ??= await this.parts.transport.pack(entry.kind, entry.payload, 0);
    return entry.packed;
  }

  /** Who shall have it: not who has refused it, nor, where others can do it, who has failed on it. */
  private async need(entry: Entry): Promise<Need> {
    const { folder, predictMb, attempts, there } = this.parts;
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
    return this.parts.folder === null ? [] : this.parts.aside.list().map(({ engine }) => engine);
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
      if (entry.abort.signal.aborted) {
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
      else await this.parts.end.say({ type: 'cancel', nonce });
      if (!entry.out) break;
    }
    entry.active = false;
    entry.ended = false;
    entry.held = null;
  }

  private async taken(entry: Entry, { returnvalue, failedReason }: Job): Promise<Outcome> {
    const { end, aside, attempts } = this.parts;
    if (STALLED.test(failedReason ?? '')) {
      entry.lost = attempts;
      return { type: 'again', why: 'each engine that took it fell silent', counts: false };
    }
    let answer: Answer;
    try {
      const asked = { job: entry.id, nonce: entry.out?.nonce ?? '' };
      answer = openAnswer(end.envelopes, asked, returnvalue ?? failedReason);
    } catch (error) {
      return { type: 'again', why: failedReason ?? toPlain(error).message, counts: true };
    }
    const verdict = classifyAnswer(entry.kind, answer);
    if (verdict.type === 'result') return this.kept(entry, answer, verdict);
    if (verdict.type === 'failed') return verdict;
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
  ): Promise<Outcome> {
    const { transport, aside } = this.parts;
    const { signal } = entry.abort;
    const work = () => transport.keep(entry.kind, entry.payload, { delivery, artifact }, signal);
    try {
      await patiently(work, { signal, onWait: (error) => entry.hold(awayBucket(error)) });
      aside.forgive(engine);
      return { type: 'kept', value };
    } catch (fault) {
      const error = fromPlain(toPlain(fault));
      if (error.code === 'data-mismatch') aside.put(engine, error.message);
      if (!again.has(error.code)) return { type: 'failed', error };
      entry.failed.add(engine);
      return { type: 'again', why: error.message, counts: true, error };
    }
  }
}

const forgotten: Outcome = { type: 'again', why: 'Redis has forgotten it', counts: false };
