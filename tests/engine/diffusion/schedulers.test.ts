/**
 * Every scheduler against diffusers' trajectories, and, without a model, against what must come out where the
 * data is a Gaussian: there the best prediction is known in closed form, so is the ODE's solution, and so is
 * the SDE's law.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { alphasCumprod, trainedSigmas } from '../../../engine/diffusion/betas.js';
import { substitution, unbuilt } from '../../../engine/diffusion/native.js';
import { type SampleRequest, sample } from '../../../engine/diffusion/sampler.js';
import {
  isMultistep,
  isStochastic,
  predictedImage,
  type SchedulerName,
  scaled,
  stepMean,
  stepNext,
} from '../../../engine/diffusion/schedule.js';
import { regressedTimesteps, schedule } from '../../../engine/diffusion/schedulers.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { type SchedulerConfig, schedulerSchema } from '../../../engine/models/config.js';
import { decode, loadPipeline } from '../../../engine/models/pipeline.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { Rng } from '../../../src/rng.js';
import { largestDifference, relativeError } from '../../support/compare.js';

const names = ['ddim', 'euler', 'euler-ancestral', 'dpmpp-2m', 'dpmpp-2m-sde', 'lcm', 'tcd'] as const;
const golden = (file: string) =>
  readSafetensors(`tests/fixtures/tiny/${file}.safetensors`) as Record<string, FloatTensor>;

const stable = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear', steps_offset: 1 };
const config = (more: object = {}): SchedulerConfig =>
  schedulerSchema.parse({ _class_name: 'DDIMScheduler', ...stable, ...more });

const runs: readonly [model: string, file: string, scheduler: SchedulerName][] = [
  ...(['sd15', 'sd21'] as const).flatMap((model): [string, string, SchedulerName][] => [
    [model, 'ddim_eta1', 'ddim'],
    [model, 'euler_ancestral', 'euler-ancestral'],
    [model, 'dpmpp_2m', 'dpmpp-2m'],
    [model, 'dpmpp_2m_sde_karras', 'dpmpp-2m-sde'],
  ]),
];

describe("diffusers' trajectories", () => {
  const cache = new ExecutorCache({ threads: 1 });
  afterAll(() => cache.clear());

  it.each(runs)('%s, %s', async (model, file, scheduler) => {
    const pipeline = await loadPipeline(`tests/fixtures/tiny/${model}/model`);
    const { initial, steps, latents, log_probs: logs, std, images, timesteps } = golden(`${model}/${file}`);
    const size = initial!.data.length;
    const sampler = { scheduler, steps: 6, guidance: 5, eta: 1 };
    const found = await sample({
      pipeline,
      cache,
      prompt: 'one blue rose in a vase',
      negative: '',
      noise: initial!,
      stepNoise: (k) => steps!.data.subarray(k * size, (k + 1) * size),
      sampler,
      keep: 'trajectory',
    });
    expect(found.timesteps).toEqual(Array.from(timesteps!.data));
    expect(relativeError(found.trajectory!, latents!)).toBeLessThan(1e-3);
    const pictures = await decode(pipeline, cache, found.latents);
    const clipped = f32(
      pictures.shape,
      pictures.data.map((x) => Math.max(-1, Math.min(1, x))),
    );
    expect(relativeError(clipped, images!)).toBeLessThan(1e-3);
    const plan = schedule(pipeline.scheduler, sampler);
    if (!std) {
      expect(isStochastic(plan)).toBe(false);
      return;
    }
    const stds = f32(
      std.shape,
      plan.steps.map((step) => step.std),
    );
    expect(relativeError(stds, std)).toBeLessThan(scheduler === 'ddim' ? 1e-6 : 1e-4);
    expect(largestDifference(found.logProbs!, logs!)).toBeLessThan(1e-3);
  });

  /** Few steps, by bench/parity/few_steps.py from the noises of the golden DDIM runs. */
  const few: readonly [string, string, Partial<SampleRequest['sampler']>, object?][] = [
    ['lcm', 'sd15', { scheduler: 'lcm', guidance: 1.5 }],
    ['tcd', 'sd21', { scheduler: 'tcd', eta: 0.3, guidance: 0 }],
    ['turbo', 'sd15', { scheduler: 'euler', guidance: 0 }, { timestep_spacing: 'trailing' }],
    ['turbo-1', 'sd15', { scheduler: 'euler', guidance: 1, steps: 1 }, { timestep_spacing: 'trailing' }],
    [
      'zero',
      'sd21',
      { scheduler: 'euler', guidance: 5 },
      { timestep_spacing: 'trailing', rescale_betas_zero_snr: true },
    ],
  ];
  it.each(few)('in a few steps: %s on %s', async (file, model, options, more) => {
    const pipeline = await loadPipeline(`tests/fixtures/tiny/${model}/model`);
    const { initial, steps } = golden(`${model}/ddim_eta1`);
    const { latents, log_probs: logs, timesteps } = golden(`few-steps/${file}`);
    const size = initial!.data.length;
    const found = await sample({
      pipeline: { ...pipeline, scheduler: { ...pipeline.scheduler, ...more } },
      cache,
      prompt: 'one blue rose in a vase',
      negative: '',
      noise: initial!,
      stepNoise: (k) => steps!.data.subarray(k * size, (k + 1) * size),
      sampler: { scheduler: 'lcm', steps: 4, eta: 1, guidance: 1, ...options },
      keep: 'trajectory',
    });
    expect(found.timesteps).toEqual(Array.from(timesteps!.data));
    expect(relativeError(found.trajectory!, latents!)).toBeLessThan(1e-3);
    expect(found.logProbs!.data.some((log) => log !== 0)).toBe(['lcm', 'tcd'].includes(file));
    expect(largestDifference(found.logProbs!, logs!)).toBeLessThan(1e-3);
  });

  it("sdxl's Euler has the golden timesteps", () => {
    const { timesteps } = golden('sdxl/euler');
    const plan = schedule(config({ _class_name: 'EulerDiscreteScheduler', timestep_spacing: 'leading' }), {
      scheduler: 'euler',
      steps: 6,
      eta: 1,
    });
    expect(plan.steps.map((s) => s.timestep)).toEqual(Array.from(timesteps!.data));
  });
});

