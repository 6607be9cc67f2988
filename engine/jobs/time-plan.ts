/**
 * How much of a round is done in the minutes that it may take, by what a step costs here. Pure: the same work
 * at the same speed gives the same plan, and more minutes never give less. What is planned lies between what
 * was asked for and the least that is useful; a plan that takes longer even so says by how much.
 */
import type { SchedulerName } from '../diffusion/schedule.js';

/** A round's optimiser steps, as the learner wants them. */
export interface LearningWork {
  steps: number;
  /** Rows of a step. */
  batch: number;
  /** Rows of one executor call, at most. */
  rows: number;
  /** Adapters that are fitted, each with so many steps. */
  fits: number;
  /** Seconds of one executor call. */
  call: number;
  /** Pictures that the collapse guard looks at, and the steps that it draws each in. */
  probes: number;
  probeSteps: number;
}

/** What of it is done. */
export interface LearningPlan {
  steps: number;
  batch: number;
  probes: number;
  /** That it is expected to take. */
  seconds: number;
}

/** Fewer teach nothing that can be told from chance, or tell no collapse. */
const LEAST = { steps: 8, rows: 4, probes: 4, images: 6 } as const;

/**
 * First the guard looks at fewer pictures, then a step has fewer rows, which makes it less certain; steps, by
 * which the adapter moves, go last.
 */
export function planLearning(minutes: number, work: LearningWork): LearningPlan {
  const { rows, batch, fits, call } = work;
  const most = minutes * 60;
  // A row's way through the network takes at most half of its way there and back. The guard draws twice: by
  // the base model, and by what was learned.
  const look = (work.probeSteps * call) / rows;
  const secondsOf = (steps: number, calls: number, probes: number) =>
    steps * calls * fits * call + probes * look;
  const all = Math.ceil(batch / rows);
  const planned = (steps: number, calls: number, probes: number): LearningPlan => ({
    ...{ steps, probes, batch: Math.min(batch, calls * rows) },
    seconds: secondsOf(steps, calls, probes),
  });
  if (secondsOf(work.steps, all, work.probes) <= most) return planned(work.steps, all, work.probes);
  const probes = Math.min(work.probes, LEAST.probes);
  const left = most - probes * look;
  const least = Math.min(all, Math.ceil(LEAST.rows / rows));
  const calls = within(least, left / (work.steps * fits * call), all);
  return planned(
    within(Math.min(work.steps, LEAST.steps), left / (calls * fits * call), work.steps),
    calls,
    probes,
  );
}

/** A round's pictures, as they are asked for. */
export interface DrawingWork {
  scheduler: SchedulerName;
  steps: number;
  images: number;
  /** Seconds of one step of one picture, and of making a picture of a latent. */
  step: number;
  decode: number;
  /** Seconds of what is drawn beside them. */
  beside: number;
  /** Drawings a picture: more than 1 where votes choose among more. */
  draws: number;
  /** True: the learner needs all steps. */
  allSteps: boolean;
}

/** What of it is done. */
export interface DrawingPlan {
  steps: number;
  images: number;
  /** That it is expected to take. */
  seconds: number;
}

/** Steps below which a scheduler's pictures are worth no vote; models that were distilled want fewer. */
const leastSteps: Record<SchedulerName, number> = {
  ddim: 20,
  euler: 20,
  'euler-ancestral': 20,
  'dpmpp-2m': 12,
  'dpmpp-2m-sde': 12,
  lcm: 4,
  tcd: 4,
};

/** First pictures are drawn in fewer steps, then there are fewer of them. */
export function planDrawing(minutes: number, work: DrawingWork): DrawingPlan {
  const { step, decode, draws, beside } = work;
  const most = minutes * 60;
  const secondsOf = (steps: number, images: number) => images * (draws * steps * step + decode) + beside;
  const least = work.allSteps ? work.steps : Math.min(work.steps, leastSteps[work.scheduler]);
  const left = most - beside;
  const steps = within(least, (left / work.images - decode) / (draws * step), work.steps);
  const images = within(
    Math.min(work.images, LEAST.images),
    left / (draws * steps * step + decode),
    work.images,
  );
  return { steps, images, seconds: secondsOf(steps, images) };
}

/** The whole number at or below `wanted`, between the two. */
const within = (least: number, wanted: number, most: number): number =>
  Math.max(least, Math.min(most, Math.floor(wanted)));
