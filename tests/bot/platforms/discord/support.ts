/** A peer, a channel and the platform on them, as most tests want them; everything ends with the test. */
import { expect } from 'vitest';
import { commandSpecs } from '../../../../bot/commands/table.js';
import { DiscordPlatform } from '../../../../bot/platforms/discord/adapter.js';
import type { DiscordOptions } from '../../../../bot/platforms/discord/options.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import type { AcclaimError } from '../../../../src/errors.js';
import { ends, noRoles } from '../../../support/chat.js';
import { Peer, peerToken } from '../../../support/discord-peer/peer.js';
import type { Channel } from '../../../support/discord-peer/world.js';

export interface Stage {
  peer: Peer;
  channel: Channel;
  platform: DiscordPlatform;
  events: ChatEvent[];
  /** What connections said of the servers that the bot is on; not among the events. */
  servers: string[][];
  errors: unknown[];
  fatal: AcclaimError[];
  /** What an event brings about; set by a test. */
  onEvent: (event: ChatEvent) => Promise<void>;
  /** A new process over the same Discord. */
  again(options?: Partial<DiscordOptions>): Promise<DiscordPlatform>;
}

export async function makeStage(
  options: Partial<DiscordOptions> = {},
  prepare: (peer: Peer) => void = () => {},
): Promise<Stage> {
  const peer = await Peer.start();
  const channel = peer.world.channel('roses');
  prepare(peer);
  const events: ChatEvent[] = [];
  const servers: string[][] = [];
  const errors: unknown[] = [];
  const fatal: AcclaimError[] = [];
  const stage = {
    peer,
    channel,
    events,
    servers,
    errors,
    fatal,
    onEvent: async () => {},
  } as unknown as Stage;
  // Checked last, when all requests have been made.
  ends(async () => {
    await peer.stop();
    expect(peer.objections).toEqual([]);
  });
  const start = async (more: Partial<DiscordOptions> = {}) => {
    const platform = new DiscordPlatform({
      token: peerToken,
      commands: commandSpecs,
      roles: noRoles,
      now: () => peer.world.now(),
      api: peer.url,
      onError: (error) => errors.push(error),
      onFatal: (error) => fatal.push(error),
      ...options,
      ...more,
      pace: { prime: 1, edit: 20, ...options.pace, ...more.pace },
    });
    ends(() => platform.stop());
    await platform.start(async (event) => {
      if (event.kind === 'servers') return void servers.push([...event.servers]);
      events.push(event);
      await stage.onEvent(event);
    });
    return platform;
  };
  stage.platform = await start();
  stage.again = async (more) => {
    await stage.platform.stop();
    stage.platform = await start(more);
    return stage.platform;
  };
  return stage;
}

export function marks(events: readonly ChatEvent[]): [string, string, boolean][] {
  return events.flatMap((e): [string, string, boolean][] =>
    e.kind === 'reaction' ? [[e.account.displayName, e.emoji, e.present]] : [],
  );
}
