/**
 * Pools: one session in several channels, on any platforms. The founding side gives out codes, an admin of
 * the other side joins by one; a code is good once. Ballots go to all channels and votes pool. What ends or
 * undoes the whole is the founding side's to say; a side that leaves takes its channel along, and the votes
 * cast there until then stand.
 */

import { say } from '../../words/text.js';
import { askSweeps, isOver } from '../rounds/rounds.js';
import type { Draft } from '../state/draft.js';
import type { Act, Command } from '../state/events.js';
import type { Binding } from '../state/model.js';
import type { Rules } from '../state/rules.js';
import { notify, showProgress } from '../state/say.js';
import { closeBallots, planBallots, postBallots } from '../voting/ballots.js';

type ActOf<N extends Act['name']> = Extract<Act, { name: N }>;

const foundersOnly: ReadonlySet<string> = new Set([
  'stop',
  'rollback',
  'vary',
  'settings',
  'invite',
  'split',
]);

/**
 * Refuses what only the founding side may do, or another side with its own people; true when the act may go
 * on.
 */
export function sideMay(draft: Draft, { act, from }: Command): boolean {
  if (isFounding(draft, from)) return true;
  // Turning an act back is that act.
  const [name, args] =
    act.name === 'undo' ? [act.of.command, act.of.args] : [act.name, act as Record<string, unknown>];
  // Any side may ask for more care, only the founding one for less.
  const takesBack = act.name === 'undo';
  const isLessCare = (name === 'review' && args.on === takesBack) || (name === 'lift' && !takesBack);
  if (foundersOnly.has(name) || isLessCare) {
    const hint = say('Ask there, or take this channel out of it: **/acclaim session leave**.');
    draft.refuse('not-allowed', say('Only the channel that founded the session may do that.'), hint);
    return false;
  }
  const own = draft.state.bindings.find((row) => row.channel === from)?.community;
  const voter = draft.state.voters.get(String(args.voter));
  if (!voter || voter.community === own) return true;
  draft.refuse(
    'not-allowed',
    say('That person votes on another side of the pool.'),
    say('Ask a moderator there.'),
  );
  return false;
}

function isFounding({ state }: Draft, from: string | null): boolean {
  return from === null || state.bindings.some((row) => row.channel === from && row.ordinal === 0);
}

/** Keeps the hash of a code by which another channel may join. */
export function invite(draft: Draft, { code, until }: ActOf<'invite'>): void {
  const good = draft.session.invites.filter((one) => one.until > draft.at);
  draft.setSession({ invites: [...good, { code, until }] });
}

/** Takes another channel into the session by a code. */
export function join(draft: Draft, { code, place, nsfw, quorum }: ActOf<'join'>): void {
  const { session, bindings } = draft.state;
  if (!session.invites.some((one) => one.code === code && one.until > draft.at)) {
    draft.refuse(
      'unknown',
      say('This code is not good (any more).'),
      say('Ask the founding side for a new one.'),
    );
  } else if (bindings.some((row) => row.channel === place.channel && row.leftAt === null)) {
    draft.refuse('not-allowed', say('This channel is in the session already.'), say('Vote on its ballots.'));
  } else if (session.nsfw && !nsfw) {
    const hint = say('Join from an age-restricted channel, or one of moderators only.');
    draft.refuse('not-allowed', say('This session draws what needs a guarded channel.'), hint);
  } else {
    const ordinal = 1 + Math.max(...bindings.map((row) => row.ordinal));
    const row: Binding = { ...place, session: session.id, ordinal, canPost: true, leftAt: null };
    const invites = session.invites.filter((one) => one.code !== code);
    draft.setSession({ invites, rules: { ...session.rules, ...stricter(session.rules, quorum) } });
    draft.put({ table: 'binding', row });
    notify(draft, 'channel-joined', { platform: place.platform });
    const { round } = draft;
    if (!round || isOver(round)) return;
    const posts = round.state === 'posting' || round.state === 'open';
    if (posts || round.state === 'review') planBallots(draft, round, [row]);
    if (posts) postBallots(draft, round, [row]);
    showProgress(draft, round.number);
  }
}

/** Where one person's Done would close the round for all, marks make the quorum from now on. */
function stricter(
  ours: Rules,
  theirs: Pick<Rules, 'quorum' | 'quorumBy'>,
): Pick<Rules, 'quorum' | 'quorumBy'> {
  const byMarks = ours.quorumBy === 'marks' || theirs.quorumBy === 'marks';
  return { quorum: Math.max(ours.quorum, theirs.quorum), quorumBy: byMarks ? 'marks' : 'done' };
}

/** Takes a channel out of the session: its open ballot is closed, and what was voted there counts. */
export function leave(draft: Draft, { ordinal }: ActOf<'leave'>, { from }: Command): void {
  const row = draft.state.bindings.find((one) =>
    ordinal === null ? one.channel === from : one.ordinal === ordinal,
  );
  if (!row || row.leftAt !== null) {
    draft.refuse(
      'unknown',
      say('There is no such channel in the session.'),
      say('**/acclaim session status** lists them.'),
    );
  } else if (row.ordinal === 0) {
    draft.refuse(
      'not-allowed',
      say('The founding channel cannot leave its session.'),
      say('**/acclaim session stop** ends it for all.'),
    );
  } else if (row.channel !== from && !isFounding(draft, from)) {
    draft.refuse(
      'not-allowed',
      say('A channel leaves by its own side, or by the founding one.'),
      say('Ask there.'),
    );
  } else {
    notify(draft, 'channel-left', { platform: row.platform });
    draft.put({ table: 'binding', row: { ...row, leftAt: draft.at } });
    if (draft.round) closeBallots(draft, draft.round, row.channel);
    askSweeps(draft);
  }
}
