/**
 * Rounds that are chosen among more noises, on the miniature at six steps. The votes call good what has more
 * of the first latent channel than the median of the first round: something that no part of the choice is
 * told.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../../../engine/io/checkpoint.js';
import { imageName, readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { rows } from '../../../engine/runtime/tensor.js';
import type { Handlers } from '../../../engine/worker.js';
import { generateResult, type JobPayload, type JobProgress } from '../../../src/queue/jobs.js';
import { smallJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-picking-'));
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const cache = new ExecutorCache({ threads: 1 });
let handlers: Handlers;

const COUNT = 16;
const at = (name: string) => join(root, name);
const learner = {
  name: 'acclaim',
  steps: 1,
  batch: 2,
  microBatch: 2,
  look: 0.33,
  drift: 0,
  ghosts: 0,
} as const;
const sampler = { ...smallJob.sampler, steps: 6 };

const generate = (
  out: string,
  over: Partial<JobPayload<'generate'>> = {},
  progress: (p: JobProgress) => void = () => {},
) =>
  handlers.generate(
    {
      ...smallJob,
      ...{ sampler, count: COUNT, round: 1, checkpoint: at('voted'), noise: 'learner', learner },
      ...{ trajectory: false, out: at(out), picks: true },
      ...over,
    },
    { signal: new AbortController().signal, progress },
  );

/** Mean of the first channel of each latent. */
function firstChannel(name: string): number[] {
  const { latents, manifest } = readRound(at(name));
  return Array.from({ length: manifest.count }, (_, i) => {
    const channel = rows(latents, i, i + 1).data.subarray(0, latents.shape[2]! * latents.shape[3]!);
    return channel.reduce((sum, v) => sum + v, 0) / channel.length;
  });
}

const bytes = (name: string) =>
  (readdirSync(at(name), { recursive: true }) as string[])
    .filter((file) => file.includes('.'))
    .sort()
    .map((file) => [file, readFileSync(join(at(name), file)).toString('base64')]);

let median: number;
/** The round that every test looks at, and what was told while it was drawn. */
let picked: { seen: JobProgress[]; result: unknown };
beforeAll(async () => {
  const engine = new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' });
  handlers = createHandlers(engine);
  await generate('first', { round: 0, count: 32, checkpoint: null });
  const values = firstChannel('first');
  median = [...values].sort((a, b) => a - b)[16]!;
  const images = values.map((v, index) => ({ index, good: v >= median ? 1 : 0, weight: 1 }));
  await handlers.learn(
    {
      ...smallJob,
      ...{ sampler, learner, roundDir: at('first'), feedback: { images, best: null } },
      ...{ checkpoint: null, out: at('voted') },
    },
    { signal: new AbortController().signal, progress: () => {} },
  );
  const seen: JobProgress[] = [];
  picked = { seen, result: await generate('picked', {}, (p) => seen.push(p)) };
});
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

