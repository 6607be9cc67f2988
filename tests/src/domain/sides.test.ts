/** Whose say an act in a pool is, by the table of docs/pools.md: said outright, or by taking an earlier act back. */
import { describe, expect, it } from 'vitest';
import type { Act } from '../../../src/domain/state/events.js';
import { placeOn, World } from '../../support/world.js';

const guest = 'slack-1';
const founder = 'fake-1';

/** The code of the refusal, from that side's admin; null where it is done. */
function said(act: Act, from: string): string | null {
  const world = new World({ imagesPerRound: 4, review: true, quorum: 9 }, false);
  world.settle();
  world.command({ name: 'approve' });
  expect(world.join(placeOn('slack'))).toBeNull();
  world.settle();
  world.consent('ann', 'ann-slack');
  return world.command(act, 'admin', from === guest ? 'boss-slack' : 'boss', from)?.code ?? null;
}

const undo = (command: Act['name'], args: Record<string, unknown>): Act => ({
  name: 'undo',
  of: { seq: 1, command, args },
});

const named = (...acts: Act[]) =>
  acts.map((act) => [act.name === 'undo' ? `undo ${act.of.command}` : act.name, act] as const);

describe('a side of a pool', () => {
  it.each(
    named(
      { name: 'stop' },
      { name: 'rollback', round: 0 },
      { name: 'vary' },
      { name: 'settings', rules: { quorum: 3 } },
      { name: 'invite', code: 'another', until: Number.MAX_SAFE_INTEGER },
      { name: 'review', on: false },
      { name: 'lift', round: 1, guard: 'hands' },
      undo('stop', {}),
      undo('rollback', { round: 0, head: null, done: [] }),
      undo('vary', {}),
      undo('settings', { rules: { quorum: 9 }, before: { quorum: 1 } }),
      undo('review', { on: true }),
    ),
  )('that is a guest is refused %s, which the founding one is not', (_, act) => {
    expect(said(act, guest)).toBe('not-allowed');
    expect(said(act, founder)).not.toBe('not-allowed');
  });

  it.each(
    named(
      { name: 'close' },
      { name: 'pause' },
      { name: 'resume' },
      { name: 'redo' },
      { name: 'hide', index: 0 },
      { name: 'review', on: true },
      undo('pause', {}),
      undo('review', { on: false }),
      undo('lift', { round: 1, guard: 'hands' }),
    ),
  )('may %s, guest or not', (_, act) => {
    expect([said(act, guest), said(act, founder)]).not.toContain('not-allowed');
  });

  const aboutPeople = ['exclude', 'include', 'admit', 'trust', 'distrust'] as const;
  it.each(
    aboutPeople.flatMap((name) => [
      [name, (voter: string): Act => ({ name, voter })] as const,
      [`undo ${name}`, (voter: string): Act => undo(name, { voter })] as const,
    ]),
  )('may %s its own people as a guest, and anybody where it founded the pool', (_, act) => {
    const refused = (voter: string, from: string) => said(act(voter), from) === 'not-allowed';
    expect([refused('ann', guest), refused('ann-slack', guest)]).toEqual([true, false]);
    expect([refused('ann', founder), refused('ann-slack', founder)]).toEqual([false, false]);
  });
});
