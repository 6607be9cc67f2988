/** A sheet of buttons on Discord, of the largest size: pressed, answered in private, and pressed there in place. */
import { expect, test } from 'vitest';
import { markButtons } from '../../../../bot/views/own-ballot.js';
import type { Button } from '../../../../src/chat/port.js';
import { told } from '../../../../src/words/tell.js';
import { answer, buttonSheet } from '../../../support/chat.js';
import type { Interaction } from '../../../support/discord-peer/interactions.js';
import type { Message } from '../../../support/discord-peer/world.js';
import { until } from '../../../support/wait.js';
import { makeStage } from './support.js';

const labels = ({ components }: Message) => components.map((row) => row.components.map((c) => c.label));
const said = (asked: Interaction) => String(asked.answer?.embeds[0]?.description ?? '');

test('a press is told, and those on its private answer are answered in its place', async () => {
  const stage = await makeStage();
  const { peer, platform, events } = stage;
  const ref = await platform.post(stage.channel.id, await buttonSheet('b'));
  const ballot = () => peer.world.find(ref.message)!;
  expect(labels(ballot())).toEqual([
    ['1', '2', '3', '4', '5'],
    ['6', '7', '8', '9', 'None of these'],
    ['Done', 'Best', 'Why not?', 'Flag'],
  ]);
  const own = new Set<string>();
  stage.onEvent = async (event) => {
    if (event.kind !== 'button') return;
    if (event.value?.startsWith('off')) own.delete(event.button);
    else own.add(event.button);
    const of = (button: Button<string>) => ({
      ...button,
      on: own.has(button.id),
      value: `${own.has(button.id) ? 'off' : 'on'} ${ref.message}`,
    });
    const buttons = told(markButtons(nine), 'en').map(of);
    await stage.platform.reply(event.replyTo, answer([...own].join(), { buttons }));
  };
  const pressed = peer.press('ann', ballot(), '3');
  await until(() => said(pressed) === 'mark-3', 'the answer');
  const mine = pressed.answer!;
  expect([mine.flags & 64, labels(mine)[0]]).toEqual([64, ['1', '2', '✓ 3', '4', '5']]);
  peer.press('ann', mine, '9');
  await until(() => said(pressed) === 'mark-3,mark-9', 'the same message to say both');
  const withdrawn = peer.press('ann', mine, '✓ 3');
  await until(() => said(pressed) === 'mark-9', 'the mark to be gone');
  expect(withdrawn.acknowledged, 'a deferred update').toBe(6);
  const told_ = events.flatMap((e) => (e.kind === 'button' ? [[e.button, e.value]] : []));
  expect(told_).toEqual([
    ['mark-3', null],
    ['mark-9', `on ${ref.message}`],
    ['mark-3', `off ${ref.message}`],
  ]);

  const asked = peer.press('ann', ballot(), 'Best');
  await until(() => asked.answer?.content.includes('the best?') === true, 'the menu');
  peer.choose('ann', asked.answer!, 'A9');
  await until(() => events.length === 4, 'the choice');
  expect(events[3]).toMatchObject({ button: 'best', value: 'A9', ref });

  // Discord says to whoever presses now that it failed, and nobody is told of it later.
  await platform.stop();
  const missed = peer.press('ann', ballot(), '5');
  await stage.again();
  await peer.press('ann', ballot(), '6');
  await until(() => events.length === 5, 'the press after');
  expect([missed.acknowledged, events[4]]).toMatchObject([null, { button: 'mark-6' }]);
  expect(stage.errors).toEqual([]);
});

const nine = Array.from({ length: 9 }, (_, i) => ({ number: i + 1, state: 'shown' }));
