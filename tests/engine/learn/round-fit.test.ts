/**
 * A round's two fits over a network of one layer that pulls its adapter towards the mean of what it is fed: what
 * is told of them, when they end, and from where they go on.
 */
import { describe, expect, it } from 'vitest';
import type { Drift, LearnerState } from '../../../engine/io/learner-state.js';
import type { Round } from '../../../engine/io/round.js';
import type { Variety } from '../../../engine/learn/collapse-guard.js';
import { driftFit, shownByBase } from '../../../engine/learn/drift.js';
import type { Approval } from '../../../engine/learn/early-stop.js';
import { fitGuided, guidedRows } from '../../../engine/learn/guided-fit.js';
import { firstState, type LearnContext, type Reached } from '../../../engine/learn/learner.js';
import { learners } from '../../../engine/learn/learners/table.js';
import { fitRound } from '../../../engine/learn/round-fit.js';
import { schedulerSchema } from '../../../engine/models/config.js';
import { asFloat, type NamedTensors, names } from '../../../engine/runtime/named-tensors.js';
import { f32, type Tensor } from '../../../engine/runtime/tensor.js';
import type { AcclaimParams } from '../../../src/config/learners.js';
import { Rng } from '../../../src/rng.js';

const LAYER = 'down.attn1.to_q';
const [A, B] = ['A', 'B'].map((matrix) => `unet.${LAYER}.lora_${matrix}.weight`) as [string, string];

/** Loss: the adapter's numbers less the mean of what was fed, squared. */
async function run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const x = asFloat(feeds.x, 'x').data;
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const slope = (name: string) => {
    const t = asFloat(feeds[name], name);
    return f32(
      t.shape,
      t.data.map((value) => value - mean),
    );
  };
  return { loss: f32([1], [mean]), [`grad.${A}`]: slope(A), [`grad.${B}`]: slope(B) };
}

const chosen = { fit: { rows: 4, recompute: false }, flops: 1 };
const cache = {
  options: { threads: 1 },
  results: () => ({ of: () => chosen }),
  use: (_spec: object, _build: () => unknown, work: (executor: object) => unknown) => work({ run }),
};
const pipeline = {
  scheduler: schedulerSchema.parse({
    ...{ _class_name: 'DDIMScheduler', num_train_timesteps: 4, steps_offset: 0 },
    ...{ beta_start: 0.1, beta_end: 0.4, beta_schedule: 'linear' },
  }),
  unet: { tensors: new Map([[`${LAYER}.weight`, { shape: [2, 2] }]]) },
};
/** Two pictures, both drawn by the base model. */
const round: Round = {
  manifest: { round: 2, count: 2, latent: [1, 1, 1], checkpoint: null } as unknown as Round['manifest'],
  latents: f32([2, 1, 1, 1], [-3, -5]),
  noise: f32([2, 1, 1, 1]),
  trajectory: null,
};
const items = [{ latent: Float32Array.of(7), weight: 1, round: 2 }];

type Told = [done: number, total: number];
function contextOf(
  params: Partial<AcclaimParams>,
  more: Partial<LearnContext<AcclaimParams>> = {},
): { context: LearnContext<AcclaimParams>; told: Told[] } {
  const told: Told[] = [];
  const context = {
    ...{ pipeline, cache, round, text: { states: f32([2, 1, 1]) }, chosen: null, fitted: () => {} },
    params: learners.acclaim.params.parse({ rank: 1, batch: 4, microBatch: 4, lr: 0.01, ...params }),
    sampler: { scheduler: 'ddim', steps: 4, guidance: 3, eta: 1 },
    rng: (purpose: string) => new Rng(1, 2, purpose),
    signal: new AbortController().signal,
    progress: (_: string, done: number, total: number) => told.push([done, total]),
    ...more,
  } as unknown as LearnContext<AcclaimParams>;
  return { context, told };
}
const fresh = (context: LearnContext<AcclaimParams>): LearnerState => firstState(context);
const values = (tensors: NamedTensors) => names(tensors).flatMap((name) => [...tensors[name]!.data]);

