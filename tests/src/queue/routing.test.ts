/** Whom a job waits for: in which order an engine asks, and when people are told that nobody can. No Redis. */
import { afterEach, expect, it, vi } from 'vitest';
import type { Need } from '../../../src/queue/matching/ability.js';
import { inOrder } from '../../../src/queue/matching/routing.js';
import { Unschedulable } from '../../../src/queue/matching/unschedulable.js';

afterEach(() => vi.useRealTimers());

const needOf = (model: string): Need => ({
  models: [model],
  memoryMb: 1,
  folder: null,
  not: [],
  attempts: 3,
});

it('an engine asks for jobs of the model that it holds warm first, and keeps no others waiting for ever', () => {
  const needs = ['cold', 'longer', 'warm'].map(needOf);
  const asked = (ms: Record<string, number>) =>
    inOrder(needs, ({ models }) => ms[models[0]!]!, ['warm']).map(({ need }) => need.models[0]);
  expect(asked({ cold: 1000, longer: 2000, warm: 0 })).toEqual(['warm', 'longer', 'cold']);
  expect(asked({ cold: 20_000, longer: 20_000, warm: 0 })[0]).toBe('warm');
  expect(asked({ cold: 20_001, longer: 0, warm: 0 })).toEqual(['cold', 'warm', 'longer']);
});

it('that nobody can do a job is told once it has lasted, once a reason, and taken back at once', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const told: (string | null)[] = [];
  const job = new Unschedulable(5000, (why) => told.push(why?.code ?? null));
  const none = { code: 'no-engine', message: 'none' } as const;
  const model = { code: 'no-model', message: 'none with it' } as const;
  job.mark(none);
  vi.advanceTimersByTime(4999);
  job.mark(none);
  job.mark(null);
  expect(told, 'an engine was gone for a moment').toEqual([]);
  job.mark(none);
  vi.advanceTimersByTime(5000);
  for (const why of [none, none, model, model, null, null]) job.mark(why);
  expect(told).toEqual(['no-engine', 'no-model', null]);
  expect(job.known).toBeNull();
});
