/** The bounds of the collapse guard, each by figures on both of its sides. */
import { describe, expect, it } from 'vitest';
import type { LearnerState } from '../../../engine/io/learner-state.js';
import { type Attempt, checkHealth, guarded, probeSpec } from '../../../engine/learn/collapse-guard.js';
import type { LearnContext } from '../../../engine/learn/learner.js';
import { learners } from '../../../engine/learn/learners/table.js';
import { Unhealthy } from '../../../engine/learn/trainer.js';
import { canonical } from '../../../engine/runtime/graph-spec.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { AcclaimError } from '../../../src/errors.js';
import { Rng } from '../../../src/rng.js';
import { english } from '../../../src/words/text.js';

const params = learners.acclaim.params.parse({});
const base = { diversity: 0.5, scale: 1 };
const adapter = { a: f32([2], [3, 4]) };
const times = (factor: number) => ({ a: f32([2], [3 * factor, 4 * factor]) });

/** Share of the base model's variety and scale, and growth of the adapter. */
const check = (variety: number, scale = 1, growth = 1) =>
  checkHealth(params, adapter, times(growth), base, { diversity: 0.5 * variety, scale });

describe('the collapse guard', () => {
  it('lets healthy rounds pass: the recorded ones end at .58 to .91 of the variety', () => {
    for (const variety of [0.58, 0.91, 1]) expect(() => check(variety)).not.toThrow();
  });

  it.each([
    ['too little variety', [0.26], [0.24], /too alike \(24 %/],
    ['too much variety', [1.5], [2.14], /fell apart \(214 %/],
    ['a larger scale', [1, 1.5], [1, 1.51], /drifted/],
    ['a smaller scale', [1, 1 / 1.49], [1, 1 / 1.51], /drifted/],
    ['a grown adapter', [1, 1, 3.9], [1, 1, 4.1], /grew 4.1 times/],
    ['no number', [1], [Number.NaN], /too alike/],
  ] as const)('stops at %s', (_, well, ill, message) => {
    expect(() => check(...(well as [number]))).not.toThrow();
    expect(() => check(...(ill as [number]))).toThrow(Unhealthy);
    expect(() => check(...(ill as [number]))).toThrow(message);
  });
});

describe('a round that is tried', () => {
  const state = { adapter } as unknown as LearnerState;
  /** Under a guard that knows what the base model makes of its noises already. */
  const tried = (attempt: (stepScale: number) => Promise<Attempt>) => {
    const context = {
      params,
      cache: { results: () => ({ of: async () => base }) },
      pipeline: { identity: {} },
      round: { manifest: { prompt: '', negative: '', latent: [1, 1, 1] } },
      sampler: { steps: 20, guidance: 3 },
      rng: (purpose: string) => new Rng(1, 0, purpose),
    };
    return guarded(context as unknown as LearnContext<typeof params>, state, attempt);
  };

  it.each([
    ['is not healthy', new Unhealthy('it fell over'), /it fell over/],
    ['draws what is no number', new AcclaimError('not-finite', 'NaN', ''), /no longer finite/],
  ])('and %s is tried once more with half the step, and then changes nothing', async (_, error, why) => {
    const scales: number[] = [];
    const outcome = await tried(async (stepScale) => {
      scales.push(stepScale);
      throw error;
    });
    expect(scales).toEqual([1, 0.5]);
    expect(outcome).toMatchObject({ state, learned: false, losses: [] });
    const [first, last] = outcome.notes.map(english);
    expect([first, last]).toEqual([expect.stringMatching(why), expect.stringMatching(why)]);
    expect([first, last]).toEqual([
      expect.stringMatching(/half the step/),
      expect.stringMatching(/stays as it/),
    ]);
  });

  it('and fails for another reason fails', async () => {
    const error = new AcclaimError('cancelled', 'enough', '');
    await expect(tried(() => Promise.reject(error))).rejects.toBe(error);
  });
});

describe('what the base model made of the noises', () => {
  const of = (change: Record<string, unknown> = {}, noise = f32([1, 2], [1, 2])) => {
    const { path, prompt, negative, steps, guidance } = {
      ...{ path: 'm', prompt: 'a cat', negative: '', steps: 20, guidance: 3 },
      ...change,
    };
    const context = {
      pipeline: { identity: { path, precision: 'fp32' } },
      round: { manifest: { prompt, negative } },
      sampler: { steps, guidance },
    };
    return canonical(probeSpec(context as unknown as Parameters<typeof probeSpec>[0], noise));
  };

  it.each([{ path: 'n' }, { prompt: 'a dog' }, { negative: 'a dog' }, { steps: 2 }, { guidance: 1 }])(
    'is not taken for that of a session with %o',
    (change) => expect(of(change)).not.toBe(of()),
  );

  it('is that of these noises in this shape, and of more steps than it takes alike', () => {
    expect(of({}, f32([1, 2], [2, 1]))).not.toBe(of());
    expect(of({}, f32([2, 1], [1, 2]))).not.toBe(of());
    expect(of({ steps: 50 })).toBe(of());
  });
});