interface Case {
  scheduler: SchedulerName;
  steps: number;
  eta: number;
  config: object;
  timesteps: number[];
  initialScale: number;
  std: number[];
  states: number[][];
}

describe("diffusers' steps of a number", () => {
  const cases = JSON.parse(readFileSync('tests/fixtures/tiny/few-steps/schedules.json', 'utf8')) as Case[];
  const told = ({ scheduler, steps, eta, config }: Case) => {
    const more = Object.entries(config).filter(([key]) => !/^(_|beta|num)/.test(key));
    return `${scheduler}, ${steps} steps, eta ${eta} ${more.map(([key, value]) => `${key} ${value}`).join(', ')}`;
  };
  it.each(cases.map((c) => [told(c), c] as const))('%s', (_, c) => {
    const plan = schedule(schedulerSchema.parse(c.config), c);
    expect(plan.steps.map(({ timestep }) => timestep)).toEqual(c.timesteps);
    expect(plan.initialScale / c.initialScale).toBeCloseTo(1, 4);
    let x = scaled(Float32Array.of(1.5, -0.4), plan.initialScale);
    let before: Float32Array | null = null;
    for (const [k, step] of plan.steps.entries()) {
      const output = scaled(x, step.scale).map((seen) => 0.3 * seen + 0.2);
      const mean = stepMean(step, x, output, before);
      before = predictedImage(step, x, output);
      x = stepNext(step, mean, new Float32Array(2).fill(Math.sin(3 * k + 1)));
      // Beside values of about 1 the deviation of a step without noise is what rounding leaves of it there.
      expect(Math.abs(step.std - c.std[k]!), `std of step ${k}`).toBeLessThan(
        1e-3 * Math.max(1, Math.abs(x[0]!)),
      );
      for (const [i, value] of c.states[k]!.entries())
        expect(Math.abs(x[i]! - value), `x after step ${k}`).toBeLessThan(
          1e-3 * Math.max(1, Math.abs(value)),
        );
    }
  });

  it('lcm and tcd take no more steps than the model was distilled at', () => {
    for (const scheduler of ['lcm', 'tcd'] as const)
      expect(() => schedule(config(), { scheduler, steps: 51, eta: 1 })).toThrow(
        expect.objectContaining({
          code: 'usage',
          message: expect.stringMatching(/is 51, and with (lcm|tcd) this model takes 50 at most/),
        }),
      );
  });

  it('regressions see all timesteps that such a model was distilled at', () => {
    const few = regressedTimesteps(config(), { scheduler: 'lcm', steps: 4 });
    expect([few.length, few[0], few.at(-1)]).toEqual([50, 999, 19]);
    expect(regressedTimesteps(config(), { scheduler: 'euler', steps: 4 })).toEqual([751, 501, 251, 1]);
  });
});

