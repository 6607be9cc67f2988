/**
 * Who is a newcomer, whose weight is capped: somebody with a young account, who joined lately, or who voted
 * in few rounds here. People are new to a community that was there before them. Where that is young itself,
 * the bars are its own age and rounds, so that some of its people pass them and its votes come to labels.
 */
import type { SessionState, Voter } from '../state/model.js';
import { campOf, otherCamp, type Split } from '../state/split.js';
import { accountsOf } from './people.js';

const day = 86_400_000;

/**
 * What makes no newcomer: how old an account is, how long ago its owner joined (ms), in how many rounds they
 * voted.
 */
export interface Bars {
  account: number;
  joined: number;
  rounds: number;
}

/**
 * Of one person, whatever number of accounts they have; Infinity where nothing is known that speaks against
 * them.
 */
type Seniority = Bars;

/**
 * Gives the question, so that the community is looked at once. `needed`: established people that a decision
 * asks for.
 */
export function newcomers(state: SessionState, at: number, needed: number): (person: string) => boolean {
  const { voters } = state;
  const bars = barsOf(state, at, needed);
  const isNew = (voter: Voter): boolean => {
    const { account, joined } = agesOf(voter, at);
    const known = account >= bars.account && joined >= bars.joined && voter.rounds >= bars.rounds;
    return !voter.trusted && !known;
  };
  return (person) => {
    const accounts = accountsOf(voters, person);
    return accounts.length > 0 && accounts.every(isNew);
  };
}

/**
 * The configured bars, or less in a community that is younger. Half of its age, so that most of who made it
 * pass and whoever comes later does not; once somebody passes they go on passing. By as many of its eldest as
 * a decision needs: one old hand makes no newcomers of all others. Accounts go by the eldest alone, and by a
 * day at least: they cost nothing where whoever comes counts. Who voted in no round yet is new wherever
 * anybody did.
 */
export function barsOf({ session, voters }: SessionState, at: number, needed: number): Bars {
  const { newcomerAccountDays, newcomerJoinedDays, newcomerRounds } = session.rules.guards;
  const people = seniorities(session.split, voters, at);
  const eldest = (what: keyof Bars, nth: number) =>
    people.map((one) => one[what]).sort((a, b) => b - a)[nth - 1] ?? 0;
  const rounds = Math.max(eldest('rounds', needed), Math.min(1, eldest('rounds', 1)));
  return {
    account: Math.min(newcomerAccountDays * day, Math.max(day, eldest('account', 1) / 2)),
    joined: Math.min(newcomerJoinedDays * day, eldest('joined', needed) / 2),
    rounds: Math.min(newcomerRounds, rounds),
  };
}

/**
 * Of everybody who may count here, whatever the other camp has voted in. Whoever was forgotten has a name a
 * round, and would be several.
 */
function seniorities(split: Split | undefined, voters: SessionState['voters'], at: number): Seniority[] {
  const other = split?.camp && otherCamp(split.camp);
  const people = new Map<string, Seniority>();
  for (const voter of voters.values()) {
    const { key, person, excluded, waits, pseudonym, rounds, consentAt } = voter;
    if (excluded || waits || pseudonym) continue;
    const name = person ?? key;
    if (other && campOf(accountsOf(voters, name), split, at) === other) continue;
    const { account, joined } = agesOf(voter, at);
    const before = people.get(name) ?? { account: 0, joined: 0, rounds: 0 };
    // Where a platform does not tell when somebody joined, they are here since they agreed.
    const here = joined === Number.POSITIVE_INFINITY ? at - (consentAt ?? at) : joined;
    people.set(name, {
      account: Math.max(before.account, account),
      joined: Math.max(before.joined, here),
      rounds: Math.max(before.rounds, rounds),
    });
  }
  return [...people.values()];
}

/** Somebody vouched for whoever was admitted, however young the account. */
function agesOf({ bornAt, joinedAt, admittedAt }: Voter, at: number): Pick<Seniority, 'account' | 'joined'> {
  const since = (time: number | null) => (time === null ? Number.POSITIVE_INFINITY : at - time);
  return {
    account: admittedAt === undefined ? since(bornAt) : Number.POSITIVE_INFINITY,
    joined: since(joinedAt),
  };
}
