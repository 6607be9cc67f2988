/** What a device is held against: the trials' values on the CPU, checked here against float64 kernels. */
import { expect, it } from 'vitest';
import { fusedEmission } from '../../../engine/graph/onnx.js';
import { fusedOps } from '../../../engine/graph/op-decompositions.js';
import { Executor } from '../../../engine/runtime/executor.js';
import { distance, selfCheck } from '../../../engine/runtime/self-check.js';
import { f32 } from '../../../engine/runtime/tensor.js';
import { blockTrial, fusedTrials } from '../../../engine/runtime/trials.js';
import { worst } from '../../support/op-graph.js';
import { evaluate } from '../../support/reference.js';

const trials = [...fusedOps.map((op) => [op, fusedTrials[op]] as const), ['block', blockTrial] as const];

const emissions = { fused: fusedEmission, plain: { ...fusedEmission, plain: new Set(fusedOps) } };

it.each(trials)('%s: the CPU has the values of the float64 kernels, fused and plain', async (_, make) => {
  const { graph, feeds } = make();
  const wide = Object.fromEntries(
    Object.entries(feeds).map(([name, { data }]) => [name, Float64Array.from(data)]),
  );
  const wanted = Object.entries(evaluate(graph, wide));
  for (const [form, emission] of Object.entries(emissions)) {
    const executor = await Executor.create(graph, { threads: 1, emission });
    const got = await executor.run(feeds);
    await executor.release();
    for (const [name, want] of wanted)
      expect(worst(got[name]!.data as Float32Array, want.data), `${name}, ${form}`).toBeLessThan(1e-5);
  }
});

it('finds nothing wrong with the CPU', async () => {
  expect(await selfCheck('cpu')).toEqual({
    ok: true,
    reason: '',
    plain: [],
    late: ['float16'],
    half: true,
    notes: [],
  });
});

it('measures the worst of all outputs, and takes what is no number for infinitely far', () => {
  const outputs = (a: number[], b: number[]) => ({ a: f32([2], a), b: f32([2], b) });
  expect(distance(outputs([1, 2], [3, 4]), outputs([1, 2], [3, 5]))).toBeCloseTo(0.2, 7);
  expect(distance(outputs([1, Number.NaN], [3, 4]), outputs([1, 2], [3, 4]))).toBe(Number.POSITIVE_INFINITY);
  expect(distance(outputs([0, 0], [0, 0]), outputs([0, 0], [0, 0]))).toBe(0);
});
