/**
 * The one decision function: (state, event) -> rows + effects, pure. It dispatches to the rules, one file a
 * subject, then lets the round take every step that is due. Commit rows and effects together before anything
 * is carried out; `apply` makes the next state.
 */

import { clockSet } from './clock.js';
import { runCommand } from './commands.js';
import { weighFlags } from './moderation/flags.js';
import { channelChanged, endWithoutChannel } from './moderation/nsfw-guard.js';
import { evaluated } from './rounds/evaluations.js';
import { jobDone, jobFailed, jobHeld, jobProgress } from './rounds/jobs.js';
import { advance, askSweeps, beginRound, renewed, startClosing, sweepFailed } from './rounds/rounds.js';
import { unpauseSession } from './rounds/session.js';
import { strengthsDrawn } from './rounds/strengths.js';
import { type Elsewhere, nowhereElse } from './state/budgets.js';
import type { Decision } from './state/decision.js';
import { Draft } from './state/draft.js';
import type { Event, ReactionSet } from './state/events.js';
import type { SessionState } from './state/model.js';
import { atLeast } from './state/roles.js';
import { ballotCleared, ballotGone, ballotPosted, ballotRefused, showDeadline } from './voting/ballots.js';
import { judgeRound } from './voting/feedback.js';
import { recordReaction, recordSweep } from './voting/ledger.js';
import { consentChanged } from './voting/people.js';
import { attendance } from './voting/who-counts.js';

const rules: { [K in Event['kind']]: (draft: Draft, event: Extract<Event, { kind: K }>) => void } = {
  reaction,
  swept: (draft, event) => {
    recordSweep(draft, event);
    if (event.effect) draft.settle(event.effect);
  },
  cleared: ballotCleared,
  'ballot-gone': ballotGone,
  'ballot-posted': (draft, event) => {
    ballotPosted(draft, event);
    askSweeps(draft);
  },
  'effect-done': (draft, event) => draft.settle(event.effect),
  'effect-failed': (draft, event) => {
    draft.settle(event.effect);
    if (event.ballot) ballotRefused(draft, event.ballot);
    sweepFailed(draft, event.effect);
  },
  consent: (draft, event) => {
    consentChanged(draft, event);
    weighFlags(draft);
  },
  channel: (draft, event) => {
    channelChanged(draft, event);
    // Which ballots a closing round waits for may have changed.
    askSweeps(draft);
  },
  command: runCommand,
  'job-progress': jobProgress,
  'job-held': jobHeld,
  'job-done': jobDone,
  'job-failed': jobFailed,
  evaluated,
  'strengths-drawn': strengthsDrawn,
  'clock-set': clockSet,
  tick: () => {},
};

/** `judge` stands in for judging in one go: what it throws goes up, and nothing is decided. */
export function decide(
  state: SessionState,
  event: Event,
  judge = judgeRound,
  elsewhere: Elsewhere = nowhereElse,
): Decision {
  const draft = new Draft(state, event.at, judge, elsewhere);
  (rules[event.kind] as (draft: Draft, event: Event) => void)(draft, event);
  renewed(draft);
  endWithoutChannel(draft);
  // A session that was opened but has no round yet (a branch, or a process killed in between) begins here.
  if (draft.session.state === 'active' && !draft.round) beginRound(draft);
  advance(draft);
  showDeadline(draft, state.rounds.at(-1));
  return draft.decision();
}

function reaction(draft: Draft, event: ReactionSet): void {
  if (!recordReaction(draft, event)) return;
  const { session } = draft;
  // Somebody came back to a session that rested for want of votes.
  if (session.state === 'paused' && session.pause === 'empty') unpauseSession(draft);
  const { round } = draft;
  // Where marks make the quorum, a moderator's Done is a word to close; where Done itself is counted it is
  // one of them.
  const word = event.emoji === 'done' && event.present && session.rules.quorumBy === 'marks';
  const moderatorsDone = word && atLeast(event.voter.role, 'moderator');
  if (moderatorsDone && round?.state === 'open' && session.state !== 'ended') {
    if (draft.session.state === 'active' && attendance(draft.state, round).voters > 0) {
      startClosing(draft, round, 'done');
    }
  }
}
