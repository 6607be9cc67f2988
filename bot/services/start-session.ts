/** From a wish to a session: all that stands between the two, and the opening of it. */
import type { Account } from '../../src/chat/port.js';
import { allows } from '../../src/config/choice.js';
import type { Config } from '../../src/config/schema.js';
import { ruleSettings, type Settings } from '../../src/domain/sessions/settings.js';
import { waitsForEngine } from '../../src/domain/sessions/views.js';
import type { Place, SessionState } from '../../src/domain/state/model.js';
import { atLeast } from '../../src/domain/state/roles.js';
import { AcclaimError } from '../../src/errors.js';
import { counted, say } from '../../src/words/text.js';
import type { Guards } from '../effects/nsfw-guard.js';
import type { Homes } from '../sessions/homes.js';
import type { NewSession, Sessions } from '../sessions/sessions.js';
import { mayOpen } from './member-bounds.js';
import type { Opening } from './opening.js';
import { newId, type Plans } from './plans.js';
import type { Asking, StartRequest } from './requests.js';
import { modelOf, type ServerSettings } from './server-settings.js';
import type { SessionPlaces } from './session-places.js';
import type { Voters } from './voters.js';

export interface StartSessionParts {
  sessions: Sessions;
  homes: Homes;
  voters: Voters;
  plans: Plans;
  settings: ServerSettings;
  places: SessionPlaces;
  guards: Guards;
  opening: Opening;
  /** Of sessions that members open. */
  bounds: Config['limits'];
}

/** A session that may be opened. */
export interface Prepared {
  spec: NewSession;
  id: string;
  place: Place;
}

/** Opens what a person asks for, where nothing stands against it. */
export class StartSession {
  constructor(private readonly parts: StartSessionParts) {}

  /** Opens it; throws what `prepare` throws. */
  async start(request: StartRequest, asking: Asking): Promise<SessionState> {
    const { spec, id, place } = await this.prepare(request, asking);
    return this.parts.opening.open(spec, { id, place, createdBy: request.createdBy });
  }

  /**
   * Throws what keeps it from being opened: `not-allowed`, `engine-busy`, `usage`, `prompt-refused`,
   * `model-not-found`.
   */
  async prepare(asked: StartRequest, asking: Asking): Promise<Prepared> {
    const { plans, settings, places, guards } = this.parts;
    const { account, channel } = asking;
    await this.mustHaveRoom(asked, asking);
    const own = await settings.of(asking);
    const model = asked.model ?? modelOf(own, channel);
    mayName(asked.model, modelOf(own, channel) ?? plans.usualModel, own, account);
    const spec = withSettings(plans.specify({ ...asked, model }, account.platform), own, asked);
    const id = newId(spec.title);
    const place = places.placeFor(id, asking, spec.nsfw);
    if (own.channels && !own.channels.includes(channel))
      throw new AcclaimError(
        'not-allowed',
        say('Sessions may not be opened in this channel.'),
        say('An admin names those where they may: **/acclaim settings channels**.'),
      );
    if (spec.nsfw) await guards.mustAllow(account.platform, place.address);
    return { spec, id, place };
  }

  /** For the person, for the server, and in the engines' queue. */
  private async mustHaveRoom(asked: StartRequest, asking: Asking): Promise<void> {
    const { sessions, voters, plans, settings, bounds } = this.parts;
    const by = asked.createdBy;
    const all = sessions.live();
    const server = await settings.serverOf(asking);
    const here = all.filter((state) => this.serverOf(state) === server);
    const opener = { account: asking.account, by, known: await voters.isKnown(by), asked };
    mayOpen(bounds, opener, { here, all });
    const waiting = all.filter(waitsForEngine).length;
    // Those that wait already go on in their order; one more would only wait longer.
    if (waiting >= plans.mostWaiting)
      throw new AcclaimError(
        'engine-busy',
        waiting === 1
          ? say('A round waits for an engine already.')
          : say('{rounds} wait for an engine already.', { rounds: counted(waiting, 'round') }),
        waiting === 1
          ? say('Try again when it is through.')
          : say('Try again when some of them are through.'),
      );
  }

  /** Server of the founding channel, as settings are kept by it. */
  private serverOf({ bindings: [own] }: SessionState): string | undefined {
    const server = own && this.parts.homes.of(own.channel);
    return server == null ? own?.platform : `${own?.platform}-${server}`;
  }
}

/**
 * Which models are used is for admins to say: others name the one in use, or one of those that the setting
 * lists.
 */
function mayName(asked: string | undefined, used: string, own: Settings, { role }: Account): void {
  if (asked === undefined || asked === used || atLeast(role, 'admin')) return;
  if (own.models && allows(own.models, asked)) return;
  throw new AcclaimError(
    'not-allowed',
    say('Which models sessions use is for admins to say.'),
    say('Start it without one, or ask an admin for **/acclaim settings models**.'),
  );
}

/** What admins set goes over the configuration, and under what was asked for only where it is a bound. */
function withSettings(spec: NewSession, settings: Settings, asked: StartRequest): NewSession {
  const { models, mostImages, mostRounds } = settings;
  const { imagesPerRound, budgetRounds } = spec.rules;
  if (models && !allows(models, spec.model))
    throw new AcclaimError(
      'not-allowed',
      say('The model {model} may not be used here.', { model: spec.model }),
      say('**/acclaim settings models** names those that may.'),
    );
  const rules = {
    ...spec.rules,
    ...ruleSettings(settings),
    ...(asked.ballots === undefined ? {} : { ballots: asked.ballots }),
    imagesPerRound: Math.min(imagesPerRound, mostImages ?? imagesPerRound),
    budgetRounds: mostRounds === undefined ? budgetRounds : Math.min(budgetRounds ?? mostRounds, mostRounds),
  };
  return { ...spec, rules };
}
