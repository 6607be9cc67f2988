/**
 * The engine's jobs end to end on the miniature, tiny rounds (6 images, 4 steps), one thread: what is
 * written, that the same work gives the same bytes, that learners learn or say why not, and that errors have
 * their codes.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applied } from '../../../engine/adapters/applied.js';
import { readAdapters } from '../../../engine/adapters/read.js';
import { sample } from '../../../engine/diffusion/sampler.js';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { image } from '../../../engine/io/latents.js';
import { readRound, writeRound } from '../../../engine/io/round.js';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { FitAhead } from '../../../engine/learn/ahead.js';
import { cosine } from '../../../engine/learn/reward.js';
import { scoreWith } from '../../../engine/learn/vote-model/model.js';
import { diversity } from '../../../engine/measures/diversity.js';
import { features } from '../../../engine/models/features.js';
import { decode, loadPipeline } from '../../../engine/models/pipeline.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { GraphSpec } from '../../../engine/runtime/graph-spec.js';
import { type FloatTensor, f32, rows } from '../../../engine/runtime/tensor.js';
import type { Handlers } from '../../../engine/worker.js';
import { decodePicture, readPngNotes } from '../../../src/images/png.js';
import { rasterFromFloats } from '../../../src/images/raster.js';
import type { Feedback, JobPayload, JobProgress } from '../../../src/queue/jobs.js';
import { Rng } from '../../../src/rng.js';
import { english } from '../../../src/words/text.js';
import { MINI, relativeError } from '../../support/golden.js';
import { smallJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-jobs-'));
const COUNT = 6;
/** Compiles several training graphs, in seconds; a busy machine takes minutes. */
vi.setConfig({ testTimeout: 240_000 });
let handlers: Handlers;
let engine: EngineContext;
let cache: ExecutorCache;

beforeAll(() => {
  // Nothing that another test computes with again is let go of.
  cache = new ExecutorCache({ threads: 1 }, { executors: 99, memory: Infinity });
  engine = new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' });
  handlers = createHandlers(engine);
});
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

/** The judge sees pictures of the miniature's own size alone. */
const asJudged = { width: null, height: null };

const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
type LearnerSettings = JobPayload<'learn'>['learner'];
const learner: LearnerSettings = { name: 'acclaim', steps: 3, batch: 4, microBatch: 4, drift: 0 };

const generate = (out: string, over: Partial<JobPayload<'generate'>> = {}) =>
  handlers.generate(
    {
      ...smallJob,
      count: COUNT,
      checkpoint: null,
      noise: 'learner',
      learner,
      trajectory: false,
      out,
      ...over,
    },
    quiet(),
  );

const feedback = (goods: readonly number[], best: number | null = goods[0] ?? null): Feedback => ({
  images: Array.from({ length: COUNT }, (_, index) => ({
    index,
    good: goods.includes(index) ? 1 : 0,
    weight: 1,
  })),
  best,
});

const learn = (
  out: string,
  over: Partial<JobPayload<'learn'>> = {},
  progress: (p: JobProgress) => void = () => {},
) =>
  handlers.learn(
    {
      ...smallJob,
      learner,
      roundDir: join(root, 'plain'),
      feedback: feedback([0, 3]),
      checkpoint: null,
      out,
      ...over,
    },
    { ...quiet(), progress },
  );

const bytes = (dir: string) =>
  (readdirSync(dir, { recursive: true }) as string[])
    .filter((name) => name.includes('.'))
    .sort()
    .map((name) => [name, readFileSync(join(dir, name)).toString('base64')]);

/** What several tests begin with: made by the first that asks for it, the same whichever that is. */
const once = <T>(make: () => Promise<T>) => {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
};
const made = {
  plain: once(async () => {
    const seen: JobProgress[] = [];
    const out = join(root, 'plain');
    const result = await handlers.generate(
      { ...smallJob, count: COUNT, checkpoint: null, noise: 'plain', learner, trajectory: true, out },
      { signal: new AbortController().signal, progress: (p) => seen.push(p) },
    );
    return { seen, out, result };
  }),
  c0: once(async () => {
    const seen: JobProgress[] = [];
    const result = await learn(join(root, 'c0'), {}, (p) => seen.push(p));
    return { seen, result };
  }),
  r1: once(async () => {
    await made.c0();
    await generate(join(root, 'r1'), { round: 1, checkpoint: join(root, 'c0') });
  }),
  /** With which graphs were asked for on the way. */
  c1: once(async (): Promise<GraphSpec[]> => {
    await made.r1();
    const asked = vi.spyOn(cache, 'get');
    await learn(join(root, 'c1'), { ...afterR1(), feedback: feedback([1, 4], null) });
    const specs = asked.mock.calls.map(([spec]) => spec);
    asked.mockRestore();
    return specs;
  }),
  /** A few strong steps: an adapter that clearly is not the base model. */
  strong: once(async () => {
    const roundDir = join(root, 'plain-first');
    await generate(roundDir, { noise: 'plain' });
    await learn(join(root, 'strong'), {
      roundDir,
      learner: { ...learner, name: 'acclaim', lr: 0.02, maxDrift: 9 },
    });
  }),
  two: once(() => generate(join(root, 'two'), half())),
  drift: once(() => taught('drift', [0, 3])),
  hero: once(() => learn(join(root, 'hero'), { learner: likelihood[0]! })),
  near: once(async () => {
    // The checker's bound of special care put under every cosine: all pictures are near it.
    const near = join(root, 'near');
    cpSync(checker, near, { recursive: true });
    const file = join(near, 'safety_checker/model.safetensors');
    const { special_care_embeds_weights: bounds, ...rest } = readSafetensors(file);
    const under = { ...bounds!, data: new Float32Array(bounds!.data.length).fill(-1) };
    writeSafetensors(file, { ...rest, special_care_embeds_weights: under as FloatTensor });
    return near;
  }),
};

/** Random weights: its scores mean nothing, so the bound is put where it parts the images. */
const checker = 'tests/fixtures/tiny/safety/model';
const afterR1 = () => ({ round: 1, checkpoint: join(root, 'c0'), roundDir: join(root, 'r1') });
const strong = () => join(root, 'strong');
const half = (over: object = {}, more: object = {}): Partial<JobPayload<'generate'>> => ({
  round: 1,
  checkpoint: strong(),
  learner: { ...learner, name: 'acclaim', baseShare: 0.5, ...over },
  ...more,
});
const drifting: LearnerSettings = { ...learner, name: 'acclaim', drift: 0.5, lr: 0.02, maxDrift: 9 };
const taught = async (
  name: string,
  goods: number[],
  over: object = {},
  progress?: (p: JobProgress) => void,
) => {
  const payload = { feedback: feedback(goods, 0), learner: { ...drifting, ...over } };
  await learn(join(root, name), payload, progress);
  return readCheckpoint(join(root, name)).state;
};
const likelihood: LearnerSettings[] = [
  { name: 'hero', timesteps: 2, microBatch: 4, imagesPerStep: 3, embeddingSteps: 3, clip: 1e-3, lr: 1e-3 },
  { name: 'ddpo', timesteps: 2, microBatch: 4, imagesPerStep: 3, lr: 1e-3 },
  { name: 'd3po', timesteps: 2, group: 3, lr: 1e-3 },
];

