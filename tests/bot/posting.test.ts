/** Reactions on messages that are no ballots: nobody waits for them, though ballots wait for the end of quiet hours. */
import { expect, it, vi } from 'vitest';
import { ann, TestHouse } from '../support/house.js';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

it('a reaction waits for a ballot on its way to that channel, and for no other', async () => {
  // The clock stands still: what waits for it waits for ever.
  const clock = { now: () => Date.UTC(2026, 0, 15, 12) };
  const quiet = "session.quietHours={ from: '00:00', to: '23:00' }";
  const test = await TestHouse.open([quiet], undefined, true, { clock });
  try {
    const { platform, channel } = test;
    await test.until(({ rounds }) => rounds.at(-1)?.state === 'posting');
    const { ref } = platform.messages.find((m) => m.ref.channel === channel)!;
    await platform.consent(channel, ann);
    await platform.mark(ref, ann, '1');
    expect([...test.state().facts.values()].flatMap((facts) => [...facts])).toEqual([]);
  } finally {
    await test.stop();
  }
});
