/** What the app is put together from: house.ts makes it of a configuration. */
import type { ChatPlatform, PlatformName } from '../src/chat/port.js';
import type { PromptPolicy } from '../src/chat/prompt-policy.js';
import type { Clock } from '../src/clock.js';
import type { Rules } from '../src/domain/state/rules.js';
import type { Log } from '../src/log.js';
import type { JobQueue } from '../src/queue/contract.js';
import type { Store } from '../src/store/store.js';
import type { Actions, StartRequest } from './commands/command.js';
import type { DataPaths } from './effects/data-paths.js';
import type { EvaluationParts } from './effects/evaluations.js';
import type { JobParts } from './effects/jobs.js';
import type { Patience } from './effects/patience.js';
import type { Limits } from './inbound/limits.js';
import type { Reach } from './inbound/reach.js';
import type { Watch } from './monitoring/watch.js';
import type { Exports } from './services/exports.js';
import type { GuestRules } from './services/guests.js';
import type { MemberBounds } from './services/member-bounds.js';
import type { Pulls } from './services/pulls.js';
import type { People } from './sessions/people.js';
import type { NewSession, Plan } from './sessions/sessions.js';
import type { TidyParts } from './upkeep/retention.js';

export interface AppParts {
  store: Store;
  queue: JobQueue;
  platforms: readonly ChatPlatform[];
  people: People;
  paths: DataPaths;
  clock: Clock;
  log: Log;
  resolveModel(model: string): string;
  safety: JobParts['safety'];
  /** Absolute folder of a model -> what its safety is measured by. */
  safetyMeasure: EvaluationParts['safetyMeasure'];
  decoder: JobParts['decoder'];
  /** A request by a person, or none, over the configuration -> what the session is run by. */
  specify(request: Partial<StartRequest>, platform: PlatformName): NewSession;
  plan(request: Partial<StartRequest>, platform: PlatformName): Plan;
  usualModel: string;
  policy: PromptPolicy;
  /** What makes a quorum on a platform. */
  quorum(platform: PlatformName): Pick<Rules, 'quorum' | 'quorumBy'>;
  newId(title: string): string;
  tasks: Actions['tasks'];
  models: Actions['models'];
  /** Rounds that may wait for engines before no session is opened any more. */
  mostWaiting: number;
  budgets: Actions['budgets'];
  /** Channels of the page where pictures that need care may be shown. */
  nsfwChannels: readonly string[];
  /** From the bot's removal from a server to the purge of its data, ms. */
  purgeAfterMs: number;
  modelsHere: Actions['modelsHere'];
  /** Which servers the bot is there for, and which make operators. */
  guests: GuestRules;
  /** What becomes of old rounds, and of what is old in the bucket between bot and engines. */
  retention: TidyParts['retention'];
  /** How long copies of the database from before an upgrade stay. */
  copiesForMs: number;
  bucket: TidyParts['bucket'];
  pulls: Pick<Pulls, 'ask' | 'lines'>;
  exports: Exports;
  watch: Watch;
  reach: Reach;
  patience: Patience;
  limits: Limits;
  /** Of sessions that members open. */
  bounds: MemberBounds;
  /** A moderator looks first at what members ask for, unless a server's admins say otherwise. */
  approval: boolean;
  /** The truth can no longer be written: say why and end the process. */
  fatal(error: unknown): void;
}
