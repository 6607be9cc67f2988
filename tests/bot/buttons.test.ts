/**
 * Sheets of buttons under the whole bot, with the usual eighteen pictures: pressed, changed and taken back in
 * private, by somebody who agreed, by a stranger and by somebody excluded, until a round is learned from.
 */
import { expect, it, vi } from 'vitest';
import type { FakeMessage } from '../../bot/platforms/fake/platform.js';
import { voterCode } from '../../src/domain/state/ids.js';
import { ann, ben, mod, TestHouse } from '../support/house.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 });

it('asks by buttons, tells each alone what holds of them, and learns from it', async () => {
  const settings = ['session.images=18', 'session.cells=9', 'session.ballots=buttons', 'votes.quorum=9'];
  const test = await TestHouse.open(settings, undefined, true, { asksConsent: true });
  try {
    const { platform, channel } = test;
    await test.open(1);
    const [a, b] = [test.sheet(1, 'A'), test.sheet(1, 'B')];
    expect(a.card.buttons.map(({ label }) => label)).toEqual([
      ...['1', '2', '3', '4', '5', '6', '7', '8', '9', 'None of these'],
      ...['Done', 'Best', 'Why not?', 'Flag'],
    ]);
    expect(a.card.text).toContain('Nobody else sees what you press.');

    const press = async (
      { ref }: FakeMessage,
      who: typeof ann,
      button: string,
      value: string | null = null,
    ) => {
      const replyTo = await platform.press(ref, who, button, value);
      return platform.replies.find((reply) => reply.replyTo === replyTo)!.card;
    };
    expect(await press(a, ann, 'mark-3')).toMatchObject({ title: 'Not counted' });
    for (const who of [ann, ben]) await platform.consent(channel, who);
    expect(await press(a, ann, 'mark-3')).toMatchObject({
      title: 'Your marks in round 1',
      text: 'You like **A3**.',
    });
    const own = await press(b, ann, 'mark-1');
    expect(own.text).toBe('You like **A3**, **B1**.');
    expect(own.buttons.filter(({ on }) => on).map(({ label }) => label)).toEqual(['1']);
    // The private answer is a message of its own, and names the ballot's.
    const private_ = { ref: { ...b.ref, message: 'private' } } as FakeMessage;
    const { id, value } = own.buttons[0]!;
    const back = await press(private_, ann, id, value);
    expect(back.text).toBe('You like **A3**.');
    expect((await press(private_, ann, id, value)).text, 'pressed twice').toBe(back.text);
    expect((await press(b, ann, 'mark-none')).text).toContain('None of sheet **B**.');
    expect((await press(a, ann, 'best', 'A3')).text).toContain('**A3** is your best');
    await press(b, ann, 'mark-2');
    expect((await press(b, ann, 'done')).title).toBe('Done');
    expect((await press(a, ann, 'mark-7')).text).toBe(
      'You like **A3**, **A7**, **B2**. Your best is **A3**. You are done.',
    );

    // A reaction that somebody hangs there is no mark.
    await platform.mark(a.ref, ben, '9');
    await Promise.all(['mark-1', 'mark-2', 'mark-1'].map((button) => press(a, ben, button)));
    expect((await press(a, ben, 'mark-2')).text, 'each press sees the one before').toBe(
      'You have marked nothing.',
    );
    await press(a, ben, 'mark-4');
    expect([a.primed, test.state().session.rules.ballots]).toEqual([[], 'buttons']);

    await platform.command(channel, mod, '/acclaim round close');
    await test.open(2);
    const [round] = test.state().rounds;
    expect(round!.outcome).toMatchObject({ voters: 2, best: 2 });
    expect(await press(a, ann, 'lift-hands', 'cat 1')).toMatchObject({ title: 'Not allowed' });
    expect(await press(a, mod, 'guards', 'cat 1')).toMatchObject({ title: 'Guards, round 1' });
    await press(a, mod, 'lift-hands', 'cat 1');
    expect(test.state().rounds[0]!.lifted).toEqual(['hands']);
    expect((await platform.command(channel, mod, '/acclaim undo'))!.text).toContain('**guards**');
    expect(test.state().rounds[0]!.lifted).toEqual([]);
    expect(await press(a, ann, 'mark-1')).toMatchObject({ title: 'Not counted' });
    const code = voterCode(test.house.app.services.voters.key('fake', 'ben'));
    expect((await platform.command(channel, mod, `/acclaim exclude ${code}`))!.title).toBe('Excluded');
    expect((await press(test.sheet(2, 'A'), ben, 'mark-1')).text).toContain('A moderator excluded you');
    expect(await press(a, ann, 'best', 'A1')).toMatchObject({ title: 'Not counted' });
  } finally {
    await test.stop();
  }
});
