/**
 * What the page is made of: as configured, with the bot behind it. Whoever starts one adds who is told of its
 * faults.
 */
import { join } from 'node:path';
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import type { Completion } from '../commands/complete.js';
import { commandSpecs } from '../commands/table.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { WebOptions } from '../platforms/web/options.js';
import type { Crowd } from '../services/crowd.js';
import type { Overview } from './overview.js';

/** What the page asks the bot for. */
export interface BehindPage {
  overview: Overview;
  completion: Completion;
  crowd: Crowd;
}

/** Options of a WebPlatform. `paths`: of the data folder, where the page keeps its own. */
export function pageOptions(
  config: Config,
  { overview, completion, crowd }: BehindPage,
  paths: DataPaths,
  clock: Clock,
): WebOptions {
  return {
    ...config.server,
    streams: config.limits.streams,
    dir: join(paths.root, 'web'),
    commands: commandSpecs,
    now: () => clock.now(),
    status: () => overview.status(),
    adapter: (session, round, format) => overview.adapter(session, round, format),
    complete: (typing) => completion.complete(typing),
    crowd,
  };
}
