/**
 * Consent: a voter's row exists only after it. Withdrawing consent is forgetting, which the store carries
 * out; marks of rounds that still take votes are withdrawn first, so that nobody counts who has not agreed by
 * the close, and nobody twice who agrees again. A person is all accounts that carry the same made-up id
 * (`/acclaim link`), or one account on its own: under one name, the id or else the account's key, they count
 * once.
 */
import type { Draft } from '../state/draft.js';
import type { ConsentChanged } from '../state/events.js';
import type { SessionState, Voter } from '../state/model.js';
import { atLeast } from '../state/roles.js';
import { factsOf, recordMark, takesVotes } from './ledger.js';

/** Somebody agreed, or takes that back: then all their open marks go. */
export function consentChanged(draft: Draft, event: ConsentChanged): void {
  const { voter, given } = event;
  const before = draft.state.voters.get(voter.key);
  if (!given) {
    withdrawMarks(draft, voter.key);
    if (before && !event.askedElsewhere)
      draft.ask({ kind: 'forget', key: `${voter.key}.forget`, voter: voter.key });
    return;
  }
  const community = communityOn(draft.state, voter.platform) ?? draft.session.community;
  draft.put({ table: 'voter', row: consentedRow(before, { ...event, at: draft.at }, community) });
}

/** The row of somebody who agrees, or agrees again; what was known of them stays. */
export function consentedRow(
  before: Voter | undefined,
  { voter, name, at, excluded = false }: Pick<ConsentChanged, 'voter' | 'name' | 'at' | 'excluded'>,
  community: string,
): Voter {
  return {
    key: voter.key,
    community,
    platform: voter.platform,
    consentAt: before?.consentAt ?? at,
    bornAt: voter.bornAt,
    joinedAt: voter.joinedAt,
    rounds: before?.rounds ?? 0,
    excluded: before?.excluded || excluded,
    // Whoever runs the place is known to it: a moderator is no newcomer.
    trusted: before?.trusted || atLeast(voter.role, 'moderator'),
    name: name === undefined ? (before?.name ?? null) : name,
    pseudonym: false,
    person: before?.person ?? null,
    ...(before?.camps && { camps: before.camps }),
    ...waiting(before, voter.waits === true, at),
  };
}

/** Whoever was admitted once is so; who comes vouched for after a wait is from now on. */
function waiting(before: Voter | undefined, waits: boolean, at: number): Pick<Voter, 'waits' | 'admittedAt'> {
  if (!before) return waits ? { waits: true } : {};
  if (before.waits) return waits ? { waits: true } : { admittedAt: at };
  return before.admittedAt === undefined ? {} : { admittedAt: before.admittedAt };
}

type Voters = SessionState['voters'];

/** The name under which a voter's accounts count. */
export function personOf(voters: Voters, key: string): string {
  return voters.get(key)?.person ?? key;
}

/** The accounts of a person that this session knows; none of somebody who never agreed. */
export function accountsOf(voters: Voters, person: string): readonly Voter[] {
  const alone = voters.get(person);
  return alone ? [alone] : (linked(voters).get(person) ?? []);
}

/** Made once for each state of the voters, which is never changed in place. */
const made = new WeakMap<Voters, ReadonlyMap<string, readonly Voter[]>>();

function linked(voters: Voters): ReadonlyMap<string, readonly Voter[]> {
  const known = made.get(voters);
  if (known) return known;
  const people = new Map<string, Voter[]>();
  for (const voter of voters.values()) {
    if (voter.person === null) continue;
    people.set(voter.person, [...(people.get(voter.person) ?? []), voter]);
  }
  made.set(voters, people);
  return people;
}

/** The account and those linked with it, which are forgotten together. */
function keysOf({ voters }: SessionState, voter: string): ReadonlySet<string> {
  return new Set([voter, ...accountsOf(voters, personOf(voters, voter)).map((one) => one.key)]);
}

/** Whether the session has anything to take back when the person leaves. */
export function hasMarksOf(state: SessionState, voter: string): boolean {
  const keys = keysOf(state, voter);
  for (const ballot of state.ballots.values())
    for (const key of keys)
      if (
        factsOf(state, ballot)
          .ofVoter(key)
          .some(({ present }) => present)
      )
        return true;
  return false;
}

/** Whose people vote in the session's channels on a platform; undefined where it has none there. */
export function communityOn({ bindings }: SessionState, platform: Voter['platform']): string | undefined {
  return bindings.find((binding) => binding.platform === platform)?.community;
}

function withdrawMarks(draft: Draft, voter: string): void {
  const keys = keysOf(draft.state, voter);
  for (const ballot of draft.state.ballots.values()) {
    if (!takesVotes(draft, ballot)) continue;
    for (const key of keys)
      for (const fact of factsOf(draft.state, ballot).ofVoter(key))
        if (fact.present) recordMark(draft, ballot, key, fact.emoji, false);
  }
}
