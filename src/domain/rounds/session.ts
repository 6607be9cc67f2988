/** A session as a whole: pausing (nothing new is started, votes are still taken), going on, and its end. */
import type { UsedUp } from '../state/budgets.js';
import type { Draft } from '../state/draft.js';
import type { EndReason, PauseReason } from '../state/model.js';
import { notify, showProgress, showStory } from '../state/say.js';
import { askEvaluation } from './evaluations.js';

/** Starts nothing new from now on, and says why; votes are still taken. */
export function pauseSession(draft: Draft, reason: PauseReason): void {
  if (draft.session.state !== 'active') return;
  draft.setSession({ state: 'paused', pause: reason, pausedAt: draft.at });
  notify(draft, 'paused', { reason });
  if (draft.round) showProgress(draft, draft.round.number);
}

/** Nothing is drawn until there is a new budget; people are told which is used up and when that is. */
export function restForBudget(draft: Draft, { budget, of, used, renews }: UsedUp): void {
  if (draft.session.state !== 'active') return;
  draft.setSession({ state: 'paused', pause: 'budget', pausedAt: draft.at, renewsAt: renews });
  notify(draft, 'paused', { reason: 'budget', budget, of, used, ...(renews === null ? {} : { renews }) });
  if (draft.round) showProgress(draft, draft.round.number);
}

/** Deadlines stood still meanwhile. */
export function unpauseSession(draft: Draft): void {
  const { pausedAt, rules } = draft.session;
  draft.setSession({ state: 'active', pause: null, pausedAt: null, renewsAt: null });
  const round = draft.round;
  if (round?.state === 'open') {
    const deadline =
      round.deadline === null ? draft.at + rules.roundMs : round.deadline + draft.at - (pausedAt ?? draft.at);
    draft.setRound(round, { deadline });
  }
  notify(draft, 'resumed');
}

/** Ends the session for good and shows its story. */
export function endSession(draft: Draft, reason: EndReason): void {
  draft.setSession({ state: 'ended', pause: null, pausedAt: null, end: reason, endedAt: draft.at });
  notify(draft, 'ended', { reason });
  if (draft.round) showProgress(draft, draft.round.number);
  showStory(draft);
  askEvaluation(draft);
}
