/**
 * Random lives of a session: people react, withdraw and come late, effects are carried out in any order and
 * twice, jobs fail, moderators interfere, ballots vanish, the process is killed. And what must hold after
 * every single event.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Act, Event } from '../../src/domain/state/events.js';
import { World } from './world.js';

export const voters = ['ann', 'bob', 'cem', 'dora', 'eve', 'fay'];
export const emojis = ['1', '2', '3', '4', 'none', 'star-1', 'star-3', 'done', 'flag-2', 'few-2'];
const acts: Act[] = [
  { name: 'close' },
  { name: 'pause' },
  { name: 'resume' },
  { name: 'redo' },
  { name: 'rollback', round: 0 },
  { name: 'rollback', round: 1 },
  { name: 'hide', index: 1 },
  { name: 'best', index: 2 },
  { name: 'exclude', voter: 'bob' },
  { name: 'include', voter: 'bob' },
];

export type Step =
  | { do: 'react'; voter: number; emoji: number; sheet: number; present: boolean; deaf: boolean }
  | { do: 'carry'; pick: number; twice: boolean }
  | { do: 'fail'; pick: number }
  | { do: 'tick'; ms: number }
  | { do: 'act'; act: number }
  | { do: 'gone'; sheet: number }
  | { do: 'clear'; sheet: number }
  | { do: 'replay'; pick: number }
  | { do: 'kill' };

const small = fc.nat({ max: 11 });
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('react' as const),
      voter: fc.nat({ max: voters.length - 1 }),
      emoji: fc.nat({ max: emojis.length - 1 }),
      sheet: small,
      present: fc.boolean(),
      deaf: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    }),
  },
  {
    weight: 14,
    arbitrary: fc.record({ do: fc.constant('carry' as const), pick: small, twice: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const), pick: small }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('tick' as const), ms: fc.constantFrom(1, 60_000, 3_600_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('act' as const), act: fc.nat({ max: acts.length - 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('gone' as const), sheet: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), sheet: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('replay' as const), pick: small }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('kill' as const) }) },
);

export function play(world: World, one: Step, sent: Event[]): void {
  const ballots = [...world.state.ballots.values()].filter((ballot) => ballot.message !== null);
  const effects = [...world.outbox.values()];
  switch (one.do) {
    case 'react': {
      const ballot = ballots.at(-1 - (one.sheet % Math.max(1, ballots.length)));
      if (ballot) world.react(voters[one.voter], ballot, emojis[one.emoji], one.present, one.deaf);
      break;
    }
    case 'carry': {
      const effect = effects[one.pick % Math.max(1, effects.length)];
      if (!effect) break;
      world.carry(effect);
      if (one.twice) world.carry(effect);
      break;
    }
    case 'fail': {
      const job = effects.filter((e) => e.kind === 'generate' || e.kind === 'learn')[0];
      const fault = { code: 'internal', message: 'x', hint: '', retry: true };
      if (job) world.send({ kind: 'job-failed', job: job.key, ...fault, at: world.now });
      break;
    }
    case 'tick':
      world.tick(one.ms);
      break;
    case 'act':
      world.command(acts[one.act], 'moderator', 'ann');
      break;
    case 'gone': {
      const live = world.live();
      const ballot = live[one.sheet % Math.max(1, live.length)];
      if (ballot) world.send({ kind: 'ballot-gone', ballot: ballot.id, at: world.now });
      break;
    }
    case 'clear': {
      const ballot = ballots[one.sheet % Math.max(1, ballots.length)];
      if (ballot) world.send({ kind: 'cleared', ballot: ballot.id, emoji: null, at: ++world.now });
      break;
    }
    case 'replay': {
      const old = sent[one.pick % Math.max(1, sent.length)];
      if (old) world.send(old);
      break;
    }
    case 'kill':
      world.state = world.reload();
  }
}

/** A world that remembers its events, so that they can come again. */
export function recorded(sweeps: boolean, quorumBy: 'done' | 'marks'): { world: World; sent: Event[] } {
  const world = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 2, quorumBy }, sweeps);
  const sent: Event[] = [];
  const send = world.send.bind(world);
  world.send = (event) => {
    sent.push(event);
    return send(event);
  };
  return { world, sent };
}

export function checkInvariants(world: World): void {
  const { state, rows } = world;
  // The rows alone give the state back.
  expect(world.reload()).toEqual(state);
  // Facts are never lost: all that was ever written is there, in order.
  const written = rows.flatMap((change) => (change.table === 'fact' ? [change.row] : []));
  expect([...state.facts.values()].reduce((sum, facts) => sum + facts.length, 0)).toBe(written.length);
  // No ballot twice: one that is planned or live a place, and a message only once.
  const places = [...state.ballots.values()]
    .filter((ballot) => ballot.state === 'planned' || ballot.state === 'live')
    .map((ballot) => `${ballot.round} ${ballot.channel} ${ballot.sheet}`);
  expect(new Set(places).size).toBe(places.length);
  for (const [key, times] of world.asked) {
    if (/\.(generate|learn)\.\d+$/.test(key)) expect([key, times]).toEqual([key, 1]);
    // A post is asked for again only where the first was called off or given up: never two of them.
    const ended = rows.filter((change) => change.table === 'outbox' && change.done === key).length;
    if (key.endsWith('.post')) expect(times, key).toBeLessThanOrEqual(ended + 1);
  }
  // No round trained twice, and never two jobs at once.
  const finished = rows.flatMap((change) =>
    change.table === 'round' && change.row.state === 'done' ? [change.row] : [],
  );
  const transitions = new Map<string, number>();
  for (const round of state.rounds) {
    const history = rows.flatMap((change) =>
      change.table === 'round' && change.row.id === round.id ? [change.row.state] : [],
    );
    const into = history.filter((phase, i) => phase === 'done' && history[i - 1] !== 'done').length;
    transitions.set(round.id, into);
  }
  expect(Math.max(0, ...transitions.values())).toBeLessThanOrEqual(1);
  expect(finished.every((round) => round.feedback !== null && round.learned !== null)).toBe(true);
  const jobs = [...world.outbox.values()].filter((e) => e.kind === 'generate' || e.kind === 'learn');
  expect(jobs.length).toBeLessThanOrEqual(1);
  // A round under way always has something that will move it on: a job, a post, a sweep, or a person.
  if (state.session.state === 'active') {
    const { state: phase } = world.round;
    const kinds = [...world.outbox.values()].map((effect) => effect.kind);
    if (phase === 'generating') expect(kinds).toContain('generate');
    if (phase === 'learning') expect(kinds).toContain('learn');
    if (phase === 'posting') expect(kinds).toContain('post-ballot');
    if (phase === 'closing') expect(kinds).toContain('sweep');
    if (phase === 'open') expect(world.round.deadline).not.toBeNull();
  }
}
