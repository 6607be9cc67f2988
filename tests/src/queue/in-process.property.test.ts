/**
 * The queue without Redis under random lives of its engines: they come, finish, fail and die in any order,
 * jobs are asked for and cancelled meanwhile. Engines are plain objects and time is set by hand.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toPlain } from '../../../src/errors.js';
import type { EngineListener } from '../../../src/queue/local/engine-link.js';
import { InProcessQueue } from '../../../src/queue/local/in-process.js';
import { scoreJob } from '../../contracts/queue.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const ATTEMPTS = 3;
const sessions = ['a', 'b', 'c'];

interface Job {
  id: string;
  session: string;
  is: 'waiting' | 'held' | 'over';
  cancelled: boolean;
  deaths: number;
  outcome: string | null;
  expected: string | null;
}

interface Engine {
  listener: EngineListener;
  ready: boolean;
  job: Job | null;
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('ask' as const), at: fc.nat({ max: 2 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ready' as const), at: fc.nat({ max: 2 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('done' as const), at: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('failed' as const), at: fc.nat({ max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('die' as const), at: fc.nat({ max: 2 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), at: fc.nat({ max: 9 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), at: fc.constant(0) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A queue of three engines, and what it made of them. */
class Life {
  readonly engines: Engine[] = [];
  readonly jobs: Job[] = [];
  readonly queue = new InProcessQueue({
    engines: 3,
    attempts: ATTEMPTS,
    launch: (listener) => {
      const engine: Engine = { listener, ready: false, job: null };
      this.engines.push(engine);
      return { send: (message) => message.type === 'job' && this.given(engine, message.id), kill: () => {} };
    },
  });

  private given(engine: Engine, id: string): void {
    const job = this.jobs.find((one) => one.id === id)!;
    expect([engine.ready, engine.job, job.is]).toEqual([true, null, 'waiting']);
    // Nothing of the session runs, and nothing of it has waited for longer.
    const own = this.jobs.filter(({ session, is }) => session === job.session && is !== 'over');
    expect([own.some(({ is }) => is === 'held'), own[0]!.id]).toEqual([false, id]);
    engine.job = job;
    job.is = 'held';
  }

  private over(job: Job, expected: string): void {
    job.is = 'over';
    job.expected = expected;
  }

  private ask(session: string): void {
    const round = this.jobs.length + 1;
    const request = scoreJob(session, round);
    const job: Job = {
      ...{ id: request.id, session, is: 'waiting', cancelled: false, deaths: 0 },
      ...{ outcome: null, expected: null },
    };
    this.jobs.push(job);
    const heard = (outcome: string) => {
      expect(job.outcome).toBeNull();
      job.outcome = outcome;
    };
    this.queue.run(request).then(
      () => heard('done'),
      (error) => heard(toPlain(error).code),
    );
  }

  private answer(engine: Engine, expected: 'done' | 'file-corrupt'): void {
    const job = engine.job!;
    engine.job = null;
    this.over(job, expected);
    const error = { code: 'file-corrupt', message: 'bad', hint: '' };
    engine.listener.message(
      expected === 'done'
        ? { type: 'done', id: job.id, result: { images: [], diversity: 0 } }
        : { type: 'failed', id: job.id, error },
    );
  }

  private die(engine: Engine): void {
    const job = engine.job!;
    this.engines.splice(this.engines.indexOf(engine), 1);
    job.deaths += 1;
    if (job.cancelled) this.over(job, 'cancelled');
    else if (job.deaths === ATTEMPTS) this.over(job, 'engine-lost');
    else job.is = 'waiting';
    engine.listener.ended({ code: 1, signal: null, rss: 0 });
  }

  private cancel(job: Job): void {
    job.cancelled = true;
    if (job.is === 'waiting') this.over(job, 'cancelled');
    void this.queue.cancel(job.id);
  }

  perform({ do: act, at }: Step): void {
    const busy = this.engines.filter(({ job }) => job);
    const coming = this.engines.filter(({ ready }) => !ready);
    const alive = this.jobs.filter(({ is }) => is !== 'over');
    const engine = busy[at % Math.max(1, busy.length)];
    if (act === 'ask') this.ask(sessions[at]!);
    if (act === 'wait') vi.advanceTimersByTime(30_000);
    if (act === 'done' && engine) this.answer(engine, 'done');
    if (act === 'failed' && engine) this.answer(engine, 'file-corrupt');
    if (act === 'die' && engine) this.die(engine);
    if (act === 'cancel' && alive.length > 0) this.cancel(alive[at % alive.length]!);
    const next = coming[at % Math.max(1, coming.length)];
    if (act === 'ready' && next) {
      next.ready = true;
      next.listener.message({ type: 'ready', pid: 1 });
    }
  }

  /** Jobs that an engine could take now. */
  idle(): Job[] {
    if (!this.engines.some(({ ready, job }) => ready && !job)) return [];
    const busy = this.engines.map(({ job }) => job?.session);
    return this.jobs.filter(({ is, session }) => is === 'waiting' && !busy.includes(session));
  }
}

it('gives a session one job at a time, in their order, keeps no engine idle, and ends each job once, whatever dies', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
      const life = new Life();
      for (const one of steps) {
        life.perform(one);
        expect(life.idle()).toEqual([]);
      }
      for (let i = 0; life.jobs.some(({ is }) => is !== 'over'); i++) {
        expect(i).toBeLessThan(500);
        for (const act of ['wait', 'ready', 'done'] as const) life.perform({ do: act, at: 0 });
      }
      await vi.advanceTimersByTimeAsync(0);
      expect(life.jobs.map(({ outcome }) => outcome)).toEqual(life.jobs.map(({ expected }) => expected));
    }),
    { numRuns: 40, seed: 31 },
  );
});
