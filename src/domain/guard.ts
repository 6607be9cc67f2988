/**
 * Channels that change under a session. One that takes no posts does not hold the others up. One that may no longer show
 * pictures that need care ends the showing at once: nothing more is posted, people are told, and the session rests until
 * a moderator resumes it there where it may be (the platform takes down what hangs). In a pool it goes on elsewhere.
 */
import { askEdit, holdBallots, planBallots, postBallots } from './ballots.js';
import type { Draft } from './draft.js';
import type { ChannelChanged } from './events.js';
import type { Binding, Round } from './model.js';
import { notify, showOutcome, showProgress } from './say.js';
import { pauseSession, unpauseSession } from './session.js';

export function channelChanged(draft: Draft, { channel, canPost, nsfw }: ChannelChanged): void {
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
  if (binding.canPost !== may) draft.put({ table: 'binding', row: { ...binding, canPost: may } });
  if (!may) holdBallots(draft, channel);
  else if (!binding.canPost) takesPostsAgain(draft, { ...binding, canPost: may });
}

/** Ballots that waited for the channel, or were refused there, go out; a session that rested for it goes on by itself. */
function takesPostsAgain(draft: Draft, binding: Binding): void {
  const { round } = draft;
  const { channel } = binding;
  if (!round) return;
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
