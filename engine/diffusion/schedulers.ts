/**
 * All schedulers by name: the one table that sampling, training and tests read. Whichever runs takes betas,
 * prediction type, spacing and offset from the model's scheduler_config.json.
 */
import type { SchedulerConfig } from '../models/config.js';
import { distilledTimesteps, lcm, tcd } from './consistency.js';
import { ddim, ddimTimesteps } from './ddim.js';
import { dpmpp2m, dpmpp2mSde } from './dpmpp.js';
import { euler, eulerAncestral } from './euler.js';
import type { Sampler, Schedule, ScheduleOptions, SchedulerName } from './schedule.js';

const schedulers: Record<SchedulerName, (config: SchedulerConfig, options: ScheduleOptions) => Schedule> = {
  ddim,
  euler,
  'euler-ancestral': eulerAncestral,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-sde': dpmpp2mSde,
  lcm,
  tcd,
};

/** The steps of the scheduler that `options` names, under the model's configuration. */
export const schedule = (config: SchedulerConfig, options: ScheduleOptions): Schedule =>
  schedulers[options.scheduler](config, options);

/**
 * Timesteps that are regressed on, noisiest first, whatever drew the pictures: a run of DDIM's; of models
 * that are sampled as distilled ones all that they were distilled at, since a few say too little.
 */
export const regressedTimesteps = (
  config: SchedulerConfig,
  { scheduler, steps, stack = [] }: Pick<Sampler, 'scheduler' | 'steps' | 'stack'>,
): number[] => {
  if (scheduler === 'lcm' || scheduler === 'tcd') return distilledTimesteps(config);
  return ddimTimesteps(config, stack.length > 0 ? Math.max(steps, STACKED_STEPS) : steps);
};

/** Of a model that is learned from pictures which others' LoRAs drew in a few steps. */
const STACKED_STEPS = 20;
