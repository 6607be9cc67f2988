/** What the page is made of in a house: as configured, with the app behind it. Whoever starts one adds who is told of its faults. */
import { join } from 'node:path';
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import type { App } from '../app.js';
import { commandSpecs } from '../commands/table.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { WebOptions } from '../platforms/web/options.js';

export function pageOptions(config: Config, app: () => App, paths: DataPaths, clock: Clock): WebOptions {
  return {
    ...config.server,
    streams: config.limits.streams,
    dir: join(paths.root, 'web'),
    commands: commandSpecs,
    now: () => clock.now(),
    status: () => app().status(),
    adapter: (session, round, format) => app().adapter(session, round, format),
    complete: (typing) => app().complete(typing),
    crowd: {
      redeem: (code) => app().crowd.redeem(code),
      standing: (account) => app().crowd.standing(account),
    },
  };
}
