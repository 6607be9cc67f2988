/**
 * Admins' and moderators' commands on Discord, under the real `acclaim start`: settings with their completion
 * (channels by mention and by name), a round looked at in private before it is posted, a voter excluded and
 * counted again.
 */
import { expect, test } from 'vitest';
import { startedOnDiscord } from '../support/discord-peer/started.js';
import { until } from '../support/wait.js';

test('settings, review, exclude and undo on Discord', async () => {
  const { peer, started } = await startedOnDiscord(['votes.quorum=9']);
  const channel = peer.world.channel('roses');
  const id = (name: string) => peer.world.person(name).user.id;
  peer.world.person('mod', { permissions: 0x2000n });
  peer.world.person('boss', { permissions: 0x20n });
  const say = async (who: string, words: string[], values = {}) => {
    const asked = peer.command(who, channel, words, values);
    await until(() => asked.answer?.embeds[0]?.title !== undefined, `an answer to ${words.join(' ')}`);
    return asked.answer!;
  };
  const told = async (who: string, words: string[], values = {}) =>
    (await say(who, words, values)).embeds[0] as { title: string; description: string };
  const sheets = () => peer.shown(channel).filter((m) => m.attachments.length > 0);
  await started.start();

  const settings = ['acclaim-admin', 'settings'];
  const typing = peer.type('boss', channel, settings, 'value', '', { name: 'review' });
  await until(() => typing.choices !== null, 'the choices');
  expect(typing.choices!.map((c) => c.value)).toEqual(['on', 'off']);
  expect((await told('mod', settings, { name: 'review', value: 'on' })).title).toBe('Not allowed');
  const wrong = await told('boss', settings, { name: 'review', value: 'perhaps' });
  expect(wrong.description).toContain('on or off');
  expect((await told('boss', settings, { name: 'review', value: 'on' })).title).toBe('Set');

  const tulips = peer.world.channel('tulips');
  peer.world.channel('twice');
  peer.world.channel('twice');
  const channels = async (value: string) =>
    (await told('boss', settings, { name: 'channels', value })).description.replaceAll('\\', '');
  expect(await channels('#nowhere')).toContain('no channel **nowhere**');
  expect(await channels('twice')).toContain('2 channels here are called');
  expect(await channels('#tulips')).toContain('#tulips');
  const prompt = { prompt: 'a black cat' };
  const refused = await told('ann', ['acclaim', 'session', 'start'], prompt);
  expect(refused.description).toContain('may not be opened');
  expect(await channels(`<#${channel.id}>, <#${tulips.id}>`)).toContain('#roses, #tulips');
  expect((await told('ann', ['acclaim', 'session', 'start'], prompt)).title).toBe('Session opened');
  await until(async () => (await started.bodies('round'))[0]?.state === 'review', 'the drawing', 120_000);
  expect((await told('ann', ['acclaim-mod', 'review'])).title).toBe('Not allowed');
  const look = await say('mod', ['acclaim-mod', 'review']);
  expect(look.embeds[0]!.title).toBe('Round 1, before anyone sees it');
  await until(() => look.attachments.length === 2, 'both sheets of the look');
  expect(look.flags & 64, 'only its asker sees it').toBe(64);
  expect(sheets()).toEqual([]);
  expect((await told('mod', ['acclaim-mod', 'review'], { what: 'ok' })).title).toBe('Let out');
  await until(() => started.roundOpen(1), 'the round', 60_000);
  expect(sheets()).toHaveLength(2);

  const notice = peer.shown(channel).find((m) => JSON.stringify(m.components).includes('I agree'))!;
  peer.press('bea', notice, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  peer.react('bea', sheets()[0]!.id, '1\uFE0F\u20E3');
  await until(async () => (await started.facts()).length === 1, 'the mark');
  const excluded = async () => (await started.bodies('voter'))[0]!.excluded;
  const voter = { voter: `<@${id('bea')}>` };
  expect((await told('ann', ['acclaim-mod', 'exclude'], voter)).title).toBe('Not allowed');
  expect((await told('mod', ['acclaim-mod', 'exclude'], voter)).title).toBe('Excluded');
  expect(await excluded()).toBe(true);
  expect((await told('mod', ['acclaim-mod', 'undo'])).title).toBe('Undone');
  expect(await excluded()).toBe(false);
  const audit = (await told('mod', ['acclaim-mod', 'audit'])).description;
  for (const act of [
    'a moderator: undo',
    'a moderator: exclude',
    'a moderator: review',
    'an operator: settings',
  ])
    expect(audit.replaceAll('\\', '')).toContain(act);
  expect(peer.objections).toEqual([]);
}, 400_000);
