/**
 * The state machine under random histories: people react, withdraw and come late, effects are carried out in any order
 * and twice, jobs fail, moderators interfere, ballots vanish, the process is killed. Whatever happens, the invariants
 * of docs/votes.md hold after every single event.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/decide.js';
import type { Act, Event } from '../../../src/domain/events.js';
import { judgeRound } from '../../../src/domain/feedback.js';
import { ownMarks } from '../../../src/domain/views.js';
import { person, World } from '../../support/world.js';

const voters = ['ann', 'bob', 'cem', 'dora', 'eve', 'fay'];
const emojis = ['1', '2', '3', '4', 'none', 'star-1', 'star-3', 'done', 'flag-2'];
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

type Step =
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
const step: fc.Arbitrary<Step> = fc.oneof(
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

function play(world: World, one: Step, sent: Event[]): void {
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
      const fault = { code: 'internal', message: 'x', mend: '', retry: true };
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
function recorded(sweeps: boolean, quorumBy: 'done' | 'marks'): { world: World; sent: Event[] } {
  const world = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 2, quorumBy }, sweeps);
  const sent: Event[] = [];
  const send = world.send.bind(world);
  world.send = (event) => {
    sent.push(event);
    return send(event);
  };
  return { world, sent };
}

function checkInvariants(world: World): void {
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
    if (/\.(post|generate\.\d+|learn\.\d+)$/.test(key)) expect([key, times]).toEqual([key, 1]);
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

describe('the state machine', () => {
  for (const [sweeps, quorumBy] of [
    [true, 'marks'],
    [false, 'done'],
  ] as const) {
    it(`keeps its invariants on a ${sweeps ? 'swept' : 'page-like'} platform`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 20, maxLength: 90 }), (steps) => {
          const { world, sent } = recorded(sweeps, quorumBy);
          world.consent(...voters);
          for (const one of steps) {
            play(world, one, sent);
            checkInvariants(world);
          }
        }),
        { numRuns: 120, seed: 11 },
      );
    });
  }

  it('on a swept platform has at the cutoff the very reactions that hang there', () => {
    const reactions = fc.array(
      fc.record({
        voter: fc.nat({ max: 5 }),
        emoji: fc.nat({ max: 4 }),
        sheet: fc.nat({ max: 1 }),
        present: fc.boolean(),
        deaf: fc.boolean(),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(reactions, (list) => {
        const world = new World({ imagesPerRound: 8, sheetSize: 4, quorum: 99, quorumBy: 'marks' }, true);
        world.settle();
        world.consent(...voters);
        const sheets = world.live();
        for (const { voter, emoji, sheet, present, deaf } of list) {
          world.react(voters[voter], sheets[sheet], emojis[emoji], present, deaf);
        }
        world.tick(3_600_000);
        world.settle((effect) => effect.kind !== 'sweep');
        for (const sheet of sheets) {
          const hangs = [...(world.platform.get(sheet.id) ?? [])];
          for (const voter of voters) {
            const own = hangs
              .filter((mark) => mark.startsWith(`${voter} `))
              .map((mark) => mark.split(' ')[1]);
            expect(ownMarks(world.state, sheet, voter)).toEqual(own.sort());
          }
        }
      }),
      { numRuns: 200, seed: 12 },
    );
  });

  it('reads the same votes from any order of the same events, however often each comes', () => {
    const toggles = fc.array(
      fc.record({ voter: fc.nat({ max: 5 }), emoji: fc.nat({ max: 6 }), present: fc.boolean() }),
      { minLength: 1, maxLength: 40 },
    );
    const order = fc.array(fc.nat(), { minLength: 80, maxLength: 80 });
    fc.assert(
      fc.property(toggles, order, (list, keys) => {
        const world = new World({ imagesPerRound: 4, quorum: 99 }, false);
        world.settle();
        world.consent(...voters);
        const ballot = world.live()[0]!.id;
        const events = list.map(({ voter, emoji, present }, i): Event => {
          const mark = { ballot, voter: person(voters[voter]), emoji: emojis[emoji], present };
          return { kind: 'reaction', ...mark, at: world.now + 1 + i };
        });
        const straight = fold(world, events);
        const twice = [...events, ...events].map((event, i) => ({ event, key: keys[i % keys.length] }));
        const shuffled = fold(
          world,
          twice.sort((a, b) => a.key - b.key).map(({ event }) => event),
        );
        expect(shuffled).toEqual(straight);
      }),
      { numRuns: 300, seed: 13 },
    );
  });
});

function fold(start: World, events: readonly Event[]) {
  const world = new World({ imagesPerRound: 4, quorum: 99 }, false);
  world.state = start.state;
  for (const event of events) world.send(event);
  return judgeRound(world.state, world.round, world.now);
}

describe('decide', () => {
  it('is pure: the same state and event give the same decision and leave the state as it was', () => {
    const world = new World({}, true);
    world.settle();
    world.consent('ann');
    const event = {
      kind: 'reaction',
      ballot: world.live()[0]!.id,
      voter: person('ann'),
      emoji: '1',
      present: true,
      at: world.now,
    } as const;
    const before = structuredClone(world.state);
    expect(decide(world.state, event)).toEqual(decide(world.state, event));
    expect(world.state).toEqual(before);
  });
});
