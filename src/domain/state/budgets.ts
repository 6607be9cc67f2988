/**
 * What may be drawn: images of a session in all, of a channel in a day, of a server in a day. A day is one of
 * UTC. A round begins only if it fits whole; where a budget is smaller than a round, a round of that size is
 * drawn. A day counts what other sessions of the channel or server have asked for as well; a pool is counted
 * where it was founded.
 */
import type { Binding, SessionState } from './model.js';
import type { Round } from './round.js';
import type { Rules } from './rules.js';

export type BudgetName = 'session' | 'channel' | 'server';
/** Images; null or absent = no bound. */
export type Budgets = Pick<Rules, 'sessionImages' | 'channelImages' | 'serverImages'>;

const ruleOf = {
  session: 'sessionImages',
  channel: 'channelImages',
  server: 'serverImages',
} as const satisfies Record<BudgetName, keyof Budgets>;

export interface UsedUp {
  budget: BudgetName;
  of: number;
  used: number;
  /** When there is a new one, epoch ms; null = never. */
  renews: number | null;
}

/** What a session has asked for, and where it was founded. */
export interface Drawn extends Pick<Binding, 'session' | 'channel' | 'platform'> {
  rounds: readonly Pick<Round, 'createdAt' | 'count'>[];
}

/** Images that other sessions have asked for on the day of `at`, in this one's channel and on its server. */
export type Elsewhere = (state: SessionState, at: number) => { channel: number; server: number };
export const nowhereElse: Elsewhere = () => ({ channel: 0, server: 0 });

const DAY = 86_400_000;
/** Beginning of the day (UTC), epoch ms. */
export const dayOf = (at: number): number => at - (at % DAY);

/**
 * Images asked for on the day of `at`; what is dated up to a day later counts too, so that a clock set back
 * doubles nothing.
 */
export function askedOnDay(rounds: Drawn['rounds'], at: number): number {
  const day = dayOf(at);
  let images = 0;
  for (let i = rounds.length - 1; i >= 0; i--) {
    const { createdAt, count } = rounds[i]!;
    if (createdAt >= day && createdAt < day + 2 * DAY) images += count;
  }
  return images;
}

/** Images of the next round. */
export function roundSize({ imagesPerRound, ...rules }: Rules): number {
  const bounds = Object.values(ruleOf).map((rule) => rules[rule] ?? imagesPerRound);
  return Math.min(imagesPerRound, ...bounds);
}

/**
 * The budget that has no room for the next round; of several the one that is longest in coming back. Null =
 * it may begin.
 */
export function usedUp(state: SessionState, at: number, elsewhere: Elsewhere): UsedUp | null {
  const { rules } = state.session;
  if (Object.values(ruleOf).every((rule) => (rules[rule] ?? null) === null)) return null;
  const size = roundSize(rules);
  const today = askedOnDay(state.rounds, at);
  const others = elsewhere(state, at);
  const used: Record<BudgetName, number> = {
    session: state.rounds.reduce((sum, { count }) => sum + count, 0),
    channel: today + others.channel,
    server: today + others.server,
  };
  for (const budget of ['session', 'server', 'channel'] as const) {
    const of = rules[ruleOf[budget]] ?? null;
    if (of === null || used[budget] + size <= of) continue;
    return { budget, of, used: used[budget], renews: budget === 'session' ? null : dayOf(at) + DAY };
  }
  return null;
}
