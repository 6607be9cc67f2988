/**
 * What people may ask of a session, one row a command: the table is total over the acts. Rights are checked
 * first, every time; every act is audited, refused ones too.
 */

import { say, type Text } from '../words/text.js';
import { sayWhy } from './moderation/faulted.js';
import { flag, show } from './moderation/flags.js';
import { lift } from './moderation/lifting.js';
import { showAgain } from './moderation/nsfw-guard.js';
import {
  cellOf,
  changeImage,
  imageOf,
  newestOnBallots,
  noteCell,
  refuseCell,
  refuseConsent,
} from './rounds/cells.js';
import { report } from './rounds/evaluations.js';
import { retryFailed } from './rounds/jobs.js';
import { hidePair } from './rounds/pair.js';
import {
  abandonRound,
  askSweeps,
  ballotsOf,
  beginRound,
  isOver,
  nothingHangs,
  startClosing,
} from './rounds/rounds.js';
import { endSession, pauseSession, unpauseSession } from './rounds/session.js';
import { askStrengths } from './rounds/strengths.js';
import { moreVariety } from './rounds/variety.js';
import { openBranch } from './sessions/branch.js';
import { invite, join, leave, sideMay } from './sessions/pools.js';
import { move, split } from './sessions/split.js';
import { setAdmitted, setRules, setVoter, undoAct } from './sessions/undo.js';
import { usedUp } from './state/budgets.js';
import type { Draft } from './state/draft.js';
import type { Act, Command, PastAct } from './state/events.js';
import { allowed, leastRole, oneOf } from './state/roles.js';
import { notify, showOutcome, showProgress, showStory } from './state/say.js';
import { plannedDeadline, postBallots } from './voting/ballots.js';
import { consented, recordMark, takesVotes } from './voting/ledger.js';
import { accountsOf, personOf } from './voting/people.js';
import { attendance } from './voting/who-counts.js';

type Rule<N extends Act['name']> = (draft: Draft, act: Extract<Act, { name: N }>, event: Command) => void;

