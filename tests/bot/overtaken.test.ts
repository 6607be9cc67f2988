/** Which words that come late are still said: those that are true yet, and the last of several on one thing. */
import { expect, it } from 'vitest';
import { isOvertaken } from '../../bot/effects/overtaken.js';
import type { Effect, EffectOf, NoticeCode } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';

const noticeOf = (notice: NoticeCode, more: Partial<EffectOf<'notice'>> = {}): EffectOf<'notice'> =>
  ({ kind: 'notice', notice, session: 'cat', channel: 'here', round: 1, ...more }) as EffectOf<'notice'>;
const stateOf = (session: string, round: string) =>
  ({ session: { state: session }, rounds: [{ number: 1, state: round }] }) as unknown as SessionState;

it.each([
  ['paused', ['paused', 'open'], ['active', 'open']],
  ['resumed', ['active', 'open'], ['paused', 'open']],
  ['extended', ['active', 'closing'], ['active', 'done']],
  ['review', ['active', 'review'], ['active', 'open']],
] as const)('"%s" only while it is so', (notice, so, notSo) => {
  expect(isOvertaken(noticeOf(notice), stateOf(so[0], so[1]), [])).toBe(false);
  expect(isOvertaken(noticeOf(notice), stateOf(notSo[0], notSo[1]), [])).toBe(true);
});

it('of several words on one thing in one channel the last', () => {
  const resumed = (...later: Effect[]) => isOvertaken(noticeOf('resumed'), stateOf('active', 'open'), later);
  expect(resumed(noticeOf('ended'))).toBe(true);
  for (const other of [
    noticeOf('extended'),
    noticeOf('ended', { channel: 'there' }),
    noticeOf('ended', { session: 'dog' }),
    { ...noticeOf('ended'), kind: 'card' } as unknown as Effect,
  ])
    expect(resumed(other)).toBe(false);
});

it('whatever comes after it, of what has no topic', () => {
  expect(isOvertaken(noticeOf('redraw'), stateOf('paused', 'done'), [noticeOf('redraw')])).toBe(false);
});
