/**
 * Words that come late. While a platform does not answer, a session may be paused, go on and be paused again:
 * only what is true when it can be said is said, and of several words on one thing the last.
 */
import type { Effect, EffectOf, NoticeCode } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';

/** Notices on one thing: the newer takes the older's place. */
const topics: Partial<Record<NoticeCode, string>> = {
  paused: 'whether it goes on',
  resumed: 'whether it goes on',
  ended: 'whether it goes on',
  extended: 'the deadline',
  review: 'who looks first',
  'job-retried': 'the engine',
};

/** Notices that hold only while the session, or the round that they name, is in such a state. */
const whileSo: Partial<Record<NoticeCode, (state: SessionState, round: number | null) => boolean>> = {
  paused: ({ session }) => session.state === 'paused',
  resumed: ({ session }) => session.state === 'active',
  extended: (state, round) => roundIs(state, round, ['open', 'closing']),
  review: (state, round) => roundIs(state, round, ['review']),
};

/** True where the notice is not true any more, or `later` has a newer word on the same thing. */
export function isOvertaken(
  { notice, channel, session, round }: EffectOf<'notice'>,
  state: SessionState,
  later: Iterable<Effect>,
): boolean {
  if (whileSo[notice]?.(state, round) === false) return true;
  const topic = topics[notice];
  if (topic === undefined) return false;
  for (const effect of later)
    if (effect.kind === 'notice' && effect.session === session && effect.channel === channel)
      if (topics[effect.notice] === topic) return true;
  return false;
}

function roundIs({ rounds }: SessionState, number: number | null, states: readonly string[]): boolean {
  return rounds.some((round) => round.number === number && states.includes(round.state));
}