/** Data N(MU, D^2): the best prediction of x_0 from x_0 + sigma n is MU + D^2 / (D^2 + sigma^2) (x - MU). */
const [MU, D] = [0.4, 0.5];

/** The best network there can be, asked as the real one is: an input of unit variance, and a timestep. */
function gaussianNetwork(c: SchedulerConfig) {
  const trained = trainedSigmas(c);
  return (input: Float32Array, t: number): Float32Array => {
    const low = Math.min(Math.floor(t), trained.length - 2);
    const sigma = trained[low]! + (t - low) * (trained[low + 1]! - trained[low]!);
    const a = 1 / Math.sqrt(1 + sigma ** 2);
    return input.map((x) => {
      const image = MU + (D ** 2 / (D ** 2 + sigma ** 2)) * (x / a - MU);
      const noise = (x / a - image) / sigma;
      return c.prediction_type === 'epsilon' ? noise : a * noise - a * sigma * image;
    });
  };
}

function run(
  c: SchedulerConfig,
  scheduler: SchedulerName,
  steps: number,
  noise: Float32Array,
  draw: () => Float32Array,
  eta = 1,
): Float32Array {
  const plan = schedule(c, { scheduler, steps, eta });
  const network = gaussianNetwork(c);
  let x = scaled(noise, plan.initialScale);
  let before: Float32Array | null = null;
  for (const step of plan.steps) {
    const output = network(scaled(x, step.scale), step.timestep);
    const mean = stepMean(step, x, output, before);
    before = predictedImage(step, x, output);
    x = step.std > 0 ? stepNext(step, mean, draw()) : mean;
  }
  return x;
}

const never = (): Float32Array => {
  throw new Error('a deterministic step asked for noise');
};