beforeAll(async () => {
  await made.plain();
  await made.strong();
});

describe('generate', () => {
  it('writes a round that reads back, with provenance in each image', async () => {
    const { seen, out, result } = await made.plain();
    expect(result.images).toHaveLength(COUNT);
    const round = readRound(out);
    expect(round.latents.shape).toEqual([COUNT, 4, 8, 8]);
    expect(round.trajectory!.latents.shape).toEqual([5, COUNT, 4, 8, 8]);
    expect(round.trajectory!.latents.data.subarray(0, 1536)).toEqual(round.noise.data);
    expect(round.trajectory!.latents.data.subarray(4 * 1536)).toEqual(round.latents.data);
    expect(readFileSync(join(out, 'images/0005.png')).includes('a robot at a party')).toBe(true);
    const sampled = seen.filter((p) => p.stage === 'sample');
    expect(sampled.map((p) => p.done)).toEqual([0, 1, 2, 3, 4]);
    // Foretold before the first step, and not at all wildly.
    expect(sampled[0]!.secondsLeft).toBeGreaterThan(0);
    expect(sampled[0]!.secondsLeft).toBeLessThan(60);
    expect(seen.at(-1)).toMatchObject({ stage: 'write', done: 1, secondsLeft: 0 });
  });

  it('gives the same bytes again, and other images for another round', async () => {
    await generate(join(root, 'again'), { noise: 'plain', trajectory: true });
    expect(bytes(join(root, 'again'))).toEqual(bytes(join(root, 'plain')));
    await generate(join(root, 'other'), { noise: 'plain', round: 1 });
    const [a, b] = [readRound(join(root, 'plain')), readRound(join(root, 'other'))];
    expect(Math.abs(cosine(a.latents.data.subarray(0, 256), b.latents.data.subarray(0, 256)))).toBeLessThan(
      0.9,
    );
  });

  it('stops between steps when it is cancelled, and leaves nothing', async () => {
    const abort = new AbortController();
    const out = join(root, 'cancelled');
    const job = handlers.generate(
      { ...smallJob, count: COUNT, checkpoint: null, noise: 'plain', learner, trajectory: false, out },
      { signal: abort.signal, progress: (p) => p.stage === 'sample' && p.done === 2 && abort.abort() },
    );
    await expect(job).rejects.toThrow();
    expect(existsSync(out) || existsSync(`${out}.partial`)).toBe(false);
  });

  it('draws and learns nothing that no session may ask for, whoever sent it', async () => {
    const refused = { code: 'prompt-refused' };
    await expect(generate(join(root, 'refused'), { prompt: 'nsfw, 12yo' })).rejects.toMatchObject(refused);
    const nsfw = { checker: null, bound: 0, tries: 0, nsfw: true };
    const minor = generate(join(root, 'refused'), { prompt: 'a kid', safety: nsfw });
    await expect(minor).rejects.toMatchObject(refused);
    await expect(learn(join(root, 'refused'), { prompt: 'nsfw, 12yo' })).rejects.toMatchObject(refused);
    expect(existsSync(join(root, 'refused'))).toBe(false);
  });
});

describe('the safety checker', () => {
  const drawn = (name: string, safety: JobPayload<'generate'>['safety']) =>
    generate(join(root, name), { noise: 'plain', trajectory: true, ...(safety ? { safety } : {}) });

  it('holds back what is above the bound, draws it anew from the next noise, and leaves the rest alone', async () => {
    const { images: scored } = await drawn('scored', { checker, bound: 9, tries: 3 });
    expect(scored.map((image) => image.held)).toEqual(new Array(COUNT).fill(false));
    const scores = scored.map((image) => image.safety!.score).sort((a, b) => b - a);
    const bound = (scores[1]! + scores[2]!) / 2;
    const above = scored.filter((image) => image.safety!.score > bound).map((image) => image.index);
    expect(above).toHaveLength(2);

    const { images: kept } = await drawn('kept', { checker, bound, tries: 0 });
    expect(kept.filter((image) => image.held).map((image) => image.index)).toEqual(above);
    const { images } = await drawn('replaced', { checker, bound, tries: 3 });
    for (const { index, held, safety } of images) {
      if (!above.includes(index)) expect(safety).toEqual(scored[index]!.safety);
      else expect(safety!.redrawn).toBeGreaterThan(0);
      // Either a fresh one below the bound, or the last of three that all were above it.
      expect(held).toBe(safety!.score > bound);
      if (held) expect(safety!.redrawn).toBe(3);
    }
    const [before, after] = [readRound(join(root, 'kept')), readRound(join(root, 'replaced'))];
    for (let i = 0; i < COUNT; i++) {
      const same = !above.includes(i);
      const row = (t: FloatTensor) => rows(t, i, i + 1).data;
      expect(row(after.noise).every((x, j) => x === row(before.noise)[j])).toBe(same);
      const { latents, logProbs } = after.trajectory!;
      // What is kept of the way belongs to the image that was kept.
      const at = (k: number) => latents.data.subarray((k * COUNT + i) * 256, (k * COUNT + i + 1) * 256);
      expect(at(0)).toEqual(row(after.noise));
      expect(at(4)).toEqual(row(after.latents));
      // So does what is seen in it.
      for (const [map, seen] of Object.entries(after.features!))
        expect(
          row(seen).every((x, j) => x === row(before.features![map]!)[j]),
          map,
        ).toBe(same);
      expect(Math.hypot(...row(after.features!.clip!))).toBeCloseTo(1, 5);
      const changed = logProbs.data[i] !== before.trajectory!.logProbs.data[i];
      expect(changed).toBe(!same);
    }
    expect(after.manifest.safety!.images.map((image) => image.redrawn > 0)).toEqual(
      images.map((image) => above.includes(image.index)),
    );
    await drawn('replaced-again', { checker, bound, tries: 3 });
    expect(bytes(join(root, 'replaced-again'))).toEqual(bytes(join(root, 'replaced')));
  });

  it('bars what is near a concept of special care, where it is unsafe or none may be seen', async () => {
    const lax = { checker: await made.near(), bound: 9, tries: 0 };
    const { images } = await drawn('barred', lax);
    const unsafe = images.map(({ safety }) => safety!.score > 0);
    expect(images.map(({ held, barred = false }) => [held, barred])).toEqual(unsafe.map((it) => [it, it]));
    const all = await drawn('barred-all', { ...lax, nsfw: true });
    expect(all.images.map(({ held, barred }) => [held, barred])).toEqual(images.map(() => [true, true]));
  });

  it('is left out where there is none', async () => {
    const { images } = await drawn('unchecked', { checker: null, bound: 0, tries: 3 });
    expect(images[0]!.safety).toBeUndefined();
    expect(bytes(join(root, 'unchecked'))).toEqual(bytes(join(root, 'plain')));
  });
});

