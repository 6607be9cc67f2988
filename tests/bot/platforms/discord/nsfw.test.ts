/**
 * Pictures that need an age-restricted channel: checked at every post and edit, and taken down when the mark
 * goes.
 */
import { expect, test } from 'vitest';
import { picture, sheet } from '../../../support/chat.js';
import { until } from '../../../support/wait.js';
import { makeStage, type Stage } from './support.js';

async function spoiler(key: string, colour = [200, 30, 60], fill = {}) {
  const file = await picture(colour);
  return sheet(key, null, { pictures: [{ file, alt: 'Contact sheet A', spoiler: true }], ...fill });
}

const files = ({ channel }: Stage) =>
  [...channel.messages.values()].flatMap((m) => m.attachments.map((a) => a.filename));

test('a spoiler goes out as one, with its words, only where the channel is age-restricted', async () => {
  const stage = await makeStage();
  const { peer, platform, channel } = stage;
  await expect(platform.post(channel.id, await spoiler('a'))).rejects.toMatchObject({
    code: 'not-allowed',
    hint: expect.stringContaining('Age-restricted channel'),
  });
  expect(channel.messages.size).toBe(0);
  peer.update(channel, { nsfw: true });
  await platform.post(channel.id, await spoiler('a'));
  expect(files(stage)).toEqual([expect.stringMatching(/^SPOILER_acclaim-[0-9a-f]{12}-[0-9a-f]{8}\.png$/)]);
  const [message] = channel.messages.values();
  expect(message!.attachments[0]!.description).toBe('Contact sheet A');
  // Spoilers blur only outside embeds.
  expect(message!.embeds).toEqual([]);
});

test("of a thread its parent's mark counts", async () => {
  const { peer, platform, channel } = await makeStage();
  const thread = peer.world.channel('votes', { type: 11, parent_id: channel.id });
  await expect(platform.post(thread.id, await spoiler('a'))).rejects.toMatchObject({ code: 'not-allowed' });
  channel.nsfw = true;
  await platform.post(thread.id, await spoiler('a'));
  expect(thread.messages.size).toBe(1);
});

test('the mark is taken off mid-round: pictures go, the channel is told of, votes stay, nothing new is posted', async () => {
  const stage = await makeStage({}, (peer) => {
    for (const channel of peer.world.channels.values()) channel.nsfw = true;
  });
  const { peer, platform, channel, events } = stage;
  const ref = await platform.post(channel.id, await spoiler('a'));
  const plain = await platform.post(channel.id, sheet('b', await picture()));
  peer.react('ann', ref.message, '1\uFE0F\u20E3');
  peer.update(channel, { nsfw: false });
  await until(() => events.some((e) => e.kind === 'channel'));
  expect(events.at(-1)).toMatchObject({ kind: 'channel', channel: channel.id, canPost: true, nsfw: false });
  expect(files(stage)).toEqual([expect.stringMatching(/^acclaim-/)]);
  expect(peer.world.find(ref.message)!.content).toContain('taken down');
  expect(peer.world.find(plain.message)!.attachments).toHaveLength(1);
  expect((await platform.fetchReactions(ref)).get('1')).toHaveLength(1);
  await expect(platform.post(channel.id, await spoiler('c'))).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(platform.edit(ref, await spoiler('a', [1, 1, 1]))).rejects.toMatchObject({
    code: 'not-allowed',
  });
  expect(files(stage)).toHaveLength(1);
  // A change of anything else is no news, and the mark may come back.
  const told = events.length;
  peer.update(channel, { name: 'other' });
  peer.update(channel, { nsfw: true });
  await until(() => events.length > told);
  expect(events.at(-1)).toMatchObject({ kind: 'channel', nsfw: true });
  await platform.edit(ref, await spoiler('a', [1, 1, 1]));
  expect(files(stage)).toHaveLength(2);
});

test('the mark went while the bot was down: the next post takes the old pictures away as well', async () => {
  const stage = await makeStage({}, (peer) => {
    for (const channel of peer.world.channels.values()) channel.nsfw = true;
  });
  await stage.platform.post(stage.channel.id, await spoiler('a'));
  await stage.platform.stop();
  stage.channel.nsfw = false;
  const platform = await stage.again();
  await expect(platform.post(stage.channel.id, await spoiler('b'))).rejects.toMatchObject({
    code: 'not-allowed',
  });
  expect(files(stage)).toEqual([]);
});

test('a process that does not know the channel yet still finds its spoilers when it loses the mark', async () => {
  const stage = await makeStage({}, (peer) => {
    for (const channel of peer.world.channels.values()) channel.nsfw = true;
  });
  await stage.platform.post(stage.channel.id, await spoiler('a'));
  await stage.platform.post(stage.channel.id, sheet('welcome', null));
  const platform = await stage.again();
  // What the app does at every start.
  await platform.post(stage.channel.id, sheet('welcome', null));
  stage.peer.update(stage.channel, { nsfw: false });
  await until(() => stage.events.some((e) => e.kind === 'channel'), 'the channel event');
  expect(files(stage)).toEqual([]);
});
