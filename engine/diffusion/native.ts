/**
 * The scheduler that a model's own scheduler_config.json asks for: whether it is built, and what is said
 * where DDIM stands in for it.
 */
import type { SchedulerConfig } from '../models/config.js';
import type { SchedulerName } from './schedule.js';

const set = (value: unknown) => value === true;
const other =
  (...known: readonly unknown[]) =>
  (value: unknown) =>
    value !== undefined && value !== null && !known.includes(value);

const built: ReadonlySet<string> = new Set([
  'DDIMScheduler',
  'EulerDiscreteScheduler',
  'EulerAncestralDiscreteScheduler',
  'DPMSolverMultistepScheduler',
  'LCMScheduler',
  'TCDScheduler',
]);

/** Options of built classes that are not built. */
const notBuilt: Record<string, (value: unknown) => boolean> = {
  algorithm_type: other('dpmsolver++', 'sde-dpmsolver++'),
  interpolation_type: other('linear'),
  solver_order: other(2),
  solver_type: other('midpoint'),
  timestep_type: other('discrete'),
  use_beta_sigmas: set,
  use_exponential_sigmas: set,
  use_flow_sigmas: set,
  use_lu_lambdas: set,
  variance_type: other(),
};

/** What is not built of a configuration's own scheduler; null where all of it is. */
export function unbuilt(config: SchedulerConfig): string | null {
  const name = config._class_name;
  if (!built.has(name)) return name;
  const odd = Object.keys(notBuilt).find((key) => notBuilt[key]!(config[key]));
  return odd === undefined ? null : `${name} with ${odd} ${JSON.stringify(config[odd])}`;
}

/** Said once of a model; null where nothing stands in for anything. */
export function substitution(config: SchedulerConfig, scheduler: SchedulerName): string | null {
  const missing = scheduler === 'ddim' ? unbuilt(config) : null;
  if (missing === null) return null;
  return `the model's own scheduler, ${missing}, is not built: DDIM takes its place, with its betas, offset and prediction type`;
}