describe('the pair row', () => {
  const pair = { count: 2, steps: 3 };
  const picture = (name: string, i: number) => decodePicture(join(root, name, `pair/000${i}.png`));
  const without = (name: string) => bytes(join(root, name)).filter(([file]) => !/manifest|pair/.test(file!));

  /** The sampler alone, two pictures at a time, the adapter merged, from the noises of docs/formats.md. */
  async function sampled(checkpoint: string | null, prompt = smallJob.prompt) {
    const pipeline = await engine.pipeline(MINI);
    const stream = (purpose: string) => new Rng(smallJob.seed, 0, `pair.${purpose}`);
    const both = (purpose: string) => [0, 1].map((i) => stream(`${purpose}.${i}`));
    const noise = f32([2, 4, 8, 8]);
    for (const [i, rng] of both('noise').entries()) noise.data.set(rng.normals(256), i * 256);
    const steps = both('steps');
    const at = checkpoint === null ? null : readCheckpoint(checkpoint);
    const { latents } = await sample({
      ...{ pipeline, cache, prompt, negative: '', noise },
      sampler: { ...smallJob.sampler, steps: pair.steps },
      stepNoise: () => Float32Array.from(steps.flatMap((rng) => [...rng.normals(256)])),
      adapter: at ? applied(at.manifest.adapter, at.state) : undefined,
    });
    const images = await decode(pipeline, cache, latents);
    return [0, 1].map((i) => rasterFromFloats(rows(images, i, i + 1).data, 32, 32).data);
  }

  /** Largest difference of two pictures, in levels. */
  const apart = (a: Uint8Array, b: Uint8Array) => Math.max(...a.map((level, i) => Math.abs(level - b[i]!)));

  it('is what the sampler draws of the same noises with the same adapter, and changes no byte of the round', async () => {
    const result = await generate(join(root, 'paired'), { noise: 'plain', trajectory: true, pair });
    const files = [0, 1].map((index) => ({ index, file: `pair/000${index}.png`, width: 32, height: 32 }));
    expect(result.pair).toEqual(files);
    expect(without('paired')).toEqual(without('plain'));
    await made.two();
    await generate(join(root, 'paired-tuned'), half({}, { pair }));
    expect(without('paired-tuned')).toEqual(without('two'));
    const [base, tuned] = [await sampled(null), await sampled(strong())];
    for (const i of [0, 1]) {
      expect(apart((await picture('paired', i)).data, base[i]!)).toBeLessThanOrEqual(1);
      expect(apart((await picture('paired-tuned', i)).data, tuned[i]!)).toBeLessThanOrEqual(1);
      expect(apart(base[i]!, tuned[i]!)).toBeGreaterThan(9);
    }
  });

  it('stays as it was in another round, and with the first of several prompts', async () => {
    const prompts = [smallJob.prompt, 'a ghost at night'];
    const over = { noise: 'plain', round: 2, prompt: prompts[1]!, prompts, pair } as const;
    await generate(join(root, 'paired-later'), over);
    for (const i of [0, 1])
      expect((await picture('paired-later', i)).data).toEqual((await picture('paired', i)).data);
    const notes = readPngNotes(readFileSync(join(root, 'paired-later/pair/0001.png')));
    expect(notes).toMatchObject({ prompt: prompts[0], pair: '1', steps: '3', round: '2' });
    expect(notes).not.toHaveProperty('image');
  });

  it('is looked at as the round is, never drawn anew, and of a barred one nothing is kept', async () => {
    const looked = async (name: string, safety: JobPayload<'generate'>['safety']) => {
      const { pair: said } = await generate(join(root, name), {
        noise: 'plain',
        pair,
        ...(safety && { safety }),
      });
      const there = [0, 1].map((i) => existsSync(join(root, name, `pair/000${i}.png`)));
      return { said, there };
    };
    const held = await looked('paired-held', { checker, bound: -9, tries: 1 });
    expect(held.said).toMatchObject([{ held: true }, { held: true }]);
    expect((await picture('paired-held', 0)).data).toEqual((await picture('paired', 0)).data);
    const barred = await looked('paired-barred', {
      checker: await made.near(),
      bound: 9,
      tries: 0,
      nsfw: true,
    });
    expect(barred.said).toMatchObject([0, 1].map(() => ({ file: null, held: true, barred: true })));
    expect(barred.there).toEqual([false, false]);
  });

  it('is drawn at other strengths of what was learned: 0 is the base model, 1 what rounds are drawn with', async () => {
    const at = async (strength: number, safety?: JobPayload<'evaluate'>['safety']) => {
      const name = `strength-${strength}-${safety ? 'looked' : ''}`;
      const job = { ...smallJob, sampler: { ...smallJob.sampler, steps: pair.steps }, count: 2, goal: null };
      const more = {
        learner,
        checkpoint: strong(),
        strength,
        out: join(root, name),
        ...(safety && { safety }),
      };
      const { images, by } = await handlers.evaluate({ ...job, ...more }, quiet());
      const files = images.map(({ file }) => file && decodePicture(join(root, name, file)));
      return { images, by, data: await Promise.all(files.map(async (file) => file && (await file)!.data)) };
    };
    const [none, whole, more] = [await at(0), await at(1), await at(1.5)];
    expect([none.by, none.images[0]]).toEqual(['nobody', { safe: true, score: 0, file: 'images/0000.png' }]);
    for (const i of [0, 1]) {
      expect(apart(none.data[i] as Uint8Array, (await picture('paired', i)).data)).toBeLessThanOrEqual(1);
      expect(apart(whole.data[i] as Uint8Array, (await picture('paired-tuned', i)).data)).toBeLessThanOrEqual(
        1,
      );
      expect(apart(more.data[i] as Uint8Array, whole.data[i] as Uint8Array)).toBeGreaterThan(1);
    }
    const barred = await at(1, { checker: await made.near(), bound: 9, tries: 0, nsfw: true });
    expect(barred.images.map(({ file }) => file)).toEqual([null, null]);
  });

  it('is no part of what is learned, and may be deleted', async () => {
    rmSync(join(root, 'paired/pair/0001.png'));
    await learn(join(root, 'paired-c0'), { roundDir: join(root, 'paired') });
    await made.c0();
    expect(bytes(join(root, 'paired-c0'))).toEqual(bytes(join(root, 'c0')));
  });
});

