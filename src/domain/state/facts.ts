/**
 * The facts of one ballot, oldest first. Appending makes a new list in O(1): all lists of one line share a
 * log, each knows how much of it is its own, and an index finds what is asked at every vote. A list that is
 * no longer the newest makes itself a log of its own when it is asked again.
 */
import { meaning } from './emoji.js';

/**
 * One change of the known reactions. The ledger of these is append-only; late ones are kept and not counted.
 */
export interface Fact {
  ballot: string;
  voter: string;
  /** Canonical name, see emoji.ts. */
  emoji: string;
  present: boolean;
  source: 'live' | 'sweep' | 'cleared';
  at: number;
  late: boolean;
}

/** What one voter has on the ballot now, late marks left out. */
export interface VoterMarks {
  /** Marks that stand, Done, flags and faults not among them. */
  marks: number;
  /** Faults that stand: whoever names one has voted, and not yet seen to the whole ballot. */
  faults: number;
  done: boolean;
  /** Of their newest change. */
  at: number;
}

type Places = Map<string, number[]>;

/** Made when first asked for, then kept up to date: most ballots are closed, and nobody asks. */
class Index {
  /** Voter -> place of the last row of each of their emoji. */
  readonly last: Places = new Map();
  /** The same with late rows left out; one and the same while there are none. */
  counted: Places = this.last;
  readonly byVoter = new Map<string, VoterMarks>();
  readonly late = new Set<string>();
  newest: Fact | undefined;
  dones = 0;

  constructor(private readonly rows: readonly Fact[]) {
    for (const place of rows.keys()) this.add(place);
  }

  add(place: number): void {
    const fact = this.rows[place]!;
    if (fact.late) {
      if (this.counted === this.last)
        this.counted = new Map([...this.last].map(([voter, own]) => [voter, [...own]]));
      this.put(this.last, place);
      this.late.add(fact.voter);
      return;
    }
    if (this.counted !== this.last) this.put(this.last, place);
    const before = this.put(this.counted, place);
    if (!this.newest || fact.at > this.newest.at) this.newest = fact;
    if (fact.emoji === 'done' && fact.present) this.dones += 1;
    if (fact.emoji.startsWith('flag-')) return;
    const one = this.byVoter.get(fact.voter) ?? { marks: 0, faults: 0, done: false, at: fact.at };
    one.at = Math.max(one.at, fact.at);
    if (fact.emoji === 'done') one.done = fact.present;
    else {
      const which = meaning(fact.emoji)?.kind === 'fault' ? 'faults' : 'marks';
      one[which] += Number(fact.present) - Number(before?.present ?? false);
    }
    this.byVoter.set(fact.voter, one);
  }

  rowsAt(places: readonly number[] = []): Fact[] {
    return places.map((place) => this.rows[place]!);
  }

  /** The row that was the last one before. */
  private put(places: Places, place: number): Fact | undefined {
    const { voter, emoji } = this.rows[place]!;
    const own = places.get(voter);
    if (!own) {
      places.set(voter, [place]);
      return undefined;
    }
    const at = own.findIndex((other) => this.rows[other]!.emoji === emoji);
    if (at < 0) {
      own.push(place);
      return undefined;
    }
    const before = this.rows[own[at]!];
    own[at] = place;
    return before;
  }
}

interface Log {
  rows: Fact[];
  index: Index | null;
}

/** The facts of a ballot in the order in which they were written. */
export class Facts implements Iterable<Fact> {
  #log: Log;

  private constructor(
    log: Log,
    readonly length: number,
  ) {
    this.#log = log;
  }

  static of(facts: Iterable<Fact>): Facts {
    const rows = [...facts];
    return new Facts({ rows, index: null }, rows.length);
  }

  static readonly none: Facts = Facts.of([]);

  append(fact: Fact): Facts {
    // Nothing to share, or everyone's first fact would go into the one empty log.
    if (this.length === 0) return Facts.of([fact]);
    const log = this.#own();
    const place = log.rows.push(fact) - 1;
    log.index?.add(place);
    return new Facts(log, place + 1);
  }

  *[Symbol.iterator](): IterableIterator<Fact> {
    const { rows } = this.#log;
    for (let i = 0; i < this.length; i++) yield rows[i]!;
  }

  /** Last row of a (voter, emoji). */
  last(voter: string, emoji: string): Fact | undefined {
    return this.ofVoter(voter).find((fact) => fact.emoji === emoji);
  }

  /** Last row of each emoji of a voter; late rows only where asked for. */
  ofVoter(voter: string, withLate = true): Fact[] {
    const index = this.#index();
    return index.rowsAt((withLate ? index.last : index.counted).get(voter));
  }

  /** Last row of each (voter, emoji); late rows only where asked for. */
  known(withLate = true): Fact[] {
    const index = this.#index();
    const places = withLate ? index.last : index.counted;
    return [...places.values()].flatMap((own) => index.rowsAt(own));
  }

  /** Everyone who marked anything in time, with what of it stands. */
  get byVoter(): ReadonlyMap<string, Readonly<VoterMarks>> {
    return this.#index().byVoter;
  }

  /** The newest row that is not late. */
  get newest(): Fact | undefined {
    return this.#index().newest;
  }

  /** Rows that say Done; a Done that was taken back is still among them. */
  get dones(): number {
    return this.#index().dones;
  }

  /** Voters with late rows. */
  get late(): ReadonlySet<string> {
    return this.#index().late;
  }

  /** Shown as the list that it is. */
  toJSON(): Fact[] {
    return [...this];
  }

  #index(): Index {
    const log = this.#own();
    log.index ??= new Index(log.rows);
    return log.index;
  }

  #own(): Log {
    if (this.#log.rows.length !== this.length) this.#log = { rows: [...this], index: null };
    return this.#log;
  }
}
