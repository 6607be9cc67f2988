/**
 * A decision in the making. Each `put` is folded into the working state at once, so that the next rule sees
 * it; the state handed in stays as it was.
 */

import type { Text } from '../../words/text.js';
import { apply } from './apply.js';
import { type Elsewhere, nowhereElse } from './budgets.js';
import type { Decision, Refusal, RowChange } from './decision.js';
import type { Effect } from './effects.js';
import type { Binding, Session, SessionState } from './model.js';
import type { Ballot, Feedback, Outcome, Round } from './round.js';

/** An effect without what every effect has. */
type Plain<E> = E extends Effect ? Omit<E, 'session' | 'notBefore'> & { notBefore?: number } : never;

/** What a round's votes come to, as far as rules go by it. */
export interface Judged {
  feedback: Feedback;
  outcome: Outcome;
  /** Keys of the accounts from which those who were counted marked. */
  voters: string[];
}

/** `at`: epoch ms. */
export type Judge = (state: SessionState, round: Round, at: number) => Judged;

export class Draft {
  readonly #rows: RowChange[] = [];
  readonly #effects = new Map<string, Effect>();
  #refusal: Refusal | null = null;
  #notes: Record<string, unknown> = {};

  constructor(
    public state: SessionState,
    readonly at: number,
    /** Judges a round that is ready; whoever decides may have done so beforehand. */
    readonly judge: Judge,
    /** What other sessions have drawn. */
    readonly elsewhere: Elsewhere = nowhereElse,
  ) {}

  put(...changes: RowChange[]): void {
    this.#rows.push(...changes);
    this.state = apply(this.state, changes);
  }

  ask(effect: Plain<Effect>): void {
    const whole = { notBefore: 0, ...effect, session: this.state.session.id } as Effect;
    this.#effects.set(whole.key, whole);
  }

  /** The effect is carried out, or no longer wanted. */
  settle(key: string): void {
    this.#effects.delete(key);
    this.#rows.push({ table: 'outbox', done: key });
  }

  refuse(code: Refusal['code'], message: Text, hint: Text): void {
    this.#refusal = { code, message, hint };
  }

  /** Kept with the act in the audit: what undoing it needs to know. */
  note(notes: Record<string, unknown>): void {
    Object.assign(this.#notes, notes);
  }

  get notes(): Record<string, unknown> {
    return this.#notes;
  }

  get refusal(): Refusal | null {
    return this.#refusal;
  }

  get session(): Session {
    return this.state.session;
  }

  /** The newest round; undefined before the first. */
  get round(): Round | undefined {
    return this.state.rounds.at(-1);
  }

  setSession(change: Partial<Session>): void {
    this.put({ table: 'session', row: { ...this.session, ...change } });
  }

  setRound(round: Round, change: Partial<Round>): Round {
    const row = { ...round, ...change };
    this.put({ table: 'round', row });
    return row;
  }

  setBallot(ballot: Ballot, change: Partial<Ballot>): Ballot {
    const row = { ...ballot, ...change };
    this.put({ table: 'ballot', row });
    return row;
  }

  /** Channels that take posts. */
  get channels(): Binding[] {
    return this.state.bindings.filter((binding) => binding.canPost && binding.leftAt === null);
  }

  decision(): Decision {
    const { state } = this;
    return { rows: this.#rows, effects: [...this.#effects.values()], state, refusal: this.#refusal };
  }
}
