/**
 * Divided crowds: a session goes on as two, one for each camp of taste, each with a LoRA and a story of its
 * own. Who is of which camp was found by their votes (voting/taste/parting.ts); they may move, and whoever is
 * of none counts in both. What is not split is bridged: only what both camps like counts as good.
 */
import { listed, say, type Text } from '../../words/text.js';
import { refuseConsent } from '../rounds/cells.js';
import { abandonRound, beginRound, isOver } from '../rounds/rounds.js';
import { endSession } from '../rounds/session.js';
import type { Draft } from '../state/draft.js';
import type { Act, Command } from '../state/events.js';
import type { SessionState } from '../state/model.js';
import { notify } from '../state/say.js';
import {
  type Camp,
  campOf,
  camps,
  inCamp,
  type NotParted,
  type Parting,
  type Picture,
  type Split,
} from '../state/split.js';
import { finish, type Steps } from '../state/steps.js';
import { consented } from '../voting/ledger.js';
import { nameOf } from '../voting/mine.js';
import { accountsOf, personOf } from '../voting/people.js';
import { parting } from '../voting/taste/parting.js';
import type { Vote } from '../voting/vote.js';
import { counting } from '../voting/who-counts.js';
import { openBranch } from './branch.js';

type ActOf<N extends Act['name']> = Extract<Act, { name: N }>;

/** The camps of a session by all of its votes that counted; in steps, for a crowd's take seconds. */
export function* partingOf(state: SessionState): Steps<Parting | NotParted> {
  const votes: Vote[] = [];
  for (const round of state.rounds) {
    if (round.outcome === null || round.state === 'superseded') continue;
    const { voterBallots } = yield* counting(state, round);
    for (const one of voterBallots) votes.push(...one.votes);
  }
  return yield* parting(votes);
}

/** `partingOf` in one go. */
export const parted = (state: SessionState): Parting | NotParted => finish(partingOf(state));

/** Ends the session, and opens one for each camp from what it has learned. */
export function split(draft: Draft, { parting: found, into }: ActOf<'split'>): void {
  const why = whyNot(draft, found);
  if (why) {
    draft.refuse(...why);
    return;
  }
  const { camps: members, likes } = found as Parting;
  const { session, state } = draft;
  const made: Split = {
    parent: session.id,
    sessions: { A: into.A.session, B: into.B.session },
    likes: { A: picturesOf(state, likes.A), B: picturesOf(state, likes.B) },
  };
  for (const camp of camps) {
    const { session: id, place } = into[camp];
    const title = `${session.title} ${camp}`;
    openBranch(draft, session.head ?? 0, { id, place, title, split: { ...made, camp } });
  }
  for (const [person, camp] of members)
    for (const voter of accountsOf(state.voters, person))
      draft.put({ table: 'voter', row: inCamp(voter, made, { camp, since: draft.at }) });
  if (draft.round && !isOver(draft.round)) abandonRound(draft, draft.round);
  draft.setSession({ split: made });
  const people = membersOf(draft.state, made);
  notify(draft, 'split', {
    ...{
      peopleA: people.A,
      peopleB: people.B,
      channelA: into.A.place.address,
      channelB: into.B.place.address,
    },
    ...{ likesA: namesOf(state, made.likes.A), likesB: namesOf(state, made.likes.B) },
  });
  endSession(draft, 'split');
}

type Why = Parameters<Draft['refuse']>;

function whyNot({ session, state, round }: Draft, found: Parting | NotParted): Why | null {
  if (session.split)
    return [
      'not-allowed',
      say('This session is one camp of a session that was split.'),
      say('Split no further.'),
    ];
  if (session.nsfw)
    return [
      'not-allowed',
      say('A session that reduces unsafe pictures is not split.'),
      say('The strictest rule binds all.'),
    ];
  if (state.bindings.filter(({ leftAt }) => leftAt === null).length > 1)
    return [
      'not-allowed',
      say('A session in several channels is not split.'),
      say('Let the others leave it first: **/acclaim session leave**.'),
    ];
  if (round?.state === 'closing' || round?.state === 'learning')
    return [
      'round-closed',
      say('This round is being learned from.'),
      say('Split once the next one is drawn.'),
    ];
  if (found === 'few')
    return [
      'unknown',
      say('Too few people have voted enough to tell their tastes apart.'),
      say('Six people with ten votes each are the least.'),
    ];
  if (found === 'alike')
    return [
      'unknown',
      say('Tastes do not differ enough here for two sessions.'),
      say('What both like is learned, as ever.'),
    ];
  return null;
}

function picturesOf({ rounds, images }: SessionState, ids: readonly string[]): Picture[] {
  return ids.flatMap((id) =>
    rounds.flatMap(({ id: round, number }) =>
      (images.get(round) ?? []).flatMap((one) =>
        one.id === id ? [{ round: number, index: one.index }] : [],
      ),
    ),
  );
}

/** As people voted on them; `state` is that of the session that was split. */
export function namesOf(state: SessionState, pictures: readonly Picture[]): Text {
  const names = pictures.flatMap(({ round: number, index }) => {
    const round = state.rounds.find((row) => row.number === number);
    return round
      ? [say('**{picture}** of round {number}', { picture: nameOf(state, round, index), number })]
      : [];
  });
  return names.length > 0 ? listed(names) : '';
}

/** People of each camp now. */
export function membersOf({ voters }: SessionState, split: Split): Record<Camp, number> {
  const count = { A: 0, B: 0 };
  const people = new Set(
    [...voters.values()].flatMap((row) => (row.camps && !row.pseudonym ? [row.person ?? row.key] : [])),
  );
  for (const person of people) {
    const camp = campOf(accountsOf(voters, person), split, Number.POSITIVE_INFINITY);
    if (camp) count[camp] += 1;
  }
  return count;
}

/** Somebody goes over to a camp. Rounds that had closed by then stay as they were. */
export function move(draft: Draft, { camp }: ActOf<'taste'>, { by }: Command): void {
  const { split: made } = draft.session;
  const { voters } = draft.state;
  const accounts = accountsOf(voters, personOf(voters, by.key));
  if (!made)
    draft.refuse(
      'unknown',
      say('This session was not split.'),
      say('Everybody votes on the same pictures here.'),
    );
  else if (!consented(draft, by.key)) refuseConsent(draft);
  else if (campOf(accounts, made, draft.at) === camp)
    draft.refuse('unknown', say('You are of camp {camp} already.', { camp }), '');
  else
    for (const voter of accounts)
      draft.put({ table: 'voter', row: inCamp(voter, made, { camp, since: draft.at }) });
}

/** The session goes on as one, and those that it was split into end; a text says why that cannot be. */
export function unsplit(draft: Draft): Text | undefined {
  const { split: made, end } = draft.session;
  if (end !== 'split' || !made) return say('The session did not end by being split.');
  draft.setSession({ state: 'active', end: null, endedAt: null, split: undefined });
  for (const camp of camps) {
    const stops = made.sessions[camp];
    draft.ask({ kind: 'stop-session', key: `${stops}.stop`, stops });
  }
  notify(draft, 'resumed');
  beginRound(draft);
  return undefined;
}