describe('on Gaussian data', () => {
  const noise = Float32Array.of(-2, -0.7, 0, 0.3, 1.1, 2.4);
  const trailing = { timestep_spacing: 'trailing', set_alpha_to_one: true };
  /** x(sigma) = MU + sqrt((D^2 + sigma^2) / (D^2 + sigma_T^2)) (x_T - MU). */
  const exact = (scheduler: SchedulerName, c: SchedulerConfig, final: number) => {
    const sigma = trainedSigmas(c).at(-1)!;
    // Euler begins at sigma n; the others at n of unit variance, which is sqrt(1 + sigma^2) n.
    const scale = scheduler === 'euler' ? sigma : Math.sqrt(1 + sigma ** 2);
    const shrink = Math.sqrt((D ** 2 + final ** 2) / (D ** 2 + sigma ** 2));
    return noise.map((n) => MU + shrink * (scale * n - MU));
  };
  const worst = (a: Float32Array, b: Float32Array) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

  it.each(['ddim', 'euler', 'dpmpp-2m'] as const)('%s comes to the solution of the ODE', (scheduler) => {
    const c = config(trailing);
    const errors = [125, 500].map((steps) =>
      worst(run(c, scheduler, steps, noise, never, 0), exact(scheduler, c, 0)),
    );
    expect(errors[1]).toBeLessThan(errors[0]! / 2.5);
    expect(errors[1]).toBeLessThan(0.01);
  });

  it('2M is of second order: a fourth of the error for twice the steps, and far below first order', () => {
    const c = config({ use_karras_sigmas: true, final_sigmas_type: 'sigma_min', lower_order_final: false });
    const final = trainedSigmas(c)[0]!;
    // In the end x is at unit variance.
    const target = exact('dpmpp-2m', c, final).map((x) => x / Math.sqrt(1 + final ** 2));
    const of = (steps: number) => {
      const plan = schedule(c, { scheduler: 'dpmpp-2m', steps, eta: 0 });
      const sigmas = [...plan.steps.map((s) => s.x0.fromOutput), 0];
      expect(sigmas.length).toBe(steps + 1);
      return worst(run(c, 'dpmpp-2m', steps, noise, never), target);
    };
    expect(of(40)).toBeLessThan(of(20) / 3);
  });

  it.each(['ddim', 'euler-ancestral', 'dpmpp-2m-sde'] as const)('%s draws from the data', (scheduler) => {
    const c = config(trailing);
    const rng = new Rng(7, 0, 'test');
    const count = 10_000;
    const x = run(c, scheduler, 250, Float32Array.from(rng.normals(count)), () =>
      Float32Array.from(rng.normals(count)),
    );
    const mean = x.reduce((sum, v) => sum + v, 0) / count;
    const deviation = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / count);
    // Three standard errors of 10 000 draws are .015 and .011; the rest is what 250 steps of first order
    // miss.
    expect(Math.abs(mean - MU)).toBeLessThan(0.025);
    expect(Math.abs(deviation - D)).toBeLessThan(0.025);
  });

  it.each(names)('%s does the same with v as with noise', (scheduler) => {
    const draws = () => {
      const rng = new Rng(3, 0, 'test');
      return () => Float32Array.from(rng.normals(noise.length));
    };
    const [e, v] = ['epsilon', 'v_prediction'].map((prediction_type) =>
      run(config({ prediction_type, use_karras_sigmas: false }), scheduler, 12, noise, draws()),
    );
    expect(worst(e!, v!)).toBeLessThan(2e-4);
  });
});

describe('timesteps', () => {
  const of = (scheduler: SchedulerName, timestep_spacing: string, more: object = {}) =>
    schedule(config({ timestep_spacing, steps_offset: 0, ...more }), {
      scheduler,
      steps: 10,
      eta: 1,
    }).steps.map((s) => s.timestep);

  // Table 2 of arXiv 2305.08891, which counts from 1, at T = 1000, S = 10.
  const table = {
    leading: [901, 801, 701, 601, 501, 401, 301, 201, 101, 1],
    linspace: [1000, 889, 778, 667, 556, 445, 334, 223, 112, 1],
    trailing: [1000, 900, 800, 700, 600, 500, 400, 300, 200, 100],
  };
  for (const scheduler of ['ddim', 'euler', 'euler-ancestral'] as const)
    it.each(Object.entries(table))(`of ${scheduler}, %s, are the paper's`, (spacing, expected) => {
      expect(of(scheduler, spacing).map((t) => t + 1)).toEqual(expected);
    });

  it('of 2M divide for one step more and leave the last out', () => {
    expect(of('dpmpp-2m', 'leading', { steps_offset: 1 })).toEqual(
      [10, 9, 8, 7, 6, 5, 4, 3, 2, 1].map((k) => 90 * k + 1),
    );
    expect(of('dpmpp-2m', 'linspace')).toEqual([999, 899, 799, 699, 599, 500, 400, 300, 200, 100]);
    expect(of('dpmpp-2m', 'trailing')).toEqual(table.trailing.map((t) => t - 1));
  });

  it('of Euler may be fractions', () => {
    const six = schedule(config({ timestep_spacing: 'linspace' }), { scheduler: 'euler', steps: 6, eta: 1 });
    expect(six.steps[1]!.timestep).toBeCloseTo(799.2, 3);
  });

  it('are refused beyond what was trained', () => {
    expect(() => schedule(config(), { scheduler: 'ddim', steps: 1001, eta: 1 })).toThrow(/1001 steps/);
  });
});

