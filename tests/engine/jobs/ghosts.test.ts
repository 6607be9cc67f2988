/**
 * Pictures that nobody saw, beside what people called good: on the miniature at four steps. The votes call
 * good what has more of the first latent channel than the median of the round, so that what a ghost ought to
 * be called can be told from its latent alone.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readCheckpoint } from '../../../engine/io/checkpoint.js';
import { image } from '../../../engine/io/latents.js';
import { readRound } from '../../../engine/io/round.js';
import { EngineContext } from '../../../engine/jobs/context.js';
import { createHandlers } from '../../../engine/jobs/handlers.js';
import { acclaim } from '../../../engine/learn/learners/acclaim.js';
import { scoreWith } from '../../../engine/learn/vote-model/model.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import type { Handlers } from '../../../engine/worker.js';
import { learnerRegistry } from '../../../src/config/learners.js';
import type { JobPayload, JobProgress } from '../../../src/queue/jobs.js';
import { robotJob } from '../../support/robot-job.js';

const root = mkdtempSync(join(tmpdir(), 'acclaim-ghosts-'));
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const cache = new ExecutorCache({ threads: 1 });
const at = (name: string) => join(root, name);
const COUNT = 18;
const learner = { name: 'acclaim', steps: 1, batch: 2, microBatch: 2, drift: 0, ghosts: 1.5 } as const;
const sampler = { ...robotJob.sampler, steps: 4 };
let engine: EngineContext;
let handlers: Handlers;
let feedback: JobPayload<'learn'>['feedback'];
let median: number;

const firstChannel = (latent: Float32Array) => {
  const channel = latent.subarray(0, latent.length / 4);
  return channel.reduce((sum, v) => sum + v, 0) / channel.length;
};
const generate = (out: string, over: Partial<JobPayload<'generate'>> = {}) =>
  handlers.generate(
    {
      ...robotJob,
      ...{ sampler, count: COUNT, round: 1, checkpoint: null, noise: 'learner', learner },
      ...{ trajectory: false, out: at(out) },
      ...over,
    },
    { signal: new AbortController().signal, progress: () => {} },
  );
const learn = (
  out: string,
  over: Partial<JobPayload<'learn'>> = {},
  context: { signal?: AbortSignal; progress?: (p: JobProgress) => void } = {},
) =>
  handlers.learn(
    {
      ...robotJob,
      ...{ sampler, learner, round: 1, roundDir: at('first'), feedback, checkpoint: null, out: at(out) },
      ...over,
    },
    { signal: new AbortController().signal, progress: () => {}, ...context },
  );
const bytes = (name: string) =>
  (readdirSync(at(name), { recursive: true }) as string[])
    .filter((file) => file.includes('.'))
    .sort()
    .map((file) => [file, readFileSync(join(at(name), file)).toString('base64')]);
const ghosts = (name: string) => readCheckpoint(at(name)).state.ghosts;

const valuesOf = (name: string) => {
  const { latents } = readRound(at(name));
  return Array.from({ length: COUNT }, (_, i) => firstChannel(image(latents, i)));
};
const votesOn = (name: string) => ({
  images: valuesOf(name).map((v, index) => ({ index, good: v >= median ? 1 : 0, weight: 1 })),
  best: null,
});

beforeAll(async () => {
  engine = new EngineContext({ cache, threads: 1, device: 'cpu', software: 'acclaim/test' });
  handlers = createHandlers(engine);
  await generate('first');
  median = [...valuesOf('first')].sort((a, b) => a - b)[COUNT / 2]!;
  feedback = votesOn('first');
  await learn('voted');
});
afterAll(async () => {
  await cache.clear();
  rmSync(root, { recursive: true, force: true });
});

describe('pictures that nobody saw', () => {
  it('are drawn by the base model beside the round, from noises that are not the round’s', async () => {
    expect(ghosts('voted')).toHaveLength(27);
    expect(ghosts('voted')!.every(({ round }) => round === 1)).toBe(true);
    const { latents } = readRound(at('first'));
    const shown = Array.from({ length: COUNT }, (_, i) => image(latents, i).join());
    const all = new Set([...shown, ...ghosts('voted')!.map(({ latent }) => latent.join())]);
    expect(all.size).toBe(COUNT + 27);
  });

  it('are called what people would have called them', () => {
    const { state } = readCheckpoint(at('voted'));
    expect(state.voteModel!.auc - state.voteModel!.aucError).toBeGreaterThan(0.8);
    const liked = state.ghosts!.filter(({ latent }) => firstChannel(latent) >= median);
    const params = learnerRegistry.acclaim.params.parse({ baseGoods: 9 + 1 });
    // Nine were named by people: one ghost more and the base model draws no more of the round.
    expect(liked.length).toBeGreaterThan(3);
    expect(acclaim.drawing!(params, state).baseShare).toBe(0);
    expect(acclaim.drawing!(params, { ...state, ghosts: [] }).baseShare).toBe(0.5);
    expect(acclaim.drawing!(params, { ...state, voteModel: undefined }).baseShare).toBe(0.5);
  });

  it('change what is learned, and nothing where the learner asks for none', async () => {
    await learn('without', { learner: { ...learner, ghosts: 0 } });
    expect(ghosts('without')).toBeUndefined();
    const adapter = (name: string) => readFileSync(join(at(name), 'adapter.safetensors'));
    expect(adapter('without').equals(adapter('voted'))).toBe(false);
    // One vote says nothing of others: a model that is not believed names no ghost.
    const one = { images: feedback.images.filter(({ good }) => good === 1).slice(0, 1), best: null };
    await learn('one', { feedback: one });
    await learn('one-without', { feedback: one, learner: { ...learner, ghosts: 0 } });
    expect(readCheckpoint(at('one')).state.adapter).toEqual(readCheckpoint(at('one-without')).state.adapter);
  });

  it('are the same to the byte where all or a part of them was drawn while people voted', async () => {
    const drawn = vi.spyOn(engine.ahead, 'found');
    await generate('first');
    await engine.ahead.work(new AbortController().signal);
    const stages: string[] = [];
    await learn(
      'ahead',
      {},
      { progress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`) },
    );
    expect(drawn.mock.results.some(({ value }) => value !== undefined)).toBe(true);
    expect(stages.filter((stage) => stage.startsWith('sample'))).toEqual(['sample 27/27']);
    expect(bytes('ahead')).toEqual(bytes('voted'));

    await generate('first');
    const abort = new AbortController();
    const half = engine.ahead.work(abort.signal);
    await vi.waitFor(() => expect(drawnSoFar()).toBeGreaterThan(0), { timeout: 60_000 });
    abort.abort();
    await half;
    await learn('half');
    expect(bytes('half')).toEqual(bytes('voted'));
  });

  it('are drawn anew by who learns a round that another was killed in', async () => {
    const abort = new AbortController();
    const killed = learn(
      'killed',
      {},
      {
        signal: abort.signal,
        progress: ({ stage, done }) => stage === 'sample' && done > 0 && abort.abort(new Error('killed')),
      },
    );
    await expect(killed).rejects.toThrow('cancelled');
    await learn('killed');
    expect(bytes('killed')).toEqual(bytes('voted'));
  });

  it('are not asked for, nor anything trained, where votes act by their picks alone', async () => {
    const result = await learn('picks-only', { learner: { ...learner, steps: 0 } });
    expect(result).toMatchObject({ learned: false, steps: 0 });
    const { state } = readCheckpoint(at('picks-only'));
    expect(state.ghosts).toBeUndefined();
    expect(state.voteModel).toEqual(readCheckpoint(at('voted')).state.voteModel);
    await generate('second', { round: 2, checkpoint: at('picks-only'), picks: true });
    const { images } = readRound(at('second')).manifest;
    expect(images!.every(({ origin }) => origin === 'base')).toBe(true);
    expect(new Set(images!.map(({ pick }) => pick))).toEqual(new Set(['liked', 'unsure', 'unpicked']));
  });

  it('leave the best to people: it is elected among what they called good, where the learner asks for that', async () => {
    const none = { ...learner, steps: 0 };
    await learn('elected', { learner: { ...none, reelect: true } });
    const { best, replay, voteModel } = readCheckpoint(at('elected')).state;
    const sure = replay.map(({ features, label }) => label * scoreWith(voteModel!, [features!])[0]!.p);
    const place = sure.indexOf(Math.max(...sure));
    expect(best).toMatchObject({ round: 1, index: place, latent: replay[place]!.latent });
    expect(best!.noise).toEqual(image(readRound(at('first')).noise, place));
    // It can be elected again in any later round.
    expect(replay.map(({ source }) => source?.index)).toEqual(
      replay.map(({ label }, i) => (label > 0.5 ? i : undefined)),
    );
    await learn('kept', { learner: none });
    const kept = readCheckpoint(at('kept')).state;
    expect(kept.replay.some(({ source }) => source)).toBe(false);
    expect(kept.best!.index).not.toBe(place);
  });

  it('are judged by votes that are doubted as the learner is told to', async () => {
    const none = { ...learner, steps: 0 };
    // The plainest vote turned round: a model that may leave a fifth of the votes out leaves it out.
    const plainest = valuesOf('first').indexOf(Math.max(...valuesOf('first')));
    const turned = feedback.images.map((one) => (one.index === plainest ? { ...one, good: 0 } : one));
    const told = async (name: string, doubt: object) => {
      await learn(name, { learner: { ...none, ...doubt }, feedback: { images: turned, best: null } });
      const { voteModel, replay } = readCheckpoint(at(name)).state;
      return scoreWith(voteModel!, [replay[plainest]!.features!])[0]!.p;
    };
    const [plain, dropped, drifted] = [
      await told('plain', { labelDrop: 0 }),
      await told('dropped', { labelDrop: 0.2 }),
      await told('drifted', { labelDrop: 0, labelDrift: 0.05 }),
    ];
    expect(dropped).toBeGreaterThan(plain);
    expect(drifted).toBeGreaterThan(plain);
  });

  it('are judged by what people say is wrong, where they do and the learner hears it; the same again is the same to the byte', async () => {
    const order = valuesOf('first').toSorted((a, b) => a - b);
    // Of what is too dark one half is said to be darker still.
    const images = feedback.images.map((one, i) => {
      if (one.good === 1) return one;
      return {
        ...one,
        faults: valuesOf('first')[i]! < order[4]! ? { few: 1 } : { ugly: 0.75, few: 0.25 },
      };
    });
    const none = { ...learner, steps: 0 };
    const reasoned = { images, best: null };
    await learn('reasoned', { learner: none, feedback: reasoned });
    await learn('reasoned-again', { learner: none, feedback: reasoned });
    expect(bytes('reasoned-again')).toEqual(bytes('reasoned'));
    const { voteModel, replay } = readCheckpoint(at('reasoned')).state;
    expect(replay.map(({ faults }) => faults)).toEqual(
      images.map((image) => ('faults' in image ? image.faults : undefined)),
    );
    expect(Object.keys(voteModel!.faults!.parts)).toEqual(['few', 'ugly']);
    // The darkest is told to be free of ugliness, and the others of what the darkest have.
    const free = (fault: string, index: number) =>
      scoreWith(voteModel!.faults!.parts[fault]!, [replay[index]!.features!])[0]!.p;
    const darkest = valuesOf('first').indexOf(order[0]!);
    const brightest = valuesOf('first').indexOf(order.at(-1)!);
    expect(free('few', darkest)).toBeLessThan(free('few', brightest));
    // In the next round what was said is still known, and a learner that does not hear it has the votes
    // alone.
    await learn('deaf', { learner: { ...none, reasons: false }, feedback: reasoned });
    const deaf = readCheckpoint(at('deaf')).state;
    expect(deaf.replay.map(({ faults }) => faults)).toEqual(replay.map(({ faults }) => faults));
    await learn('unsaid', { learner: none });
    expect(deaf.voteModel).toEqual(readCheckpoint(at('unsaid')).state.voteModel);
    await learn('unsaid-deaf', { learner: { ...none, reasons: false } });
    const but = (name: string) => bytes(name).filter(([file]) => file !== 'manifest.json');
    expect(but('unsaid-deaf')).toEqual(but('unsaid'));
  });

  it('stand beside goods that are weighed by the votes of others, where the model is believed and the learner does not ask for all alike', async () => {
    const adapter = (name: string) => readFileSync(join(at(name), 'adapter.safetensors'));
    // Enough steps to take some good more often than another.
    await learn('weighed', { learner: { ...learner, steps: 4 } });
    await learn('alike', { learner: { ...learner, steps: 4, replayTemperature: 0 } });
    expect(adapter('alike').equals(adapter('weighed'))).toBe(false);
    expect(readCheckpoint(at('alike')).state.voteModel).toEqual(readCheckpoint(at('voted')).state.voteModel);
    // Steps go by the goods that are really heard: of one that outweighs all others, as of that one alone.
    const stepsAt = async (replayTemperature: number) => {
      const fit = { ...learner, ghosts: 0, steps: 40, stepsPerGood: 1, fullUntil: 0.99, replayTemperature };
      return (await learn(`heard-${replayTemperature}`, { learner: fit })).losses.length;
    };
    const goods = feedback.images.filter(({ good }) => good === 1).length;
    expect(await stepsAt(0)).toBe(goods);
    expect(await stepsAt(1e-6)).toBe(1);
    // Of three votes no model is believed.
    const few = { images: feedback.images.slice(0, 3), best: null };
    await learn('few', { feedback: few });
    await learn('few-alike', { feedback: few, learner: { ...learner, replayTemperature: 0 } });
    expect(adapter('few-alike').equals(adapter('few'))).toBe(true);
  });

  it('are as many as are asked for, up to 256 in a session, and none where pictures are looked over first', () => {
    const round = readRound(at('first'));
    const params = learnerRegistry.acclaim.params.parse({ ghosts: 2 });
    const { state } = readCheckpoint(at('voted'));
    const wanted = (over: object = {}, ghosts = state.ghosts) =>
      acclaim.ghosts!(params, { ...round, manifest: { ...round.manifest, ...over } }, { ...state, ghosts });
    expect(wanted()).toBe(36);
    const [one] = state.ghosts!;
    const of = (count: number, number: number) =>
      Array.from({ length: count }, () => ({ ...one!, round: number }));
    expect(wanted({}, of(250, 3))).toBe(6);
    expect(wanted({}, of(256, 3))).toBe(0);
    // Its own are drawn again.
    expect(wanted({}, of(256, 1))).toBe(36);
    expect(wanted({ safety: { bound: 0.5, images: [] } })).toBe(0);
  });

  it('add up over the rounds, and a round that is learned again replaces its own', async () => {
    await generate('second', { round: 2, checkpoint: at('voted') });
    const next = { round: 2, roundDir: at('second'), checkpoint: at('voted'), feedback: votesOn('second') };
    await learn('next', next);
    const rounds = ghosts('next')!.map(({ round }) => round);
    expect([1, 2].map((n) => rounds.filter((round) => round === n).length)).toEqual([27, 27]);
    await learn('next-again', { ...next, checkpoint: at('next') });
    expect(ghosts('next-again')!.map(({ latent }) => latent)).toEqual(
      ghosts('next')!.map(({ latent }) => latent),
    );
  });
});

describe('a round that the vote model looks at while it trains', () => {
  it('ends when enough of what is drawn would be liked, and is else the one that nobody looks at, to the byte', async () => {
    await generate('looked', { round: 2, checkpoint: at('voted') });
    // Most of everything is liked.
    const sorted = valuesOf('looked').toSorted((a, b) => a - b);
    const images = valuesOf('looked').map((v, index) => ({
      index,
      good: v >= sorted[3]! ? 1 : 0,
      weight: 1,
    }));
    const next = {
      round: 2,
      roundDir: at('looked'),
      checkpoint: at('voted'),
      feedback: { images, best: null },
    };
    const fit = { ...learner, ghosts: 0, stepsPerGood: 9, fullUntil: 0.99 };
    const taught = async (name: string, over: object) => {
      const told: string[] = [];
      const progress = ({ stage, done, total }: JobProgress) => told.push(`${stage} ${done}/${total}`);
      const { steps } = await learn(name, { ...next, learner: { ...fit, ...over } }, { progress });
      return { steps, told, state: readCheckpoint(at(name)).state };
    };
    const [never, ended] = [
      await taught('never', { steps: 10, stopAt: 0.999 }),
      await taught('ended', { steps: 10, stopAt: 0.5 }),
    ];
    expect([never.steps, ended.steps]).toEqual([10, 8]);
    expect(never.told.at(-3)).toBe('train 10/10');
    expect(never.state).toEqual((await taught('straight', { steps: 10 })).state);
  });
});

/** Of the work that is under way. */
function drawnSoFar(): number {
  const { offer } = engine.ahead as unknown as { offer: { works: { drawn?: unknown[] }[] | null } | null };
  return offer?.works?.[0]?.drawn?.length ?? 0;
}
