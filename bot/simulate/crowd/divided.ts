/**
 * `acclaim simulate --crowd divided`: a community of two tastes of the same pictures. Bridged, one session
 * learns what both like; with `--split N` a moderator splits it after N rounds, and what each camp's session
 * has learned is judged by either taste. Who is of which camp, and whose votes count where, the session
 * decides.
 */
import { type Crowd, loadCrowd } from '../../../src/config/crowds.js';
import type { SessionState } from '../../../src/domain/state/model.js';
import { type Camp, campOf, camps } from '../../../src/domain/state/split.js';
import { accountsOf, personOf } from '../../../src/domain/voting/people.js';
import { AcclaimError } from '../../../src/errors.js';
import { fakeAccount } from '../../platforms/fake/platform.js';
import { type TasteFigures, tasteFigures } from '../figures.js';
import type { SimulateOptions } from '../options.js';
import type { PlayedSession } from '../played-session.js';
import { CHANNEL, type Simulation, simulating } from '../simulation.js';
import { CrowdVoters } from './voters.js';

export interface DividedOptions extends SimulateOptions {
  crowd: string;
  /** Rounds after which the session is split; bridged when missing. */
  split?: number | undefined;
}

export interface Branch {
  /** Null: the session was not split. */
  camp: Camp | null;
  /** How many of each faction are of it; all of them where it was not split. */
  people: [number, number];
  rounds: PlayedSession['rounds'];
  /** What it has learned, by either faction's taste. */
  tastes: TasteFigures[];
}

export interface DividedResult {
  task: string;
  learner: string;
  seed: number;
  crowd: string;
  split: number | null;
  branches: Branch[];
  seconds: number;
}

export const simulateDivided = (options: DividedOptions): Promise<DividedResult> =>
  simulating(options, (simulation) => play(simulation, options));

async function play(simulation: Simulation, { crowd: name, split, seed }: DividedOptions) {
  const { platform, rounds } = simulation.parts;
  const crowd = loadCrowd(name);
  const goals = tastesOf(crowd);
  if (split !== undefined && split >= rounds)
    throw new AcclaimError(
      'usage',
      'nothing is left to play after the split',
      'Give --split fewer --rounds.',
    );
  const here = { platform, crowd, seed, rounds };
  const { session } = await simulation.open();
  const voters = new CrowdVoters({ ...here, channel: CHANNEL });
  await voters.agree();
  const whole = simulation.played({ id: session.id, voters, goals });
  await playRounds(simulation, [whole], split ?? rounds);
  const parts: { camp: Camp | null; played: PlayedSession }[] = [];
  if (split === undefined) parts.push({ camp: null, played: whole });
  else {
    const ids = await splitUp(simulation, whole);
    for (const [camp, { id, channel }] of ids) {
      const campVoters = new CrowdVoters({ ...here, channel, after: split });
      parts.push({ camp, played: simulation.played({ id, voters: campVoters, goals }) });
    }
    const branches = parts.map(({ played }) => played);
    await playRounds(simulation, branches, rounds - split);
  }
  const branches: Branch[] = [];
  for (const { camp, played } of parts) {
    const state = await played.untilLearned();
    const tastes = await tasteFigures(simulation.figuresOf(state, `figures-${camp ?? 'whole'}`), goals);
    branches.push({ camp, people: peopleOf(simulation, state, camp, voters), rounds: played.rounds, tastes });
  }
  return { crowd: crowd.name, split: split ?? null, branches };
}

function tastesOf({ tastes, name }: Crowd) {
  if (tastes) return tastes.map((taste) => Object.entries(taste));
  throw new AcclaimError(
    'usage',
    `the crowd "${name}" has one taste`,
    'Name one with tastes, such as divided.',
  );
}

async function playRounds(simulation: Simulation, sessions: readonly PlayedSession[], rounds: number) {
  for (let done = 0; done < rounds; done++)
    for (const session of sessions) {
      const line = await session.playRound();
      const { title } = session.state.session;
      if (line !== null) simulation.say(`${title}, round ${done + 1} of ${rounds}: ${line}`, done + 1);
    }
}

/** By a moderator's word, once the next round is open. */
async function splitUp({ parts: { platform } }: Simulation, whole: PlayedSession) {
  await whole.untilOpen(whole.rounds.length);
  const moderator = fakeAccount('host', 'operator');
  const answer = await platform.command(CHANNEL, moderator, 'session split #camp-b');
  const { split } = whole.state.session;
  if (!split) throw new AcclaimError('not-allowed', `it could not be split: ${answer?.text}`);
  const channels: Record<Camp, string> = { A: CHANNEL, B: 'camp-b' };
  return camps.map((camp) => [camp, { id: split.sessions[camp], channel: channels[camp] }] as const);
}

function peopleOf(
  { parts: { created } }: Simulation,
  { session, voters }: SessionState,
  camp: Camp | null,
  crowd: CrowdVoters,
): [number, number] {
  const people: [number, number] = [0, 0];
  for (const [account, faction] of crowd.factions()) {
    const person = personOf(voters, created.voterKey('fake', account));
    const own = session.split && campOf(accountsOf(voters, person), session.split, Number.POSITIVE_INFINITY);
    if (camp === null || own === camp) people[faction as 0 | 1] += 1;
  }
  return people;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

export function dividedWords({ branches }: DividedResult): string {
  const told = branches.map(({ camp, people, tastes }) => {
    const liked = tastes.map(({ base, tuned }) => `${percent(base)} -> ${percent(tuned)}`);
    return `${camp === null ? 'bridged' : `camp ${camp}`} (people: ${people.join(' and ')}): liked by the first taste ${liked[0]}, by the second ${liked[1]}`;
  });
  return told.join('; ');
}
