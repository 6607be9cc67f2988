/**
 * Check marks that hang on notices, on a running bot: a person who was forgotten, with every account that they linked, is
 * not enrolled again by a mark that hangs on, wherever and whenever it is read; only by saying so again.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { fakeAccount } from '../../bot/platforms/fake/platform.js';
import { TestHouse } from '../support/house.js';
import { until } from '../support/wait.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

let test: TestHouse | undefined;
afterEach(async () => {
  await test?.stop();
  test = undefined;
});

const [desk, phone] = [fakeAccount('ann-at-her-desk'), fakeAccount('ann-on-her-phone')];
const mod = fakeAccount('mod', 'moderator');
const settings = ['votes.quorum=9', 'session.images=2'];

it('a linked account that was forgotten is not taken to agree by its mark, also where the session had ended', async () => {
  test = await TestHouse.open(settings, undefined, true, { asksConsent: true });
  const { platform, channel, dir } = test;
  const say = async (who: typeof desk, words: string, where = channel) =>
    (await platform.command(where, who, words))!;
  const known = (who: typeof desk) => test!.house.app.sessions.knows(test!.house.voterKey('fake', who.id));
  const notice = (where: string) =>
    platform.messages.find((m) => m.card.key === 'consent' && m.ref.channel === where)!.ref;

  // The phone agreed in another channel, whose session has ended since.
  await say(mod, 'session start a red rose', 'roses');
  await platform.mark(notice('roses'), phone, 'done');
  await platform.consent('roses', phone);
  await platform.consent(channel, desk);
  const [, code] = /link ([A-Z0-9]{4}-[A-Z0-9]{4})/.exec((await say(desk, 'link')).text)!;
  expect((await say(phone, `link ${code}`, 'roses')).title).toBe('Linked');
  await say(mod, 'session stop', 'roses');

  expect((await say(desk, 'me forget')).title).toBe('Forgotten');
  await until(() => !known(desk) && !known(phone), 'forgetting');
  await test.stop(true);
  test = await TestHouse.open(settings, { dir, platform });
  await say(mod, 'session start a red rose', 'roses');
  await test.stop(true);
  test = await TestHouse.open(settings, { dir, platform });
  expect([known(desk), known(phone)]).toEqual([false, false]);

  // A mark set while the bot is away, by somebody who was never forgotten, is consent.
  await test.stop(true);
  await platform.mark(notice('roses'), fakeAccount('bea'), 'done');
  test = await TestHouse.open(settings, { dir, platform });
  await until(() => known(fakeAccount('bea')), 'her mark to be read');
  expect(known(phone)).toBe(false);

  // Taken off and put there again, it is heard.
  await platform.consent('roses', phone);
  expect([known(desk), known(phone)]).toEqual([false, true]);
});