describe('what a configuration says', () => {
  const at = (c: SchedulerConfig, scheduler: SchedulerName) =>
    schedule(c, { scheduler, steps: 8, eta: 1 }).steps;

  it('clip_sample bounds x_0 of DDIM, and of nothing that stands in for another', () => {
    const [step] = at(config({ clip_sample: true }), 'ddim');
    const [x, output] = [Float32Array.of(3), Float32Array.of(-4)];
    expect([...predictedImage(step!, x, output)]).toEqual([1]);
    // x_prev = sqrt(b) clip(x_0) + sqrt(1 - b - s^2) e, by the numbers of the first two timesteps.
    const a = (t: number) => 1 / (1 + trainedSigmas(config())[t]! ** 2);
    const b = a(step!.timestep - 125);
    const expected = Math.sqrt(b) + Math.sqrt(1 - b - step!.std ** 2) * -4;
    expect(stepMean(step!, x, output)[0]).toBeCloseTo(expected, 5);
    expect(at(config({ _class_name: 'PNDMScheduler', clip_sample: true }), 'ddim')[0]!.clip).toBeUndefined();
    expect(at(config(), 'ddim')[0]!.clip).toBeUndefined();
  });

  it('a run ends without noise, or at the least noisy sigma', () => {
    for (const scheduler of ['euler', 'dpmpp-2m', 'dpmpp-2m-sde'] as const) {
      const zero = at(config(), scheduler).at(-1)!;
      // x_next = x_0 exactly.
      expect(zero.fromSample).toBeCloseTo(zero.x0.fromSample, 6);
      expect(zero.fromOutput).toBeCloseTo(zero.x0.fromOutput, 6);
      expect(zero.std).toBe(0);
      const least = at(config({ final_sigmas_type: 'sigma_min' }), scheduler).at(-1)!;
      expect(least.fromOutput).not.toBeCloseTo(least.x0.fromOutput, 3);
    }
  });

  it('the cosine schedule falls as its formula', () => {
    const c = config({ beta_schedule: 'squaredcos_cap_v2' });
    const a = (t: number) => Math.cos(((t / 1000 + 0.008) / 1.008) * (Math.PI / 2)) ** 2;
    const sigma = trainedSigmas(c)[499]!;
    expect(1 / (1 + sigma ** 2)).toBeCloseTo(a(500) / a(0), 4);
  });

  it('steps of 2M know the one before, but the first and the last', () => {
    const plan = schedule(config(), { scheduler: 'dpmpp-2m', steps: 8, eta: 1 });
    expect(isMultistep(plan)).toBe(true);
    expect(plan.steps.map((s) => s.fromPreviousX0 !== 0)).toEqual(
      [...Array(8).keys()].map((k) => k > 0 && k < 7),
    );
    expect(isMultistep(schedule(config(), { scheduler: 'euler', steps: 8, eta: 1 }))).toBe(false);
  });

  it.each([
    ['14 steps', 14, {}, true],
    ['15 steps', 15, {}, false],
    ['14 steps, where short runs are as long ones', 14, { lower_order_final: false }, false],
    ['Euler at the end, of a long run', 15, { euler_at_final: true }, true],
    ['no noise left, of a long run', 15, { final_sigmas_type: 'zero' }, true],
  ] as const)('2M ends with a step of first order or second: %s', (_, steps, more, first) => {
    const c = config({ final_sigmas_type: 'sigma_min', ...more });
    const last = schedule(c, { scheduler: 'dpmpp-2m', steps, eta: 0 }).steps.at(-1)!;
    expect(last.fromPreviousX0 === 0).toBe(first);
  });

  it('Karras sigmas lie between those that the configuration names', () => {
    const c = config({ use_karras_sigmas: true, sigma_min: 0.1, sigma_max: 10 });
    // x_0 = x - sigma n, or (x - s n) / a with sigma = s / a.
    for (const scheduler of ['euler', 'dpmpp-2m'] as const) {
      const sigmas = at(c, scheduler).map(({ x0 }) => -x0.fromOutput);
      expect(sigmas[0]).toBeCloseTo(10, 5);
      expect(sigmas.at(-1)).toBeCloseTo(0.1, 5);
    }
  });

  it('2M leaves out what is noisier than a clipped lambda', () => {
    const cosine = { beta_schedule: 'squaredcos_cap_v2' };
    const noisiest = (more: object) => -at(config({ ...cosine, ...more }), 'dpmpp-2m')[0]!.x0.fromOutput;
    expect(-Math.log(noisiest({}))).toBeLessThan(-5.1);
    const clipped = -Math.log(noisiest({ lambda_min_clipped: -5.1 }));
    expect(clipped).toBeGreaterThanOrEqual(-5.1);
    expect(clipped).toBeLessThan(-4.5);
  });

  it('a scheduler that is not built is sampled with DDIM, by its betas and offset, and said', () => {
    const pndm = config({ _class_name: 'PNDMScheduler', timestep_spacing: 'linspace', steps_offset: 3 });
    const own = config({ timestep_spacing: 'leading', steps_offset: 3, set_alpha_to_one: false });
    expect(at(pndm, 'ddim')).toEqual(at(own, 'ddim'));
    expect(substitution(pndm, 'ddim')).toMatch(/PNDMScheduler, is not built: DDIM/);
    expect(substitution(pndm, 'euler')).toBeNull();
    expect(substitution(config(), 'ddim')).toBeNull();
    const third = config({ _class_name: 'DPMSolverMultistepScheduler', solver_order: 3 });
    expect(unbuilt(third)).toBe('DPMSolverMultistepScheduler with solver_order 3');
    const usual = {
      _class_name: 'DPMSolverMultistepScheduler',
      algorithm_type: 'dpmsolver++',
      solver_order: 2,
      solver_type: 'midpoint',
      use_lu_lambdas: false,
      variance_type: null,
    };
    expect(unbuilt(config(usual))).toBeNull();
  });
});