async function fitted(
  params: Partial<AcclaimParams>,
  { approval = null, ...more }: { steps?: number; variety?: Variety; approval?: Approval | null } = {},
) {
  const { context, told } = contextOf(params);
  const options = { items, steps: 40, stepScale: 1, variety: async () => 1, approval, ...more };
  return { ...(await fitRound(context, fresh(context), options)), told };
}

describe('both fits', () => {
  it.each([
    [0.5, 8],
    [0, 4],
  ])('of drift %s are told as one, of %i steps in all', async (drift, all) => {
    const { told } = await fitted({ drift }, { steps: 4 });
    expect(new Set(told.map(([, total]) => total))).toEqual(new Set([all]));
    const done = told.map(([steps]) => steps);
    expect(done).toEqual(done.toSorted((a, b) => a - b));
    expect([done[0], done.at(-1)]).toEqual([0, all]);
  });

  it('go to what they are fed: the tuned one to goods, the drift one to all that was shown', async () => {
    const { state } = await fitted({ drift: 0.5, lr: 0.5 }, { steps: 80 });
    for (const value of values(state.adapter)) expect(value).toBeGreaterThan(5);
    for (const value of values(state.drift!.adapter)) expect(value).toBeLessThan(-2);
    expect(state.drift!.lambda).toBe(0.5);
  });

  it('end as soon as enough is liked of what both draw together, and have gone as far as in one go', async () => {
    const asked: Parameters<Approval>[0][] = [];
    const liked = [0.5, 0.95];
    const approval: Approval = async (adapter) => liked[asked.push(adapter) - 1]!;
    const params = { drift: 0.5, stopAt: 0.95 };
    const { state, losses, looks } = await fitted(params, { approval });
    expect([looks, losses.length, state.drift!.optimiser.step]).toEqual([liked, 32, 32]);
    // The drift adapter lies beside the tuned one: twice the rank.
    expect(asked.map(({ spec }) => spec)).toEqual(asked.map(() => expect.objectContaining({ rank: 2 })));
    const whole = await fitted(params, { steps: 32 });
    expect(whole.looks).toEqual([]);
    expect([values(state.adapter), values(state.drift!.adapter)]).toEqual([
      values(whole.state.adapter),
      values(whole.state.drift!.adapter),
    ]);
  });

  it('end where variety would go, with what still had it, and nobody looks on', async () => {
    const varieties = [0.9, 0.7];
    const variety: Variety = async () => varieties.shift()!;
    const approval: Approval = () => expect.unreachable();
    const params = { drift: 0.5, keepVariety: 0.8, stopAt: 0.9 };
    const { state, losses } = await fitted(params, { variety, approval });
    expect([losses.length, state.drift!.optimiser.step]).toEqual([10, 10]);
    expect(values(state.adapter)).toEqual(values((await fitted(params, { steps: 10 })).state.adapter));
  });
});

describe('rows of one call', () => {
  it.each([
    // Of small pictures several threads take four micro-batches at a time, but no more than a step has.
    [1, 2, [1, 1, 1], 2],
    [2, 2, [1, 1, 1], 8],
    [2, 8, [1, 1, 1], 12],
    [2, 2, [1, 32, 32], 2],
  ] as const)(
    'on %i threads, micro-batches of %i, pictures of %o: %i',
    (threads, microBatch, latent, most) => {
      const asked: { most: number }[] = [];
      const results = () => ({ of: (choice: { most: number }) => asked.push(choice) && chosen });
      const manifest = { ...round.manifest, latent: [...latent] as [number, number, number] };
      const { context } = contextOf(
        { batch: 12, microBatch },
        { cache: { ...cache, options: { threads }, results } as never, round: { ...round, manifest } },
      );
      expect(guidedRows(context)).toBe(chosen.fit.rows);
      expect(asked).toMatchObject([{ most }]);
    },
  );

  it('stay what the session chose, as far as settings allow that many', () => {
    const kept = (rows: number) => {
      const asked: { kept: object | null }[] = [];
      const results = () => ({ of: (choice: { kept: object | null }) => asked.push(choice) && chosen });
      const more = { cache: { ...cache, results } as never, chosen: { rows, recompute: false } };
      guidedRows(contextOf({ batch: 12, microBatch: 2 }, more).context);
      return asked[0]!.kept !== null;
    };
    expect([kept(8), kept(9)]).toEqual([true, false]);
  });
});

