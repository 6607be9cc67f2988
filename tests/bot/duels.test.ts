/**
 * Duels under the whole bot on a platform of buttons, with the usual eighteen pictures: answered, changed and
 * taken back, by somebody who agreed and by somebody excluded, until a round is learned from and the next one hangs.
 */
import { expect, it, vi } from 'vitest';
import type { FakeMessage } from '../../bot/platforms/fake/platform.js';
import { ann, ben, TestHouse } from '../support/house.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

it('asks 27 pairs of 18 pictures, learns from what was pressed, and asks on', async () => {
  const settings = ['session.images=18', 'session.ballots=duel', 'votes.quorumBy=marks', 'session.rounds=2'];
  const test = await TestHouse.open(settings, undefined, true, { asksConsent: true });
  try {
    const { platform, channel } = test;
    await test.open(1);
    const ballots = (round: number): FakeMessage[] =>
      platform.messages.filter(({ card }) => card.kind === 'ballot' && card.data?.round === round);
    const duels = ballots(1);
    expect(duels.length).toBe(27);
    const [first, second] = duels as [FakeMessage, FakeMessage];
    expect(first.card).toMatchObject({ title: 'Round 1, duel 1 of 27', reactions: [] });
    expect(first.card.buttons.map(({ label }) => label)).toEqual([
      'Left',
      'Right',
      'Both',
      'Neither',
      'Flag',
    ]);
    expect(first.card.text).toContain('Which is the better “a black cat inside a cardboard box”?');
    expect(first.card.pictures).toHaveLength(1);
    expect(first.primed).toEqual([]);

    const press = async ({ ref }: FakeMessage, who: typeof ann, button: string) => {
      const replyTo = await platform.press(ref, who, button);
      return platform.replies.find((reply) => reply.replyTo === replyTo)!.card;
    };
    expect(await press(first, ann, 'left')).toMatchObject({ title: 'Not counted' });
    for (const who of [ann, ben]) await platform.consent(channel, who);
    expect(await press(first, ann, 'left')).toMatchObject({ title: '1 of 27', text: '**Left** it is.' });
    expect(await press(second, ann, 'both')).toMatchObject({ title: '2 of 27' });
    expect(await press(first, ann, 'right')).toMatchObject({ title: '2 of 27', text: '**Right** it is.' });
    expect(await press(first, ann, 'right')).toMatchObject({
      title: '1 of 27',
      text: 'Your answer is taken back.',
    });
    expect(await press(first, ben, 'neither')).toMatchObject({ title: '1 of 27' });

    // The picture of the smaller number is the better one.
    const better = ({ card }: FakeMessage) => {
      const [left, right] = (card.data!.cells as { index: number }[]).map(({ index }) => index);
      return left! < right! ? 'left' : 'right';
    };
    for (const duel of duels.filter((one) => one !== second)) await press(duel, ann, better(duel));
    await test.open(2);
    const [round] = test.state().rounds;
    expect(round).toMatchObject({ state: 'done', closeReason: 'quorum' });
    expect(round!.outcome).toMatchObject({ voters: 2 });
    const good = round!.feedback!.images.map((one) => one.good ?? 0.5);
    const mean = (from: number, to: number) =>
      good.slice(from, to).reduce((sum, one) => sum + one, 0) / (to - from);
    expect(mean(0, 6) - mean(12, 18)).toBeGreaterThan(0.3);
    expect(round!.feedback!.best).toBeLessThan(9);
    expect(first.card.text).toMatch(
      /^Closed\. Called good, all its duels together, by: \*\*#\d+\*\* \d of \d/,
    );
    expect(first.card.buttons).toEqual([]);
    expect(await press(first, ann, 'left')).toMatchObject({ title: 'Not counted' });
    expect(ballots(2).length).toBeGreaterThanOrEqual(26);
  } finally {
    await test.stop();
  }
});
