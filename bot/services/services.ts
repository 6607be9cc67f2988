/**
 * The services: each made once, of what is made before it. Commands work with them, and so does what takes in
 * events.
 */

import type { Clock } from '../../src/clock.js';
import { guestRules } from '../../src/config/rules.js';
import type { Config } from '../../src/config/schema.js';
import type { Log } from '../../src/log.js';
import type { Store } from '../../src/store/store.js';
import type { Cards } from '../effects/cards.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { Evaluations } from '../effects/evaluations.js';
import type { Messenger } from '../effects/messenger.js';
import type { ModelSettings } from '../effects/model-settings.js';
import type { Guards } from '../effects/nsfw-guard.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sweeps } from '../effects/sweeps.js';
import type { Homes } from '../sessions/homes.js';
import type { People } from '../sessions/people.js';
import type { Sessions } from '../sessions/sessions.js';
import { Admission } from './admission.js';
import { Agreements } from './agreements.js';
import { Audit } from './audit.js';
import type { CatchingUp } from './catching-up.js';
import { Crowd } from './crowd.js';
import { DeclinedMarks } from './declined-marks.js';
import { Exports } from './exports.js';
import { Forgetting } from './forgetting.js';
import { Guests } from './guests.js';
import { Limits } from './limits.js';
import { Links } from './links.js';
import { Notices } from './notices.js';
import { Opening } from './opening.js';
import { Plans } from './plans.js';
import { Pools } from './pools.js';
import { Proposals } from './proposals.js';
import { Proposing } from './proposing.js';
import { Pulls } from './pulls.js';
import { RoundTimes } from './round-times.js';
import { ServerChannels } from './server-channels.js';
import { ServerSessions } from './server-sessions.js';
import { ServerSettings } from './server-settings.js';
import { SessionActs } from './session-acts.js';
import { SessionPlaces } from './session-places.js';
import type { SideEngine } from './side-engine.js';
import { Sight } from './sight.js';
import { Splits } from './splits.js';
import { StartSession } from './start-session.js';
import { Stories } from './stories.js';
import { Voters } from './voters.js';
import { Withdrawals } from './withdrawals.js';

/** What commands may ask for. */
export interface Services {
  admission: Admission;
  agreements: Agreements;
  audit: Audit;
  cards: Cards;
  channels: ServerChannels;
  crowd: Crowd;
  evaluations: Evaluations;
  exports: Exports;
  guards: Guards;
  guests: Guests;
  links: Links;
  places: SessionPlaces;
  plans: Plans;
  platforms: Platforms;
  pools: Pools;
  proposing: Proposing;
  pulls: Pulls;
  roundTimes: RoundTimes;
  serverSessions: ServerSessions;
  sessionActs: SessionActs;
  sessions: Sessions;
  settings: ServerSettings;
  splits: Splits;
  sight: Sight;
  startSession: StartSession;
  stories: Stories;
  voters: Voters;
  withdrawals: Withdrawals;
}

/** Those that no command asks for are made with them. */
export interface AllServices extends Services {
  forgetting: Forgetting;
  notices: Notices;
  opening: Opening;
  proposals: Proposals;
}

/** What services are made of. */
export interface Ground {
  config: Config;
  clock: Clock;
  log: Log;
  store: Store;
  people: People;
  homes: Homes;
  sessions: Sessions;
  platforms: Platforms;
  messenger: Messenger;
  cards: Cards;
  evaluations: Evaluations;
  guards: Guards;
  sweeps: Sweeps;
  catchingUp: CatchingUp;
  paths: DataPaths;
  models: ModelSettings;
  /** For pulls and exports. */
  engine: SideEngine;
}

/** In the order in which they need each other. */
export function makeServices(ground: Ground): AllServices {
  const { config, clock, log, store, sessions, platforms } = ground;
  const plans = new Plans(config);
  const voters = new Voters(ground);
  const admission = new Admission({ ...ground, voters, limits: new Limits(config.limits) });
  const settings = new ServerSettings({ store, platforms, plans });
  ground.messenger.speakAs((to) => settings.languageAt(to));
  const sight = new Sight({ platforms, sessions, store });
  const places = new SessionPlaces({ platforms, sessions, plans });
  const roundTimes = new RoundTimes({ sessions, store, plans });
  const channels = new ServerChannels({ clock, store, sessions });
  const rules = guestRules(config);
  const { secret, standings } = store;
  const guests = new Guests({ clock, log, rules, secret, standings, platforms, channels });

  const declined = new DeclinedMarks({ store, platforms });
  const agreements = new Agreements({ ...ground, voters, admission, declined });
  const { purgeDays } = config.privacy;
  const notices = new Notices({ ...ground, voters, agreements, declined, purgeDays });
  const proposals = new Proposals(ground);
  const forgetting = new Forgetting({ ...ground, declined, notices, proposals });
  const withdrawals = new Withdrawals({ ...ground, voters, admission, forgetting, notices });

  const opening = new Opening({ ...ground, notices, roundTimes });
  const opens = { ...ground, voters, plans, settings, places, opening };
  const startSession = new StartSession({ ...opens, bounds: config.limits });
  const proposing = new Proposing({ ...opens, proposals, startSession, sight });
  return {
    ...ground,
    ...{ plans, voters, admission, settings, sight, places, roundTimes, channels, guests },
    ...{ agreements, notices, proposals, forgetting, withdrawals, opening, startSession, proposing },
    audit: new Audit({ clock, store, voters, settings }),
    sessionActs: new SessionActs({ clock, sessions }),
    serverSessions: new ServerSessions({ store, platforms, sessions, sight }),
    pools: new Pools({ ...opens, admission }),
    links: new Links({ clock, store, sessions, admission }),
    exports: new Exports(ground),
    pulls: new Pulls({ engine: ground.engine, hub: config.hub }),
    crowd: new Crowd(ground),
    splits: new Splits({ ...opens, sight }),
    stories: new Stories(ground),
  };
}