describe('a fit', () => {
  it('hears rows under the text of the round that they were drawn in', async () => {
    const texts = [1, 2].map((of) => ({ states: f32([2, 1, 1], [of, of]) }));
    const fed: [x: number, text: number][] = [];
    const listening = {
      ...cache,
      use: (_spec: object, _build: () => unknown, work: (executor: object) => unknown) =>
        work({
          run: (feeds: Record<string, Tensor>) => {
            const weights = asFloat(feeds.weight, 'weight').data;
            for (const [i, x] of asFloat(feeds.x, 'x').data.entries())
              if (weights[i]! > 0) fed.push([x, asFloat(feeds.states, 'states').data[0]!]);
            return run(feeds);
          },
        }),
    };
    const { context } = contextOf({}, { cache: listening as never, textOf: (of) => texts[of - 1]! });
    const both = [1, 2].map((of) => ({ latent: Float32Array.of(10 * of), weight: 1, round: of }));
    await fitGuided(context, fresh(context), { items: both, steps: 1, stepScale: 1 });
    expect(fed.toSorted(([a], [b]) => a - b)).toEqual([
      [10, 1],
      [10, 1],
      [20, 2],
      [20, 2],
    ]);
  });
});

describe('the drift adapter', () => {
  const reached = (steps: number): Reached => {
    const one = { [A]: f32([1, 2], [50, 50]), [B]: f32([2, 1], [50, 50]) };
    return { steps, adapter: one, optimiser: { step: steps, m: one, v: one } };
  };
  const drifted = async (stepScale: number, ahead?: () => Reached, before?: Partial<LearnerState>) => {
    const { context } = contextOf({ drift: 0.5 }, ahead && { ahead });
    return (await driftFit(context, { ...fresh(context), ...before }, stepScale)(4))!;
  };

  it('goes on from what was done ahead of the votes, but not where the round is tried with smaller steps', async () => {
    expect(values((await drifted(1, () => reached(2))).adapter).every((value) => value > 40)).toBe(true);
    for (const stepScale of [1, 0.5])
      expect(values((await drifted(stepScale, () => reached(0))).adapter)).toEqual(
        values((await drifted(stepScale)).adapter),
      );
    expect(values((await drifted(0.5, () => reached(2))).adapter)).toEqual(
      values((await drifted(0.5)).adapter),
    );
  });

  it('goes on from where it was, and stays there in a round that the base model drew nothing of', async () => {
    const { steps: _, ...old } = reached(3);
    const drift: Drift = { ...old, lambda: 0.2 };
    const after = await drifted(1, undefined, { drift });
    expect([after.optimiser.step, after.lambda]).toEqual([7, 0.5]);
    expect(values(after.adapter).every((value) => value > 40)).toBe(true);
    const tuned = { ...round.manifest, images: [{ origin: 'tuned' }, { origin: 'tuned' }] };
    const { context } = contextOf({ drift: 0.5 }, { round: { ...round, manifest: tuned as never } });
    const still = await driftFit(context, { ...fresh(context), drift }, 1)(4);
    expect(still).toEqual({ ...drift, lambda: 0.5 });
  });

  it('is fitted to all that the base model showed, once, but not to what was chosen among more', () => {
    const old = (latent: number, more: object = {}): LearnerState['replay'][number] => {
      const item = {
        latent: Float32Array.of(latent),
        label: 0,
        weight: 1,
        round: 1,
        origin: 'base' as const,
      };
      return { ...item, ...more };
    };
    const replay = [old(1), old(2, { origin: 'tuned' }), old(3, { chosen: true }), old(4, { round: 2 })];
    const of = (images?: object[]) =>
      shownByBase({ ...round, manifest: { ...round.manifest, images } as never }, replay).map(
        ({ latent, weight, round: from }) => [latent[0], weight, from],
      );
    expect(of()).toEqual([
      [1, 1, 1],
      [-3, 1, 2],
      [-5, 1, 2],
    ]);
    expect(of([{ origin: 'base', pick: 'liked' }, { origin: 'tuned' }])).toEqual([[1, 1, 1]]);
  });
});
