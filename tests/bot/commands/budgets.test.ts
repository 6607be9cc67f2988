/**
 * Budgets as admins set them and people meet them: counted over all sessions of a server, told, and kept
 * apart from other servers.
 */
import { expect, it } from 'vitest';
import { type FakePlatform, fakeAccount } from '../../../bot/platforms/fake/platform.js';
import { TestHouse } from '../../support/house.js';
import { until } from '../../support/wait.js';

it("a budget of a server holds for all its channels, is raised up to the host's bound, and touches no other server", async () => {
  const test = await TestHouse.open(['budgets.serverDay=20'], undefined, false);
  const platform: FakePlatform = test.platform;
  for (const channel of ['a', 'b', 'c']) await platform.invite(channel, 'one', true);
  await platform.invite('z', 'two', true);
  const boss = fakeAccount('boss', 'admin');
  const said = async (channel: string, text: string) => (await platform.command(channel, boss, text))?.text;
  const pauses = (channel: string) =>
    platform.messages.filter(({ ref, card }) => ref.channel === channel && card.data?.notice === 'paused');
  try {
    expect(await said('a', 'settings server-images 21')).toContain('20 at most');
    expect(await said('a', 'settings server-images 8')).toBe('**server-images**: 8 images (set here)');
    expect(await said('a', 'session start a hand')).toContain('is being drawn');
    expect(await said('b', 'session start a rose')).toContain('is being drawn');
    expect(await said('c', 'session start a cat')).toContain('after midnight (UTC)');
    expect(await said('z', 'session start a cat')).toContain('is being drawn');
    await until(() => pauses('c').length === 1, 'word of the budget');
    expect(pauses('c')[0]!.card.text).toContain("among today's images here (8 of 8 are drawn)");
    expect(pauses('a').length + pauses('b').length + pauses('z').length).toBe(0);
    const waits = test.house.app.sessions.liveIn('fake', 'c')!;
    expect(waits.rounds).toEqual([]);
    expect(await said('c', 'session resume')).toContain('used up');
    expect(await said('b', 'settings server-images 12')).toBe('**server-images**: 12 images (set here)');
    await until(() => test.house.app.sessions.get(waits.session.id)!.rounds.length === 1, 'its first round');
  } finally {
    await test.stop();
  }
});
