/** What a round does in its minutes: against every plan that there is, tried one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DrawingWork,
  type LearningWork,
  planDrawing,
  planLearning,
} from '../../../engine/jobs/time-plan.js';

const minutes = fc.double({ min: 0.1, max: 600, noNaN: true });
const upTo = (most: number) => Array.from({ length: most }, (_, i) => i + 1);
const seconds = fc.double({ min: 0.001, max: 60, noNaN: true });

describe('learning', () => {
  const work: fc.Arbitrary<LearningWork> = fc.record({
    steps: fc.integer({ min: 1, max: 60 }),
    batch: fc.integer({ min: 1, max: 40 }),
    rows: fc.integer({ min: 1, max: 8 }),
    fits: fc.integer({ min: 1, max: 2 }),
    call: seconds,
    probes: fc.constant(12),
    probeSteps: fc.integer({ min: 1, max: 6 }),
  });
  /** Calls of the network, half of them of the guard's way there alone, drawn by two models. */
  const cost = (w: LearningWork, steps: number, batch: number, probes: number) =>
    w.call * w.fits * steps * Math.ceil(batch / w.rows) + 2 * probes * w.probeSteps * (w.call / w.rows / 2);

  it('keeps to its minutes, or is the least that is useful and says what that takes', () => {
    fc.assert(
      fc.property(minutes, work, (most, w) => {
        const { seconds, ...plan } = planLearning(most, w);
        expect(seconds).toBeCloseTo(cost(w, plan.steps, plan.batch, plan.probes), 6);
        expect(plan.steps).toBeGreaterThanOrEqual(Math.min(w.steps, 8));
        expect(plan.batch).toBeGreaterThanOrEqual(Math.min(w.batch, 4));
        expect(plan.probes).toBeGreaterThanOrEqual(4);
        const floor = Math.min(w.batch, Math.ceil(4 / w.rows) * w.rows);
        const least = { steps: Math.min(w.steps, 8), batch: floor, probes: 4 };
        if (seconds > 60 * most * (1 + 1e-9)) expect(plan).toEqual(least);
        // Nothing is left out that would have fitted: no row more of each step, and at fewest rows no step.
        if (plan.batch < w.batch)
          expect(cost(w, w.steps, plan.batch + 1, 4)).toBeGreaterThan(60 * most * (1 - 1e-9));
        if (plan.steps < w.steps) {
          expect(plan.batch).toBe(floor);
          expect(cost(w, plan.steps + 1, floor, 4)).toBeGreaterThan(60 * most * (1 - 1e-9));
        }
      }),
    );
  });

  it('does no less in more time, and all of it where that fits', () => {
    fc.assert(
      fc.property(minutes, fc.double({ min: 1, max: 10, noNaN: true }), work, (most, times, w) => {
        const [short, long] = [planLearning(most, w), planLearning(most * times, w)];
        for (const key of ['steps', 'batch', 'probes'] as const)
          expect(long[key]).toBeGreaterThanOrEqual(short[key]);
        const whole = cost(w, w.steps, w.batch, w.probes) / 60;
        const { steps, batch, probes } = planLearning(whole * 1.001, w);
        expect({ steps, batch, probes }).toEqual({ steps: w.steps, batch: w.batch, probes: 12 });
      }),
    );
  });
});

describe('drawing', () => {
  const least = { ddim: 20, 'dpmpp-2m': 12, lcm: 4 } as const;
  const work: fc.Arbitrary<DrawingWork & { scheduler: keyof typeof least }> = fc.record({
    scheduler: fc.constantFrom('ddim', 'dpmpp-2m', 'lcm'),
    steps: fc.integer({ min: 1, max: 60 }),
    images: fc.integer({ min: 2, max: 36 }),
    beside: fc.constantFrom(0, 17),
    step: seconds,
    decode: fc.double({ min: 0, max: 20, noNaN: true }),
    draws: fc.constantFrom(1, 1.5),
    allSteps: fc.boolean(),
  });
  const cost = ({ draws, step, decode, beside }: DrawingWork, steps: number, images: number) =>
    beside + images * (draws * steps * step + decode);

  it('is the plan of most steps, then of most pictures, that fits; or the least, which says what it takes', () => {
    fc.assert(
      fc.property(minutes, work, (most, w) => {
        const floor = w.allSteps ? w.steps : Math.min(w.steps, least[w.scheduler]);
        const few = Math.min(w.images, 6);
        const fits = (steps: number, images: number) => cost(w, steps, images) <= 60 * most;
        const steps = upTo(w.steps).findLast((n) => n >= floor && fits(n, w.images)) ?? floor;
        const images = upTo(w.images).findLast((n) => n >= few && fits(steps, n)) ?? few;
        const plan = planDrawing(most, w);
        expect(plan).toMatchObject({ steps, images });
        expect(plan.seconds).toBeCloseTo(cost(w, steps, images), 6);
      }),
    );
  });

  it('draws no less in more time', () => {
    fc.assert(
      fc.property(minutes, fc.double({ min: 1, max: 10, noNaN: true }), work, (most, times, w) => {
        const [short, long] = [planDrawing(most, w), planDrawing(most * times, w)];
        expect(long.steps).toBeGreaterThanOrEqual(short.steps);
        expect(long.images).toBeGreaterThanOrEqual(short.images);
      }),
    );
  });
});
