/**
 * Which platforms `start` connects beside the page: those that have a token. Each one's library is loaded only then.
 * Whatever ends a platform for good ends the process, so that whoever runs it hears of it.
 */
import type { RequestOutcome } from '../../src/chat/options.js';
import type { ChatPlatform, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Config } from '../../src/config/schema.js';
import { type AcclaimError, toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Typing } from '../commands/complete.js';
import { commandSpecs } from '../commands/table.js';
import type { Transport } from '../platforms/slack/options.js';

export interface ConnectOptions {
  config: Config;
  log: Log;
  clock: Clock;
  fatal: (error: unknown) => void;
  /** Told why a connection is lost; null: it is there again. */
  onLink: (platform: PlatformName, lost: AcclaimError | null) => void;
  /** Told of each request's end. */
  onRequest: (platform: string, outcome: RequestOutcome) => void;
  /** What could complete a typed option. */
  complete: (typing: Typing) => Promise<readonly string[]>;
}

export async function connectedPlatforms({
  config,
  log,
  clock,
  fatal,
  complete,
  onRequest,
  onLink,
}: ConnectOptions): Promise<ChatPlatform[]> {
  const common = (name: PlatformName) => ({
    now: () => clock.now(),
    onError: (error: unknown) => log.error(toPlain(error), name),
    onFatal: fatal,
    onLink: (lost: AcclaimError | null) => onLink(name, lost),
    onRequest: (outcome: RequestOutcome) => onRequest(name, outcome),
  });
  const platforms: ChatPlatform[] = [];
  const { discord, slack } = config;
  if (discord.token !== null) {
    const { DiscordPlatform } = await import('../platforms/discord/adapter.js');
    platforms.push(
      new DiscordPlatform({
        ...common('discord'),
        token: discord.token,
        commands: commandSpecs,
        roles: discord.roles,
        guilds: discord.servers,
        complete,
        ...(discord.api === null ? {} : { api: discord.api }),
      }),
    );
  }
  if (slack.botToken !== null) {
    const { SlackPlatform } = await import('../platforms/slack/adapter.js');
    platforms.push(
      new SlackPlatform({
        ...common('slack'),
        token: slack.botToken,
        transport: transportOf(slack),
        roles: slack.roles,
        ...(slack.api === null ? {} : { api: slack.api }),
      }),
    );
  }
  return platforms;
}

/** Socket Mode where there is an app token: it needs no address that can be reached. The schema sees to either. */
function transportOf({ appToken, signingSecret, host, port }: Config['slack']): Transport {
  if (appToken !== null) return { kind: 'socket', appToken };
  return { kind: 'http', signingSecret: signingSecret ?? '', host, port };
}