const rules: { [N in Act['name']]: Rule<N> } = {
  close: (draft) => {
    const round = draft.round;
    if (round?.state !== 'open')
      return draft.refuse('nothing-to-close', say('No round is open.'), say('Wait for the next ballot.'));
    const { voters } = attendance(draft.state, round);
    const maybeMore = ballotsOf(draft.state, round).some(
      (ballot) => ballot.sweeps && ballot.state === 'live',
    );
    if (voters === 0 && !maybeMore) {
      return draft.refuse(
        'nothing-to-close',
        say('Nobody has voted yet.'),
        say('Mark at least one image, then close.'),
      );
    }
    if (draft.session.state === 'paused') unpauseSession(draft);
    startClosing(draft, draft.round ?? round, 'command');
  },
  pause: (draft) => {
    if (draft.session.state === 'paused')
      return draft.refuse(
        'unknown',
        say('The session is paused already.'),
        say('**/acclaim session resume** goes on.'),
      );
    pauseSession(draft, 'command');
  },
  resume: (draft) => {
    if (draft.session.state !== 'paused')
      return draft.refuse('unknown', say('The session is not paused.'), '');
    if (draft.session.pause === 'budget' && usedUp(draft.state, draft.at, draft.elsewhere)) {
      const hint = say(
        'It goes on by itself after midnight (UTC), or when an admin raises it: **/acclaim settings**.',
      );
      return draft.refuse('not-allowed', say('Its budget of images is used up.'), hint);
    }
    if (draft.channels.length === 0 && draft.session.pause === 'guard')
      return draft.refuse(
        'unknown',
        say('These pictures may not be shown here yet.'),
        say('Put the channel right first.'),
      );
    unpauseSession(draft);
    const round = draft.round;
    askSweeps(draft);
    if (draft.session.nsfw) showAgain(draft);
    if (round?.state === 'failed') retryFailed(draft, round);
    else if (!round || isOver(round)) beginRound(draft);
    else if (round.state === 'posting' && nothingHangs(draft.state, round)) {
      abandonRound(draft, round);
      beginRound(draft);
    }
  },
  stop: (draft) => {
    if (draft.round && !isOver(draft.round)) abandonRound(draft, draft.round);
    endSession(draft, 'stopped');
  },
  redo: (draft) => {
    const round = draft.round;
    if (!round || round.state === 'learning' || (isOver(round) && round.state !== 'failed')) {
      return draft.refuse(
        'round-closed',
        say('There is no open round to draw anew.'),
        say('**/acclaim session rollback ROUND** goes back to an earlier one.'),
      );
    }
    if (usedUp(draft.state, draft.at, draft.elsewhere))
      return draft.refuse(
        'not-allowed',
        say('The budget of images has no room for another round.'),
        say('**/acclaim settings** shows it.'),
      );
    abandonRound(draft, round);
    if (draft.session.state === 'paused') unpauseSession(draft);
    notify(draft, 'redo');
    beginRound(draft);
  },
  rollback: (draft, { round: target }) => {
    if (!canReturnTo(draft, target)) return refuseRound(draft, target);
    const later = draft.state.rounds.filter((r) => r.number > target && r.state === 'done');
    draft.note({ head: draft.session.head, done: later.map((r) => r.number) });
    if (draft.round && !isOver(draft.round)) abandonRound(draft, draft.round, 'superseded');
    for (const round of draft.state.rounds) {
      if (round.number <= target || (round.state !== 'done' && round.state !== 'failed')) continue;
      draft.setRound(round, { state: 'superseded' });
      if (round.state === 'failed') showProgress(draft, round.number);
    }
    draft.setSession({ head: target === 0 ? null : target });
    if (draft.session.state === 'paused') unpauseSession(draft);
    notify(draft, 'rolled-back', { round: target });
    beginRound(draft);
  },
  vary: (draft) => {
    const { learner, rules } = draft.session;
    const change = moreVariety(draft.session);
    if (!change)
      return draft.refuse(
        'unknown',
        say('Nothing is left to set for more variety.'),
        say('**/acclaim session rollback ROUND** goes back to an earlier round.'),
      );
    draft.note({ until: learner.until ?? null, picks: rules.picks ?? false });
    draft.setSession(change);
    notify(draft, 'more-variety');
  },
  branch: (draft, { round: target, session: id, prompt, criterion, reading, place }) => {
    if (!canReturnTo(draft, target)) return refuseRound(draft, target);
    const parent = draft.session;
    openBranch(draft, target, {
      ...{ id, place, prompt: prompt ?? parent.prompt, title: prompt ?? parent.title },
      prompts: prompt === null ? parent.prompts : undefined,
      // What was good of one prompt says little of another.
      criterion: criterion ?? (prompt === null ? parent.criterion : undefined),
      reading: prompt === null ? parent.reading : reading,
    });
  },
  split,
  taste: move,
  best: (draft, { index }, { by }) => {
    const cell = index === null ? null : cellOf(draft, index);
    const round = cell === null ? newestOnBallots(draft) : cell?.round;
    if (!round) return refuseCell(draft);
    if (!consented(draft, by.key)) return refuseConsent(draft);
    // In whichever channel and from whichever linked account an earlier star was given, this one takes its
    // place. A star that hangs as a reaction (of a gallery) is the platform's and stays: effective-marks.ts
    // says which of the two holds.
    const { voters } = draft.state;
    const accounts = accountsOf(voters, personOf(voters, by.key));
    for (const ballot of ballotsOf(draft.state, round)) {
      for (const star of ballot.cells.map((_, i) => `star-${i + 1}`)) {
        if (ballot.sheet === cell?.ballot.sheet && star === cell.star) continue;
        for (const { key } of accounts) recordMark(draft, ballot, key, star, false);
      }
    }
    if (cell) {
      recordMark(draft, cell.ballot, by.key, cell.star, true);
      noteCell(draft, cell);
    }
    if (ballotsOf(draft.state, round).every((ballot) => !takesVotes(draft, ballot)))
      draft.refuse('round-closed', say('This round has closed.'), say('Name the best of the next one.'));
  },
  why: sayWhy,
  flag,
  hide: (draft, { index, round: number }) => {
    const cell = cellOf(draft, index, number);
    if (!cell) return refuseCell(draft);
    const { round } = cell;
    const image = imageOf(draft, round, index);
    noteCell(draft, cell);
    if (image) changeImage(draft, round, { ...image, state: 'hidden' });
    const key = `${round.id}.hide.${index}`;
    draft.ask({ kind: 'delete-image', key, round: round.number, index });
    notify(draft, 'image-hidden', { index }, round.number);
    // Wherever else the picture may stand.
    if (round.outcome) showOutcome(draft, round.number);
    if (draft.session.state === 'ended') showStory(draft);
  },
  'hide-pair': hidePair,
  show,
  exclude: (draft, act) => refuseVoter(draft, setVoter(draft, { ...act }, { excluded: true })),
  include: (draft, act) => refuseVoter(draft, setVoter(draft, { ...act }, { excluded: false })),
  admit: (draft, act) => refuseVoter(draft, setAdmitted(draft, { ...act }, true)),
  trust: (draft, act) => refuseVoter(draft, setVoter(draft, { ...act }, { trusted: true })),
  distrust: (draft, act) => refuseVoter(draft, setVoter(draft, { ...act }, { trusted: false })),
  lift,
  review: (draft, { on }) => setRules(draft, { review: on }),
  approve: (draft) => {
    const round = draft.round;
    if (round?.state !== 'review')
      return draft.refuse(
        'unknown',
        say('Nothing waits for a look.'),
        say('The next round will, where **/acclaim review on** was said.'),
      );
    postBallots(draft, draft.setRound(round, { state: 'posting', deadline: plannedDeadline(draft) }));
    showProgress(draft, round.number);
  },
  settings: (draft, { rules: change }) => {
    const now: Record<string, unknown> = { ...draft.session.rules };
    draft.note({ before: Object.fromEntries(Object.keys(change).map((key) => [key, now[key] ?? null])) });
    setRules(draft, change);
  },
  strength: askStrengths,
  report,
  undo: (draft, { of }, { by }) => {
    const least = of.command as keyof typeof leastRole;
    if (least in leastRole && !allowed(by.role, least))
      return draft.refuse(
        'not-allowed',
        say('You may not undo {command}.', { command: of.command }),
        say('Ask whoever may do it.'),
      );
    undoAct(draft, of);
  },
  invite,
  join,
  leave,
};

