/**
 * Previews of what is being drawn: asked for only where nobody has to look at the pictures before they are
 * shown.
 */
import { expect, it } from 'vitest';
import { DataPaths } from '../../bot/effects/data-paths.js';
import { Jobs } from '../../bot/effects/jobs.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { silentLog } from '../../src/log.js';
import type { JobQueue, JobRequest } from '../../src/queue/contract.js';
import type { JobKind } from '../../src/queue/jobs.js';
import { World } from '../support/world.js';

/** What the engine is asked for to draw the first round. */
async function asked(world: World): Promise<unknown> {
  const payloads: unknown[] = [];
  const queue: Pick<JobQueue, 'run'> = {
    run: async <K extends JobKind>(job: JobRequest<K>) => {
      payloads.push(job.payload);
      throw new Error('nothing is drawn here');
    },
  };
  const jobs = new Jobs({
    queue: queue as JobQueue,
    paths: new DataPaths('/nowhere'),
    clock: { now: () => 0 },
    models: {
      folder: (model) => model,
      safety: { checker: null, threshold: 1, tries: 0 } as never,
      decoder: () => undefined,
    },
    sessions: { dispatch: async () => null },
    stop: new AbortController().signal,
    log: silentLog,
  });
  const effect = [...world.outbox.values()].find(({ kind }) => kind === 'generate');
  await jobs.generate(world.state, effect as EffectOf<'generate'>);
  expect(payloads).toHaveLength(1);
  return payloads[0];
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
  for (const rules of [{}, { drawMinutes: null, learnMinutes: null }]) {
    const payload = await of(rules);
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
