/**
 * Reactions on messages that are no ballots (yet): which are waited for, and which are not, though ballots
 * wait for the end of quiet hours.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { FakePlatform } from '../../bot/platforms/fake/platform.js';
import type { Card } from '../../src/chat/port.js';
import { ann, TestHouse } from '../support/house.js';
import { Gate } from '../support/wait.js';

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

/** Shows a ballot at once, and answers the post when it is let. */
class SlowPlatform extends FakePlatform {
  readonly gate = new Gate();

  override async post(channel: string, card: Card) {
    const ref = await super.post(channel, card);
    if (card.kind === 'ballot') await this.gate.pass();
    return ref;
  }
}

it('a reaction that is faster than the answer to its ballot’s post is stored once that has come', async () => {
  const platform = new SlowPlatform();
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-posting-'));
  const test = await TestHouse.open([], { dir, platform });
  try {
    await test.openSession();
    await platform.gate.reached;
    await platform.consent(test.channel, ann);
    const told: string[] = [];
    const marked = platform.mark(test.sheet(1, 'A').ref, ann, '1').then(() => told.push('marked'));
    // A command takes its whole way meanwhile.
    await platform.command(test.channel, ann, 'session status').then(() => told.push('answered'));
    platform.gate.open();
    await marked;
    expect(told).toEqual(['answered', 'marked']);
    const facts = [...test.state().facts.values()].flatMap((of) => [...of]);
    expect(facts).toMatchObject([{ emoji: '1', present: true, source: 'live' }]);
  } finally {
    platform.gate.open();
    await test.stop();
  }
});
