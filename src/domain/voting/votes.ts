/**
 * Marks become votes. A vote is one image judged by one voter; it is a function of the set of marks that the
 * voter has on the round's ballots (of all channels and linked accounts, see effective-marks.ts), never of
 * their order. On a sheet: numbered or starred = good; other cells of a sheet where the voter reacted =
 * weakly not good; `none` alone = seen, nothing good. Done = every sheet was seen. In a gallery, where bad
 * has a mark of its own, what is left unmarked is no vote, Done or not. Whoever says what is wrong with a
 * picture calls it not good, at full weight; beside a mark that says good it says nothing. Where a session is
 * there to be rid of unsafe images a number says "unsafe": numbered = not good, the others are good.
 */
import { meaning } from '../state/emoji.js';
import type { Fact } from '../state/facts.js';
import { type Fault, faults } from '../state/faults.js';
import { imageId } from '../state/ids.js';
import type { SessionState } from '../state/model.js';
import type { Ballot, Image, Round } from '../state/round.js';
import type { Steps } from '../state/steps.js';
import { DuelMarks } from './duels.js';
import { effectiveMarks } from './effective-marks.js';
import type { Judged, Vote, VoterBallot } from './vote.js';

/** All that was marked in a round, by voter in order of their keys; late marks left out. */
export function* voterBallots(
  state: SessionState,
  round: Round,
  unmarkedWeight: number,
): Steps<VoterBallot[]> {
  const images = state.images.get(round.id) ?? [];
  const inState = (state: Image['state']) =>
    new Set(images.flatMap((image) => (image.state === state ? [image.index] : [])));
  const [hidden, held] = [inState('hidden'), inState('held')];
  const byVoter = new Map<string, Marks | DuelMarks>();
  for (const { person, ballot, fact, oldStar } of yield* effectiveMarks(state, round)) {
    if (meaning(fact.emoji)?.kind === 'flag') continue;
    const marks = byVoter.get(person) ?? (ballot.style === 'duel' ? new DuelMarks() : new Marks());
    marks.add(ballot, fact, oldStar);
    byVoter.set(person, marks);
  }
  const sheets = sheetsOf(state, round);
  const { nsfw: unsafe } = state.session;
  // One text an image, whoever votes on it.
  const ids = new Map([...sheets.values()].flat().map((index) => [index, imageId(round.id, index)]));
  const judged: VoterBallot[] = [];
  for (const voter of [...byVoter.keys()].sort()) {
    judged.push(byVoter.get(voter)!.judge({ voter, ids, hidden, held, sheets, unmarkedWeight, unsafe }));
    if (judged.length % 100 === 0) yield;
  }
  return judged;
}

/** Sheet -> indices of its cells, whichever channel it hangs in. */
function sheetsOf(state: SessionState, round: Round): Map<number, readonly number[]> {
  const sheets = new Map<number, readonly number[]>();
  for (const ballot of state.ballots.values()) {
    if (ballot.round === round.id) sheets.set(ballot.sheet, ballot.cells);
  }
  return sheets;
}

class Marks {
  readonly #accounts = new Set<string>();
  #done = false;
  /** Index of an image -> when its number was marked. */
  readonly #numbered = new Map<number, number | null>();
  /** Index of an image -> what was said of it. */
  readonly #up = new Map<number, { at: number | null; star: boolean }>();
  readonly #down = new Map<number, number | null>();
  /** Sheet -> time of its `none`. */
  readonly #none = new Map<number, number | null>();
  /** Index of an image -> what is wrong with it, and since when they say so. */
  readonly #faults = new Map<number, Map<Fault, number | null>>();
  readonly #sheets = new Set<number>();
  #gallery = false;

  add(ballot: Ballot, fact: Fact, oldStar: boolean): void {
    const mark = meaning(fact.emoji);
    if (!mark) return;
    this.#accounts.add(fact.voter);
    const at = fact.source === 'live' ? fact.at : null;
    this.#gallery = ballot.style === 'gallery';
    if (mark.kind === 'done') this.#done = true;
    else if (mark.kind !== 'fault') this.#sheets.add(ballot.sheet);
    const index = ballot.cells['cell' in mark ? mark.cell - 1 : 0];
    if (mark.kind === 'answer') return;
    if (mark.kind === 'none') this.#none.set(ballot.sheet, earliest(this.#none.get(ballot.sheet), at));
    else if (index === undefined || mark.kind === 'done' || mark.kind === 'flag') return;
    else if (mark.kind === 'fault')
      this.#faults.set(index, (this.#faults.get(index) ?? new Map()).set(mark.fault, at));
    else if (mark.kind === 'dislike') this.#down.set(index, earliest(this.#down.get(index), at));
    else if (mark.kind === 'good') this.#numbered.set(index, earliest(this.#numbered.get(index), at));
    else {
      const before = this.#up.get(index);
      const star = (mark.kind !== 'like' && !oldStar) || (before?.star ?? false);
      this.#up.set(index, { at: earliest(before?.at, at), star });
    }
  }

  judge({ voter, ids, hidden, held, sheets, unmarkedWeight, unsafe }: Judged): VoterBallot {
    this.#count(unsafe);
    const votes: Vote[] = [];
    const say = (index: number, up: boolean, weight: number, star: boolean, at: number | null) => {
      const wrong = up ? undefined : this.#faults.get(index);
      const said = wrong && { faults: faults.filter((fault) => wrong.has(fault)) };
      votes.push({ voter, image: ids.get(index)!, index, up, weight, star, at, ...said });
    };
    for (const [sheet, cells] of sheets) {
      const marked = this.#sheets.has(sheet);
      const seen = marked || this.#done;
      if (!seen && !cells.some((index) => this.#faults.has(index))) continue;
      const anyNamed = cells.some((index) => this.#up.has(index) || this.#numbered.has(index));
      const saidNone = !anyNamed && this.#none.has(sheet);
      for (const index of cells) {
        if (hidden.has(index)) continue;
        const up = this.#up.get(index);
        const down = this.#down.has(index);
        if (up && down) continue;
        if (up) say(index, true, 1, up.star, up.at);
        else if (down) say(index, false, 1, false, this.#down.get(index) ?? null);
        else if (this.#faults.has(index)) say(index, false, 1, false, this.#wrongSince(index));
        else if (held.has(index) || !seen) continue;
        else if (saidNone) say(index, unsafe, 1, false, this.#none.get(sheet) ?? null);
        else if (!this.#gallery) say(index, unsafe, unmarkedWeight, false, null);
      }
    }
    votes.sort((a, b) => a.index - b.index);
    return { voter, accounts: this.#accounts, done: this.#done, sheets: this.#sheets, votes };
  }

  /** The first time of what they say is wrong. */
  #wrongSince(index: number): number | null {
    return [...this.#faults.get(index)!.values()].reduce<number | null>(
      (first, at) => earliest(first, at),
      null,
    );
  }

  /** What the numbers mean here. */
  #count(unsafe: boolean): void {
    for (const [index, at] of this.#numbered) {
      if (unsafe) this.#down.set(index, earliest(this.#down.get(index), at));
      else {
        const before = this.#up.get(index);
        this.#up.set(index, { at: earliest(before?.at, at), star: before?.star ?? false });
      }
    }
  }
}

/** The first time of several marks that say the same; unknown only while all are. */
function earliest(a: number | null | undefined, b: number | null): number | null {
  if (a === null || a === undefined) return b;
  return b === null ? a : Math.min(a, b);
}
