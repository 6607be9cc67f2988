/**
 * The conformance suite of JobQueue (src/queue/contract.ts): a function that every queue is put through. The
 * harness says how jobs are handled on the engine's side and how an engine is made to die; the suite knows
 * nothing else.
 */
import { afterEach, describe, expect, it } from 'vitest';
import type { JobQueue, JobRequest } from '../../src/queue/contract.js';
import type { JobProgress, JobResult } from '../../src/queue/jobs.js';
import { PREVIEW_CHARACTERS } from '../../src/queue/limits.js';

type ScoreContext = { signal: AbortSignal; progress: (p: JobProgress) => void };
export type ScoreHandler = (
  payload: { session: string; round: number },
  context: ScoreContext,
) => Promise<JobResult<'score'>>;

export interface QueueHarness {
  queue: JobQueue;
  /** Ends, without a word, the engine that runs a job now. */
  killEngine(): void;
  stop(): Promise<void>;
}

const nothing: JobResult<'score'> = { images: [], diversity: 0 };

export function scoreJob(session: string, round = 1): JobRequest<'score'> {
  return {
    id: `${session}.${round}.score.1`,
    kind: 'score',
    payload: { session, round, attempt: 1, seed: 1, judge: '/judge', task: 'cat', roundDir: '/round' },
  };
}

/** A job whose end the test decides; `started` resolves when an engine begins it. */
function gate() {
  let open!: () => void;
  let begin!: () => void;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const started = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return { opened, started, open, begin };
}