describe('a round that the votes choose', () => {
  it('shows more of what is liked, for what it may cost, and says what it chose and what not', async () => {
    const { seen } = picked;
    const result = generateResult.parse(picked.result);
    expect(readCheckpoint(at('voted')).state.voteModel!.auc).toBeGreaterThan(0.8);
    const { begun, finished, shown, cost } = result.draws!;
    expect(begun).toBeGreaterThan(finished);
    expect(finished).toBeGreaterThan(shown);
    expect(shown).toBe(COUNT);
    expect(cost).toBeLessThanOrEqual(1.5);
    const { images, draws } = readRound(at('picked')).manifest;
    expect(draws).toEqual(result.draws);
    expect(result.images.map(({ pick }) => pick)).toEqual(images!.map(({ pick }) => pick));
    // Pairs of duels are made of what the vote model thinks of each.
    expect(result.images.map(({ chance }) => chance)).toEqual(images!.map(({ p }) => p));
    const of = (pick: string) => images!.flatMap((image, i) => (image.pick === pick ? [i] : []));
    expect([of('unpicked'), of('unsure'), of('liked')].map(({ length }) => length)).toEqual([4, 2, 10]);
    // Half are the base model's, and every unpicked one is of the model that learned.
    expect(images!.filter(({ origin }) => origin === 'base')).toHaveLength(8);
    expect(of('unpicked').every((i) => images![i]!.origin === 'tuned')).toBe(true);
    const values = firstChannel('picked');
    const good = (list: number[]) => list.filter((i) => values[i]! >= median).length / list.length;
    const p = (list: number[]) => list.reduce((sum, i) => sum + images![i]!.p!, 0) / list.length;
    expect(p(of('liked'))).toBeGreaterThan(p(of('unpicked')));
    expect(good(of('liked'))).toBeGreaterThan(0.85);

    const sampled = seen.filter(({ stage }) => stage === 'sample');
    // Steps of single pictures, all that were taken; the bar never runs backwards.
    expect(sampled.at(-1)).toMatchObject({ done: begun * 2 + finished * 4, total: begun * 2 + finished * 4 });
    const along = sampled.map(({ done, total }) => done / total);
    expect(along).toEqual([...along].sort((a, b) => a - b));
  });

  it('leaves what nobody chose as it is without picks, byte for byte', async () => {
    await generate('plain', { picks: false });
    const { images } = readRound(at('picked')).manifest;
    const [picked, plain] = [readRound(at('picked')), readRound(at('plain'))];
    const same = (i: number) =>
      readFileSync(join(at('picked'), imageName(i))).equals(readFileSync(join(at('plain'), imageName(i))));
    for (const [i, { pick }] of images!.entries()) {
      if (pick !== 'unpicked') continue;
      expect(rows(picked.noise, i, i + 1)).toEqual(rows(plain.noise, i, i + 1));
      expect(same(i)).toBe(true);
    }
    // The others' noises differ but for those of the round's own that were chosen.
    expect(images!.some((_, i) => !same(i))).toBe(true);
    expect(plain.manifest.images).toEqual(images!.map(({ origin }) => ({ origin })));
  });

  it('gives the same bytes again', async () => {
    await generate('again');
    expect(bytes('again')).toEqual(bytes('picked'));
  });

  it('is taught with its picks: the base model’s stay base-drawn in what is replayed', async () => {
    const { images } = readRound(at('picked')).manifest;
    await handlers.learn(
      {
        ...smallJob,
        ...{ sampler, learner, round: 1, roundDir: at('picked'), checkpoint: at('voted'), out: at('second') },
        feedback: { images: images!.map((_, index) => ({ index, good: index % 2, weight: 1 })), best: null },
      },
      { signal: new AbortController().signal, progress: () => {} },
    );
    const replay = readCheckpoint(at('second')).state.replay.filter(({ round }) => round === 1);
    expect(replay.map(({ origin }) => origin)).toEqual(images!.map(({ origin }) => origin));
  });

  it('is nobody’s choice where the safety checker has a picture drawn anew, and stays as it is elsewhere', async () => {
    const checker = 'tests/fixtures/tiny/safety/model';
    const small = { count: 6 };
    const scored = await generate('scored', { ...small, safety: { checker, bound: 9, tries: 0 } });
    const scores = scored.images.map(({ safety }) => safety!.score);
    const bound = [...scores].sort((a, b) => b - a)[3]!;
    const { images, draws } = await generate('redrawn', { ...small, safety: { checker, bound, tries: 2 } });
    expect(draws).toEqual(scored.draws);
    const told = readRound(at('redrawn')).manifest.images!;
    const before = readRound(at('scored')).manifest.images!;
    for (const { index, pick, safety } of images) {
      const again = scores[index]! > bound;
      expect(safety!.redrawn > 0).toBe(again);
      expect(told[index]).toEqual(
        again ? { origin: before[index]!.origin, pick: 'unpicked' } : before[index],
      );
      expect(pick).toBe(told[index]!.pick);
    }
    expect(before.some(({ pick }, i) => pick !== 'unpicked' && told[i]!.pick === 'unpicked')).toBe(true);
  });

  it('needs a model of the votes that tells good from bad, and a learner that compares no likelihoods', async () => {
    const { state, manifest } = readCheckpoint(at('voted'));
    const { voteModel, ...without } = state;
    const { voteModel: _, ...facts } = manifest;
    writeCheckpoint(at('poor'), { ...state, voteModel: { ...voteModel!, auc: 0.79 } }, facts);
    // Known to be .79 at least, however good it looks.
    writeCheckpoint(
      at('unsure'),
      { ...state, voteModel: { ...voteModel!, auc: 0.95, aucError: 0.16 } },
      facts,
    );
    writeCheckpoint(at('none'), without, facts);
    for (const [i, over] of [
      { checkpoint: at('poor') },
      { checkpoint: at('unsure') },
      { checkpoint: at('none') },
      { trajectory: true },
    ].entries()) {
      const small = { ...over, count: 3 };
      const result = await generate(`on-${i}`, small);
      expect(result.draws).toBeUndefined();
      const off = await generate(`off-${i}`, { ...small, picks: false });
      expect(bytes(`on-${i}`)).toEqual(bytes(`off-${i}`));
      // What is told of the round, too.
      expect(result.images).toEqual(off.images);
    }
    const hero = { name: 'hero' } as const;
    expect((await generate('hero', { learner: hero, count: 3 })).draws).toBeUndefined();
  });
});
