/**
 * Approval of prompts on Discord and on Slack, under the real `acclaim start`: a member asks, the bot starts
 * anew in between, a moderator looks and decides by the card's buttons, the asker's card says how it ended.
 */
import { afterAll, expect, test } from 'vitest';
import { startedOnDiscord } from '../support/discord-peer/started.js';
import { Peer as SlackPeer } from '../support/slack-peer/peer.js';
import { startedOnSlack } from '../support/slack-peer/started.js';
import { until } from '../support/wait.js';

afterAll(() => SlackPeer.end());

test('on Discord', async () => {
  const { peer, started } = await startedOnDiscord(['prompts.approval=true']);
  const channel = peer.world.channel('roses');
  peer.world.person('mod', { permissions: 0x2000n });
  const titleOf = (m: { embeds: { title?: unknown }[] }) => String(m.embeds[0]?.title ?? '');
  const cards = () => peer.shown(channel).filter((m) => /^Proposal \d/.test(titleOf(m)));
  await started.start();
  const ask = async (prompt: string) => {
    const asked = peer.command('ann', channel, ['acclaim', 'session', 'start'], { prompt });
    await until(() => asked.answer?.embeds[0]?.title !== undefined, 'an answer');
    return asked;
  };
  const first = await ask('a green <@&7> rose');
  expect(first.answer!.embeds[0]!.title).toBe('Proposal 1');
  await ask('a blue rose');
  await until(() => cards().length === 2, 'the cards');
  expect(JSON.stringify(cards())).not.toContain('rose ');
  await started.stop();
  await started.start();
  expect(cards()).toHaveLength(2);
  const press = async (who: string, number: number, label: string) => {
    const card = cards().find((m) => titleOf(m).startsWith(`Proposal ${number} `))!;
    const pressed = peer.press(who, card, label);
    await until(() => pressed.answer?.embeds[0]?.title !== undefined, `an answer to ${label}`);
    return pressed.answer!;
  };
  expect((await press('ann', 1, 'Open it')).embeds[0]!.title).toBe('Not allowed');
  const look = await press('mod', 1, 'Look');
  expect(look.embeds[0]!.description).toContain('“a green rose”');
  expect(look.flags & 64, 'only its asker sees it').toBe(64);
  expect((await press('mod', 2, 'Refuse')).embeds[0]!.title).toBe('Refused');
  expect((await press('mod', 1, 'Open it')).embeds[0]!.title).toBe('Opened');
  await until(() => cards().every((m) => m.components.length === 0), 'the cards without buttons');
  expect(cards().map(titleOf).sort()).toEqual(['Proposal 1 was opened', 'Proposal 2 was refused']);
  expect(await started.bodies('session')).toMatchObject([{ prompt: 'a green rose', createdBy: null }]);
  expect(peer.objections).toEqual([]);
}, 200_000);

test('on Slack', async () => {
  const { peer, started } = await startedOnSlack((peer) => [
    `slack.roles.moderators=[${peer.id('mod')}]`,
    'prompts.approval=true',
  ]);
  const channel = await peer.channel('roses');
  await started.start();
  const wait = (asked: { answers: unknown[] }, wanted: string) =>
    until(() => JSON.stringify(asked.answers).includes(wanted), wanted);
  await wait(await peer.command('ann', channel, 'session start a green rose'), 'Proposal 1');
  const second = await peer.command('ann', channel, 'session start a blue rose');
  await wait(second, 'Proposal 2');
  const texts = async () =>
    (await peer.shown(channel))
      .map(({ ts, text = '' }) => ({ ts, text }))
      .filter(({ text }) => text.startsWith('Proposal'));
  await until(async () => (await texts()).length === 2, 'the cards');
  // Within one life of the bot the asker is told in private, too.
  await wait(await peer.command('mod', channel, 'proposals refuse 2 rather not'), 'Refused');
  await wait(second, 'rather not');
  await started.stop();
  await started.start();
  const card = (await texts()).find((m) => m.text.startsWith('Proposal 1 '))!;
  const press = async (who: 'ann' | 'mod', label: string, wanted: string) => {
    const pressed = await peer.press(who, channel, card.ts, label);
    await wait(pressed, wanted);
    return JSON.stringify(pressed.answers);
  };
  await press('ann', 'Open it', 'Not allowed');
  expect(await press('mod', 'Look', 'Proposal 1')).toContain('“a green rose”');
  await press('mod', 'Open it', 'Opened');
  await until(
    async () => (await texts()).some((m) => m.text.startsWith('Proposal 1 was opened')),
    'the card',
  );
  await expect
    .poll(async () => (await texts()).map((m) => m.text.split(':')[0]).sort())
    .toEqual(['Proposal 1 was opened', 'Proposal 2 was refused']);
  expect(await started.bodies('session')).toMatchObject([{ prompt: 'a green rose' }]);
  expect(peer.front.objections).toEqual([]);
}, 200_000);
