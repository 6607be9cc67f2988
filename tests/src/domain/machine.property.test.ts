/**
 * The state machine under random histories (tests/support/random-life.ts). Whatever happens, the invariants
 * of docs/votes.md hold after every single event.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/decide.js';
import { ownMarks } from '../../../src/domain/sessions/views.js';
import type { Event } from '../../../src/domain/state/events.js';
import { judgeRound } from '../../../src/domain/voting/feedback.js';
import { checkInvariants, emojis, play, recorded, step, voters } from '../../support/random-life.js';
import { person, World } from '../../support/world.js';

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
