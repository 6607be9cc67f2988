/** Private answers on the page: to whoever asked and nobody else, in time and late, and what is kept of them. */
import { expect, it } from 'vitest';
import type { Live } from '../../../../bot/platforms/web/live.js';
import type { NsfwChannels } from '../../../../bot/platforms/web/nsfw.js';
import { Replies } from '../../../../bot/platforms/web/replies.js';
import type { Card } from '../../../../src/chat/port.js';

function made() {
  const late: [visitor: string, sent: unknown][] = [];
  const guarded: string[] = [];
  const live: Pick<Live, 'broadcast'> = {
    broadcast: (sent) => {
      for (const visitor of ['ann', 'ben']) {
        const frame = sent(visitor, false, false, 'en');
        if (frame !== undefined) late.push([visitor, frame]);
      }
    },
  };
  const nsfw: Pick<NsfwChannels, 'mustGuard'> = { mustGuard: (channel) => void guarded.push(channel) };
  const replies = new Replies({ live: live as Live, nsfw: nsfw as NsfwChannels, now: () => 7 });
  return { replies, late, guarded };
}
const card = (title: string, spoiler?: boolean): Card => ({
  ...{ kind: 'reply', key: title, title, text: '', reactions: [], buttons: [], progress: null },
  pictures: spoiler === undefined ? [] : [{ file: 'a.png', alt: '', spoiler }],
});
const ann = { visitor: 'ann', channel: 'cats' };

it('go into the response while the request lasts, and later to the open pages of who asked alone', async () => {
  const { replies, late } = made();
  let to = '';
  const answered = await replies.ask(ann, async (replyTo) => {
    to = replyTo;
    replies.answer(replyTo, card('in time'));
  });
  expect([answered.map(({ title }) => title), late]).toEqual([['in time'], []]);
  replies.answer(to, card('late'));
  expect(late).toMatchObject([['ann', { event: 'reply', data: { title: 'late', channel: 'cats' } }]]);
  expect(answered).toHaveLength(1);
  // Who has logged out is told nothing more.
  replies.drop('ben');
  replies.answer(to, card('again'));
  replies.drop('ann');
  replies.answer(to, card('gone'));
  expect(late).toHaveLength(2);
});

it('show their pictures to who asked alone, and those that need care only where that is looked after', async () => {
  const { replies, guarded } = made();
  const [plain, careful] = await replies.ask(ann, async (replyTo) => {
    replies.answer(replyTo, card('plain', false));
    replies.answer(replyTo, card('careful', true));
  });
  expect(guarded).toEqual(['cats']);
  for (const { id } of [plain!, careful!])
    expect(['ann', 'ben', undefined].map((who) => replies.pictured(id, who)?.visitor)).toEqual([
      'ann',
      undefined,
      undefined,
    ]);
});

it('keep the newest pictures', async () => {
  const { replies } = made();
  const all = await replies.ask(ann, async (replyTo) => {
    for (let i = 0; i <= 500; i++) replies.answer(replyTo, card(`${i}`, false));
  });
  const kept = [0, 1, 500].map((i) => replies.pictured(all[i]!.id, 'ann') !== undefined);
  expect(kept).toEqual([false, true, true]);
});
