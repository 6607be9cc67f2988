/** What an admin sets, and what the audit tells, is of the server where it was said and of no other. */
import { afterEach, expect, it } from 'vitest';
import { fakeAccount } from '../../../bot/platforms/fake/platform.js';
import { TestHouse } from '../../support/house.js';

let house: TestHouse | undefined;
afterEach(() => house?.stop());

it('settings and audit stay on their server', async () => {
  house = await TestHouse.open();
  const { platform, channel } = house;
  platform.homes.set(channel, 'roses').set('den', 'tulips');
  const admin = fakeAccount('boss', 'admin');
  const said = async (where: string, text: string) => (await platform.command(where, admin, text))!.text;
  const before = house.state().session.rules.quorum;

  expect(await said('den', 'settings quorum 7')).toBe('**quorum**: 7 voters (set here)');
  expect(house.state().session.rules.quorum).toBe(before);
  expect(await said(channel, 'settings quorum')).toContain("(the host's configuration)");
  expect(await said(channel, 'settings quorum 5')).toBe('**quorum**: 5 voters (set here)');
  expect(house.state().session.rules.quorum).toBe(5);
  expect(await said('den', 'settings quorum')).toContain('**quorum**: 7');

  // A refusal is read as sentences.
  expect(await said('den', 'session start a cat --images 0')).toBe(
    'A round cannot have 0 images. Choose 2 to 256.',
  );
  expect(await said('den', 'session start a cat --rounds 1001')).toBe(
    'A session cannot have 1001 rounds. Choose 1 to 1000.',
  );

  expect(await said('den', 'audit')).toContain('settings quorum 7 (before: default)');
  expect(await said('den', 'audit')).not.toContain('settings quorum 5 (before: default)');
  expect(await said(channel, 'audit')).toContain('settings quorum 5 (before: default)');
  expect(await said(channel, 'audit')).not.toContain('settings quorum 7 (before: default)');

  const { dir } = house;
  await house.stop(true);
  house = await TestHouse.open([], { dir, platform });
  expect(await said('den', 'settings quorum')).toContain('**quorum**: 7');
}, 120_000);
