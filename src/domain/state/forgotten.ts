/**
 * What forgetting a person does to sessions that are held in memory: the same as to their rows
 * (src/store/forget.ts), so that nothing has to be read anew while votes wait. Pure; states that are not
 * touched keep what they are made of.
 */
import { communities } from './apply.js';
import type { Fact } from './facts.js';
import { Facts } from './facts.js';
import type { SessionState, Voter } from './model.js';
import { PersistentMap } from './persistent-map.js';

export interface Forgotten {
  /** Of the person's accounts. */
  keys: ReadonlySet<string>;
  /** Round -> the pseudonym that stands there instead. */
  names: ReadonlyMap<string, string>;
  /** A row for each pseudonym. */
  standIns: readonly Voter[];
}

/** The states as they would be read from the store after somebody was forgotten. */
export function forgetIn(states: readonly SessionState[], gone: Forgotten): SessionState[] {
  // Sessions of the same communities share their voters, and go on sharing them.
  const swapped = new Map<SessionState['voters'], SessionState['voters']>();
  return states.map((state) => {
    const voters = swapped.get(state.voters) ?? withoutPerson(state, gone);
    swapped.set(state.voters, voters);
    const { session } = state;
    const own = session.createdBy !== null && gone.keys.has(session.createdBy);
    return {
      ...state,
      session: own ? { ...session, createdBy: null } : session,
      voters,
      facts: renamed(state, gone),
    };
  });
}

function withoutPerson(state: SessionState, { keys, standIns }: Forgotten): SessionState['voters'] {
  const those = communities(state);
  const left = [...state.voters].filter(([key]) => !keys.has(key));
  const fresh = standIns.filter(({ community }) => those.has(community));
  return PersistentMap.from(new Map([...left, ...fresh.map((row): [string, Voter] => [row.key, row])]));
}

function renamed(
  { facts, rounds, ballots }: SessionState,
  { keys, names }: Forgotten,
): SessionState['facts'] {
  if (!rounds.some(({ id }) => names.has(id))) return facts;
  const swap = (fact: Fact, name: string) => (keys.has(fact.voter) ? { ...fact, voter: name } : fact);
  const rows = [...facts].map(([ballot, list]): [string, Facts] => {
    const name = names.get(ballots.get(ballot)?.round ?? '');
    return [ballot, name === undefined ? list : Facts.of([...list].map((fact) => swap(fact, name)))];
  });
  return PersistentMap.from(new Map(rows));
}