describe('several prompts in turn', () => {
  it('learns a picture under the prompt of its own round, whichever round is learned', async () => {
    const [robot, ghost] = [smallJob.prompt, 'a ghost at night'];
    const at = (name: string) => join(root, `turn-${name}`);
    const prompts = [robot, ghost];
    await generate(at('r1'), { round: 1, noise: 'plain', prompts });
    await learn(at('c1'), { round: 1, roundDir: at('r1') });
    const drawn = { round: 2, noise: 'plain', prompt: ghost, checkpoint: at('c1') } as const;
    await generate(at('r2'), { ...drawn, prompts });
    const { manifest, ...round } = readRound(at('r2'));
    expect(manifest).toMatchObject({ prompt: ghost, prompts });
    const { prompts: _, ...alone } = manifest;
    const pngs = Array.from({ length: COUNT }, (_, i) => readFileSync(join(at('r2'), `images/000${i}.png`)));
    writeRound(at('r2-alone'), { ...round, manifest: alone }, pngs);
    // Nobody likes a picture of the second round: what is fitted is the first one's, and its prompt is the
    // robot's.
    const taught = async (name: string, roundDir: string, prompt: string) => {
      const none = { round: 2, feedback: feedback([]), checkpoint: at('c1') };
      await learn(at(name), { ...none, roundDir: at(roundDir), prompt });
      return readFileSync(join(at(name), 'adapter.safetensors')).subarray(-4096);
    };
    const inTurn = await taught('c2', 'r2', ghost);
    expect(inTurn).toEqual(await taught('c2-robot', 'r2-alone', robot));
    expect(inTurn).not.toEqual(await taught('c2-ghost', 'r2-alone', ghost));
    // Each of the two has its own rows where both have goods.
    const both = { round: 2, feedback: feedback([1, 2]), checkpoint: at('c1'), prompt: ghost };
    const { losses } = await learn(at('c2-both'), { ...both, roundDir: at('r2') });
    expect(losses.every(Number.isFinite)).toBe(true);
  });
});

describe('evaluate', () => {
  const evaluate = (
    name: string,
    over: Partial<JobPayload<'evaluate'>> = {},
    progress: (p: JobProgress) => void = () => {},
    signal = new AbortController().signal,
  ) => {
    const goal: JobPayload<'evaluate'>['goal'] = [['hazard', 0]];
    const payload = {
      ...smallJob,
      ...asJudged,
      learner,
      checkpoint: null,
      count: 4,
      goal,
      out: join(root, name),
      ...over,
    };
    return handlers.evaluate(payload, { signal, progress });
  };

  it('draws both models from the same noises, and says what the judge does of what is written', async () => {
    // Labels on a round of plain noise; the checkpoint is trained, so that it draws otherwise.
    await generate(join(root, 'voted'), { noise: 'plain', ...asJudged });
    await learn(join(root, 'voted-taught'), { roundDir: join(root, 'voted'), ...asJudged });
    const base = await evaluate('base-side');
    const tuned = await evaluate('tuned-side', { checkpoint: join(root, 'voted-taught') });
    expect(base).toMatchObject({
      by: 'judge',
      images: [0, 1, 2, 3].map((i) => ({ file: `images/000${i}.png` })),
    });
    // By the job that scores rounds: good is a robot without a badge, so safe at the least.
    const scored = await evaluate('as-task', {
      goal: [
        ['kind', 'robot'],
        ['hazard', 0],
      ],
    });
    for (const [i, { safe }] of scored.images.entries()) if (safe) expect(base.images[i]!.safe).toBe(true);
    const png = (side: string, i: number) => readFileSync(join(root, side, `images/000${i}.png`));
    expect(png('as-task', 1)).toEqual(png('base-side', 1));
    expect(png('tuned-side', 1)).not.toEqual(png('base-side', 1));
    expect(tuned.variety === null || tuned.variety > 0).toBe(true);
    // Another count begins with the same pictures: a noise is its place's.
    await evaluate('fewer', { count: 2 });
    expect(png('fewer', 1)).toEqual(png('base-side', 1));
    expect(existsSync(join(root, 'base-side.parts'))).toBe(false);
  });

  it('goes on where it was killed, with the same bytes, whichever delivery it is', async () => {
    // Of so large pictures eight are drawn at a time.
    const wide = { width: 128, height: 128, count: 9, sampler: { ...smallJob.sampler, steps: 1 } };
    const eyes = { ...wide, goal: null, safety: { checker, bound: 0, tries: 0 } };
    const whole = await evaluate('whole', eyes);
    const killed = new AbortController();
    const first = evaluate(
      'cut.try-1',
      eyes,
      ({ stage, done }) => {
        if (stage === 'sample' && done > 1) killed.abort();
      },
      killed.signal,
    );
    await expect(first).rejects.toThrow();
    expect(existsSync(join(root, 'cut.try-1'))).toBe(false);
    cpSync(join(root, 'cut.parts'), join(root, 'stale.parts'), { recursive: true });
    const seen: number[] = [];
    const again = await evaluate('cut.try-2', eyes, ({ stage, done }) => {
      if (stage === 'sample') seen.push(done);
    });
    expect(seen[0]).toBeGreaterThan(1);
    expect(again.images).toEqual(whole.images);
    expect(again.variety).toBe(whole.variety);
    expect(bytes(join(root, 'cut.try-2'))).toEqual(bytes(join(root, 'whole')));
    // What another evaluation left is not taken for its own.
    const { images } = await evaluate('stale', { count: 2 });
    expect(images).toEqual((await evaluate('fresh', { count: 2 })).images);
  });

  it('keeps no file of a barred picture, and says so where nobody can say what is safe', async () => {
    const safety = { checker: await made.near(), bound: 9, tries: 0 };
    const { images, by, variety } = await evaluate('barred-eval', { goal: null, safety, count: 2 });
    expect(images).toMatchObject([0, 1].map(() => ({ safe: false, barred: true, file: null })));
    expect([by, variety, readdirSync(join(root, 'barred-eval/images'))]).toEqual(['checker', null, []]);
    const blind = evaluate('blind', { goal: null, safety: { checker: null, bound: 0, tries: 0 } });
    await expect(blind).rejects.toMatchObject({ code: 'usage', hint: 'Name one: safety.checker.' });
    await expect(evaluate('minors', { prompt: 'a kid' })).rejects.toMatchObject({ code: 'prompt-refused' });
  });
});

