// Two members of a Discord who do by each round's ballots what the script says, as soon as these hang there
// and whoever is alive to hear of it. Only the last line makes the quorum whole, so a round closes with all
// of it.
import { setTimeout as wait } from 'node:timers/promises';
import type { Rng } from '../../src/rng.js';
import type { Peer } from '../../tests/support/discord-peer/peer.js';
import type { Channel } from '../../tests/support/discord-peer/world.js';

const [one, two] = ['1\uFE0F\u20E3', '2\uFE0F\u20E3'] as const;
const none = '\u{1F6AB}';
const agree = '\u2705';
export const members = { ann: '200000000000000001', bea: '200000000000000002' };

/** `good` is the number that both call good on sheet A in the end. */
const script = (good: string, other: string): [keyof typeof members, 'A' | 'B', string, boolean][] => [
  ['ann', 'A', good, true],
  ['bea', 'B', other, true],
  ['bea', 'B', other, false],
  ['ann', 'A', other, true],
  ['bea', 'A', good, true],
  ['ann', 'A', other, false],
  ['ann', 'B', none, true],
  ['bea', 'B', good, true],
];

/** Ballots of a round by sheet; more than one message of a sheet is an error. */
export function ballotsOf(peer: Peer, channel: Channel, round: number): Map<string, string> {
  const sheets = new Map<string, string>();
  for (const message of peer.shown(channel)) {
    const [, number, sheet] = /^\*\*Round (\d+), sheet ([A-Z])/.exec(message.content) ?? [];
    if (sheet === undefined || Number(number) !== round || message.attachments.length === 0) continue;
    if (sheets.has(sheet)) throw new Error(`sheet ${sheet} of round ${round} hangs there twice`);
    sheets.set(sheet, message.id);
  }
  return sheets;
}

export class People {
  constructor(
    private readonly peer: Peer,
    private readonly channel: Channel,
    private readonly rng: Rng,
  ) {
    const { world } = peer;
    const joined_at = new Date(0).toISOString();
    for (const [name, id] of Object.entries(members))
      world.members.set(id, {
        user: { ...world.user(name), id },
        nick: null,
        roles: [],
        joined_at,
        permissions: 0n,
      });
  }

  /** They agree to the notice as soon as it hangs there. */
  async consent(signal: AbortSignal): Promise<void> {
    const notice = await this.#found(signal, () =>
      this.peer.shown(this.channel).find((m) => JSON.stringify(m.components).includes('"I agree"')),
    );
    for (const name of Object.keys(members)) this.peer.react(name, notice.id, agree);
  }

  /** Sheets beyond the script's have nothing good for anybody. */
  async vote(round: number, count: number, signal: AbortSignal): Promise<void> {
    const sheets = await this.#found(signal, () => {
      const found = ballotsOf(this.peer, this.channel, round);
      return found.size === count ? found : undefined;
    });
    const [good, other] = round % 2 ? ([one, two] as const) : ([two, one] as const);
    for (const [letter, message] of sheets)
      if (letter > 'B') for (const name of Object.keys(members)) this.peer.react(name, message, none);
    for (const [name, sheet, glyph, present] of script(good, other)) {
      await wait(10 + this.rng.integer(100), undefined, { signal });
      this.peer.react(name, sheets.get(sheet)!, glyph, { present });
    }
  }

  async #found<T>(signal: AbortSignal, look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found) return found;
      await wait(20, undefined, { signal });
    }
  }
}
