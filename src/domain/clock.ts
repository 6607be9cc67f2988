/**
 * The clock was set forward: what is to happen at a time moves along, and a rest that was under way begins
 * anew. The time of the event is still the old one.
 */
import type { Draft } from './state/draft.js';
import type { ClockSet } from './state/events.js';

export function clockSet(draft: Draft, { by }: ClockSet): void {
  const { pausedAt, invites } = draft.session;
  draft.setSession({
    pausedAt: pausedAt === null ? null : pausedAt + by,
    invites: invites.map((invite) => ({ ...invite, until: invite.until + by })),
  });
  const { round } = draft;
  if (round?.state !== 'open') return;
  const deadline = round.deadline === null ? null : round.deadline + by;
  draft.setRound(round, { deadline, restFrom: draft.at + by });
}
