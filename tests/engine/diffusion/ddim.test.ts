/**
 * DDIM's numbers against diffusers' trajectories: timesteps, log-probabilities on the golden latents, graph =
 * numbers.
 */
import { describe, expect, it } from 'vitest';
import { alphasCumprod } from '../../../engine/diffusion/betas.js';
import { ddim } from '../../../engine/diffusion/ddim.js';
import { logProbabilities, stepMean as meanOf, stepNext } from '../../../engine/diffusion/schedule.js';
import { gaussianLogProbability, stepMean } from '../../../engine/diffusion/step-graph.js';
import { Graph } from '../../../engine/graph/graph.js';
import { readSafetensors } from '../../../engine/io/safetensors.js';
import { readConfig, schedulerSchema } from '../../../engine/models/config.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { type FloatTensor, f32 } from '../../../engine/runtime/tensor.js';
import { largestDifference, relativeError } from '../../support/compare.js';

const ddimSteps = (...args: Parameters<typeof ddim>) => ddim(...args).steps;
const config = readConfig('models/mini', 'scheduler/scheduler_config.json', schedulerSchema);
const golden = (name: string) =>
  readSafetensors(`tests/fixtures/mini/${name}.safetensors`) as Record<string, FloatTensor>;

/** The network's output that leads from one golden latent to the next: the step solved for it, in float64. */
function outputs(name: 'trajectory_eta1' | 'trajectory_eta0', eta: number) {
  const { latents, steps: noise, log_probs: logProbs, timesteps } = golden(name);
  const [total, count, ...rest] = latents!.shape as [number, number, number, number, number];
  const size = count * rest.reduce((n, d) => n * d, 1);
  const steps = ddimSteps(config, { steps: total - 1, eta });
  const at = (t: FloatTensor, k: number) => t.data.subarray(k * size, (k + 1) * size);
  return steps.map((step, k) => {
    const [x, y, z] = [at(latents!, k), at(latents!, k + 1), at(noise!, k)];
    const mean = y.map((v, i) => v - step.std * z[i]!);
    const output = mean.map((m, i) => (m - step.fromSample * x[i]!) / step.fromOutput);
    const logs = f32([count], logProbs!.data.subarray(k * count, (k + 1) * count));
    return {
      step,
      x,
      y,
      z,
      mean,
      output,
      logs,
      count,
      timestep: Number(timesteps!.data[k]),
      shape: [count, ...rest],
    };
  });
}

describe('the schedule', () => {
  it("has diffusers' timesteps: leading spacing and offset", () => {
    expect(ddimSteps(config, { steps: 20, eta: 1 }).map((s) => s.timestep)).toEqual(
      outputs('trajectory_eta1', 1).map((s) => s.timestep),
    );
    expect(ddimSteps(config, { steps: 10, eta: 0 }).map((s) => s.timestep)).toEqual(
      outputs('trajectory_eta0', 0).map((s) => s.timestep),
    );
  });

  it('falls from nearly one to nearly nothing', () => {
    const a = alphasCumprod(config);
    expect(a.length).toBe(1000);
    expect(a[0]).toBeCloseTo(1 - 0.00085, 7);
    // 0.00466 is what Stable Diffusion's schedule ends at.
    expect(a[999]).toBeCloseTo(0.00466, 5);
  });

  it('keeps the last step stochastic, unless the schedule ends at alpha = 1', () => {
    expect(ddimSteps(config, { steps: 20, eta: 1 }).at(-1)!.std).toBeGreaterThan(0.01);
    expect(ddimSteps({ ...config, set_alpha_to_one: true }, { steps: 20, eta: 1 }).at(-1)!.std).toBe(0);
    expect(ddimSteps(config, { steps: 20, eta: 0 }).every((s) => s.std === 0)).toBe(true);
  });

  it('steps to the alpha of timestep 0 itself where a step ends there, and beyond it to the end that is named', () => {
    const a = alphasCumprod(config);
    // Four steps of 250 without an offset: 750, 500, 250 and 0.
    const named = { ...config, _class_name: 'DDIMScheduler', steps_offset: 0 };
    for (const [whole, end] of [
      [true, 1],
      [false, a[0]!],
    ] as const) {
      const steps = ddimSteps({ ...named, set_alpha_to_one: whole }, { steps: 4, eta: 0 });
      expect(steps.map(({ timestep }) => timestep)).toEqual([750, 500, 250, 0]);
      // The weight of the sample is sqrt(alpha there / alpha here).
      const [third, last] = [steps[2]!, steps[3]!];
      expect(third.fromSample).toBeCloseTo(Math.sqrt(a[0]! / a[250]!), 12);
      expect(last.fromSample).toBeCloseTo(Math.sqrt(end / a[0]!), 12);
    }
  });

  it('predicts the same from v as from the noise', () => {
    const v = ddimSteps({ ...config, prediction_type: 'v_prediction' }, { steps: 20, eta: 1 });
    ddimSteps(config, { steps: 20, eta: 1 }).forEach((step, k) => {
      // v = sqrt(a) e - sqrt(1 - a) x_0
      const [x0, noise] = [0.3, -1.2];
      const a = alphasCumprod(config)[step.timestep]!;
      const x = Math.sqrt(a) * x0 + Math.sqrt(1 - a) * noise;
      const output = Math.sqrt(a) * noise - Math.sqrt(1 - a) * x0;
      expect(v[k]!.fromSample * x + v[k]!.fromOutput * output).toBeCloseTo(
        step.fromSample * x + step.fromOutput * noise,
        6,
      );
    });
  });
});

