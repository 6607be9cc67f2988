/**
 * Budgets of images: by session, by channel and day, by server and day; counted by hand, and under any course
 * of a session.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../src/domain/decide.js';
import { openSession } from '../../../src/domain/sessions/open.js';
import { nextTick } from '../../../src/domain/sessions/views.js';
import { nowhereElse } from '../../../src/domain/state/budgets.js';
import { World } from '../../support/world.js';

const DAY = 86_400_000;
const rules = { imagesPerRound: 4, quorum: 1, quorumBy: 'done' } as const;

/** Votes on the open round until the next one is open, or none begins. */
function playRound(world: World): void {
  world.settle();
  const sheet = world.live()[0]!;
  world.react('ann', sheet, '1');
  world.react('ann', sheet, 'done');
  world.settle();
}

function opened(budgets: object): World {
  const world = new World({ ...rules, ...budgets }, false);
  world.settle();
  world.consent('ann');
  return world;
}

describe('a budget', () => {
  it('of the session ends it when no whole round fits any more', () => {
    const world = opened({ sessionImages: 11 });
    playRound(world);
    expect(world.state.session.state).toBe('active');
    playRound(world);
    expect(world.state.session).toMatchObject({ state: 'ended', end: 'images' });
    expect(world.state.rounds.map(({ count }) => count)).toEqual([4, 4]);
  });

  it('of the day rests the session, tells which and until when, and renews at midnight (UTC) by itself', () => {
    const world = opened({ channelImages: 8 });
    playRound(world);
    playRound(world);
    const midnight = Date.parse('2023-11-15T00:00:00Z');
    expect(world.state.session).toMatchObject({ state: 'paused', pause: 'budget', renewsAt: midnight });
    expect(world.state.rounds).toHaveLength(2);
    const notices = [...world.asked.keys()].filter((key) => key.includes('.notice.paused.'));
    expect(notices).toHaveLength(1);
    expect(nextTick(world.state, world.now)).toBe(midnight);
    world.tick(midnight - 1 - world.now);
    expect(world.state.session.state).toBe('paused');
    world.tick(1);
    expect(world.state.session).toMatchObject({ state: 'active', renewsAt: null });
    expect(world.round).toMatchObject({ number: 3, state: 'generating' });
    expect([...world.asked.keys()].filter((key) => key.includes('.notice.paused.'))).toHaveLength(1);
  });

  it('is kept by resume and redo, and goes on at once when an admin gives more', () => {
    const world = opened({ serverImages: 4 });
    expect(world.command({ name: 'redo' })).toMatchObject({ code: 'not-allowed' });
    expect(world.round).toMatchObject({ number: 1, state: 'open' });
    playRound(world);
    expect(world.state.session.pause).toBe('budget');
    expect(world.command({ name: 'resume' })).toMatchObject({ code: 'not-allowed' });
    expect(world.state.session.pause).toBe('budget');
    world.command({ name: 'settings', rules: { serverImages: 8 } }, 'admin');
    expect(world.state.session.state).toBe('active');
    expect(world.round.number).toBe(2);
  });

  it('that is smaller than a round makes it smaller', () => {
    const world = opened({ channelImages: 3 });
    expect(world.round.count).toBe(3);
    playRound(world);
    expect(world.state.session.pause).toBe('budget');
  });

  it('counts what others have drawn that day, and a session that finds none opens and waits', () => {
    const others = () => ({ channel: 6, server: 20 });
    const { state } = new World({ ...rules, channelImages: 10, serverImages: 24 }, false);
    const {
      session,
      bindings: [binding],
    } = state;
    const of = (more: object) => {
      const own = {
        ...session,
        rules: { ...session.rules, channelImages: null, serverImages: null, ...more },
      };
      return openSession(own, binding!, session.createdAt, others).decision.state;
    };
    expect(of({ channelImages: 10 }).rounds).toHaveLength(1);
    expect(of({ channelImages: 9 })).toMatchObject({ rounds: [], session: { pause: 'budget' } });
    expect(of({ serverImages: 24 }).rounds).toHaveLength(1);
    expect(of({ serverImages: 23 })).toMatchObject({ rounds: [], session: { pause: 'budget' } });
    const waits = of({ serverImages: 23 });
    const at = waits.session.renewsAt!;
    expect(decide(waits, { kind: 'tick', at: at - 1 }, undefined, others).state.rounds).toEqual([]);
    expect(decide(waits, { kind: 'tick', at }, undefined, nowhereElse).state.rounds).toHaveLength(1);
  });

  it('of a day is not given again where the clock is set back over midnight', () => {
    const world = opened({ channelImages: 8 });
    // The first round, of four, was asked for on the 14th; two more fill the 15th.
    world.tick(Date.parse('2023-11-15T00:01:00Z') - world.now);
    for (let n = 0; n < 3; n++) playRound(world);
    const full = { state: 'paused', pause: 'budget', renewsAt: Date.parse('2023-11-16T00:00:00Z') };
    expect(world.state.rounds.map(({ createdAt }) => new Date(createdAt).getUTCDate())).toEqual([14, 15, 15]);
    expect(world.state.session).toMatchObject(full);
    world.tick(Date.parse('2023-11-14T23:00:00Z') - world.now);
    expect(world.state.session).toMatchObject(full);
    expect(world.state.rounds).toHaveLength(3);
  });

  it('is given once a day, however the time is told', () => {
    const steps = fc.array(fc.constantFrom(0, 60_000, DAY / 3, -DAY / 2), { minLength: 4, maxLength: 14 });
    fc.assert(
      fc.property(steps, (jumps) => {
        const world = opened({ channelImages: 8 });
        const days = new Set([Math.floor(world.now / DAY)]);
        for (const jump of jumps) {
          world.tick(jump);
          days.add(Math.floor(world.now / DAY));
          if (world.live().length > 0) playRound(world);
          else world.settle();
        }
        const images = world.state.rounds.reduce((sum, { count }) => sum + count, 0);
        expect(images).toBeLessThanOrEqual(8 * days.size);
      }),
      { numRuns: 200, seed: 31 },
    );
  });
});