/** Waits as a handler does: in steps, looking at the signal between them. */
async function stepwise(until: Promise<void>, signal: AbortSignal): Promise<void> {
  let over = false;
  void until.then(() => {
    over = true;
  });
  while (!over) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export function queueContract(
  name: string,
  make: (score: ScoreHandler, options: { engines: number; attempts: number }) => Promise<QueueHarness>,
): void {
  describe(`${name} keeps the queue's contract`, () => {
    let harness: QueueHarness | undefined;
    afterEach(async () => {
      await harness?.stop();
      harness = undefined;
    });

    it('gives a checked result and passes progress on', async () => {
      const progress: JobProgress = { stage: 'score', done: 1, total: 2, secondsLeft: null };
      harness = await make(
        async (_, context) => {
          context.progress(progress);
          return { images: [{ index: 0, good: true, score: 0.9 }], diversity: 0.5 };
        },
        { engines: 1, attempts: 3 },
      );
      const seen: JobProgress[] = [];
      const result = await harness.queue.run(scoreJob('a'), (p) => seen.push(p));
      expect(result).toEqual({ images: [{ index: 0, good: true, score: 0.9 }], diversity: 0.5 });
      expect(seen).toEqual([progress]);
    });

    it('refuses a payload and a result that do not fit their schemas', async () => {
      harness = await make(async () => ({ wrong: true }) as never, { engines: 1, attempts: 3 });
      const bad = scoreJob('a');
      await expect(
        harness.queue.run({ ...bad, payload: { ...bad.payload, round: -1 } }),
      ).rejects.toMatchObject({ code: 'job-invalid' });
      await expect(harness.queue.run(bad)).rejects.toMatchObject({ code: 'job-invalid' });
    });

    it("passes the engine's coded error on and goes on with the next job", async () => {
      let calls = 0;
      const { AcclaimError } = await import('../../src/errors.js');
      harness = await make(
        async () => {
          calls += 1;
          if (calls === 1) throw new AcclaimError('file-corrupt', 'bad file', 'Get it again.');
          return nothing;
        },
        { engines: 1, attempts: 3 },
      );
      await expect(harness.queue.run(scoreJob('a'))).rejects.toMatchObject({
        code: 'file-corrupt',
        message: 'bad file',
        hint: 'Get it again.',
      });
      await expect(harness.queue.run(scoreJob('a', 2))).resolves.toEqual(nothing);
    });

    it('runs the jobs of a session in order and one at a time, even with several engines', async () => {
      const order: string[] = [];
      let inA = 0;
      let most = 0;
      harness = await make(
        async ({ session, round }) => {
          if (session === 'a') most = Math.max(most, ++inA);
          await new Promise((resolve) => setTimeout(resolve, 10 - round));
          if (session === 'a') inA -= 1;
          order.push(`${session}${round}`);
          return nothing;
        },
        { engines: 2, attempts: 3 },
      );
      const { queue } = harness;
      // All of one session's come first, so that two engines would have two of them.
      await Promise.all(
        ['a', 'b'].flatMap((session) => [1, 2, 3].map((r) => queue.run(scoreJob(session, r)))),
      );
      expect(most).toBe(1);
      expect(order.filter((x) => x.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
      expect(order.filter((x) => x.startsWith('b'))).toEqual(['b1', 'b2', 'b3']);
    });

    it('takes the same id once while it waits or runs, and gives everyone its outcome', async () => {
      let calls = 0;
      const g = gate();
      harness = await make(
        async (_, { signal }) => {
          calls += 1;
          await stepwise(g.opened, signal);
          return nothing;
        },
        { engines: 2, attempts: 3 },
      );
      const both = [harness.queue.run(scoreJob('a')), harness.queue.run(scoreJob('a'))];
      g.open();
      expect(await Promise.all(both)).toEqual([nothing, nothing]);
      expect(calls).toBe(1);
    });

    it('gives the job of an engine that died to the next one', async () => {
      let calls = 0;
      const g = gate();
      harness = await make(
        async (_, { signal }) => {
          calls += 1;
          if (calls === 1) {
            g.begin();
            await stepwise(g.opened, signal);
          }
          return nothing;
        },
        { engines: 1, attempts: 3 },
      );
      const outcome = harness.queue.run(scoreJob('a'));
      await g.started;
      harness.killEngine();
      expect(await outcome).toEqual(nothing);
      expect(calls).toBe(2);
    });

    it('fails a job that kills every engine with engine-lost and a hint, and serves the next', async () => {
      let dying: QueueHarness;
      let calls = 0;
      harness = await make(
        async ({ session }, { signal }) => {
          if (session === 'b') return nothing;
          calls += 1;
          setTimeout(() => dying.killEngine(), 1);
          await stepwise(new Promise(() => {}), signal);
          return nothing;
        },
        { engines: 1, attempts: 2 },
      );
      dying = harness;
      await expect(harness.queue.run(scoreJob('a'))).rejects.toMatchObject({
        code: 'engine-lost',
        hint: expect.stringMatching(/\w/),
      });
      expect(calls).toBe(2);
      expect(await harness.queue.run(scoreJob('b'))).toEqual(nothing);
    });

    it('cancels a waiting job at once and a running job between steps', async () => {
      const g = gate();
      const ran: number[] = [];
      harness = await make(
        async ({ round }, { signal }) => {
          ran.push(round);
          if (round === 1) {
            g.begin();
            await stepwise(g.opened, signal);
          }
          return nothing;
        },
        { engines: 1, attempts: 3 },
      );
      const first = harness.queue.run(scoreJob('a', 1));
      const second = harness.queue.run(scoreJob('a', 2));
      const third = harness.queue.run(scoreJob('a', 3));
      const firstEnds = expect(first).rejects.toMatchObject({ code: 'cancelled' });
      const secondEnds = expect(second).rejects.toMatchObject({ code: 'cancelled' });
      await g.started;
      await harness.queue.cancel(scoreJob('a', 2).id);
      await harness.queue.cancel(scoreJob('a', 1).id);
      await Promise.all([firstEnds, secondEnds]);
      expect(await third).toEqual(nothing);
      expect(ran).toEqual([1, 3]);
    });

    it('runs a finished id again when asked again', async () => {
      let calls = 0;
      harness = await make(
        async () => {
          calls += 1;
          return nothing;
        },
        { engines: 1, attempts: 3 },
      );
      await harness.queue.run(scoreJob('a'));
      await harness.queue.run(scoreJob('a'));
      expect(calls).toBe(2);
    });

    it('closes: the running job ends between steps, waiting and new ones are refused', async () => {
      const g = gate();
      harness = await make(
        async (_, { signal }) => {
          g.begin();
          await stepwise(g.opened, signal);
          return nothing;
        },
        { engines: 1, attempts: 3 },
      );
      const running = expect(harness.queue.run(scoreJob('a', 1))).rejects.toMatchObject({
        code: 'cancelled',
      });
      const waiting = expect(harness.queue.run(scoreJob('a', 2))).rejects.toMatchObject({
        code: 'cancelled',
      });
      await g.started;
      await harness.queue.close();
      await Promise.all([running, waiting]);
      await expect(harness.queue.run(scoreJob('a', 3))).rejects.toMatchObject({ code: 'cancelled' });
    });

    it('carries a preview of the largest size, drops progress that may not cross, and ends no job for it', async () => {
      const largest = 'QUJD'.repeat(PREVIEW_CHARACTERS / 4);
      const of = (done: number, more: Partial<JobProgress> = {}) => {
        return { stage: 'sample', done, total: 4, secondsLeft: null, ...more } as const;
      };
      const score: ScoreHandler = async (_, { progress }) => {
        progress(of(1, { preview: `${largest}QUJD` }));
        progress(of(Number.NaN));
        progress(of(2, { preview: largest }));
        return nothing;
      };
      harness = await make(score, { engines: 1, attempts: 1 });
      const seen: JobProgress[] = [];
      expect(await harness.queue.run(scoreJob('a'), (p) => seen.push(p))).toEqual(nothing);
      expect(seen.map(({ done, preview }) => [done, preview?.length])).toEqual([[2, 420_000]]);
      expect(seen[0]!.preview === largest).toBe(true);
    });

    it('goes on where whoever listens fails', async () => {
      const score: ScoreHandler = async (_, { progress }) => {
        progress({ stage: 'score', done: 1, total: 1, secondsLeft: 0 });
        return nothing;
      };
      harness = await make(score, { engines: 1, attempts: 1 });
      let asked = 0;
      const fails = () => {
        asked += 1;
        throw new Error('not here');
      };
      expect(await harness.queue.run(scoreJob('a'), fails)).toEqual(nothing);
      expect(asked).toBe(1);
    });
  });
}
