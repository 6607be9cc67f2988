/**
 * What scripts, monitors and the page read of sessions: all that go on, and those that ended last. Counted
 * once for each state: most sessions have not changed since somebody asked, and those that ended least of
 * all.
 */

import { type SessionStatus, statusOf } from '../../src/domain/sessions/views.js';
import { communities } from '../../src/domain/state/apply.js';
import type { SessionState, Voter } from '../../src/domain/state/model.js';
import { page } from '../../src/domain/state/platforms.js';
import type { Steps } from '../../src/domain/state/steps.js';
import type { Store } from '../../src/store/store.js';
import type { HoldListener } from '../sessions/listeners.js';
import type { Sessions } from '../sessions/sessions.js';
import { spread } from '../sessions/time-slices.js';

/** Of those that ended so many are told of: the page lists them, and asks every few seconds. */
const ENDED_TOLD = 100;

/** `onPage`: the page shows it. `budget`: rounds until it ends. `adapter`: it has learned. */
export type Status = SessionStatus & { onPage: boolean; budget: number | null; adapter: boolean };

interface Counted {
  createdAt: number;
  endedAt: number | null;
  status: Status;
}

/** What the count of a session that is held was made of. */
interface Known {
  state: SessionState;
  /** Of those who marked in the newest round; undefined of whoever was not known. */
  voters: ReadonlyMap<string, Voter | undefined>;
  counted: Counted;
}

/** Statuses, each counted once a state. */
export class Statuses implements HoldListener {
  private known = new Map<string, Known>();
  /** Of sessions that ended and are not held, as long as nothing that they are counted by has changed. */
  private read = new Map<string, Counted>();
  private census = -1;

  constructor(private readonly parts: { sessions: Sessions; store: Store }) {}

  /** In the order in which they were opened. */
  async all(): Promise<Status[]> {
    const ended = await this.ended();
    const live = await spread(this.count(this.parts.sessions.live()));
    const all = [...live, ...ended].sort((a, b) => a.createdAt - b.createdAt);
    return all.map(({ status }) => status);
  }

  /** Of those that go on alone. */
  async live(): Promise<Status[]> {
    return (await spread(this.count(this.parts.sessions.live()))).map(({ status }) => status);
  }

  private async ended(): Promise<Counted[]> {
    const { sessions, store } = this.parts;
    const { census } = sessions;
    const before = census === this.census ? this.read : new Map<string, Counted>();
    const read = new Map<string, Counted>();
    const voters = new Map<string, SessionState['voters']>();
    for (const id of await store.lookups.lastEnded(ENDED_TOLD)) {
      if (sessions.get(id)) continue;
      const counted = before.get(id) ?? (await this.readOne(id, voters));
      if (counted) read.set(id, counted);
    }
    [this.read, this.census] = [read, census];
    const held = sessions.holding().filter(({ session }) => session.state === 'ended');
    for (const { session } of sessions.holding()) read.delete(session.id);
    const all = [...read.values(), ...(await spread(this.count(held)))];
    return all.sort((a, b) => b.endedAt! - a.endedAt!).slice(0, ENDED_TOLD);
  }

  /** `voters`: of communities of which nobody is held, read once for all. */
  private async readOne(
    id: string,
    voters: Map<string, SessionState['voters']>,
  ): Promise<Counted | undefined> {
    const { store, sessions } = this.parts;
    const known = (those: ReadonlySet<string>) =>
      sessions.votersOf(those) ?? voters.get([...those].join(' '));
    const state = await store.load(id, known);
    if (!state) return undefined;
    voters.set([...communities(state)].join(' '), state.voters);
    return spread(countOf(state));
  }

  /** A session is held whose count may change from now on. */
  held({ session }: SessionState): void {
    this.read.delete(session.id);
  }

  /** What was counted of it is found out when somebody asks. */
  letGo(): void {}

  /** Those that are gone when it comes to them are left out. */
  private *count(states: readonly SessionState[]): Steps<Counted[]> {
    const all: Counted[] = [];
    for (const { session } of states) {
      const state = this.parts.sessions.get(session.id);
      if (state) all.push(yield* this.of(state));
      yield;
    }
    for (const id of this.known.keys()) if (!this.parts.sessions.get(id)) this.known.delete(id);
    return all;
  }

  private *of(state: SessionState): Steps<Counted> {
    const { id } = state.session;
    const known = this.known.get(id);
    const counted = known && isCountOf(known, state) ? known.counted : yield* countOf(state);
    const voters = known?.counted === counted ? known.voters : votersOf(state);
    this.known.set(id, { state, voters, counted });
    return counted;
  }
}

/**
 * Somebody elsewhere agreed, left or went on in their rounds: that changes the voters of every session, and
 * few counts.
 */
function isCountOf({ state: before, voters }: Known, state: SessionState): boolean {
  if (before === state) return true;
  const parts = ['session', 'bindings', 'rounds', 'images', 'ballots', 'facts', 'jobs'] as const;
  if (parts.some((part) => before[part] !== state[part])) return false;
  // Whether a linked person counts hangs on accounts that marked nothing here.
  return [...voters].every(([key, row]) => row?.person === null && state.voters.get(key) === row);
}

function votersOf({ rounds, ballots, facts, voters }: SessionState): Known['voters'] {
  const round = rounds.at(-1)?.id;
  const found = new Map<string, Voter | undefined>();
  for (const { id } of [...ballots.values()].filter((ballot) => ballot.round === round))
    for (const key of facts.get(id)?.byVoter.keys() ?? []) found.set(key, voters.get(key));
  return found;
}

function* countOf(state: SessionState): Steps<Counted> {
  const { createdAt, endedAt, rules } = state.session;
  const status = {
    ...(yield* statusOf(state)),
    channel: (onPage(state) ?? state.bindings[0])?.address ?? '',
    onPage: onPage(state) !== undefined,
    budget: rules.budgetRounds,
    adapter: state.rounds.some((r) => r.learned?.learned === true && r.state === 'done'),
  };
  return { createdAt, endedAt, status };
}

/** Where the page shows the session; undefined where it is only elsewhere. */
function onPage({ bindings }: SessionState) {
  return bindings.find((row) => row.platform === page && row.leftAt === null);
}
