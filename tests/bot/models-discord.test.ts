/**
 * A server's admin on Discord, under the real `acclaim start`: which model is used, with completion, and the
 * LoRA as a file.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startedOnDiscord } from '../support/discord-peer/started.js';
import { until } from '../support/wait.js';

test('model use and model export on Discord', async () => {
  const { peer, started } = await startedOnDiscord([
    'discord.roles.adminsAreOperators=false',
    'session.rounds=1',
  ]);
  const channel = peer.world.channel('roses');
  peer.world.person('boss', { permissions: 0x20n });
  const asked = async (who: string, words: string[], values = {}) => {
    const interaction = peer.command(who, channel, words, values);
    await until(() => interaction.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
    return interaction;
  };
  const choices = async (words: string[], option: string, values = {}) => {
    const typing = peer.type('boss', channel, words, option, '', values);
    await until(() => typing.choices !== null, `choices of ${option}`);
    return typing.choices!.map(({ value }) => value);
  };
  await started.start();

  const use = ['acclaim-admin', 'model', 'use'];
  expect(await choices(use, 'model')).toEqual(['mini', 'default']);
  expect((await asked('ann', use, { model: 'mini' })).answer!.embeds[0]!.title).toBe('Not allowed');
  expect((await asked('boss', use, { model: '/etc/passwd' })).answer!.embeds[0]!.title).toBe('Not done');
  const set = (await asked('boss', use, { model: 'mini', where: 'channel' })).answer!;
  expect(set.embeds[0]!.description).toContain('is not known yet');

  await asked('ann', ['acclaim', 'session', 'start'], { prompt: 'a black cat' });
  await until(() => started.roundOpen(1), 'the round', 120_000);
  const sheets = peer.shown(channel).filter((m) => m.attachments.length > 0);
  const notice = peer.shown(channel).find((m) => JSON.stringify(m.components).includes('I agree'))!;
  peer.press('ann', notice, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  peer.react('ann', sheets[0]!.id, '1\uFE0F\u20E3');
  peer.react('ann', sheets[1]!.id, '\u{1F6AB}');
  await until(async () => (await started.facts()).length === 2, 'the marks');
  await asked('boss', ['acclaim-mod', 'round', 'close']);
  await until(async () => (await started.bodies('round'))[0]?.state === 'done', 'learning', 120_000);

  const out = ['acclaim-admin', 'model', 'export'];
  expect(await choices(out, 'round')).toEqual([1]);
  const [session] = (await started.bodies('session')) as { id: string }[];
  expect(await choices(out, 'session')).toEqual([session!.id]);
  const lora = await asked('boss', out);
  await until(() => lora.answer!.attachments.length === 1, 'the file');
  const file = readFileSync(join(started.dir, 'sessions', session!.id, 'checkpoints/1/adapter.safetensors'));
  expect(lora.answer!.attachments[0]).toMatchObject({
    filename: `${session!.id}-round-1.safetensors`,
    size: file.length,
  });
  const kohya = await asked('boss', out, { format: 'kohya', round: 1 });
  await until(() => kohya.answer!.attachments.length === 1, 'the other file', 60_000);
  expect(kohya.answer!.attachments[0]!.filename).toBe(`${session!.id}-round-1-kohya.safetensors`);
  expect(kohya.answer!.flags & 64, 'only its asker sees it').toBe(64);
  expect(peer.objections).toEqual([]);
}, 400_000);
