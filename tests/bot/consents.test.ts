/**
 * Check marks that hang on notices, on a running bot: a person who was forgotten, with every account that
 * they linked, is not enrolled again by a mark that hangs on, wherever and whenever it is read; only by
 * saying so again.
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

it('who agreed too often to be heard keeps nobody behind them on the notice from being read', async () => {
  const few = 'limits.agreements={ person: 1, address: 100, strangers: 100 }';
  test = await TestHouse.open([...settings, few], undefined, true, { asksConsent: true });
  const { platform, channel } = test;
  const known = (who: typeof desk) => test!.house.app.sessions.knows(test!.house.voterKey('fake', who.id));
  const bea = fakeAccount('bea');
  await platform.consent(channel, desk);
  await platform.consent(channel, desk, false);
  await until(() => !known(desk), 'forgetting');
  // Both marks were set while nobody listened, hers first.
  const notice = platform.messages.find((m) => m.card.key === 'consent' && m.ref.channel === channel)!.ref;
  const found = new Map([['done', [desk, bea]]]);
  const read = vi.spyOn(platform, 'fetchReactions');
  read.mockImplementation(async ({ message }) => (message === notice.message ? found : new Map()));
  // What was declined once is no agreement: read, it is off the list of those.
  found.set('done', []);
  await platform.gap();
  found.set('done', [desk, bea]);
  await platform.gap();
  expect([known(desk), known(bea)]).toEqual([false, true]);
});
