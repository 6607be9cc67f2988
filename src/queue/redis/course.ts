/**
 * One job at the bot, from its asking to its outcome: what it reads is brought within reach, it is given out,
 * its end is waited for, and what was made is taken in, or it is given out anew. BullMQ's lock and stalled
 * check see to it that one engine has it at a time. BullMQ retries on any worker: a job that failed on one
 * engine is given out anew by name, so that it comes to another.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once, setMaxListeners } from 'node:events';
import type { Job } from 'bullmq';
import { patiently } from '../../artifacts/patience.js';
import { type AcclaimError, fromPlain, toPlain } from '../../errors.js';
import { aboutJob } from '../../log.js';
import { refuses } from '../../redis/faults.js';
import { Asked, cancelled } from '../asked.js';
import type { Held, JobRequest } from '../contract.js';
import type { Need } from '../matching/ability.js';
import { memoryClass } from '../matching/routing.js';
import { awayBucket, Unschedulable } from '../matching/unschedulable.js';
import type { PredictMb } from '../predict.js';
import { takeFoundResult } from '../transport/found-results.js';
import type { BotTransport, Packed } from '../transport/transport.js';
import { lost, nextAfter, openAnswer } from './answers.js';
import type { End } from './end.js';
import type { EnginesThere, MatchOptions, Unfit } from './engines-there.js';
import type { JobEvent, NeedQueues } from './need-queues.js';
import { type Answer, deliveredSchema, queueName, saidSchema } from './wire.js';

/** BullMQ's word for a job that has lost too many workers. */
const STALLED = /^job stalled more than/;

export interface CourseOptions extends MatchOptions {
  transport: BotTransport;
  /** Megabytes that a job takes of its engine's memory; a job goes to no engine that has less. */
  predictMb?: PredictMb;
  /** How long nobody must be able to do a job before whoever waits is told: engines come and go. */
  graceMs: number;
}

export interface CourseParts extends CourseOptions {
  end: End;
  queues: NeedQueues;
  there: EnginesThere;
}

/** What came of giving it out once: the result, or why some engine has to do it anew. */
type Turnout = { value: unknown } | { why: string; error?: AcclaimError };

/** One job at the bot. */
export class Course extends Asked {
  readonly watchers: ((why: Held | null) => void)[] = [];
  readonly unschedulable: Unschedulable;
  /** Where it lies in Redis, and under which nonce it was given out; null while it is not. */
  out: { queue: string; nonce: string } | null = null;
  /** An engine has it. */
  active = false;
  /** Resolves when nothing is done for it any more. */
  over: Promise<unknown> = Promise.resolve();
  readonly #digest: string;
  /** What holds up what it reads or what was made of it, on its way. */
  #held: Held | null = null;
  /** Of all that decides what it writes; null where it writes nothing. */
  #identity: string | null = null;
  /** As it crosses. */
  #packed: Promise<Packed> | null = null;
  /** Its end was heard of. */
  #ended = false;
  /** Runs that count no more, and the one that was last heard of. */
  readonly #stale = new Set<number>();
  #delivery = 0;
  /** How many engines it has outlived, and those by name that will not do. */
  #lost = 0;
  readonly #unfit: Unfit = { failed: new Set(), short: new Set() };
  /** It is cancelled: ends what is carried for it, with the error `cancelled`. */
  readonly #abort = new AbortController();
  #due = false;
  #waiting: () => void = () => {};

