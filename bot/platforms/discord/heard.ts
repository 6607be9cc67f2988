/**
 * What Discord's dispatches tell, handed on: marks of one person on one message in their order, and a mark that has an ordinary
 * and a super reaction is withdrawn with the last of them.
 */
import type { Gone } from '../../../src/chat/gone.js';
import type { ChatEvent } from '../../../src/chat/port.js';
import { dropRefusedMark } from '../../../src/chat/refusals.js';
import { Turns } from '../../../src/chat/turns.js';
import type { DiscordApi } from './api.js';
import type { Decoded } from './decode.js';
import type { DiscordHistory } from './history.js';
import { stillThere } from './reactions.js';

/** Of what exists between start and stop. */
interface Parts {
  api: DiscordApi;
  history: DiscordHistory;
  sink: (event: ChatEvent) => Promise<void>;
}

export class Heard {
  /** Super-reactions seen, "message user emoji": their removal, or that of the ordinary twin, is looked at twice. */
  private readonly bursts = new Set<string>();
  private readonly turns = new Turns();

  constructor(private readonly gone: Gone) {}

  async hand({ event, burst }: Decoded, parts: Parts): Promise<void> {
    const { history, sink } = parts;
    if (event.kind === 'message-gone') {
      const { channel, message } = event.ref;
      history.forget(channel, message);
      return this.gone.isNews(event.ref) ? sink(event) : undefined;
    }
    if (event.kind === 'cleared') return this.turns.all(event.ref.message, () => sink(event));
    if (event.kind === 'consent') return sink(event).catch(dropRefusedMark);
    if (event.kind !== 'reaction') return sink(event);
    return this.turns.one(event.ref.message, event.account.id, () => this.mark(event, burst, parts));
  }

  private async mark(
    event: Extract<ChatEvent, { kind: 'reaction' }>,
    burst: boolean,
    { api, sink }: Parts,
  ): Promise<void> {
    const { channel, message } = event.ref;
    const key = `${message} ${event.account.id} ${event.emoji}`;
    if (event.present) {
      if (burst) this.bursts.add(key);
      return sink(event).catch(dropRefusedMark);
    }
    // Ordinary and super are two reactions and one mark: it is withdrawn with the last of them.
    if (burst || this.bursts.has(key)) {
      if (burst) this.bursts.delete(key);
      if (await stillThere(api, channel, message, event.emoji, event.account.id)) return;
    }
    return sink(event).catch(dropRefusedMark);
  }
}
