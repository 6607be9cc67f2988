/**
 * NSFW pictures: only among moderators, blurred, shown clear to one person at a time, taken down in
 * time.
 */
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Card } from '../../../../src/chat/port.js';
import { blurred } from '../../../../src/images/convert.js';
import { encodePng } from '../../../../src/images/png.js';
import { noRoles, picture, sheet } from '../../../support/chat.js';
import { until } from '../../../support/wait.js';
import { makeStage } from './support.js';

const careful = (key: string, file: string): Card =>
  sheet(key, null, { pictures: [{ file, alt: 'held back', spoiler: true }] });

async function den() {
  const stage = await makeStage({ pace: { people: 0 } });
  const { peer } = stage;
  stage.platform = await stage.again({ roles: { ...noRoles, moderators: [peer.id('mod'), peer.id('dan')] } });
  return { ...stage, stage, platform: stage.platform, place: await peer.privateChannel('den', 'dan') };
}

test('a public channel is no place for them', async () => {
  const { peer, platform, channel } = await den();
  await expect(platform.post(channel, careful('c', await picture()))).rejects.toMatchObject({
    code: 'not-allowed',
    message: expect.stringContaining('not private'),
  });
  expect(peer.front.count('files.getUploadURLExternal')).toBe(0);
});

test('nor is a private one with a member who is no moderator', async () => {
  const { peer, platform, place } = await den();
  await peer.invite(place, 'ann');
  await expect(platform.post(place, careful('c', await picture()))).rejects.toThrow('not moderators');
});

test('among moderators: blurred for all, clear for who asks', async () => {
  const { peer, platform, place } = await den();
  const ref = await platform.post(place, careful('c', await picture()));
  const { blocks } = await peer.message(place, ref.message);
  const shown = blocks!.find((b) => b.type === 'image')!;
  expect(shown.block_id).toMatch(/-blurred$/);
  const asked = await peer.press('dan', place, ref.message, 'Show to me');
  await until(() => asked.answers.length === 1);
  const [clear] = asked.answers[0]!.blocks!.filter((b) => b.type === 'image');
  expect(clear!.slack_file!.id).not.toBe(shown.slack_file!.id);
  expect(asked.answers[0]!.response_type).toBe('ephemeral');
  // An edit keeps both files.
  const uploads = peer.front.count('files.getUploadURLExternal');
  expect(uploads).toBe(2);
  await platform.edit(ref, careful('c', await picture()));
  expect(peer.front.count('files.getUploadURLExternal')).toBe(uploads);
});

test('someone joined who is no moderator: nothing is revealed, and the pictures go', async () => {
  const { peer, platform, place, events } = await den();
  const ref = await platform.post(place, careful('c', await picture()));
  await peer.invite(place, 'ann');
  const asked = await peer.press('ann', place, ref.message, 'Show to me');
  await until(() => asked.answers.length === 1);
  expect(asked.answers[0]!.text).toContain('only be shown among moderators');
  const { text, blocks } = await peer.message(place, ref.message);
  expect(text).toContain('taken down');
  expect(blocks!.some((b) => b.type === 'image')).toBe(false);
  expect(peer.front.count('files.delete')).toBe(2);
  // The session has to hear of it: it rests until a moderator resumes it.
  expect(events).toMatchObject([{ kind: 'channel', channel: place, canPost: true, nsfw: false }]);
});

test('told that someone joined: a moderator changes nothing, anyone else ends it', async () => {
  const { peer, platform, place, events } = await den();
  const ref = await platform.post(place, careful('c', await picture()));
  const joins = (name: 'dan' | 'ann') =>
    peer.tell({ type: 'member_joined_channel', user: peer.id(name), channel: place, event_ts: peer.now() });
  await joins('dan');
  expect(events).toEqual([]);
  await peer.invite(place, 'ann');
  await joins('ann');
  expect(events).toMatchObject([{ kind: 'channel', channel: place, canPost: true, nsfw: false }]);
  expect((await peer.message(place, ref.message)).text).toContain('taken down');
});

test('a later post finds it out too, also in a process that did not post the pictures', async () => {
  const { stage, peer, place } = await den();
  const ref = await stage.platform.post(place, careful('c', await picture()));
  await peer.invite(place, 'ann');
  const platform = await stage.again({ roles: { ...noRoles, moderators: [peer.id('mod'), peer.id('dan')] } });
  await expect(platform.post(place, careful('d', await picture()))).rejects.toMatchObject({
    code: 'not-allowed',
  });
  expect((await peer.message(place, ref.message)).text).toContain('taken down');
  // What was taken down is still the ballot.
  expect(await platform.post(place, careful('c', await picture()))).toEqual(ref);
});

test('a blurred picture has lost what it showed', async () => {
  const size = 64;
  const data = new Uint8Array(size * size * 3).map((_, i) => (Math.floor(i / 3) % 2 === 0 ? 255 : 0));
  const bytes = await blurred(Buffer.from(await encodePng({ width: size, height: size, data })));
  expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xd8]));
  const { data: pixels } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true });
  // Stripes of one pixel have become an even grey.
  const mean = pixels.reduce((sum, p) => sum + p, 0) / pixels.length;
  expect(Math.max(...pixels) - Math.min(...pixels)).toBeLessThan(20);
  expect(Math.abs(mean - 128)).toBeLessThan(30);
});

test('WebP, which Slack does not show in messages, goes up as PNG', async () => {
  const stage = await makeStage();
  const file = `${await picture()}.webp`;
  await sharp({ create: { width: 8, height: 8, channels: 3, background: '#c81e3c' } })
    .webp()
    .toFile(file);
  await stage.platform.post(stage.channel, sheet('w', file));
  const [upload] = stage.peer.front.argsOf('files.getUploadURLExternal');
  expect(upload!.filename).toMatch(/\.png$/);
});
