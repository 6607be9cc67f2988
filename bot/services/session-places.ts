/** Where a new session of a platform goes when it is asked for in a channel. */
import type { Place } from '../../src/domain/state/model.js';
import { page } from '../../src/domain/state/platforms.js';
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Plans } from './plans.js';
import type { Asking } from './requests.js';

export interface SessionPlaceParts {
  platforms: Platforms;
  sessions: Sessions;
  plans: Plans;
}

/** Finds a place; makes none. */
export class SessionPlaces {
  constructor(private readonly parts: SessionPlaceParts) {}

  /**
   * The page has a channel for each session, by its id; elsewhere a session lives where it was asked for, one
   * at a time. Throws `not-allowed` where there is no room for it.
   */
  placeFor(session: string, { account: { platform }, channel }: Asking, nsfw: boolean): Place {
    const { sweeps } = this.parts.platforms.need(platform).capabilities;
    const address = platform === page ? this.pageChannel(session, nsfw) : channel;
    if (platform !== page && this.isTaken(platform, channel))
      throw new AcclaimError(
        'not-allowed',
        say('A session runs in this channel.'),
        say('**/acclaim session stop** ends it; or use another channel.'),
      );
    return { channel: `${platform}-${address}`, community: platform, platform, address, sweeps };
  }

  private pageChannel(session: string, nsfw: boolean): string {
    const { nsfwChannels } = this.parts.plans;
    const address = nsfw ? nsfwChannels.find((name) => !this.isTaken(page, name)) : session;
    if (address !== undefined) return address;
    throw new AcclaimError(
      'not-allowed',
      nsfwChannels.length === 0
        ? say('No channel of the page is marked for such a session.')
        : say('A session runs in each channel that is marked for it.'),
      say('Name one more in ACCLAIM_NSFW_CHANNELS and start again.'),
    );
  }

  private isTaken(platform: Place['platform'], address: string): boolean {
    return this.parts.sessions.liveIn(platform, address) !== undefined;
  }
}
