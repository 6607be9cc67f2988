/**
 * What the newest model draws at other strengths: a job for each, from noises of the session's own, of which one that
 * was killed is drawn again and none that is through; and nothing is put down of what was taken away meanwhile.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataPaths } from '../../bot/effects/data-paths.js';
import { StrengthRuns } from '../../bot/effects/strengths.js';
import type { EffectOf } from '../../src/domain/state/effects.js';
import type { Event } from '../../src/domain/state/events.js';
import { strengths } from '../../src/domain/state/strengths.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import { World } from '../support/world.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-strengths-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** One round is learned; a moderator asks. */
function asked(): { world: World; effect: EffectOf<'strengths'> } {
  const world = new World({ imagesPerRound: 4, quorum: 1, quorumBy: 'done' }, false);
  world.settle();
  world.consent('ann');
  for (const mark of ['1', 'done']) world.react('ann', world.live()[0]!, mark);
  world.settle();
  world.command({ name: 'strength' });
  return { world, effect: world.outbox.get('cat.1.strengths') as EffectOf<'strengths'> };
}

/** An engine that draws a picture and holds the next one back; `at`: what is done before its answer to the nth job. */
function runs(world: World, at: (n: number) => void = () => {}, stop = new AbortController()) {
  const payloads: JobPayload<'evaluate'>[] = [];
  const run = async ({ payload }: { payload: JobPayload<'evaluate'> }) => {
    payloads.push(payload);
    mkdirSync(join(payload.out, 'images'), { recursive: true });
    writeFileSync(join(payload.out, 'images/0000.png'), 'a picture');
    at(payloads.length);
    const images = [
      { file: 'images/0000.png', safe: true, score: -1 },
      { file: 'images/0001.png', safe: false, score: 1 },
    ];
    return { images, by: 'checker', variety: null, seconds: 1, device: 'cpu' };
  };
  const parts = {
    queue: { run, cancel: async () => {} },
    paths: new DataPaths(dir),
    clock: { now: () => world.now },
    models: { folder: (name: string) => `/models/${name}`, safety: { checker: null, bound: 0, tries: 3 } },
    sessions: {
      find: async () => world.state,
      dispatch: async (_: string, event: Event) => void world.send(event),
    },
    stop: stop.signal,
  };
  return { made: new StrengthRuns(parts as never), payloads };
}

test('draws each strength of the same noises by the session’s checkpoint, and shows what may be seen', async () => {
  const { world, effect } = asked();
  const { made, payloads } = runs(world);
  await made.run(world.state, effect);
  expect(payloads.map(({ strength }) => strength)).toEqual(strengths);
  const paths = new DataPaths(dir);
  for (const payload of payloads)
    expect(payload).toMatchObject({ count: 4, seed: 1, checkpoint: paths.checkpoint('cat', 1), goal: null });
  const found = world.state.session.strengths!;
  expect(found).toMatchObject({ round: 1, state: 'done' });
  const [first] = found.steps;
  expect(first!.files).toEqual([expect.stringMatching(/^strengths\/1-0-\w+\/images\/0000\.png$/), null]);
  expect(existsSync(join(dir, 'sessions/cat', first!.files[0]!))).toBe(true);
  expect(world.outbox.has(effect.key)).toBe(false);
});

test('goes on where it was killed', async () => {
  const { world, effect } = asked();
  const stop = new AbortController();
  const killed = runs(
    world,
    (n) => {
      if (n < 3) return;
      stop.abort();
      throw new Error('the engine is gone');
    },
    stop,
  );
  await killed.made.run(world.state, effect);
  expect(world.state.session.strengths).toMatchObject({ state: 'running' });
  expect(world.outbox.has(effect.key)).toBe(true);
  const again = runs(world);
  await again.made.run(world.state, effect);
  expect(again.payloads.map(({ strength }) => strength)).toEqual(strengths.slice(2));
  expect(world.state.session.strengths!.steps.map(({ strength }) => strength)).toEqual(strengths);
});

test('says why it could not, and keeps nothing of what was taken away while it was drawn', async () => {
  const { world, effect } = asked();
  const failing = runs(world, () => {
    throw new Error('out of luck');
  });
  await failing.made.run(world.state, effect);
  expect(world.state.session.strengths).toMatchObject({ state: 'failed', steps: [] });
  world.command({ name: 'strength' });
  const { made, payloads } = runs(world, () => world.command({ name: 'hide-pair' }));
  await made.run(world.state, effect);
  expect(payloads).toHaveLength(1);
  expect(existsSync(payloads[0]!.out)).toBe(false);
  expect(existsSync(`${payloads[0]!.out}.json`)).toBe(false);
  expect(world.state.session.strengths).toBeNull();
});

test('is tried again once a full disk has room', async () => {
  const { world, effect } = asked();
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const { made } = runs(world, () => {
    throw full;
  });
  await expect(made.run(world.state, effect)).rejects.toBe(full);
  expect(world.state.session.strengths).toMatchObject({ state: 'running' });
  expect(world.outbox.has(effect.key)).toBe(true);
});
