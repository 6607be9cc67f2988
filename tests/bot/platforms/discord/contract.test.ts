/** Discord passes the suite of all platforms: the real discord.js against the peer. */
import { glyphOf } from '../../../../bot/platforms/discord/emoji.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import { type PlatformUnderTest, platformContract } from '../../../contracts/platform.js';
import type { Message } from '../../../support/discord-peer/world.js';
import { until } from '../../../support/wait.js';
import { makeStage, type Stage } from './support.js';

/** Commands by the words that people would type elsewhere. */
async function typed(stage: Stage, person: string, text: string) {
  const [word, ...rest] = text.replace(/^\/acclaim /, '').split(' ');
  if (rest.length > 0) throw new Error('only single words here');
  const asked = stage.peer.command(person, stage.channel, ['acclaim', word!]);
  const answered = () => asked.answer !== null && (asked.answer.flags & 128) === 0;
  await until(answered);
  return [{ title: titleOf(asked.answer!), text: String(asked.answer!.embeds[0]?.description ?? '') }];
}

function titleOf({ content, embeds }: Message): string {
  return String(embeds[0]?.title ?? /^\*\*(.*)\*\*/.exec(content)?.[1] ?? '').replace(/\\(.)/g, '$1');
}

function under(stage: Stage): PlatformUnderTest {
  const { peer, channel, events, platform } = stage;
  return {
    platform,
    channel: channel.id,
    async mark(ref, person, emoji, present) {
      const before = events.length;
      peer.react(person, ref.message, glyphOf(emoji)!, { present });
      await until(() => events.length > before, 'the mark');
    },
    command: (person, text) => typed(stage, person, text),
    async press(ref, person, _, label) {
      const before = events.length;
      peer.press(person, peer.world.find(ref.message)!, label);
      await until(() => events.length > before, 'the press');
    },
    async flag(ref, person) {
      const before = events.length;
      peer.press(person, peer.world.find(ref.message)!, 'Flag');
      await until(() => events.length > before, 'the press');
    },
    alts: async () =>
      peer.shown(channel).flatMap((m) => m.attachments.map(({ description }) => String(description))),
    shown: async () => peer.shown(channel).map(titleOf),
    restart: async () => {
      await stage.again();
      return under(stage);
    },
    close: async () => {},
  };
}

platformContract('discord', async (sink: (event: ChatEvent) => Promise<void>) => {
  const stage = await makeStage();
  stage.onEvent = sink;
  return under(stage);
});
