/** A peer, a channel and the platform on them, as most tests want them; everything ends with the test. */
import { expect } from 'vitest';
import { SlackPlatform } from '../../../../bot/platforms/slack/adapter.js';
import { scopes } from '../../../../bot/platforms/slack/manifest.js';
import type { SlackOptions, Transport } from '../../../../bot/platforms/slack/options.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import type { AcclaimError } from '../../../../src/errors.js';
import { ends, noRoles } from '../../../support/chat.js';
import { signingSecret } from '../../../support/slack-peer/line.js';
import { appToken, botToken, Peer } from '../../../support/slack-peer/peer.js';

export interface Stage {
  peer: Peer;
  channel: string;
  platform: SlackPlatform;
  events: ChatEvent[];
  /** What connections said of the servers that the bot is on; not among the events. */
  servers: string[][];
  errors: unknown[];
  fatal: AcclaimError[];
  /** What an event brings about; set by a test. */
  onEvent: (event: ChatEvent) => Promise<void>;
  /** Added to the time. */
  shift: number;
  /** A new process over the same Slack. */
  again(options?: Partial<SlackOptions>): Promise<SlackPlatform>;
}

export const overHttp: Transport = { kind: 'http', signingSecret, host: '127.0.0.1', port: 0 };
export const overSocket: Transport = { kind: 'socket', appToken };

export async function makeStage(
  options: Partial<SlackOptions> = {},
  prepare: (peer: Peer) => void = () => {},
): Promise<Stage> {
  const peer = await Peer.start(scopes);
  prepare(peer);
  const channel = await peer.channel('roses');
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
    shift: 0,
    onEvent: async () => {},
  } as unknown as Stage;
  // Checked last, when all requests have been made.
  ends(async () => {
    await peer.stop();
    expect(peer.front.objections).toEqual([]);
  });
  const start = async (more: Partial<SlackOptions> = {}) => {
    const platform = new SlackPlatform({
      token: botToken,
      transport: overHttp,
      roles: noRoles,
      now: () => Date.now() + stage.shift,
      api: peer.api,
      onError: (error) => errors.push(error),
      onFatal: (error) => fatal.push(error),
      ...options,
      ...more,
      pace: {
        prime: 1,
        post: 1,
        edit: 20,
        retry: 10,
        limited: 20,
        file: 5,
        people: 50,
        ...options.pace,
        ...more.pace,
      },
    });
    ends(() => platform.stop());
    await platform.start(async (event) => {
      if (event.kind === 'servers') return void servers.push([...event.servers]);
      events.push(event);
      await stage.onEvent(event);
    });
    peer.target = platform.url;
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
    e.kind === 'reaction' ? [[e.account.id, e.emoji, e.present]] : [],
  );
}
