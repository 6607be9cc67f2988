/** The story of a session so far, shown in its channels when somebody asks for it. */
import { AcclaimError } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Cards } from '../effects/cards.js';
import type { Messenger } from '../effects/messenger.js';
import type { Sessions } from '../sessions/sessions.js';

export interface StoryParts {
  sessions: Sessions;
  cards: Cards;
  messenger: Messenger;
}

/** Shows stories when asked; ends of sessions show them by an effect. */
export class Stories {
  constructor(private readonly parts: StoryParts) {}

  /**
   * One card a channel for each number of rounds that have closed: asking again edits it. Throws
   * `session-not-found`.
   */
  async show(session: string): Promise<void> {
    const { sessions, cards, messenger } = this.parts;
    const state = await sessions.find(session);
    if (!state) throw new AcclaimError('session-not-found', say('There is no session of that id.'), '');
    for (const to of state.bindings.filter((row) => row.leftAt === null)) {
      const rounds = state.rounds.filter((r) => r.outcome).length;
      const key = `${session}.story.${rounds}.${to.ordinal}`;
      await messenger.show(to, await cards.story(state, key, to.channel));
    }
  }
}
