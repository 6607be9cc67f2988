/** What routes are made of. They decode, ask the service and answer; they decide nothing. */
import type { Assets } from '../assets.js';
import type { Callers } from '../callers.js';
import type { Logins } from '../logins.js';
import type { Monitor } from '../options.js';
import type { People } from '../people.js';
import type { Pictures } from '../pictures.js';
import type { WebService } from '../service.js';

export interface RouteParts {
  service: WebService;
  callers: Callers;
  pictures: Pictures;
  people: People;
  logins: Logins;
  assets: Assets;
  monitor?: Monitor | undefined;
  /** Headers of every answer; a line of events, which answers by itself, takes them along. */
  guarding: Record<string, string>;
  onError: (error: unknown) => void;
}
