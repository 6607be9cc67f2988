/**
 * One session in three channels of which two are swept: random histories in which channels are lost and come
 * back, leave and join, posts and sweeps are refused, and some people vote from two linked accounts. The
 * invariants of the state machine hold as ever, and votes are what a plain replay of the marks in order of
 * time makes of them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Act, Event } from '../../../src/domain/state/events.js';
import type { Platform } from '../../../src/domain/state/model.js';
import type { Ballot } from '../../../src/domain/state/round.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { attendance, countedIn } from '../../../src/domain/voting/who-counts.js';
import { checkInvariants, play, recorded, type Step, step } from '../../support/random-life.js';
import { person, placeOn, World } from '../../support/world.js';

const places = [placeOn('slack'), placeOn('web')];
const channels = ['fake-1', 'slack-1', 'web-1'];
const people = ['ann', 'bob', 'ann-slack', 'cem-slack', 'ann-web', 'dora-web'];

type PoolStep =
  | Step
  | { do: 'vote'; voter: number; emoji: string; sheet: number; present: boolean; deaf: boolean }
  | { do: 'channel'; channel: number; canPost: boolean }
  | { do: 'leave'; channel: number }
  | { do: 'join'; place: number }
  | { do: 'refuse'; pick: number }
  | { do: 'moderate'; act: number; channel: number };

const acts: Act[] = [{ name: 'close' }, { name: 'redo' }, { name: 'stop' }, { name: 'rollback', round: 0 }];

const poolStep: fc.Arbitrary<PoolStep> = fc.oneof(
  { weight: 24, arbitrary: step },
  {
    weight: 14,
    arbitrary: fc.record({
      do: fc.constant('vote' as const),
      voter: fc.nat({ max: people.length - 1 }),
      emoji: fc.constantFrom('1', '2', 'none', 'star-1', 'done'),
      sheet: fc.nat({ max: 1 }),
      present: fc.integer({ min: 0, max: 3 }).map((n) => n > 0),
      deaf: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('channel' as const),
      channel: fc.nat({ max: 2 }),
      canPost: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('leave' as const), channel: fc.integer({ min: 1, max: 2 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const), place: fc.nat({ max: 1 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refuse' as const), pick: fc.nat({ max: 11 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('moderate' as const),
      act: fc.nat({ max: acts.length - 1 }),
      channel: fc.integer({ min: 1, max: 2 }),
    }),
  },
);

function playPool(world: World, one: PoolStep, sent: Event[]): void {
  switch (one.do) {
    case 'vote': {
      const { voter, emoji, sheet, present, deaf } = one;
      const ballot = ballotOf(world, people[voter]!, sheet);
      // The page has no reactions that the bot does not hear of.
      if (ballot) world.react(people[voter]!, ballot, emoji, present, deaf && ballot.sweeps);
      break;
    }
    case 'channel': {
      const { canPost } = one;
      world.send({ kind: 'channel', channel: channels[one.channel]!, canPost, nsfw: false, at: ++world.now });
      break;
    }
    case 'leave':
      world.command({ name: 'leave', ordinal: null }, 'admin', 'boss', channels[one.channel]!);
      break;
    case 'join':
      world.join(places[one.place]!, `code-${world.now}`);
      break;
    case 'refuse': {
      const effects = [...world.outbox.values()].filter(
        (e) => e.kind === 'post-ballot' || e.kind === 'sweep',
      );
      const effect = effects[one.pick % Math.max(1, effects.length)];
      const ballot = effect?.kind === 'post-ballot' ? effect.ballot : null;
      if (effect) world.send({ kind: 'effect-failed', effect: effect.key, ballot, at: ++world.now });
      break;
    }
    case 'moderate': {
      const act = acts[one.act]!;
      const refusal = world.command(act, 'moderator', 'mod-slack', channels[one.channel]!);
      if (act.name === 'stop' || act.name === 'rollback') expect(refusal).not.toBeNull();
      break;
    }
    default:
      play(world, one, sent);
  }
}

function ballotOf(world: World, voter: string, sheet: number): Ballot | undefined {
  const { platform } = person(voter);
  return world.live().find((ballot) => ballot.platform === platform && ballot.sheet === sheet);
}

function pooled(world: World): void {
  for (const place of places) expect(world.join(place)).toBeNull();
  world.consent(...people);
  world.link('+ann', 'ann', 'ann-slack');
}

describe('a pool', () => {
  it('keeps the invariants of a session, whichever of its channels come and go', () => {
    fc.assert(
      fc.property(fc.array(poolStep, { minLength: 20, maxLength: 80 }), (steps) => {
        const { world, sent } = recorded(true, 'marks');
        pooled(world);
        for (const one of steps) {
          playPool(world, one, sent);
          checkInvariants(world);
          // A mark is ever of somebody of that side, and nobody counts twice.
          const counted = countedIn(world.state, world.round).voterBallots.map((one) => one.voter);
          expect(new Set(counted).size).toBe(counted.length);
          expect(counted.includes('ann') || counted.includes('ann-slack')).toBe(false);
          for (const { ordinal, channel } of world.state.bindings)
            if (ordinal === 0) expect(channel).toBe('fake-1');
        }
      }),
      { numRuns: 50, seed: 21 },
    );
  });

  /** What people do, spread over the channels: who, on which sheet, which mark, set or taken back. */
  const marks = fc.array(
    fc.record({
      voter: fc.nat({ max: people.length - 1 }),
      sheet: fc.nat({ max: 1 }),
      emoji: fc.constantFrom('1', '2', 'none'),
      present: fc.integer({ min: 0, max: 2 }).map((n) => n > 0),
      deaf: fc.boolean(),
    }),
    { minLength: 1, maxLength: 50 },
  );
  const platformsOf = (sweeps: boolean): Platform[] => (sweeps ? ['fake', 'slack'] : ['web']);

  it('has at the cutoff the votes that a replay in order of time gives, each person once', () => {
    fc.assert(
      fc.property(marks, (list) => {
        const world = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 99, quorumBy: 'marks' }, true);
        pooled(world);
        world.link('+ann', 'ann', 'ann-slack', 'ann-web');
        world.settle();
        // Person, sheet and mark -> whether it stands; told live, so that the time of each change is known.
        const stands = new Map<string, boolean>();
        for (const { voter, sheet, emoji, present } of list) {
          const name = people[voter]!;
          const who = name.startsWith('ann') ? '+ann' : name;
          world.react(name, ballotOf(world, name, sheet)!, emoji, present);
          stands.set(`${who} ${sheet} ${emoji}`, present);
        }
        world.tick(3_600_000);
        world.settle((effect) => effect.kind !== 'sweep');
        const expected = new Map<string, Set<string>>();
        for (const [key, present] of stands) {
          const [who, sheet, emoji] = key.split(' ') as [string, string, string];
          if (!present) continue;
          expected.set(who, (expected.get(who) ?? new Set()).add(`${sheet} ${emoji}`));
        }
        const { voterBallots } = countedIn(world.state, world.state.rounds[0]!);
        expect(voterBallots.map((one) => one.voter)).toEqual([...expected.keys()].sort());
        expect(attendance(world.state, world.state.rounds[0]!).voters).toBe(expected.size);
        for (const { voter, votes } of voterBallots) {
          const ups = votes.filter((vote) => vote.up).map((vote) => vote.index);
          const named = [...expected.get(voter)!].filter((mark) => !mark.endsWith('none'));
          const indices = named.map((mark) => 2 * Number(mark[0]) + Number(mark[2]) - 1);
          expect(ups).toEqual(indices.sort());
        }
      }),
      { numRuns: 150, seed: 22 },
    );
  });

  it('on its swept channels has at the cutoff the very reactions that hang there', () => {
    fc.assert(
      fc.property(marks, (list) => {
        const world = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 99, quorumBy: 'marks' }, true);
        pooled(world);
        world.settle();
        for (const { voter, sheet, emoji, present, deaf } of list) {
          const ballot = ballotOf(world, people[voter]!, sheet)!;
          world.react(people[voter]!, ballot, emoji, present, deaf && ballot.sweeps);
        }
        world.tick(3_600_000);
        world.settle((effect) => effect.kind !== 'sweep');
        for (const platform of platformsOf(true)) {
          for (const ballot of world.state.ballots.values()) {
            if (ballot.platform !== platform) continue;
            const last = new Map<string, boolean>();
            for (const { voter, emoji, present } of world.state.facts.get(ballot.id) ?? [])
              last.set(`${voter} ${emoji}`, present);
            const standing = [...last].flatMap(([mark, present]) => (present ? [mark] : []));
            expect(standing.sort()).toEqual([...(world.platform.get(ballot.id) ?? [])].sort());
          }
        }
      }),
      { numRuns: 100, seed: 23 },
    );
  });

  it('reads the same from any order of the same events over all channels', () => {
    const order = fc.array(fc.nat(), { minLength: 50, maxLength: 50 });
    fc.assert(
      fc.property(marks, order, (list, keys) => {
        const start = new World({ imagesPerRound: 4, sheetSize: 2, quorum: 99, quorumBy: 'marks' }, true);
        pooled(start);
        start.settle();
        const events = list.map(({ voter, sheet, emoji, present }, i): Event => {
          const ballot = ballotOf(start, people[voter]!, sheet)!.id;
          // Several in the same millisecond.
          const at = start.now + 1 + Math.floor(i / 3);
          return { kind: 'reaction', ballot, voter: person(people[voter]!), emoji, present, at };
        });
        // The same key twice in a millisecond has no order at all.
        const once = events.filter((event, i) => {
          const same = (other: Event) =>
            other.kind === 'reaction' &&
            event.kind === 'reaction' &&
            other.at === event.at &&
            other.ballot === event.ballot &&
            other.voter.key === event.voter.key &&
            other.emoji === event.emoji;
          return events.findIndex(same) === i;
        });
        const fold = (of: readonly Event[]) => {
          const world = new World({ imagesPerRound: 4, sheetSize: 2 }, true);
          world.state = start.state;
          for (const event of of) world.send(event);
          return judgeRound(world.state, world.round, start.now + 1000);
        };
        const shuffled = once
          .map((event, i) => ({ event, key: keys[i]! }))
          .sort((a, b) => a.key - b.key)
          .map(({ event }) => event);
        expect(fold(shuffled)).toEqual(fold(once));
      }),
      { numRuns: 150, seed: 24 },
    );
  });
});
