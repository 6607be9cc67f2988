/**
 * Folds row changes into a session's state: the same fold whether the rows come from a decision just taken or
 * from the database after a restart, so a reloaded state equals the one that was lost. Never changes its
 * input. Rows of other sessions are passed by; voters belong to communities, so hand their rows to every
 * session held in memory.
 */
import type { RowChange } from './decision.js';
import { Facts } from './facts.js';
import type { SessionState } from './model.js';
import { PersistentMap } from './persistent-map.js';

/** The state with these rows in it; what was handed in stays as it was. */
export function apply(state: SessionState, rows: readonly RowChange[]): SessionState {
  return rows.reduce(fold, state);
}

/** The state of a session before any of its rows but its own. */
export function emptyState(session: SessionState['session']): SessionState {
  return {
    session,
    bindings: [],
    rounds: [],
    images: PersistentMap.from(new Map()),
    ballots: PersistentMap.from(new Map()),
    facts: PersistentMap.from(new Map()),
    voters: PersistentMap.from(new Map()),
    jobs: PersistentMap.from(new Map()),
  };
}

function fold(state: SessionState, change: RowChange): SessionState {
  const id = state.session.id;
  switch (change.table) {
    case 'session':
      return change.row.id === id ? { ...state, session: change.row } : state;
    case 'binding':
      if (change.row.session !== id) return state;
      return { ...state, bindings: upsert(state.bindings, change.row, (row) => row.channel) };
    case 'round':
      if (change.row.session !== id) return state;
      return { ...state, rounds: upsert(state.rounds, change.row, (row) => row.id) };
    case 'image': {
      const { row } = change;
      if (!state.rounds.some((round) => round.id === row.round)) return state;
      const images = upsert(state.images.get(row.round) ?? [], row, (image) => image.id);
      return { ...state, images: withKey(state.images, row.round, images) };
    }
    case 'ballot':
      if (change.row.session !== id) return state;
      return { ...state, ballots: withKey(state.ballots, change.row.id, change.row) };
    case 'fact': {
      const { row } = change;
      if (!state.ballots.has(row.ballot)) return state;
      const facts = (state.facts.get(row.ballot) ?? Facts.none).append(row);
      return { ...state, facts: withKey(state.facts, row.ballot, facts) };
    }
    case 'voter':
      if (!communities(state).has(change.row.community)) return state;
      return { ...state, voters: withKey(state.voters, change.row.key, change.row) };
    case 'job':
      if (change.row.session !== id) return state;
      return { ...state, jobs: withKey(state.jobs, change.row.key, change.row) };
    case 'act':
    case 'exclusion':
    case 'proposal':
    case 'outbox':
      return state;
  }
}

/** The communities whose people vote in a session: those of its channels, also of one that left. */
export function communities({ session, bindings }: SessionState): ReadonlySet<string> {
  return new Set([session.community, ...bindings.map((binding) => binding.community)]);
}

function upsert<T>(rows: readonly T[], row: T, key: (row: T) => string): readonly T[] {
  const at = rows.findIndex((other) => key(other) === key(row));
  return at < 0 ? [...rows, row] : rows.with(at, row);
}

function withKey<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return PersistentMap.from(map).with(key, value);
}
