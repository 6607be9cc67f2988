/** A sheet of buttons on Slack, of the largest size: pressed, answered in private, and pressed there in place. */
import { expect, test } from 'vitest';
import { markButtons } from '../../../../bot/views/own-ballot.js';
import { told } from '../../../../src/words/tell.js';
import { answer, buttonSheet } from '../../../support/chat.js';
import { wordsOf } from '../../../support/slack-peer/rules.js';
import { until } from '../../../support/wait.js';
import { makeStage } from './support.js';

test('a press is told, and those on its private answer are answered in its place', async () => {
  const stage = await makeStage();
  const { peer, platform, events, channel } = stage;
  const ref = await platform.post(channel, await buttonSheet('b'));
  stage.onEvent = async (event) => {
    if (event.kind !== 'button') return;
    const nine = Array.from({ length: 9 }, (_, i) => ({ number: i + 1, state: 'shown' }));
    const buttons = told(markButtons(nine), 'en').map((button) => {
      const on = button.id === event.button && event.value?.startsWith('off') !== true;
      return { ...button, on, value: `${on ? 'off' : 'on'} ${ref.message}` };
    });
    await stage.platform.reply(event.replyTo, answer(`${event.button} ${event.value}`, { buttons }));
  };
  const pressed = await peer.press('ann', channel, ref.message, '3');
  await until(() => pressed.answers.length === 1, 'the answer');
  const [mine] = pressed.answers;
  expect(mine).toMatchObject({ response_type: 'ephemeral', replace_original: false });
  expect(JSON.stringify(mine)).toContain('✓ 3');
  const again = await peer.pressPrivate('ann', channel, mine!, '✓ 3');
  await until(() => again.answers.length === 1, 'the answer in its place');
  expect(again.answers[0]).toMatchObject({ replace_original: true });
  expect(wordsOf(again.answers[0]!)).toContain(`mark-3 off ${ref.message}`);

  await platform.stop();
  const missed = await peer.press('ann', channel, ref.message, '5').catch(() => null);
  expect(missed?.answers ?? []).toEqual([]);
  expect(events).toHaveLength(2);
  expect(stage.errors).toEqual([]);
});
