/**
 * What people are told, as effects: one for each channel of the session. Cards are edited in place, notices
 * are new.
 */
import type { Value } from '../../words/text.js';
import type { Draft } from './draft.js';
import type { NoticeCode } from './effects.js';

export function showProgress(draft: Draft, round: number): void {
  for (const { channel, ordinal } of draft.channels) {
    const key = `${draft.session.id}.${round}.progress.${ordinal}`;
    draft.ask({ kind: 'card', card: 'progress', key, channel, round });
  }
}

/** Of a closed round's card in a channel. */
export const outcomeKey = (session: string, round: number, ordinal: number): string =>
  `${session}.${round}.outcome.${ordinal}`;

export function showOutcome(draft: Draft, round: number): void {
  for (const { channel, ordinal } of draft.channels) {
    const key = outcomeKey(draft.session.id, round, ordinal);
    draft.ask({ kind: 'card', card: 'outcome', key, channel, round });
  }
}

export function showStory(draft: Draft): void {
  for (const { channel, ordinal } of draft.channels) {
    const key = `${draft.session.id}.story.${ordinal}`;
    draft.ask({ kind: 'card', card: 'story', key, channel, round: null });
  }
}

export function notify(
  draft: Draft,
  notice: NoticeCode,
  values: Record<string, Value> = {},
  round = draft.round?.number ?? null,
): void {
  // Of several pictures at once each is told of.
  const what = values.index === undefined ? notice : `${notice}.${values.index}`;
  for (const { channel, ordinal } of draft.channels) {
    const key = `${draft.session.id}.notice.${what}.${draft.at}.${ordinal}`;
    draft.ask({ kind: 'notice', key, channel, round, notice, values });
  }
}