  /** `tell` hears why nobody can do it. Errors: job-invalid. */
  constructor(
    request: JobRequest,
    private readonly parts: CourseParts,
    tell: (why: Held | null) => void,
  ) {
    super(request);
    this.#digest = createHash('sha256').update(JSON.stringify(this.payload)).digest('hex');
    this.unschedulable = new Unschedulable(parts.graceMs, tell);
    // Each file on its way listens to it.
    setMaxListeners(0, this.#abort.signal);
  }

  /** To its outcome, once those before it are over. Never rejects. */
  async run(before: Promise<unknown>): Promise<void> {
    try {
      const called = once(this.#abort.signal, 'abort');
      await Promise.race([before, called]);
      await Promise.race([this.parts.there.list().catch(this.parts.end.fault), called]);
      this.resolve(await this.#result());
    } catch (error) {
      this.reject(fromPlain(toPlain(error)));
    }
  }

  /** Something has changed for it, or may have. */
  wake(): void {
    if (this.#held) this.unschedulable.mark(this.#held);
    this.#due = true;
    this.#waiting();
  }

  cancel(): void {
    this.#abort.abort(cancelled(this.id));
    this.wake();
  }

  /** Its end closes, and an engine goes on with it: the next life of this process takes it up. */
  leave(): void {
    this.reject(cancelled(this.id));
    this.cancel();
  }

  /** What BullMQ tells of it; throws at progress that is not signed. */
  hear(event: JobEvent, data: unknown): void {
    if (event === 'progress') this.#take(data);
    else if (event === 'active') {
      this.active = true;
      this.unschedulable.mark(this.#held);
    } else if (event === 'waiting') {
      this.active = false;
      this.#stale.add(this.#delivery);
      this.#comesBack('its engine lets go of it');
    } else if (event === 'stalled') {
      this.#lost += 1;
      this.#comesBack('its engine fell silent');
    } else {
      this.#ended = true;
      this.wake();
    }
  }

  #comesBack(why: string): void {
    this.parts.end.log.warn({ ...aboutJob(this.id), why, lost: this.#lost }, 'job comes back');
  }

  #take(data: unknown): void {
    const { sealed } = data as { sealed?: unknown };
    const { nonce, delivery, said } = this.parts.end.envelopes.open('word', sealed, saidSchema);
    if (nonce !== this.out?.nonce || this.#stale.has(delivery)) return;
    this.#delivery = delivery;
    if (said.type === 'held') this.#hold(said.why);
    else for (const listener of this.listeners) listener(said.progress);
  }

  /** What is on its way for it is held up, or (null) goes on. */
  #hold(why: Held | null): void {
    this.#held = why;
    this.unschedulable.mark(why);
  }

  /** The result, checked. Errors: cancelled, engine-lost, those of the engine and of the transport. */
  async #result(): Promise<unknown> {
    const { there, attempts } = this.parts;
    await this.#insist(() => this.#takeUp());
    for (;;) {
      if (!this.out) {
        const found = await this.#prepare();
        if (found) return found.value;
        await this.#insist(() => this.#giveOut());
      }
      const job = await this.#insist(() => this.#end());
      if (job === 'moved') continue;
      const turnout = await this.#turnout(job).catch((final: AcclaimError) => ({ final }));
      // The next life of this process finds the answer there.
      if (this.parts.end.closing) throw cancelled(this.id);
      await this.#insist(() => this.#evict());
      if ('value' in turnout) return turnout.value;
      if ('final' in turnout) throw turnout.final;
      this.#comesBack(turnout.why);
      this.#abort.signal.throwIfAborted();
      // Whom it shall not go to again goes by who is there.
      await this.#insist(() => there.list());
      if (this.#lost >= attempts) throw turnout.error ?? lost(this.id, turnout.why);
    }
  }

  /** Again at the next change, where Redis refuses it. */
  async #insist<T>(act: () => Promise<T>): Promise<T> {
    const { end } = this.parts;
    for (;;) {
      try {
        return await act();
      } catch (error) {
        if (!refuses(error) || end.closing) throw error;
        end.fault(error);
        await this.#change();
      }
    }
  }

  /** Resolves at the next `wake`, or at once where there was one since the last. */
  async #change(): Promise<void> {
    if (!this.#due)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    this.#due = false;
  }

  /** What an earlier life of this process has given out goes on, where it is of the same payload. */
  async #takeUp(): Promise<void> {
    this.#abort.signal.throwIfAborted();
    const { queues, end } = this.parts;
    const found = await queues.find(this.id);
    if (!found) return;
    this.out = { queue: found.name, nonce: '' };
    // It may have ended before anybody listened.
    this.#ended = true;
    try {
      const { job, nonce, digest } = end.envelopes.open('job', found.job.data.sealed, deliveredSchema);
      this.out.nonce = nonce;
      if (job === this.id && digest === this.#digest) return;
    } catch (error) {
      end.log.warn({ ...aboutJob(this.id), ...toPlain(error) }, 'job not taken up');
    }
    await this.#evict();
  }

  /** Engines can reach what it reads afterwards; not null where what was made of it stands. */
  #prepare(): Promise<{ value: unknown } | null> {
    const { transport, end } = this.parts;
    const { id, kind, payload } = this;
    return this.#carried(async (signal) => {
      await transport.prepare(kind, payload, signal);
      this.#identity = await transport.identity(kind, payload);
      const sought = { id, kind, payload, identity: this.#identity };
      return takeFoundResult(sought, { transport, envelopes: end.envelopes, log: end.log }, signal);
    });
  }

  /** Waits for a bucket that is away. */
  #carried<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    return patiently(() => work(signal), { signal, onWait: (error) => this.#hold(awayBucket(error)) });
  }

  async #giveOut(): Promise<void> {
    // Redis refused a part of it: whether the job is there is asked next.
    if (this.out) return;
    this.#abort.signal.throwIfAborted();
    const { end, queues, folder } = this.parts;
    const { id: job, kind } = this;
    const need = await this.#need();
    const { payload } = await this.#crossing();
    const nonce = randomUUID();
    const delivered = { job, nonce, kind, digest: this.#digest, identity: this.#identity, folder, payload };
    this.out = { queue: queueName(need), nonce };
    await queues.add(need, job, kind, end.envelopes.close('job', delivered));
    await end.say({ type: 'look' });
  }

  #crossing(): Promise<Packed> {
    this.#packed ??= this.parts.transport.pack(this.kind, this.payload, 0);
    return this.#packed;
  }