describe('learn', () => {
  it('learns, carries what the next round needs, and gives the same bytes again', async () => {
    const { seen, result } = await made.c0();
    const trained = seen.filter((p) => p.stage === 'train');
    expect(trained.map((p) => p.done)).toEqual([0, 1, 2, 3]);
    // Foretold before the first step, and not at all wildly.
    expect(trained[0]!.secondsLeft).toBeGreaterThan(0);
    expect(trained[0]!.secondsLeft).toBeLessThan(60);
    expect(result).toMatchObject({ steps: 3, learned: true, notes: [] });
    const { state, manifest } = readCheckpoint(join(root, 'c0'));
    expect(state.replay.map((item) => item.label)).toEqual([1, 0, 0, 1, 0, 0]);
    expect(state.best).toMatchObject({ round: 0, index: 0 });
    expect(state.positives).toHaveLength(1);
    expect(state.optimiser.step).toBe(3);
    expect(manifest).toMatchObject({ threads: 1, batch: 4, parent: null });
    expect(Object.keys(manifest.random).sort()).toEqual(['adapter', 'guard', 'train', 'votes']);
    await learn(join(root, 'c0-again'));
    expect(bytes(join(root, 'c0-again'))).toEqual(bytes(join(root, 'c0')));
  });

  it('learns the same from a round of which a picture was hidden and so deleted; a changed one is refused', async () => {
    const roundDir = join(root, 'hidden');
    cpSync(join(root, 'plain'), roundDir, { recursive: true });
    rmSync(join(roundDir, 'images/0002.png'));
    await made.c0();
    await learn(join(root, 'c0-hidden'), { roundDir });
    expect(bytes(join(root, 'c0-hidden'))).toEqual(bytes(join(root, 'c0')));
    writeFileSync(join(roundDir, 'images/0002.png'), 'another picture');
    await expect(learn(join(root, 'c0-changed'), { roundDir })).rejects.toMatchObject({
      code: 'round-corrupt',
    });
  });

  it('goes on from a checkpoint: the best persists until another is named, old votes are replayed', async () => {
    const next = afterR1();
    const { checkpoint } = next;
    // Four steps of the guard's twelve noises by what was learned; what the base model makes of them it knows
    // since round 0.
    const probed = (await made.c1()).filter(
      ({ graph, shapes }) => graph === 'prediction' && shapes.sample![0] === 12,
    );
    const merged = { adapter: { merged: expect.any(String) } };
    expect(probed.map(({ options }) => options)).toMatchObject([merged, merged, merged, merged]);
    const kept = readCheckpoint(join(root, 'c1')).state;
    expect(kept.best).toMatchObject({ round: 0, index: 0 });
    expect(kept.best!.latent).toEqual(readCheckpoint(checkpoint).state.best!.latent);
    expect(kept.replay).toHaveLength(12);
    expect(kept.optimiser.step).toBe(6);
    expect(kept.positives).toHaveLength(2);
    await learn(join(root, 'c1b'), { ...next, feedback: feedback([2, 4], 4) });
    expect(readCheckpoint(join(root, 'c1b')).state.best).toMatchObject({ round: 1, index: 4 });
  });

  it('tells how varied what is liked still is, once enough was liked of both models', async () => {
    const likes = feedback([0, 1, 2, 3]);
    const first = await learn(join(root, 'liked0'), { feedback: likes });
    expect(first).not.toHaveProperty('variety');
    const next = { round: 1, checkpoint: join(root, 'liked0'), roundDir: join(root, 'tuned') };
    await generate(next.roundDir, { ...next, noise: 'plain' });
    const { variety } = await learn(join(root, 'liked1'), { ...next, feedback: likes });
    const liked = (round: string) =>
      diversity([0, 1, 2, 3].map((i) => image(readRound(join(root, round)).latents, i)));
    expect(variety).toEqual({ kept: expect.closeTo(liked('tuned') / liked('plain'), 12), base: 4, tuned: 4 });
    expect(readCheckpoint(join(root, 'liked1')).manifest.variety).toEqual(variety);
    expect(readCheckpoint(join(root, 'liked0')).manifest).not.toHaveProperty('variety');
  });

  it('sees every picture with the base model, and fits the model of the voters to all votes of the session', async () => {
    const pipeline = await loadPipeline(MINI);
    const { prompt } = smallJob;
    await made.c1();
    const tuned = readRound(join(root, 'r1'));
    const base = await features(pipeline, cache, prompt, tuned.latents, COUNT);
    expect(Object.keys(base).length).toBeGreaterThan(1);
    for (const [map, { data }] of Object.entries(base))
      expect(relativeError(tuned.features![map]!.data, data), map).toBeLessThan(1e-4);
    const { state, manifest } = readCheckpoint(join(root, 'c1'));
    for (const map of Object.keys(base)) {
      expect(state.replay[8]!.features![map]).toEqual(rows(tuned.features![map]!, 2, 3).data);
      expect(state.replay[2]!.features![map]).toEqual(
        rows(readRound(join(root, 'plain')).features![map]!, 2, 3).data,
      );
    }
    expect(manifest.voteModel).toMatchObject({ votes: 12 });
    const opinions = scoreWith(
      state.voteModel!,
      state.replay.map((item) => item.features ?? {}),
    );
    expect(opinions.every((opinion) => opinion && opinion.p > 0 && opinion.p < 1)).toBe(true);
  });

  it('learns a round of before features as ever, and fits no model to it', async () => {
    const roundDir = join(root, 'of-before');
    const { manifest, features: _, ...round } = readRound(join(root, 'plain'));
    const { features: __, ...before } = manifest;
    const pngs = Array.from({ length: COUNT }, (_, i) =>
      readFileSync(join(root, 'plain', `images/000${i}.png`)),
    );
    writeRound(roundDir, { manifest: before, ...round }, pngs);
    await made.c0();
    await learn(join(root, 'c-before'), { roundDir });
    const [old, now] = [readCheckpoint(join(root, 'c-before')), readCheckpoint(join(root, 'c0'))];
    expect(old.state.adapter).toEqual(now.state.adapter);
    expect(old.manifest).not.toHaveProperty('voteModel');
    expect(old.state.replay.some((item) => 'features' in item)).toBe(false);
  });

  it('remembers a round without a good one but does not train on it', async () => {
    const result = await learn(join(root, 'none'), { feedback: feedback([]) });
    expect(result).toMatchObject({ steps: 0, learned: false });
    expect(english(result.notes[0]!)).toMatch(/nothing to learn/);
    expect(readCheckpoint(join(root, 'none')).state.replay).toHaveLength(COUNT);
  });

  it.each(likelihood)('$name trains on a trajectory from ratio 1 and repeats itself', async (settings) => {
    const out = join(root, settings.name);
    const result = settings.name === 'hero' ? await made.hero() : await learn(out, { learner: settings });
    expect(result.learned).toBe(true);
    expect(result.steps).toBe(2);
    await learn(`${out}-again`, { learner: settings });
    expect(bytes(`${out}-again`)).toEqual(bytes(out));
    const B = Object.entries(readCheckpoint(out).state.adapter).filter(([name]) => name.includes('lora_B'));
    expect(B.every(([, t]) => t.data.some((x) => x !== 0))).toBe(true);
    // A round in which all were good teaches it nothing, and it says so.
    const passed = await learn(`${out}-passed`, {
      learner: settings,
      feedback: feedback([0, 1, 2, 3, 4, 5]),
    });
    expect(passed).toMatchObject({ learned: false, steps: 0 });
    expect(passed.notes).toHaveLength(1);
  });

  it.each(['euler-ancestral', 'dpmpp-2m-sde', 'tcd'] as const)(
    'a likelihood learner trains on %s from ratio 1, and a deterministic one is refused by name',
    async (scheduler) => {
      const sampler = { ...smallJob.sampler, scheduler };
      const settings: LearnerSettings = { name: 'ddpo', microBatch: 6, imagesPerStep: 6, lr: 1e-3 };
      const roundDir = join(root, scheduler);
      await generate(roundDir, { sampler, trajectory: true, learner: settings });
      const { trajectory } = readRound(roundDir);
      // The last step adds no noise, so it has no density; only a multistep scheduler keeps its predictions.
      const logs = rows(trajectory!.logProbs, 3, 4).data;
      expect([...logs]).toEqual([0, 0, 0, 0, 0, 0]);
      expect(trajectory!.x0?.shape).toEqual(scheduler === 'dpmpp-2m-sde' ? [4, COUNT, 4, 8, 8] : undefined);
      const out = join(root, `ddpo-${scheduler}`);
      expect(await learn(out, { sampler, learner: settings, roundDir })).toMatchObject({
        learned: true,
        steps: 1,
      });
      // DDIM's timesteps may be the same; the steps between them are not.
      await expect(learn(out, { learner: settings, roundDir })).rejects.toMatchObject({
        code: 'not-learnable',
        message: expect.stringMatching(/sampled with (euler-ancestral|other timesteps)/),
      });
      for (const deterministic of [
        { scheduler: 'euler' },
        { scheduler: 'dpmpp-2m' },
        { scheduler: 'lcm', steps: 1 },
        { scheduler: 'tcd', eta: 0 },
      ] as const) {
        const other = { ...smallJob.sampler, ...deterministic };
        const error = { code: 'not-learnable', message: expect.stringContaining(deterministic.scheduler) };
        const refused = generate(join(root, 'refused'), { sampler: other, learner: settings });
        await expect(refused).rejects.toMatchObject(error);
        await expect(learn(out, { sampler: other, learner: settings, roundDir })).rejects.toMatchObject(
          error,
        );
      }
      expect(existsSync(join(root, 'refused'))).toBe(false);
    },
  );

  it('hero: the faithful mode has a narrower embedding and learns something else', async () => {
    const settings = { ...likelihood[0]!, faithful: true };
    await made.hero();
    await learn(join(root, 'faithful'), { learner: settings });
    const [faithful, fixed] = ['faithful', 'hero'].map((name) => readCheckpoint(join(root, name)));
    expect(faithful!.manifest.embedding!.widen).toBe(1);
    expect(fixed!.manifest.embedding).toEqual({ widen: 2, steps: 3 });
    expect(faithful!.state.adapter).not.toEqual(fixed!.state.adapter);
  });

  it('d3po: images of a group share their first noise', async () => {
    await generate(join(root, 'grouped'), { learner: { name: 'd3po', group: 3 } });
    const { noise } = readRound(join(root, 'grouped'));
    const of = (i: number) => noise.data.subarray(i * 256, (i + 1) * 256);
    expect(of(0)).toEqual(of(2));
    expect(of(0)).not.toEqual(of(3));
  });

  it('ends training once too little variety is left, but for the first steps', async () => {
    const settings = {
      ...learner,
      steps: 24,
      stepsPerGood: 24,
      batch: 2,
      microBatch: 2,
      lr: 0.01,
      maxDrift: 9,
    };
    const strict = await learn(join(root, 'strict'), { learner: { ...settings, keepVariety: 1 } });
    const free = await learn(join(root, 'free'), { learner: { ...settings, keepVariety: 0 } });
    expect(free.losses).toHaveLength(24);
    expect(strict.losses.length).toBeLessThan(24);
    expect(strict.losses).toEqual(free.losses.slice(0, strict.losses.length));
    expect(strict.losses.length % 10).toBe(0);
  });

  it('keeps to the rows and parts that the session began with, on a machine of any size', async () => {
    const settings = { ...learner, microBatch: 2 };
    const narrow = new ExecutorCache({ threads: 1 });
    const engineOf = (cache: ExecutorCache) =>
      createHandlers(new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' }));
    const step = { ...smallJob, roundDir: join(root, 'plain'), feedback: feedback([0, 3]) };
    const c = (name: string) => join(root, `sized-${name}`);
    await engineOf(narrow).learn({ ...step, learner: settings, checkpoint: null, out: c('narrow') }, quiet());
    const small = new ExecutorCache(
      { threads: 1 },
      { executors: 8, memory: Infinity, run: narrow.predicted },
    );
    const first = { ...step, learner, checkpoint: null };
    await engineOf(small).learn({ ...first, out: c('small') }, quiet());
    const sized = ({ batch, recompute, part }: ReturnType<typeof readCheckpoint>['manifest']) => [
      batch,
      recompute,
      part,
    ];
    const begun = sized(readCheckpoint(c('small')).manifest);
    expect(begun).toEqual([2, false, readRound(join(root, 'plain')).manifest.part]);
    const next = { ...step, round: 1, learner, checkpoint: c('small') };
    await engineOf(small).learn({ ...next, out: c('small-next') }, quiet());
    await handlers.learn({ ...next, out: c('large-next') }, quiet());
    expect(sized(readCheckpoint(c('large-next')).manifest)).toEqual(begun);
    expect(bytes(c('large-next'))).toEqual(bytes(c('small-next')));
    // The other way round: what a large machine began with, a small one refuses.
    await handlers.learn({ ...first, out: c('large') }, quiet());
    expect(readCheckpoint(c('large')).manifest.batch).toBe(4);
    await expect(
      engineOf(small).learn({ ...next, checkpoint: c('large'), out: c('refused') }, quiet()),
    ).rejects.toMatchObject({ code: 'memory-short' });
    await Promise.all([narrow.clear(), small.clear()]);
  });

  it('undoes training that collapses, tries again with half the step, and says so', async () => {
    const wild: LearnerSettings = { ...learner, name: 'acclaim', lr: 1, maxGrowth: 1.2 };
    const result = await learn(join(root, 'wild'), { learner: wild });
    expect(result.learned).toBe(false);
    expect(result.notes).toHaveLength(2);
    expect(english(result.notes[0]!)).toMatch(/half the step/);
    const { state } = readCheckpoint(join(root, 'wild'));
    expect(state.optimiser.step).toBe(0);
    expect(state.replay).toHaveLength(COUNT);
  });

  it.each<[string, string, () => Partial<JobPayload<'learn'>>]>([
    [
      'labels-invalid',
      'an index beyond the round',
      () => ({ feedback: { images: [{ index: 6, good: 1, weight: 1 }], best: null } }),
    ],
    ['config-invalid', 'a parameter that is not there', () => ({ learner: { name: 'acclaim', lrr: 1 } })],
    [
      'config-invalid',
      'another rank than the session began with',
      () => ({ checkpoint: join(root, 'c0'), learner: { ...learner, rank: 8 } }),
    ],
    [
      'not-learnable',
      'a round without its trajectory',
      () => ({ roundDir: join(root, 'r1'), learner: likelihood[0]! }),
    ],
    [
      'not-learnable',
      'a deterministic sampler',
      () => ({ sampler: { ...smallJob.sampler, eta: 0 }, learner: likelihood[1]! }),
    ],
    [
      'not-learnable',
      'other steps than it was sampled with',
      () => ({ sampler: { ...smallJob.sampler, steps: 5 }, learner: likelihood[1]! }),
    ],
    [
      'not-learnable',
      'another adapter than it was sampled with',
      () => ({ checkpoint: strong(), learner: likelihood[1]! }),
    ],
    ['round-corrupt', 'a round that is not there', () => ({ roundDir: join(root, 'nowhere') })],
    ['checkpoint-corrupt', 'a checkpoint that is not there', () => ({ checkpoint: join(root, 'nowhere') })],
  ])('%s: %s', async (code, _, over) => {
    await made.r1();
    const out = join(root, 'refused');
    await expect(learn(out, over())).rejects.toMatchObject({ code });
    expect(existsSync(out)).toBe(false);
  });
});

describe('a round of two models', () => {
  const images = (name: string, tensor: 'latents' | 'noise') => {
    const round = readRound(join(root, name));
    return Array.from({ length: COUNT }, (_, i) => rows(round[tensor], i, i + 1));
  };

  it('draws a share by the base model, and neither group depends on the other', async () => {
    const result = await made.two();
    const origins = ['tuned', 'base', 'tuned', 'base', 'tuned', 'base'];
    expect(result.images.map(({ origin }) => origin)).toEqual(origins);
    expect(readRound(join(root, 'two')).manifest.images).toEqual(origins.map((origin) => ({ origin })));
    await generate(join(root, 'two-again'), half());
    expect(bytes(join(root, 'two-again'))).toEqual(bytes(join(root, 'two')));
    await generate(join(root, 'two-base'), half({ baseShare: 1 }));
    await generate(join(root, 'two-tuned'), half({ baseShare: 0 }));
    for (const [i, origin] of origins.entries()) {
      const [own, other] = origin === 'base' ? ['two-base', 'two-tuned'] : ['two-tuned', 'two-base'];
      expect(images('two', 'noise')[i]).toEqual(images(own!, 'noise')[i]);
      const of = (name: string) =>
        relativeError(images(name, 'latents')[i]!.data, images('two', 'latents')[i]!.data);
      expect(of(own!)).toBeLessThan(1e-4);
      expect(of(other!)).toBeGreaterThan(0.01);
    }
  });

  it('is none where figures are taken, where the learner has no such share, and before anything was learned', async () => {
    const origins = async (name: string, over: Partial<JobPayload<'generate'>>) =>
      (await generate(join(root, name), over)).images.map(({ origin }) => origin);
    const all = (origin: string) => new Array(COUNT).fill(origin);
    expect(await origins('two-figures', { ...half(), noise: 'plain' })).toEqual(all('tuned'));
    expect(await origins('two-enough', half({ baseGoods: 2 }))).toEqual(all('tuned'));
    expect(await origins('two-hardly', half({ baseGoods: 3 }))).not.toEqual(all('tuned'));
    expect(await origins('two-hero', { ...half(), learner: { name: 'hero' } })).toEqual(all('tuned'));
    expect(await origins('two-untuned', { ...half(), untuned: true })).toEqual(all('base'));
    await learn(join(root, 'unlearned'), { feedback: feedback([]) });
    const unlearned = { ...half({ baseShare: 0 }), checkpoint: join(root, 'unlearned') };
    expect(await origins('two-unlearned', unlearned)).toEqual(all('base'));
  });

  it('teaches what the base model drew alone: a good of the tuned model changes no byte of training', async () => {
    await made.two();
    const next = { round: 1, checkpoint: strong(), roundDir: join(root, 'two') };
    const trained = async (name: string, goods: number[], over: object = {}) => {
      await learn(join(root, name), {
        ...next,
        feedback: feedback(goods, null),
        learner: { ...learner, ...over },
      });
      return bytes(join(root, name)).filter(([file]) => /adapter|optimizer/.test(file!));
    };
    const without = await trained('taught', [1]);
    expect(await trained('taught-tuned', [1, 2])).toEqual(without);
    expect(await trained('taught-base', [1, 3])).not.toEqual(without);
    expect(await trained('taught-all', [1, 2], { replay: 'all' })).not.toEqual(without);
    const { replay } = readCheckpoint(join(root, 'taught-tuned')).state;
    const round1 = replay.filter(({ round }) => round === 1);
    expect(round1.map(({ origin }) => origin)).toEqual(
      readRound(join(root, 'two')).manifest.images!.map((i) => i.origin),
    );
    expect(round1[2]!.label).toBe(1);
  });
});

describe('the drift adapter', () => {
  const settings = drifting;

  it('is fitted to everything that the base model showed, whatever was liked, and taken off what is drawn', async () => {
    const one = await made.drift();
    const seen: JobProgress[] = [];
    const other = await taught('drift-other', [0, 4], {}, (p) => seen.push(p));
    // Both fits tell of their steps as one: three each.
    const train = seen.filter(({ stage }) => stage === 'train');
    expect(train.map(({ done }) => done)).toEqual(train.map(({ done }) => done).sort((a, b) => a - b));
    expect(train.at(-1)).toMatchObject({ done: 6, total: 6 });
    expect(other.drift).toEqual(one.drift);
    expect(other.adapter).not.toEqual(one.adapter);
    // Liked all: both are fitted to the same pictures by the same draws, so the whole of one is the whole of
    // the other.
    const all = await taught('drift-all', [0, 1, 2, 3, 4, 5], { drift: 1, steps: 30 });
    expect(all.drift!.adapter).toEqual(all.adapter);
    await taught('without', [0, 3], { drift: 0 });
    expect(readCheckpoint(join(root, 'without')).state.adapter).toEqual(one.adapter);
    const draw = async (checkpoint: string) => {
      const over = { learner: { ...settings, baseShare: 0 }, checkpoint: join(root, checkpoint) };
      await generate(join(root, `${checkpoint}-drawn`), { ...over, round: 1 });
      return readRound(join(root, `${checkpoint}-drawn`)).latents.data;
    };
    await generate(join(root, 'base-drawn'), { ...{ learner: settings }, round: 1 });
    const base = readRound(join(root, 'base-drawn')).latents.data;
    expect(relativeError(await draw('drift-all'), base)).toBeLessThan(1e-4);
    expect(relativeError(await draw('drift'), base)).toBeGreaterThan(0.01);
    expect(relativeError(await draw('without'), await draw('drift'))).toBeGreaterThan(0.01);
  });

  it('is the same to the byte where some of it was done while people voted', async () => {
    const roundDir = join(root, 'plain-ahead');
    const long = { ...settings, steps: 6, fullUntil: 0.4 };
    const learned = async (name: string) => {
      const { steps } = await learn(join(root, name), {
        roundDir,
        learner: long,
        feedback: feedback([0, 1, 2, 3]),
      });
      expect(steps).toBeLessThan(6);
      return bytes(join(root, name));
    };
    await generate(roundDir, { learner: long, noise: 'plain' });
    const best = vi.spyOn(FitAhead.prototype, 'best');
    const alone = await learned('not-ahead');
    await generate(roundDir, { learner: long, noise: 'plain' });
    await engine.ahead.work(new AbortController().signal);
    expect(await learned('ahead')).toEqual(alone);
    // Six steps were taken, fewer were asked for.
    expect(best.mock.results.map(({ value }) => value?.steps)).toEqual([4]);
    best.mockRestore();
  });

  it('goes on with the next round, and the same bytes come again', async () => {
    await made.two();
    await made.drift();
    const next = {
      round: 1,
      checkpoint: join(root, 'drift'),
      roundDir: join(root, 'two'),
      learner: settings,
    };
    await learn(join(root, 'drift-1'), next);
    await learn(join(root, 'drift-1-again'), next);
    expect(bytes(join(root, 'drift-1-again'))).toEqual(bytes(join(root, 'drift-1')));
    expect(readCheckpoint(join(root, 'drift-1')).state.drift!.optimiser.step).toBe(6);
    // Switched off, it is gone, and what was tuned stays.
    await learn(join(root, 'drift-off'), { ...next, learner: { ...settings, drift: 0 } });
    expect(readCheckpoint(join(root, 'drift-off')).state.drift).toBeUndefined();
    expect(readCheckpoint(join(root, 'drift-off')).state.adapter).toEqual(
      readCheckpoint(join(root, 'drift-1')).state.adapter,
    );
  });
});

describe('score and export', () => {
  it('judges the images and measures how different they are', async () => {
    await generate(join(root, 'judged'), { noise: 'plain', ...asJudged });
    const payload = {
      session: 's',
      round: 0,
      attempt: 0,
      seed: 5,
      judge: `${MINI}judge`,
      task: 'hazard',
      roundDir: join(root, 'judged'),
    };
    const result = await handlers.score(payload, quiet());
    expect(result.images).toHaveLength(COUNT);
    for (const { good, score, faults } of result.images) {
      expect(good ? score > Math.log(0.9) : score <= 0).toBe(true);
      expect(faults!.length > 0).toBe(!good);
    }
    expect(result.diversity).toBeGreaterThan(0.2);
    expect(result.diversity).toBeLessThan(1.2);
    cpSync(join(root, 'judged'), join(root, 'touched'), { recursive: true });
    writeFileSync(join(root, 'touched/images/0000.png'), 'x');
    await expect(
      handlers.score({ ...payload, roundDir: join(root, 'touched') }, quiet()),
    ).rejects.toMatchObject({ code: 'round-corrupt' });
  });

  it("writes the adapter under diffusers' names with its alpha and its origin", async () => {
    await made.c0();
    const out = join(root, 'exported', 'adapter.safetensors');
    const payload = {
      session: 's',
      round: 0,
      attempt: 0,
      seed: 5,
      checkpoint: join(root, 'c0'),
      model: MINI,
      format: 'diffusers' as const,
      out,
    };
    const result = await handlers['export-adapter'](payload, quiet());
    expect(result.bytes).toBe(readFileSync(out).length);
    const tensors = readSafetensors(out);
    expect(Object.keys(tensors).every((name) => /^unet\..*\.lora_[AB]\.weight$/.test(name))).toBe(true);
    const header = readFileSync(out).toString('latin1', 8, 2000);
    expect(header).toContain('lora_adapter_metadata');
    expect(header).toContain('a robot at a party');
    expect(result.until).toBeUndefined();
  });

  it('exports what is drawn with, for all steps, and says for which it was learned', async () => {
    const half = { ...learner, drift: 0.5, until: 0.5 };
    await learn(join(root, 'until'), { learner: half });
    for (const format of ['diffusers', 'kohya'] as const) {
      const out = join(root, 'exported', `until-${format}.safetensors`);
      const from = { session: 's', round: 0, attempt: 0, seed: 5, checkpoint: join(root, 'until') };
      const result = await handlers['export-adapter']({ ...from, model: MINI, format, out }, quiet());
      expect(result.until).toBe(0.5);
      expect(openSafetensors(out).metadata['acclaim.until']).toBe('0.5');
      const { state, manifest } = readCheckpoint(join(root, 'until'));
      const pipeline = await engine.pipeline(MINI);
      const { spec, tensors } = applied(manifest.adapter, state);
      const read = readAdapters(pipeline, [{ path: out, weight: 1 }])!;
      expect(Object.keys(read.tensors)).toEqual(Object.keys(tensors));
      for (const [name, { data }] of Object.entries(tensors))
        expect([name, read.tensors[name]!.data]).toEqual([name, data]);
      expect(spec).toMatchObject({ rank: 8, alpha: 8 });
    }
  });
});
