/**
 * What one person says in duels becomes votes. The last answer to each pair is a comparison (left: the first
 * is better; both: both are good; neither: none is), and a star or a fault is a word on one picture. Their
 * strengths by Bradley-Terry are this person's view: a picture on the good side of the middle is a vote for
 * it, as heavy as it is clear, so that all that weighs votes weighs these. Where a session is there to be rid
 * of unsafe pictures an answer names those that are unsafe, each by itself.
 */
import { type DuelAnswer, meaning } from '../state/emoji.js';
import type { Fact } from '../state/facts.js';
import { type Fault, faults } from '../state/faults.js';
import type { Ballot } from '../state/round.js';
import { type Comparison, sigmoid, strengths } from './taste/bradley-terry.js';
import type { Judged, Vote, VoterBallot } from './vote.js';

/** Leaning less than so far to either side is no vote. */
const UNDECIDED = 0.1;

/** The marks of one person on the duels of a round. */
export class DuelMarks {
  readonly #accounts = new Set<string>();
  #done = false;
  readonly #sheets = new Set<number>();
  readonly #answers: { cells: readonly number[]; says: DuelAnswer; at: number | null }[] = [];
  /** Index of an image -> whether it is the best. */
  readonly #stars = new Map<number, boolean>();
  readonly #faults = new Map<number, Set<Fault>>();
  /** Index of an image -> first time of what was said of it. */
  readonly #since = new Map<number, number>();

  add(ballot: Ballot, fact: Fact, oldStar: boolean): void {
    const mark = meaning(fact.emoji);
    if (!mark) return;
    this.#accounts.add(fact.voter);
    const at = fact.source === 'live' ? fact.at : null;
    if (mark.kind === 'done') this.#done = true;
    else if (mark.kind !== 'fault') this.#sheets.add(ballot.sheet);
    if (mark.kind === 'answer') {
      this.#answers.push({ cells: ballot.cells, says: mark.says, at });
      for (const index of ballot.cells) this.#heard(index, at);
    }
    const index = 'cell' in mark ? ballot.cells[mark.cell - 1] : undefined;
    if (index === undefined) return;
    if (mark.kind === 'best') this.#stars.set(index, !oldStar || (this.#stars.get(index) ?? false));
    else if (mark.kind === 'fault')
      this.#faults.set(index, (this.#faults.get(index) ?? new Set()).add(mark.fault));
    this.#heard(index, at);
  }

  judge({ voter, ids, hidden, unsafe }: Judged): VoterBallot {
    const comparisons = this.#comparisons(hidden, unsafe);
    const votes = [...strengths(comparisons)].flatMap(([index, s]): Vote[] => {
      const weight = Math.abs(2 * sigmoid(s) - 1);
      const star = this.#stars.get(index) === true;
      if (weight < UNDECIDED) return [];
      const wrong = s > 0 ? undefined : this.#faults.get(index);
      const said = wrong && { faults: faults.filter((fault) => wrong.has(fault)) };
      const at = this.#since.get(index) ?? null;
      return [{ voter, image: ids.get(index)!, index, up: s > 0, weight, star: star && s > 0, at, ...said }];
    });
    votes.sort((a, b) => a.index - b.index);
    return {
      voter,
      accounts: this.#accounts,
      done: this.#done,
      sheets: this.#sheets,
      votes,
      comparisons,
    };
  }

  #heard(index: number, at: number | null): void {
    if (at !== null) this.#since.set(index, Math.min(at, this.#since.get(index) ?? at));
  }

  #comparisons(hidden: ReadonlySet<number>, unsafe: boolean): Comparison[] {
    const alone = (index: number, good: boolean): Comparison =>
      good ? { better: [index], worse: [] } : { better: [], worse: [index] };
    const all = this.#answers.flatMap(({ cells, says }) => {
      const called = cells.filter((_, i) => says === 'both' || says === (i === 0 ? 'left' : 'right'));
      if (unsafe) return cells.map((index) => alone(index, !called.includes(index)));
      const rest = cells.filter((index) => !called.includes(index));
      // Beside a picture that was taken away a preference says nothing; of one alone it says all.
      const shown = cells.filter((index) => !hidden.has(index));
      if (shown.length < cells.length && called.length === 1 && !shown.includes(called[0]!)) return [];
      return [{ better: called, worse: rest }];
    });
    const said = [
      ...all,
      ...[...this.#stars.keys()].map((index) => alone(index, true)),
      ...[...this.#faults.keys()].map((index) => alone(index, false)),
    ];
    return said
      .map(({ better, worse }) => ({ better: without(better, hidden), worse: without(worse, hidden) }))
      .filter(({ better, worse }) => better.length + worse.length > 0);
  }
}

const without = (indices: readonly number[], hidden: ReadonlySet<number>) =>
  indices.filter((index) => !hidden.has(index));