  async #need(): Promise<Need> {
    const { models } = await this.#crossing();
    const memoryMb = memoryClass(this.parts.predictMb?.(this.kind, this.payload) ?? 0);
    return this.parts.there.need({ models: [...new Set(models)].sort(), memoryMb }, this.#unfit);
  }

  /** Waits for its end; null where Redis does not know it, `moved` where it lies in no queue any more. */
  async #end(): Promise<Job | null | 'moved'> {
    for (let seen = false; this.out; await this.#change()) {
      if (this.parts.end.closing) throw cancelled(this.id);
      const queue = await this.parts.queues.of(this.out.queue);
      const state = await queue.getJobState(this.id);
      if (state === 'unknown') return null;
      if (state === 'completed' || state === 'failed') {
        // What was said before its end is heard before it, unless the word of it got lost.
        if (this.#ended || seen) return (await queue.getJob(this.id)) ?? null;
        seen = true;
        continue;
      }
      if (this.#abort.signal.aborted) {
        await this.#evict();
        this.#abort.signal.throwIfAborted();
      }
      this.active = state === 'active';
      const need = await this.#need();
      this.unschedulable.mark(this.#held ?? this.parts.there.lacking(need, this.#unfit, this.active));
      const elsewhere = !this.active && queueName(need) !== this.out.queue;
      if (elsewhere && (await queue.remove(this.id))) this.out = null;
    }
    return 'moved';
  }

  /** Takes it out of Redis; who works on it lets go of it first, or loses its lock. */
  async #evict(): Promise<void> {
    while (this.out) {
      if (this.parts.end.closing) throw cancelled(this.id);
      const { queue, nonce } = this.out;
      if (await (await this.parts.queues.of(queue)).remove(this.id)) this.out = null;
      else await this.parts.end.say({ type: 'cancel', nonce }).then(() => this.#change());
    }
    this.active = false;
    this.#ended = false;
    this.#held = null;
  }

  /** Null: Redis has forgotten it. Errors: that with which it fails. */
  async #turnout(job: Job | null): Promise<Turnout> {
    if (!job) return { why: 'Redis has forgotten it' };
    const { transport, aside, end } = this.parts;
    if (STALLED.test(job.failedReason ?? '')) throw lost(this.id, 'each engine that took it fell silent');
    let answer: Answer;
    try {
      const asked = { job: this.id, nonce: this.out?.nonce ?? '' };
      answer = openAnswer(end.envelopes, asked, job.returnvalue ?? job.failedReason);
    } catch (error) {
      this.#lost += 1;
      return { why: job.failedReason ?? toPlain(error).message };
    }
    const { engine, delivery, outcome } = answer;
    let by: 'engine' | 'bot' = 'engine';
    try {
      const value = this.read(outcome);
      const made = { delivery, artifact: outcome.type === 'done' ? outcome.artifact : null };
      by = 'bot';
      await this.#carried((signal) => transport.keep(this.kind, this.payload, made, signal));
      aside.forgive(engine);
      return { value };
    } catch (fault) {
      return this.#after(fromPlain(toPlain(fault)), engine, by);
    }
  }

  /** Throws the error where no other engine would fare better. */
  #after(error: AcclaimError, engine: string, by: 'engine' | 'bot'): Turnout {
    const next = nextAfter(error, by);
    if (next === 'nowhere') throw error;
    if (next === 'larger') this.#unfit.short.add(engine);
    if (next === 'another') {
      this.#unfit.failed.add(engine);
      this.#lost += 1;
    }
    if (error.code === 'data-mismatch') this.parts.aside.put(engine, error.message);
    return { why: error.message, error };
  }
}
