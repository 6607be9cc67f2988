/**
 * Admins' and moderators' commands on Slack, under the real `acclaim start`: settings (channels by name, in a
 * private one too), a round looked at in private before it is posted, a voter excluded and counted again.
 */
import { afterAll, expect, test } from 'vitest';
import { Peer } from '../support/slack-peer/peer.js';
import { startedOnSlack } from '../support/slack-peer/started.js';
import { until } from '../support/wait.js';

afterAll(() => Peer.end());

test('settings, review, exclude and undo on Slack', async () => {
  const { peer, started } = await startedOnSlack((peer) => [
    `slack.roles.moderators=[${peer.id('mod')}]`,
    `slack.roles.admins=[${peer.id('dan')}]`,
    'votes.quorum=9',
  ]);
  const channel = await peer.channel('roses');
  await started.start();
  const say = async (who: 'ann' | 'dan' | 'mod', text: string, wanted: string) => {
    const asked = await peer.command(who, channel, text);
    await until(() => JSON.stringify(asked.answers).includes(wanted), `${wanted}, to ${text}`);
    return asked.answers;
  };
  const sheets = async () =>
    (await peer.shown(channel)).filter((m) => (m.blocks ?? []).some((b) => b.type === 'image'));

  await say('mod', 'settings review on', 'Not allowed');
  await say('dan', 'settings review perhaps', 'on or off');
  await say('dan', 'settings review on', 'Set');

  // A channel is named as people see it, comes as Slack hands on a mention, and is known by its id.
  const [tulips, roses] = [await peer.privateChannel('tulips', 'dan'), channel];
  await say('dan', 'settings channels #no-such-channel', 'no channel');
  await say('dan', `settings channels ${await peer.nameOf(tulips)}`, `#${await peer.nameOf(tulips)}`);
  await say('ann', 'session start a black cat', 'may not be opened');
  const both = `<#${roses}|${await peer.nameOf(roses)}>, #${await peer.nameOf(tulips)}`;
  await say('dan', `settings channels ${both}`, `#${await peer.nameOf(roses)}`);

  await say('ann', 'session start a black cat', 'Session opened');
  await until(async () => (await started.bodies('round'))[0]?.state === 'review', 'the drawing', 120_000);
  await say('ann', 'review', 'Not allowed');
  const look = await say('mod', 'review', '"image"');
  expect(JSON.stringify(look)).toContain('before anyone sees it');
  const looked = () => look.flatMap((a) => (a.blocks ?? []) as { type: string }[]);
  await until(() => looked().filter((b) => b.type === 'image').length === 2, 'both sheets of the look');
  expect(look.map((a) => a.response_type)).toEqual(look.map(() => 'ephemeral'));
  expect(await sheets()).toEqual([]);
  await say('mod', 'review ok', 'Let out');
  await until(() => started.roundOpen(1), 'the round', 60_000);
  expect(await sheets()).toHaveLength(2);

  const shown = await peer.shown(channel);
  const notice = shown.find((m) => JSON.stringify(m.blocks ?? []).includes('"I agree"'))!;
  await peer.press('bea', channel, notice.ts, 'I agree');
  await until(async () => (await started.bodies('voter')).length === 1, 'consent');
  await peer.react('bea', channel, (await sheets())[0]!.ts, 'one');
  await until(async () => (await started.facts()).length === 1, 'the mark');
  const excluded = async () => (await started.bodies('voter'))[0]!.excluded;
  await say('ann', `exclude <@${peer.id('bea')}>`, 'Not allowed');
  await say('mod', `exclude <@${peer.id('bea')}>`, 'Excluded');
  expect(await excluded()).toBe(true);
  await say('mod', 'undo', 'Undone');
  expect(await excluded()).toBe(false);
  const audit = JSON.stringify(await say('mod', 'audit', 'Audit'));
  for (const act of [
    'a moderator: undo',
    'a moderator: exclude',
    'a moderator: review',
    'an operator: settings',
  ])
    expect(audit).toContain(act);
  expect(peer.front.objections).toEqual([]);
}, 400_000);
