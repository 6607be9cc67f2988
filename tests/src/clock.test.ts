/**
 * A machine whose clock is set back and forth, that sleeps, and on which people vote: the bot's clock never
 * goes back, no round closes before its time has really passed, none is kept open after it, and no vote is
 * read otherwise than it hangs there. The session's rules and what moves its deadlines are the real ones;
 * only the three sources of time are made up.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockJumps } from '../../bot/upkeep/clock-jumps.js';
import { SteadyClock } from '../../src/clock.js';
import { ownMarks } from '../../src/domain/sessions/views.js';
import { silentLog } from '../../src/log.js';
import { World } from '../support/world.js';

const HOUR = 3_600_000;
/** What a clock may be corrected by without anybody moving a deadline. */
const DRIFT = 2000;
const voters = ['ann', 'bob'];

class Machine {
  wallMs = 1_700_000_000_000;
  runningMs = 5000;
  passingMs = 9000;
  readonly clock = new SteadyClock({
    wall: () => this.wallMs,
    running: () => this.runningMs,
    passing: () => this.passingMs,
  });

  run(ms: number): void {
    this.wallMs += ms;
    this.runningMs += ms;
    this.passingMs += ms;
  }

  sleep(ms: number): void {
    this.wallMs += ms;
    this.passingMs += ms;
  }
}

describe('the steady clock', () => {
  it('goes on by what passed when the machine is set back, and is followed forward only when asked', () => {
    const machine = new Machine();
    const { clock } = machine;
    const start = clock.now();
    machine.wallMs -= HOUR;
    machine.run(1000);
    expect([clock.ahead(), clock.now() - start]).toEqual([-HOUR, 1000]);
    machine.wallMs += 3 * HOUR;
    expect([clock.ahead(), clock.now() - start]).toEqual([2 * HOUR, 1000]);
    clock.follow(2 * HOUR);
    expect([clock.ahead(), clock.now()]).toEqual([0, machine.wallMs]);
  });

  it('counts the time asleep as passed, follows drift, and begins no earlier than what was written down', () => {
    const machine = new Machine();
    const { clock } = machine;
    const start = clock.now();
    machine.sleep(8 * HOUR);
    expect([clock.ahead(), clock.now() - start]).toEqual([0, 8 * HOUR]);
    machine.wallMs += 1500;
    expect([clock.ahead(), clock.now()]).toEqual([0, machine.wallMs]);
    clock.notBefore(start + 20 * HOUR);
    expect(clock.now() - start).toBe(20 * HOUR);
    expect(clock.ahead()).toBe(machine.wallMs - clock.now());
    clock.notBefore(start);
    expect(clock.now() - start).toBe(20 * HOUR);
  });
});

type Step =
  | { do: 'pass'; ms: number }
  | { do: 'sleep'; ms: number }
  | { do: 'set'; ms: number }
  | { do: 'mark'; voter: number; emoji: number; present: boolean; deaf: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(5, 900, 20_000, HOUR / 3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: fc.constantFrom(5000, HOUR / 2) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('set' as const),
      ms: fc.constantFrom(-300 * 24 * HOUR, -HOUR, -1500, 1500, HOUR, 40 * 24 * HOUR),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('mark' as const),
      voter: fc.nat({ max: 1 }),
      emoji: fc.nat({ max: 4 }),
      present: fc.boolean(),
      deaf: fc.boolean(),
    }),
  },
);
const emojis = ['1', '2', '3', '4', 'none'];

/** A round of one sheet for an hour, or until both have marked it and rested for a minute. */
async function life(steps: readonly Step[]): Promise<void> {
  const machine = new Machine();
  const { clock } = machine;
  const world = new World({ imagesPerRound: 4, sheetSize: 4, quorum: 2, quorumBy: 'marks' }, true);
  const clockJumps = new ClockJumps({
    clock,
    log: silentLog,
    sessions: { live: () => [world.state], dispatch: async (_id, event) => world.send(event) },
    servers: { postpone: async () => {} },
  });
  clock.notBefore(world.now);
  world.settle();
  clock.notBefore(world.now);
  world.consent(...voters);
  const sheet = world.live()[0]!;
  // True time: what has passed, asleep or awake. A machine that creeps forward within drift may be believed.
  const opened = machine.passingMs;
  let [changed, drift, before] = [opened, 0, clock.now()];
  const tick = async () => {
    await clockJumps.check();
    world.now = clock.now();
    world.send({ kind: 'tick', at: world.now });
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    before = clock.now();
  };
  for (const one of steps) {
    if (world.round.state !== 'open') break;
    if (one.do === 'pass') machine.run(one.ms);
    else if (one.do === 'sleep') machine.sleep(one.ms);
    else if (one.do === 'set') {
      machine.wallMs += one.ms;
      drift += Math.min(Math.abs(one.ms), DRIFT);
    } else {
      machine.run(10);
      world.now = clock.now() - 1;
      world.react(voters[one.voter]!, sheet, emojis[one.emoji]!, one.present, one.deaf);
      if (!one.deaf) changed = machine.passingMs;
    }
    await tick();
  }
  const slack = drift + 10;
  if (world.round.state === 'open') {
    // Nothing holds it up either, wherever the clock stands: by its whole time again, and what drift took.
    machine.run(HOUR + slack);
    await tick();
  }
  const { round } = world;
  const marked = world.platform.size > 0;
  if (round.closeReason === 'quorum')
    expect(machine.passingMs - changed).toBeGreaterThanOrEqual(60_000 - slack);
  else expect(machine.passingMs - opened).toBeGreaterThanOrEqual(HOUR - slack);
  if (!marked) return;
  expect(round.state).toBe('closing');
  world.now = clock.now();
  world.settle((effect) => effect.kind !== 'sweep');
  const hangs = [...(world.platform.get(sheet.id) ?? [])];
  for (const voter of voters) {
    const own = hangs.flatMap((mark) => (mark.startsWith(`${voter} `) ? [mark.split(' ')[1]] : []));
    expect(ownMarks(world.state, sheet, voter)).toEqual(own.sort());
  }
  // A sweep was asked for and taken: the round did not stay where it was.
  expect(world.round.state).not.toBe('closing');
}

it('closes no round early or never, and loses no vote, however the clock is set', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), life), {
    numRuns: 300,
    seed: 21,
  });
});
