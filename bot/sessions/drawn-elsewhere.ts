/**
 * How many images other sessions have asked for today, which the budgets of a channel and of a server count.
 */
import { askedOnDay, type Drawn } from '../../src/domain/state/budgets.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Homes } from './homes.js';

/** `held`: sessions in memory; `past`: what those have drawn today that are not. `at`: epoch ms. */
export function drawnElsewhere(
  { session, bindings: [own] }: SessionState,
  { held, past, homes }: { held: Iterable<SessionState>; past: Iterable<Drawn>; homes: Homes },
  at: number,
): { channel: number; server: number } {
  const spent = { channel: 0, server: 0 };
  if (!own) return spent;
  const server = homes.of(own.channel);
  const count = (there: Omit<Drawn, 'rounds'>, rounds: Drawn['rounds']) => {
    if (there.session === session.id || there.platform !== own.platform) return;
    const images = askedOnDay(rounds, at);
    if (there.channel === own.channel) spent.channel += images;
    if (homes.of(there.channel) === server) spent.server += images;
  };
  for (const { bindings, rounds } of held) if (bindings[0]) count(bindings[0], rounds);
  for (const drawn of past) count(drawn, drawn.rounds);
  return spent;
}