describe('zero terminal SNR', () => {
  // By diffusers 0.42.1: x and the output v = 0.3 c x + 0.2, four steps from 1.5 times the initial scale,
  // spaced trailing.
  const ztsnr = config({
    prediction_type: 'v_prediction',
    rescale_betas_zero_snr: true,
    timestep_spacing: 'trailing',
    set_alpha_to_one: false,
    clip_sample: false,
  });
  it('alphas keep their first value and end at none', () => {
    const found = alphasCumprod(ztsnr);
    const expected = [0.99915, 0.6524567604, 0.241018638, 1.9679634e-7, 2 ** -24];
    for (const [i, t] of [0, 250, 500, 998, 999].entries())
      expect(Math.abs(found[t]! - expected[i]!)).toBeLessThan(1e-6);
  });
  it.each([
    ['ddim', [1.3565268516540527, 1.0850510597229004, 0.7696066498756409, 0.3922882378101349]],
    ['euler', [7.44970703125, 2.2045464515686035, 0.9517579078674316, 0.3692120909690857]],
  ] as const)('%s', (scheduler, expected) => {
    const { initialScale, steps } = schedule(ztsnr, { scheduler, steps: 4, eta: 0 });
    expect(steps.map(({ timestep }) => timestep)).toEqual([999, 749, 499, 249]);
    let x: Float32Array = Float32Array.of(1.5 * initialScale);
    for (const [k, step] of steps.entries()) {
      x = stepMean(step, x, Float32Array.of(0.3 * step.scale * x[0]! + 0.2));
      expect(Math.abs(x[0]! / expected[k]! - 1)).toBeLessThan(scheduler === 'ddim' ? 1e-6 : 1e-4);
    }
  });
  it('is refused where the network predicts noise', () => {
    expect(schedulerSchema.safeParse({ ...ztsnr, prediction_type: 'epsilon' }).success).toBe(false);
  });
});
