/**
 * All schedulers by name: the one table that sampling, training and tests read. Whichever runs takes betas, prediction
 * type, spacing and offset from the model's scheduler_config.json.
 */
import type { SchedulerConfig } from '../models/config.js';
import { ddim } from './ddim.js';
import { dpmpp2m, dpmpp2mSde } from './dpmpp.js';
import { euler, eulerAncestral } from './euler.js';
import type { Schedule, ScheduleOptions, SchedulerName } from './schedule.js';

const schedulers: Record<SchedulerName, (config: SchedulerConfig, options: ScheduleOptions) => Schedule> = {
  ddim,
  euler,
  'euler-ancestral': eulerAncestral,
  'dpmpp-2m': dpmpp2m,
  'dpmpp-2m-sde': dpmpp2mSde,
};

export const schedule = (config: SchedulerConfig, options: ScheduleOptions): Schedule =>
  schedulers[options.scheduler](config, options);
