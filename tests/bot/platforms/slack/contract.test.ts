/**
 * Slack passes the suite of all platforms, over HTTP and over Socket Mode: the real Bolt against the peer.
 */
import { slackName } from '../../../../bot/platforms/slack/emoji.js';
import type { Transport } from '../../../../bot/platforms/slack/options.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import { type PlatformUnderTest, platformContract } from '../../../contracts/platform.js';
import type { Name } from '../../../support/slack-peer/peer.js';
import { titleOf, wordsOf } from '../../../support/slack-peer/rules.js';
import { until } from '../../../support/wait.js';
import { makeStage, overHttp, overSocket, type Stage } from './support.js';

function under(stage: Stage): PlatformUnderTest {
  const { peer, channel, events, platform } = stage;
  return {
    platform,
    channel,
    async mark(ref, person, emoji, present) {
      const before = events.length;
      await peer.react(person as Name, channel, ref.message, slackName(emoji)!, present);
      await until(() => events.length > before, 'the mark');
    },
    async command(person, text) {
      const asked = await peer.command(person as Name, channel, text.replace(/^\/acclaim ?/, ''));
      await until(() => asked.answers.length > 0, 'an answer');
      return asked.answers.map((answer) => ({ title: titleOf(answer), text: wordsOf(answer) }));
    },
    async press(ref, person, _, label) {
      const before = events.length;
      await peer.press(person as Name, channel, ref.message, label);
      await until(() => events.length > before, 'the press');
    },
    async flag(ref, person) {
      const before = events.length;
      await peer.press(person as Name, channel, ref.message, 'Flag');
      await until(() => events.length > before, 'the press');
    },
    alts: async () => {
      const blocks = (await peer.shown(channel)).flatMap((message) => message.blocks ?? []);
      return blocks.flatMap((block) => (block.type === 'image' ? [String(block.alt_text)] : []));
    },
    shown: async () => (await peer.shown(channel)).map(titleOf),
    restart: async () => {
      await stage.again();
      return under(stage);
    },
    close: async () => {},
  };
}

function contract(name: string, transport: Transport): void {
  platformContract(name, async (sink: (event: ChatEvent) => Promise<void>) => {
    const stage = await makeStage({ transport });
    stage.onEvent = sink;
    return under(stage);
  });
}

contract('slack over http', overHttp);
contract('slack over a socket', overSocket);