/** Acts that make sense after a session's end. */
const afterEnd: ReadonlySet<Act['name']> = new Set([
  'branch',
  'hide',
  'hide-pair',
  'show',
  'exclude',
  'include',
  'admit',
  'trust',
  'distrust',
  'lift',
  'report',
  'strength',
  'taste',
  'undo',
]);

/** Does what somebody asked for, or refuses it: by role first, then by the state of the session. */
export function runCommand(draft: Draft, event: Command): void {
  const { act, by } = event;
  if (!allowed(by.role, act.name)) {
    draft.refuse(
      'not-allowed',
      say('That is for {role} or above.', { role: oneOf(leastRole[act.name]) }),
      say('Ask one of them.'),
    );
  } else if (draft.session.state === 'ended' && !afterEnd.has(act.name)) {
    draft.refuse(
      'session-ended',
      say('This session has ended.'),
      say(
        '**/acclaim session start PROMPT** opens a new one, **/acclaim session branch ROUND** one that goes on from it.',
      ),
    );
  } else if (sideMay(draft, event)) {
    (rules[act.name] as Rule<Act['name']>)(draft, act, event);
  }
  const { name } = act;
  const args = { ...toKeep(act), ...draft.notes };
  const session = draft.session.id;
  const refused = draft.refusal?.code ?? null;
  // Who did it is kept only of people who agreed to be known here.
  const known = draft.state.voters.has(by.key) ? by.key : null;
  draft.put({
    table: 'act',
    row: { session, at: draft.at, by: known, role: by.role, command: name, args, refused },
  });
}

/**
 * What the audit keeps of an act: no code by which somebody joins, no text that they typed, nothing wrong
 * that they found, nobody's camp, of what is undone its number.
 */
function toKeep({ name: _, ...said }: Act): Record<string, unknown> {
  const {
    code: __,
    prompt: ___,
    criterion: _c,
    reading: _r,
    faults: ____,
    parting: _p,
    camp: _q,
    of,
    ...rest
  }: Record<string, unknown> = said;
  const past = of as PastAct | undefined;
  return { ...rest, ...(past ? { of: { seq: past.seq, command: past.command } } : {}) };
}

function canReturnTo(draft: Draft, target: number): boolean {
  return (
    target === 0 || draft.state.rounds.some((round) => round.number === target && round.state === 'done')
  );
}

function refuseVoter(draft: Draft, why: Text | undefined): void {
  if (why) draft.refuse('unknown', why, say('**/acclaim voters** lists who voted.'));
}

function refuseRound(draft: Draft, target: number): void {
  draft.refuse(
    'unknown',
    say('Round {target} has no checkpoint to go back to.', { target }),
    say('Name a finished round, or 0 for the start.'),
  );
}
