/**
 * How a training step is made to fit: fewer rows first, then recompute, then a refusal that names both
 * figures.
 */
import { describe, expect, it } from 'vitest';
import { grad } from '../../../engine/graph/grad.js';
import { Graph } from '../../../engine/graph/graph.js';
import { predictedBytes } from '../../../engine/graph/memory.js';
import { exp, reduceSum, sin } from '../../../engine/graph/ops.js';
import { planBatches } from '../../../engine/learn/batch-plan.js';
import type { BatchPlan } from '../../../engine/learn/learner.js';
import { ExecutorCache } from '../../../engine/runtime/cache.js';

/** Six blocks of five layers on x [rows,256,256], and their gradient. */
function build({ rows, recompute }: BatchPlan): Graph {
  const g = new Graph();
  const x = g.input('x', [rows, 256, 256]);
  let y = sin(x);
  for (let i = 0; i < 6; i++) {
    const before = y;
    y = g.segment(() => sin(exp(sin(exp(sin(before))))));
  }
  g.output('dx', grad(reduceSum(y), [x], { recompute })[0]!);
  return g;
}
const bytes = (rows: number, recompute = false) => predictedBytes(build({ rows, recompute }));

const spec = { graph: 'blocks', models: [], shapes: {}, options: {} };

/** What is chosen, asked for 8 rows, where a run may take `run` bytes. */
function fitIn(
  run: number,
  recompute: 'auto' | 'on' | 'off' = 'auto',
  least = 1,
  chosen: BatchPlan | null = null,
): BatchPlan {
  const cache = new ExecutorCache({ threads: 1 }, { executors: 1, memory: 2 ** 30, run });
  const told: BatchPlan[] = [];
  const params = { recompute } as never;
  const context = { cache, params, chosen, fitted: (fit: BatchPlan) => told.push(fit) };
  const fit = planBatches(context, spec, { most: 8, least }, build);
  expect(planBatches(context, spec, { most: 8, least }, () => expect.unreachable())).toEqual(fit);
  expect(told).toEqual([fit, fit]);
  return fit;
}

describe('a training step', () => {
  it('is taken as asked where it fits, else with half the rows, and half of those', () => {
    expect(fitIn(bytes(8))).toEqual({ rows: 8, recompute: false });
    expect(fitIn(bytes(8) - 1)).toEqual({ rows: 4, recompute: false });
    expect(fitIn(bytes(2))).toEqual({ rows: 2, recompute: false });
  });

  it('is recomputed where not even one row fits, or where that is set', () => {
    // Recomputed, two rows take less than one does otherwise.
    expect(bytes(2, true)).toBeLessThan(bytes(1));
    expect(fitIn(bytes(1) - 1)).toEqual({ rows: 2, recompute: true });
    expect(fitIn(bytes(1, true))).toEqual({ rows: 1, recompute: true });
    expect(fitIn(Number.POSITIVE_INFINITY, 'on')).toEqual({ rows: 8, recompute: true });
  });

  it('is refused before it runs where nothing helps, with both figures and the hint', () => {
    const code = {
      code: 'memory-short',
      message: expect.stringMatching(/^A training step would take about .* GB/),
    };
    expect(() => fitIn(1000)).toThrow(expect.objectContaining(code));
    expect(() => fitIn(bytes(1) - 1, 'off')).toThrow(
      expect.objectContaining({ ...code, hint: expect.stringContaining('learner.recompute') }),
    );
    // A group that is trained in one piece keeps its rows.
    expect(fitIn(bytes(8, true), 'auto', 8)).toEqual({ rows: 8, recompute: true });
  });

  it('is taken as the session chose before, whatever this machine would choose; else refused', () => {
    const before = { rows: 2, recompute: true };
    const anyhow = (chosen: BatchPlan, recompute: 'auto' | 'on' | 'off' = 'auto') =>
      fitIn(Number.POSITIVE_INFINITY, recompute, 1, chosen);
    expect(anyhow(before)).toEqual(before);
    expect(anyhow(before, 'on')).toEqual(before);
    expect(anyhow({ ...before, recompute: false }, 'off')).toEqual({ rows: 2, recompute: false });
    // Settings that speak against it count more.
    expect(anyhow(before, 'off')).toEqual({ rows: 8, recompute: false });
    expect(anyhow({ rows: 16, recompute: false })).toEqual({ rows: 8, recompute: false });
    expect(() => fitIn(bytes(8) - 1, 'auto', 1, { rows: 8, recompute: false })).toThrow(
      expect.objectContaining({
        code: 'memory-short',
        message: expect.stringMatching(/8 rows, as this session began/),
        hint: expect.stringContaining('an engine with more memory'),
      }),
    );
  });

  it('is refused by the cache too, whatever graph it is', async () => {
    const cache = new ExecutorCache({ threads: 1 }, { executors: 1, memory: 2 ** 30, run: 1000 });
    await expect(cache.get(spec, () => build({ rows: 1, recompute: false }))).rejects.toMatchObject({
      code: 'memory-short',
      hint: expect.stringContaining('engine.runMb'),
    });
    expect(cache.predicted).toBe(0);
  });
});
