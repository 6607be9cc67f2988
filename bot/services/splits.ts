/**
 * A session that goes on as two: where each camp's session takes place, and the first words there. On the
 * page each has a channel of its own; elsewhere camp A stays, and a moderator names the channel of camp B.
 */
import type { Refusal } from '../../src/domain/state/decision.js';
import type { Place, SessionState } from '../../src/domain/state/model.js';
import { page } from '../../src/domain/state/platforms.js';
import { type Camp, camps } from '../../src/domain/state/split.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Messenger } from '../effects/messenger.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Opening } from './opening.js';
import { newId } from './plans.js';
import type { Asking } from './requests.js';
import type { ServerSettings } from './server-settings.js';
import type { SessionPlaces } from './session-places.js';
import type { Sight } from './sight.js';

export interface SplitParts {
  sessions: Sessions;
  platforms: Platforms;
  messenger: Messenger;
  opening: Opening;
  places: SessionPlaces;
  settings: ServerSettings;
  sight: Sight;
}

export type Into = Record<Camp, { session: string; place: Place }>;

/** Finds places and says the first words; whether a session is split the session decides. */
export class Splits {
  constructor(private readonly parts: SplitParts) {}

  /** `other`: address of camp B's channel. Throws `usage` and `not-allowed` with what is wrong with it. */
  async placesFor(
    { session, bindings }: SessionState,
    asking: Asking,
    other: string | undefined,
  ): Promise<Into> {
    const { places } = this.parts;
    const id = (camp: Camp) => newId(`${session.title} ${camp}`);
    const [a, b] = [id('A'), id('B')];
    if (asking.account.platform === page)
      return {
        A: { session: a, place: places.placeFor(a, asking, session.nsfw) },
        B: { session: b, place: places.placeFor(b, asking, session.nsfw) },
      };
    const { channel, community, platform, address, sweeps } = bindings[0]!;
    if (other === undefined)
      throw new AcclaimError(
        'usage',
        say('Camp B needs a channel of its own.'),
        say('**/acclaim session split #CHANNEL** names it; camp A stays here.'),
      );
    await this.mustSuit(asking, other);
    return {
      A: { session: a, place: { channel, community, platform, address, sweeps } },
      B: { session: b, place: places.placeFor(b, { ...asking, channel: other }, session.nsfw) },
    };
  }

  private async mustSuit(asking: Asking, other: string): Promise<void> {
    const { platforms, settings, sight } = this.parts;
    const { account, channel } = asking;
    const isSame = (await platforms.need(account.platform).sameServer?.(channel, other)) ?? true;
    if (!isSame || !(await sight.ofChannel(asking, other)))
      throw new AcclaimError(
        'usage',
        say('There is no channel **{text}** here that I can see.', { text: other }),
        say('Invite me there first if it is private.'),
      );
    const { channels } = await settings.of(asking);
    if (channels && !channels.includes(other))
      throw new AcclaimError(
        'not-allowed',
        say('Sessions may not be opened in this channel.'),
        say('An admin names those where they may: **/acclaim settings channels**.'),
      );
  }

  /** Runs what splits the session; what is posted in the camps' channels comes below the first words. */
  async open(title: string, into: Into, split: () => Promise<Refusal | null>): Promise<Refusal | null> {
    const { messenger, opening, sessions } = this.parts;
    const { firstWords } = messenger;
    for (const camp of camps) await opening.ensurePlace(into[camp].place, { title, nsfw: false });
    return firstWords.above(into.A.place, () =>
      firstWords.above(into.B.place, async () => {
        const refusal = await split();
        if (refusal) return refusal;
        for (const camp of camps) await opening.welcome(sessions.get(into[camp].session)!);
        return null;
      }),
    );
  }
}