describe('log-probabilities', () => {
  it('are those of the golden latents', () => {
    for (const { step, y, mean, logs, count } of outputs('trajectory_eta1', 1)) {
      const found = f32([count], logProbabilities(y, mean, step.std, count));
      expect(largestDifference(found, logs), `t = ${step.timestep}`).toBeLessThan(2e-5);
    }
  });

  it('are 0 where a step adds no noise', () => {
    expect([...logProbabilities(new Float32Array(8), new Float32Array(8), 0, 2)]).toEqual([0, 0]);
  });

  it('and means are the same in a graph, with one step for all and with a step for each image', async () => {
    const cases = outputs('trajectory_eta1', 1).filter((_, k) => k % 9 === 0);
    const g = new Graph();
    const [first] = cases;
    const { shape, count } = first!;
    const batch = [cases.length * count, ...shape.slice(1)];
    const [x, y, output] = ['x', 'y', 'output'].map((name) => g.input(name, batch));
    const terms = ['p', 'q', 's'].map((name) => g.input(name, [batch[0]!, 1, 1, 1]));
    const mean = stepMean(x!, output!, { fromSample: terms[0]!, fromOutput: terms[1]! });
    g.output('mean', mean);
    g.output('each', gaussianLogProbability(y!, mean, terms[2]!));
    g.output('same', gaussianLogProbability(y!, mean, first!.step.std));
    g.output('scalar', gaussianLogProbability(y!, mean, g.constant(first!.step.std)));
    const executor = await Executor.create(g, { threads: 1 });
    const stack = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((p) => [...p]));
    const each = (value: (c: (typeof cases)[0]) => number) =>
      f32(
        [batch[0]!, 1, 1, 1],
        cases.flatMap((c) => new Array<number>(count).fill(value(c))),
      );
    const found = await executor.run({
      x: f32(batch, stack(cases.map((c) => c.x))),
      y: f32(batch, stack(cases.map((c) => c.y))),
      output: f32(batch, stack(cases.map((c) => c.output))),
      p: each((c) => c.step.fromSample),
      q: each((c) => c.step.fromOutput),
      s: each((c) => c.step.std),
    });
    await executor.release();
    const means = f32(batch, stack(cases.map((c) => meanOf(c.step, c.x, c.output))));
    expect(relativeError(found.mean!, means)).toBeLessThan(1e-6);
    const logs = f32([batch[0]!], stack(cases.map((c) => c.logs.data)));
    expect(largestDifference(found.each!, logs)).toBeLessThan(2e-5);
    const head = (t: FloatTensor) => f32([count], t.data.subarray(0, count));
    expect(largestDifference(head(found.same as FloatTensor), head(logs))).toBeLessThan(2e-5);
    expect(largestDifference(head(found.scalar as FloatTensor), head(logs))).toBeLessThan(2e-5);
  });
});

describe('a step', () => {
  it('adds its noise to the mean', () => {
    const [{ step, mean, z, y, shape }] = outputs('trajectory_eta1', 1) as [ReturnType<typeof outputs>[0]];
    expect(relativeError(f32(shape, stepNext(step, mean, z)), f32(shape, y))).toBeLessThan(1e-6);
  });
});
