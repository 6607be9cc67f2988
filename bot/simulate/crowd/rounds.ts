/**
 * Rounds of a simulated crowd without drawing or learning: the marks become the ledger of a session in
 * memory, and what they come to is worked out by the very code that closes people's rounds (ballots, who
 * counts, guards, labels, best).
 */
import type { Crowd } from '../../../src/config/crowds.js';
import { openSession } from '../../../src/domain/sessions/open.js';
import { apply, emptyState } from '../../../src/domain/state/apply.js';
import type { Fact } from '../../../src/domain/state/facts.js';
import { Facts } from '../../../src/domain/state/facts.js';
import { ballotId, imageId, roundId } from '../../../src/domain/state/ids.js';
import type { SessionState, Voter } from '../../../src/domain/state/model.js';
import type { Ballot, Image, Round } from '../../../src/domain/state/round.js';
import type { Rules } from '../../../src/domain/state/rules.js';
import { sheets as sheetsOf } from '../../../src/domain/voting/ballots.js';
import { type Judgement, judgeRound } from '../../../src/domain/voting/feedback.js';
import { attackedIn, type CrowdMark, marksOf } from './marks.js';
import { madePictures, type Person, peopleOf, type Seen } from './people.js';

const day = 86_400_000;
/** When the first round opens; a round a day. */
const start = Date.UTC(2026, 0, 1);
const community = 'crowd';

export interface PlayedRound {
  pictures: readonly Seen[];
  /** Index of the bad picture that is attacked; null where none is. */
  attacked: number | null;
  judgement: Judgement;
  /** The session with the round, its newest, as it was judged. */
  state: SessionState;
  /** What judging it took. */
  ms: number;
}

export interface CrowdSession {
  crowd: Crowd;
  seed: number;
  rules: Rules;
  rounds: number;
  /** Pictures of each round, of an earlier simulation; made up when missing. */
  pictures?: ((round: number) => readonly Seen[]) | undefined;
}

/** One after another. The same session gives the same rounds. */
export function* playRounds(session: CrowdSession): Generator<PlayedRound, void, void> {
  const { crowd, seed, rounds } = session;
  const people = peopleOf(crowd, seed, rounds);
  let state = opened(session, people);
  for (let number = 1; number <= rounds; number++) {
    const pictures = session.pictures?.(number) ?? madePictures(crowd, seed, number);
    const sheets = sheetsOf(
      pictures.map(({ index }) => index),
      session.rules.sheetSize,
    );
    const whole = { crowd, people, seed, round: number, pictures, sheets };
    const closed = withRound(state, number, pictures, sheets, marksOf(whole));
    const round = closed.rounds.at(-1)!;
    const began = performance.now();
    const judgement = judgeRound(closed, round, round.closedAt!);
    const ms = performance.now() - began;
    yield { pictures, attacked: attackedIn(whole), judgement, state: closed, ms };
    state = counted(closed, judgement);
  }
}

function opened({ seed, rules, crowd }: CrowdSession, people: readonly Person[]): SessionState {
  const place = { channel: 'crowd', community, platform: 'fake', address: 'crowd', sweeps: false } as const;
  const { session, decision } = openSession(
    {
      ...{ id: 'crowd', community, title: crowd.name, prompt: '', negative: '', model: '', seed, rules },
      learner: { name: 'acclaim' },
      sampler: { steps: 1, guidance: 1, eta: 0, scheduler: 'ddim' },
      ...{ width: null, height: null, nsfw: false, createdBy: null },
    },
    place,
    start,
  );
  const voters = people.map((person) => [person.name, voterOf(person)] as const);
  const state = apply(emptyState(session), decision.rows);
  return { ...state, rounds: [], images: new Map(), facts: new Map(), voters: new Map(voters) };
}

function voterOf({ name, bornDays, joinedDays, rounds }: Person): Voter {
  return {
    ...{ key: name, community, platform: 'fake', consentAt: start - Math.max(0, joinedDays) * day },
    ...{ bornAt: start - bornDays * day, joinedAt: start - joinedDays * day },
    ...{ rounds, excluded: false, trusted: false, name: null, pseudonym: false, person: null },
  };
}

/** With the round closed a day after it opened, its marks in the ledger. */
function withRound(
  state: SessionState,
  number: number,
  pictures: readonly Seen[],
  sheets: readonly (readonly number[])[],
  marks: readonly CrowdMark[],
): SessionState {
  const id = roundId(state.session.id, number);
  const openedAt = start + (number - 1) * day;
  const round: Round = {
    ...{ id, session: state.session.id, number, parent: null, state: 'closing', attempt: 1 },
    ...{ count: pictures.length, noise: 'plain', redraws: 0, createdAt: openedAt, openedAt },
    ...{ deadline: openedAt + day, extended: false, closingAt: openedAt + day, closedAt: openedAt + day },
    ...{
      closeReason: 'deadline',
      feedback: null,
      outcome: null,
      learned: null,
      failedFrom: null,
      failure: null,
    },
  };
  const images = pictures.map(
    ({ index }): Image => ({
      ...{ id: imageId(id, index), round: id, index, file: '', width: 64, height: 64 },
      ...{ state: 'shown', heldBy: null },
    }),
  );
  const ballots = sheets.map(
    (cells, sheet): Ballot => ({
      ...{
        id: ballotId(id, sheet, 0),
        session: state.session.id,
        round: id,
        channel: 'crowd',
        platform: 'fake',
      },
      ...{
        style: 'sheet',
        sheet,
        cells: [...cells],
        state: 'closed',
        message: `${sheet}`,
        posting: 1,
        primings: 1,
      },
      ...{ sweeps: false, sweptAt: null },
    }),
  );
  const facts = new Map(state.facts);
  for (const { id: ballot, sheet } of ballots)
    facts.set(ballot, Facts.of(factsOn(ballot, sheet, openedAt, marks)));
  return {
    ...state,
    facts,
    rounds: [...state.rounds, round],
    images: new Map(state.images).set(id, images),
    ballots: new Map([...state.ballots, ...ballots.map((ballot) => [ballot.id, ballot] as const)]),
  };
}

function factsOn(ballot: string, sheet: number, openedAt: number, marks: readonly CrowdMark[]): Fact[] {
  const here = marks.filter((mark) => mark.sheet === sheet);
  const facts = here.map(
    ({ person, emoji, after, late }): Fact => ({
      ...{ ballot, voter: person.name, emoji, present: true, source: 'live', late },
      at: openedAt + after + (late ? day : 0),
    }),
  );
  return facts.sort((a, b) => a.at - b.at);
}

/** As a close leaves it: the round done, everybody who was counted one round older. */
function counted(state: SessionState, { feedback, outcome, voters }: Judgement): SessionState {
  const round = state.rounds.at(-1)!;
  const aged = new Map(state.voters);
  for (const key of voters) {
    const row = aged.get(key)!;
    aged.set(key, { ...row, rounds: row.rounds + 1 });
  }
  const done: Round = { ...round, state: 'done', feedback, outcome };
  return { ...state, rounds: state.rounds.with(-1, done), voters: aged };
}
