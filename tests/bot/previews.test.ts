/**
 * What engines are asked for: previews only where nobody has to look at the pictures before they are shown,
 * the checkpoint that a round goes on from. And what is taken of their answers.
 */
import { expect, it } from 'vitest';
import { DataPaths } from '../../bot/effects/data-paths.js';
import { Jobs } from '../../bot/effects/jobs.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { Event } from '../../src/domain/state/events.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { silentLog } from '../../src/log.js';
import type { JobQueue, JobRequest } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress, JobResult } from '../../src/queue/jobs.js';
import { World } from '../support/world.js';

type Payload = JobPayload<'generate'>;
type Drawn = JobResult<'generate'>;
type Run = (payload: Payload, progress: (p: JobProgress) => void) => Promise<Drawn>;

/** The jobs of a session's first round, carried out by `run`; what is told of them and what is logged. */
function jobsOf(world: World, run: Run) {
  const told: Event[] = [];
  const warned: string[] = [];
  const queue = {
    run: (job: JobRequest<'generate'>, progress: (p: JobProgress) => void) => run(job.payload, progress),
  };
  const jobs = new Jobs({
    queue: queue as unknown as JobQueue,
    paths: new DataPaths('/nowhere'),
    clock: { now: () => 0 },
    models: {
      folder: (model) => model,
      safety: { checker: null, threshold: 1, tries: 0 } as never,
      decoder: () => undefined,
    },
    sessions: {
      dispatch: async (_, event) => {
        told.push(event);
        return null;
      },
    },
    stop: new AbortController().signal,
    log: {
      ...silentLog,
      warn: (_: object, note?: string) => void warned.push(note ?? ''),
    } as typeof silentLog,
  });
  const effect = [...world.outbox.values()].find(({ kind }) => kind === 'generate') as EffectOf<'generate'>;
  return { jobs, told, warned, effect, generate: () => jobs.generate(world.state, effect) };
}

/** What the engine is asked for to draw the first round. */
async function asked(world: World): Promise<Payload> {
  const payloads: Payload[] = [];
  const run: Run = async (payload) => {
    payloads.push(payload);
    throw new Error('nothing is drawn here');
  };
  await jobsOf(world, run).generate();
  expect(payloads).toHaveLength(1);
  return payloads[0]!;
}

it('asks for picks where the session’s rules do, and not where they are of before there was a choice', async () => {
  for (const [rules, picks] of [
    [{ picks: true }, true],
    [{ picks: false }, false],
    [{ picks: undefined! }, false],
  ] as const)
    expect(await asked(new World(rules, false, false))).toMatchObject({ picks });
});

it('asks for the minutes that hold now, of learners that can be bounded', async () => {
  const of = (rules: Partial<Rules>) => asked(new World(rules, false, false));
  expect(await of({ drawMinutes: 5, learnMinutes: 9 })).toMatchObject({
    minutes: 5,
    learner: { minutes: 9 },
  });
  const unbounded = new World({ learnMinutes: 9 }, false, false);
  unbounded.state = {
    ...unbounded.state,
    session: { ...unbounded.state.session, learner: { name: 'hero' } },
  };
  const none = [of({}), of({ drawMinutes: null, learnMinutes: null }), asked(unbounded)];
  for (const payload of await Promise.all(none)) {
    expect(payload).not.toHaveProperty('minutes');
    expect(payload).not.toHaveProperty('learner.minutes');
  }
});

it.each([
  ['an ordinary session shows them', {}, false, true],
  ['none before a moderator has looked, where pictures are reviewed', { review: true }, false, false],
  ['none where the session is about unsafe pictures', {}, true, false],
  ['none where both hold', { review: true }, true, false],
])('%s', async (_, rules, nsfw, preview) => {
  expect(await asked(new World(rules, false, nsfw))).toMatchObject({ preview });
});

it('draws and learns from the checkpoint that the round goes on from', async () => {
  const parents: (string | null)[] = [];
  const run: Run = async ({ checkpoint }) => {
    parents.push(checkpoint);
    throw new Error('nothing is drawn here');
  };
  const world = new World();
  const { jobs, effect } = jobsOf(world, run);
  await jobs.generate(world.state, { ...effect, parent: 3 });
  const feedback = { images: [], best: null };
  for (const parent of [3, null])
    await jobs.learn(world.state, { ...effect, kind: 'learn', parent, feedback } as EffectOf<'learn'>);
  const third = new DataPaths('/nowhere').checkpoint('cat', 3);
  expect(parents).toEqual([third, third, null]);
});

const drawn = (indices: readonly number[], notes: string[] = []): Drawn =>
  ({
    seconds: 1,
    notes,
    images: indices.map((index) => ({ index, file: `/nowhere/${index}.png`, width: 64, height: 64 })),
  }) as unknown as Drawn;

it('shows what is being drawn until that is over', async () => {
  const seen: (string | undefined)[] = [];
  const world = new World({ imagesPerRound: 1 });
  const { jobs, effect, generate } = jobsOf(world, async (_, progress) => {
    progress({ stage: 'sample', done: 1, total: 2, secondsLeft: null, preview: 'half a cat' });
    seen.push(jobs.preview(effect.key));
    return drawn([0]);
  });
  await generate();
  expect([...seen, jobs.preview(effect.key)]).toEqual(['half a cat', undefined]);
});

it('says once what an engine notes of a model', async () => {
  const { warned, generate } = jobsOf(new World({ imagesPerRound: 1 }), async () =>
    drawn([0], ['it is slow']),
  );
  await generate();
  await generate();
  expect(warned).toEqual(['it is slow']);
});

it.each([
  ['fewer than were asked for', [0, 1]],
  ['in another order', [0, 2, 1]],
])('takes no pictures that are %s', async (_, indices) => {
  const { told, generate } = jobsOf(new World({ imagesPerRound: 3 }), async () => drawn(indices));
  await generate();
  expect(told).toMatchObject([{ kind: 'job-failed', code: 'job-invalid', retry: false }]);
});
