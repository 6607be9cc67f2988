/** What effects are carried out with, and services work with as well: each made once. */
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import type { Log } from '../../src/log.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { People } from '../sessions/people.js';
import type { Sessions } from '../sessions/sessions.js';
import { Cards } from './cards.js';
import type { DataPaths } from './data-paths.js';
import { Evaluations } from './evaluations.js';
import { Jobs } from './jobs.js';
import { Messenger } from './messenger.js';
import { ModelSettings } from './model-settings.js';
import { Guards } from './nsfw-guard.js';
import type { Platforms } from './platforms.js';
import { StrengthRuns } from './strengths.js';
import { Sweeps } from './sweeps.js';

/** What they are made of. `stop` is aborted once the bot stops. */
export interface ToolParts {
  config: Config;
  clock: Clock;
  log: Log;
  queue: JobQueue;
  paths: DataPaths;
  people: People;
  platforms: Platforms;
  sessions: Sessions;
  stop: AbortSignal;
}

/** Each is described where its class is. */
export interface Tools {
  models: ModelSettings;
  messenger: Messenger;
  jobs: Jobs;
  evaluations: Evaluations;
  strengths: StrengthRuns;
  cards: Cards;
  sweeps: Sweeps;
  guards: Guards;
}

/** In the order in which they need each other. */
export function makeTools(parts: ToolParts): Tools {
  const models = new ModelSettings(parts.config);
  const messenger = new Messenger(parts.platforms);
  const jobs = new Jobs({ ...parts, models });
  const evaluations = new Evaluations({ ...parts, models });
  const strengths = new StrengthRuns({ ...parts, models });
  const [name] = parts.config.server.hostNames;
  const cards = new Cards(parts.paths, jobs, name === undefined ? null : `https://${name}`);
  const sweeps = new Sweeps({ ...parts, messenger });
  const guards = new Guards(parts);
  return { models, messenger, jobs, evaluations, strengths, cards, sweeps, guards };
}
