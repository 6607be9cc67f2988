import { FakePlatform, fakeAccount } from '../../../../bot/platforms/fake/platform.js';
import { platformContract } from '../../../contracts/platform.js';

platformContract('fake', async (sink) => {
  const platform = new FakePlatform();
  await platform.start(sink);
  return {
    platform,
    channel: 'cat',
    mark: (ref, person, emoji, present) => platform.mark(ref, fakeAccount(person), emoji, present),
    async command(person, text) {
      const answer = await platform.command('cat', fakeAccount(person), text);
      return answer ? [answer] : [];
    },
    press: async (ref, person, button) => void (await platform.press(ref, fakeAccount(person), button)),
    flag: async (ref, person, cell) => void (await platform.press(ref, fakeAccount(person), 'flag', cell)),
    alts: async () => platform.messages.flatMap((m) => m.card.pictures.map(({ alt }) => alt)),
    shown: async () => platform.messages.map((m) => m.card.title),
    // Its messages live in the object itself: stopping and starting it again keeps them.
    restart: null,
    close: () => platform.stop(),
  };
});
