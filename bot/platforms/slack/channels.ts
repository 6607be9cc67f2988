/**
 * Who sees a channel, and where pictures that are NSFW may be shown: Slack has no age gate, so only in a
 * private channel whose people are all moderators. Asked anew at every post and reveal, since someone may
 * have been invited meanwhile.
 */
import { isNotAllowed } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';
import { say, type Text } from '../../../src/words/text.js';
import type { SlackApi } from './api.js';
import type { People } from './people.js';

/** Asked of Slack. Errors: those of the API, `not-allowed` where pictures may not be shown. */
export class Channels {
  constructor(
    private readonly api: Pick<SlackApi, 'channel' | 'members'>,
    private readonly people: Pick<People, 'look'>,
  ) {}

  async mustBeGuarded(channel: string): Promise<void> {
    const { isPrivate } = await this.api.channel(channel);
    if (!isPrivate)
      throw open(
        say('these pictures may only be shown among moderators, and this channel is not private'),
        say('Start the session in a private channel of moderators.'),
      );
    for await (const member of this.api.members(channel)) {
      const { account, bot } = await this.people.look(member);
      if (!bot && account.role === 'member')
        throw open(
          say(
            'these pictures may only be shown among moderators, and this channel has members who are not moderators',
          ),
          say('Let only moderators into the channel; **/acclaim session resume** then goes on.'),
        );
    }
  }

  /** Public ones are everybody's of the workspace, but no guest's; others are their members'. */
  async sees(user: string, channel: string): Promise<boolean> {
    const { isPrivate } = await this.api.channel(channel);
    if (!isPrivate && !(await this.people.look(user)).guest) return true;
    for await (const member of this.api.members(channel)) if (member === user) return true;
    return false;
  }

  async isGuarded(channel: string): Promise<boolean> {
    try {
      await this.mustBeGuarded(channel);
      return true;
    } catch (error) {
      if (isNotAllowed(error)) return false;
      throw error;
    }
  }
}

function open(why: Text, hint: Text): AcclaimError {
  return new AcclaimError('not-allowed', why, hint);
}
