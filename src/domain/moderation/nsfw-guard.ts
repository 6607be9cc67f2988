/**
 * Channels that change under a session. One that takes no posts does not hold the others up. One that may no
 * longer show pictures that are NSFW ends the showing at once: nothing more is posted, people are told, and
 * the session rests until a moderator resumes it there where it may be (the platform takes down what hangs).
 * In a pool it goes on elsewhere.
 */

import { abandonRound, isOver } from '../rounds/rounds.js';
import { endSession, pauseSession, unpauseSession } from '../rounds/session.js';
import type { Draft } from '../state/draft.js';
import type { ChannelChanged } from '../state/events.js';
import type { Binding, SessionState } from '../state/model.js';
import type { Round } from '../state/round.js';
import { notify, showOutcome, showProgress } from '../state/say.js';
import { askEdit, holdBallots, planBallots, postBallots } from '../voting/ballots.js';

export function channelChanged(draft: Draft, { channel, canPost, nsfw, gone = false }: ChannelChanged): void {
  const binding = draft.state.bindings.find((row) => row.channel === channel && row.leftAt === null);
  if (!binding) return;
  const allowed = nsfw || !draft.session.nsfw;
  const others = draft.channels.some((row) => row.channel !== channel);
  // Told before the channel counts as one that takes no posts: a notice shows no picture.
  if (canPost && !allowed) {
    draft.ask({ kind: 'take-down', key: `${draft.session.id}.take-down.${binding.ordinal}`, channel });
    if (!others) rest(draft);
  }
  const may = canPost && allowed;
  const known = binding.goneAt ?? null;
  const goneAt = canPost ? null : (known ?? (gone ? draft.at : null));
  if (binding.canPost !== may || known !== goneAt)
    draft.put({ table: 'binding', row: { ...binding, canPost: may, goneAt } });
  if (!may) holdBallots(draft, channel);
  else if (!binding.canPost) takesPostsAgain(draft, { ...binding, canPost: may });
}

/**
 * A session whose last channel was deleted ends a day later: by then nobody will look for what it learned
 * there.
 */
const GONE_MS = 86_400_000;

/** When it ends for want of a channel; null while it has one. */
export function endsForWant({ session, bindings }: SessionState): number | null {
  const here = bindings.filter((row) => row.leftAt === null);
  const since = here.map((row) => row.goneAt ?? null);
  if (session.state === 'ended' || here.length === 0 || since.includes(null)) return null;
  return Math.max(...since.map(Number)) + GONE_MS;
}

/** Ends a session that has had no channel to post in for a day. */
export function endWithoutChannel(draft: Draft): void {
  const due = endsForWant(draft.state);
  if (due === null || draft.at < due) return;
  if (draft.round && !isOver(draft.round)) abandonRound(draft, draft.round);
  endSession(draft, 'gone');
}

/**
 * Ballots that waited for the channel, or were refused there, go out; a session that rested for it goes on by
 * itself.
 */
function takesPostsAgain(draft: Draft, binding: Binding): void {
  const { round } = draft;
  const { channel } = binding;
  if (!round) return;
  showMissed(draft, round, binding);
  for (const ballot of draft.state.ballots.values())
    if (ballot.round === round.id && ballot.channel === channel)
      if (ballot.state === 'gone' && ballot.message === null) draft.setBallot(ballot, { state: 'planned' });
  if (draft.session.state === 'paused' && draft.session.pause === 'channel') unpauseSession(draft);
  if (draft.session.state !== 'active' || (round.state !== 'posting' && round.state !== 'open')) return;
  // A channel of a pool that was passed by when the others got theirs.
  if (draft.state.images.has(round.id) && !hasBallots(draft, round, channel))
    planBallots(draft, round, [binding]);
  postBallots(draft, round, [binding]);
}

/**
 * What was decided meanwhile was refused there: the newest rounds' ballots are shown as they are, with how
 * the last one ended.
 */
function showMissed(draft: Draft, round: Round, { channel, ordinal }: Binding): void {
  const closed = draft.state.rounds.findLast((row) => row.outcome !== null);
  const rounds = new Set([round.id, closed?.id]);
  for (const ballot of draft.state.ballots.values())
    if (ballot.channel === channel && ballot.message !== null && ballot.state !== 'gone')
      if (rounds.has(ballot.round)) askEdit(draft, ballot);
  if (!closed || draft.session.nsfw) return;
  const key = `${draft.session.id}.${closed.number}.outcome.${ordinal}`;
  draft.ask({ kind: 'card', card: 'outcome', key, channel, round: closed.number });
}

function rest(draft: Draft): void {
  const { state, pause } = draft.session;
  if (state === 'active') pauseSession(draft, 'guard');
  else if (state === 'paused' && pause !== 'guard') {
    draft.setSession({ pause: 'guard' });
    notify(draft, 'paused', { reason: 'guard' });
  }
}

/** A moderator lets it go on: what waited goes out, and what was taken down is shown again. */
export function showAgain(draft: Draft): void {
  const { round } = draft;
  if (round?.state === 'posting') {
    if (draft.state.images.has(round.id) && !hasBallots(draft, round)) planBallots(draft, round);
    postBallots(draft, round);
  }
  for (const ballot of draft.state.ballots.values())
    if (ballot.state === 'live' && ballot.message !== null) askEdit(draft, ballot);
  if (round) showProgress(draft, round.number);
  const closed = draft.state.rounds.findLast((row) => row.outcome !== null);
  if (closed) showOutcome(draft, closed.number);
}

function hasBallots(draft: Draft, round: Round, channel: string | null = null): boolean {
  return [...draft.state.ballots.values()].some(
    (ballot) => ballot.round === round.id && (channel === null || ballot.channel === channel),
  );
}
