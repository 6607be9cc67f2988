/**
 * Turning a moderator's act back: one row an act, total by type. A row either does the reverse or says why
 * there is none. What the reverse needs to know was noted with the act.
 */

import { say, type Text } from '../../words/text.js';
import { unflag, unshow, weighFlags } from '../moderation/flags.js';
import { unlift } from '../moderation/lifting.js';
import { abandonRound, beginRound, isOver } from '../rounds/rounds.js';
import { pauseSession, unpauseSession } from '../rounds/session.js';
import type { Draft } from '../state/draft.js';
import type { Act, PastAct, RuleSettings } from '../state/events.js';
import { notify } from '../state/say.js';
import { recount } from '../voting/counted-again.js';
import { accountsOf, personOf } from '../voting/people.js';
import { unsplit } from './split.js';

/** Nothing when it was done, else why it cannot be. */
type Undo = (draft: Draft, args: Record<string, unknown>) => Text | undefined;

const undos: Record<Act['name'], Undo | Text> = {
  pause: (draft) => {
    if (draft.session.pause !== 'command') return say('The session goes on already.');
    unpauseSession(draft);
    return undefined;
  },
  resume: (draft) => {
    if (draft.session.state !== 'active') return say('The session is not running any more.');
    pauseSession(draft, 'command');
    return undefined;
  },
  stop: (draft) => {
    if (draft.session.end !== 'stopped') return say('The session did not end by being stopped.');
    draft.setSession({ state: 'active', end: null, endedAt: null });
    notify(draft, 'resumed');
    beginRound(draft);
    return undefined;
  },
  rollback: (draft, { round: target, head, done }) => {
    if (!Array.isArray(done) || typeof target !== 'number') return say('Where it stood before is not known.');
    if (draft.session.state === 'ended') return say('The session has ended.');
    if (draft.round && !isOver(draft.round)) abandonRound(draft, draft.round, 'superseded');
    for (const round of draft.state.rounds) {
      if (done.includes(round.number)) draft.setRound(round, { state: 'done' });
      else if (round.number > target && round.state === 'done')
        draft.setRound(round, { state: 'superseded' });
    }
    draft.setSession({ head: head as number | null });
    if (draft.session.state === 'paused') unpauseSession(draft);
    notify(draft, 'rolled-back', { round: (head as number | null) ?? 0 });
    beginRound(draft);
    return undefined;
  },
  vary: (draft, { until, picks }) => {
    const { until: _, ...learner } = draft.session.learner;
    draft.setSession({ learner: typeof until === 'number' ? { ...learner, until } : learner });
    setRules(draft, { picks: picks === true });
    return undefined;
  },
  exclude: (draft, args) => setVoter(draft, args, { excluded: false }),
  include: (draft, args) => setVoter(draft, args, { excluded: true }),
  admit: (draft, args) => setAdmitted(draft, args, false),
  trust: (draft, args) => setVoter(draft, args, { trusted: false }),
  distrust: (draft, args) => setVoter(draft, args, { trusted: true }),
  lift: (draft, args) => (unlift(draft, args) ? undefined : say('The guard is at work there already.')),
  review: (draft, { on }) => {
    setRules(draft, { review: on !== true });
    return undefined;
  },
  settings: (draft, { before, rules }) => {
    const now: Record<string, unknown> = { ...draft.session.rules };
    const set = rules as Record<string, unknown>;
    // What was set once more since then stays.
    const still = Object.entries(before as RuleSettings).filter(([key]) => same(now[key], set[key]));
    if (still.length === 0) return say('It was set anew since.');
    setRules(draft, Object.fromEntries(still));
    return undefined;
  },
  close: say(
    'The votes are counted and the learner is at work: **/acclaim session rollback ROUND** goes back to an earlier round.',
  ),
  redo: say('Its pictures were given up and others drawn.'),
  branch: say('The branch is a session of its own: **/acclaim session stop** in its channel ends it.'),
  split: (draft) => unsplit(draft),
  taste: say('It is theirs: whoever moved moves back.'),
  hide: say('The file of a hidden picture is deleted.'),
  'hide-pair': say('The files of a pair row that was taken away are deleted.'),
  approve: say('The ballots hang: **/acclaim round redo** draws others.'),
  best: say('It is a vote: whoever cast it can change it.'),
  why: say('It is part of a vote: whoever cast it can change it.'),
  report: say('It only measures: nothing was changed.'),
  strength: say('What was drawn stays.'),
  flag: unflag,
  show: unshow,
  invite: say('A code that nobody uses ends by itself.'),
  join: say('A channel leaves by **/acclaim session leave**.'),
  leave: say('A channel comes back by a new code: **/acclaim session invite**.'),
  undo: say('It was itself an undoing: do again what was undone.'),
};

const same = (a: unknown, b: unknown) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** Acts that the table can turn back; the others say why not. */
export function canUndo(command: string): boolean {
  return typeof undos[command as Act['name']] === 'function';
}

/** Undoes a past act of a moderator, or refuses with the reason. */
export function undoAct(draft: Draft, { command, args }: PastAct): void {
  const row = undos[command as Act['name']] as Undo | Text | undefined;
  const why = typeof row === 'function' ? row(draft, args) : (row ?? say('There is no way back from it.'));
  if (why !== undefined) draft.refuse('unknown', say('{command} cannot be undone.', { command }), why);
}

/** Puts these rules over the session's. */
export function setRules(draft: Draft, rules: RuleSettings): void {
  draft.setSession({ rules: { ...draft.session.rules, ...rules } });
}

/** Undefined when it was done, else what is wrong. */
export function setVoter(
  draft: Draft,
  { voter }: Record<string, unknown>,
  change: { excluded?: boolean; trusted?: boolean },
): Text | undefined {
  const { voters } = draft.state;
  const row = voters.get(String(voter));
  if (!row) return say('Nobody here is known by that key.');
  const { excluded: on } = change;
  // Somebody is excluded as a person: an account that is taken out of it later is no way back.
  const rows = on === undefined ? [row] : accountsOf(voters, personOf(voters, row.key));
  for (const one of rows) {
    draft.put({ table: 'voter', row: { ...one, ...change } });
    const { key, platform, pseudonym } = one;
    if (on !== undefined && !pseudonym) draft.put({ table: 'exclusion', voter: key, platform, on });
  }
  recount(draft);
  weighFlags(draft);
  return undefined;
}

/** The same; of somebody who never had to wait nothing changes. */
export function setAdmitted(draft: Draft, { voter }: Record<string, unknown>, on: boolean): Text | undefined {
  const row = draft.state.voters.get(String(voter));
  if (!row) return say('Nobody here is known by that key.');
  const { waits, admittedAt, ...rest } = row;
  if (!on && admittedAt === undefined) return say('They never had to wait.');
  if (on && !waits) return undefined;
  const now = on ? ({ admittedAt: draft.at } as const) : ({ waits: true } as const);
  draft.put({ table: 'voter', row: { ...rest, ...now } });
  if (!on) recount(draft);
  weighFlags(draft);
  return undefined;
}
