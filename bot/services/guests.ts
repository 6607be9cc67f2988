/**
 * Which servers (Discord) and workspaces (Slack) the bot is there for. Whoever likes can put a bot on a
 * server of their own, so a right that a server gives counts on servers that whoever runs the host controls
 * or allowed, and operators of the host are made by its own servers alone. The own one is claimed by a code
 * that is printed where Acclaim runs, or named in the configuration. Everything that platforms tell passes
 * `admit` before anything is done.
 */
import type { Account, ChatEvent, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import { AcclaimError } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Standing, Standings } from '../../src/store/standings.js';
import { say, type Text } from '../../src/words/text.js';
import type { Platforms } from '../effects/platforms.js';
import { Claims, type LacksServers } from './claims.js';
import type { ServerChannels } from './server-channels.js';

/** As configured. */
export interface GuestRules {
  /** Every server is served that an operator has not refused. */
  open: boolean;
  /** Ids of the host's own, by platform. */
  own: Partial<Record<PlatformName, readonly string[]>>;
  /** On the host's own servers admins count as operators. */
  adminsAreOperators: Partial<Record<PlatformName, boolean>>;
}

export interface GuestParts {
  rules: GuestRules;
  clock: Clock;
  log: Log;
  /** Of the data folder; codes are kept as hashes under it. */
  secret: Buffer;
  standings: Standings;
  platforms: Platforms;
  channels: Pick<ServerChannels, 'setPosts'>;
}

/** The standing of servers, and the rights that follow from it. */
export class Guests implements LacksServers {
  private readonly known = new Map<string, { platform: PlatformName; server: string; standing: Standing }>();
  readonly claims: Claims;
  /** Servers whose people were told today's reason why nothing is done for them. */
  private readonly told = new Set<string>();

  constructor(private readonly parts: GuestParts) {
    const { clock, log, secret } = parts;
    this.claims = new Claims({ clock, log, secret, servers: this });
  }

  /** Platforms of which the host has no server, and which take commands now. */
  lacking(): PlatformName[] {
    const { platforms } = this.parts;
    return platforms
      .names()
      .filter((name) => this.isInvited(name) && !this.hasOwn(name) && platforms.takesCommands(name));
  }

  /** What is stored. */
  async load(): Promise<void> {
    this.known.clear();
    for (const row of await this.parts.standings.all()) this.known.set(keyOf(row.platform, row.server), row);
  }

  /** Sessions of servers that are served no more rest, whatever was set or said meanwhile. */
  async begin(servers: Iterable<{ platform: PlatformName; server: string }>): Promise<void> {
    for (const { platform, server } of servers)
      if (!this.serves(platform, server)) await this.parts.channels.setPosts(platform, server, false);
  }

  standing(platform: PlatformName, server: string): Standing {
    if (this.parts.rules.own[platform]?.includes(server)) return 'own';
    return this.known.get(keyOf(platform, server))?.standing ?? 'unknown';
  }

  /** Null: a channel of no server, where the platform has servers. */
  serves(platform: PlatformName, server: string | null): boolean {
    if (!this.isInvited(platform)) return true;
    if (server === null) return false;
    const standing = this.standing(platform, server);
    return standing === 'own' || standing === 'allowed' || (standing === 'unknown' && this.parts.rules.open);
  }

  /** Whether anything is done for whoever acts there. */
  async servesAt(account: Account, channel: string): Promise<boolean> {
    return this.serves(account.platform, await this.serverOf(account, channel));
  }

  /**
   * The account with the role that it has there: the host's own servers alone make operators of their admins.
   */
  async at(account: Account, channel: string): Promise<Account> {
    const { platform } = account;
    if (account.role !== 'admin' || !this.parts.rules.adminsAreOperators[platform]) return account;
    const server = await this.serverOf(account, channel);
    const own = server !== null && this.standing(platform, server) === 'own';
    return own ? { ...account, role: 'operator' } : account;
  }

  /**
   * The server where somebody acts, if it is not the host's own: what is said there is for its own people
   * alone.
   */
  async guestAt(account: Account, channel: string): Promise<string | null> {
    if (!this.isInvited(account.platform)) return null;
    const server = (await this.serverOf(account, channel)) ?? '';
    return this.standing(account.platform, server) === 'own' ? null : server;
  }

  /**
   * What is told, as it counts here. Throws `not-allowed` where nothing is done; commands are refused one by
   * one.
   */
  async admit(event: ChatEvent): Promise<ChatEvent> {
    switch (event.kind) {
      case 'servers':
        for (const server of event.servers) await this.notice(event.platform, server);
        return event;
      case 'server':
        await this.heard(event);
        return event;
      case 'channel':
        return event.canPost && !(await this.servesChannel(event.platform, event.channel))
          ? { ...event, canPost: false }
          : event;
      case 'command':
        return { ...event, account: await this.at(event.account, event.channel) };
      case 'consent':
        // Leaving is open to everybody.
        if (event.given) await this.mustServe(event.account, event.channel);
        return event;
      case 'button':
      case 'reaction': {
        await this.mustServe(event.account, event.ref.channel);
        return { ...event, account: await this.at(event.account, event.ref.channel) };
      }
      default:
        return event;
    }
  }

  /** Why a command does nothing; the whole of it once for each server. */
  async refusal(account: Account, channel: string): Promise<Text> {
    const server = await this.serverOf(account, channel);
    const key = keyOf(account.platform, server ?? '');
    if (this.told.has(key)) return say('I do nothing on this server.');
    this.told.add(key);
    if (server !== null) await this.notice(account.platform, server);
    if (server === null || this.standing(account.platform, server) === 'refused')
      return say('I do nothing on this server: whoever runs me decided so.');
    return say(
      'I do nothing on this server yet: whoever runs me has not allowed it. They allow it on a server of theirs: **/acclaim server allow {server}**',
      { server },
    );
  }

  /** Makes the server where it is said the host's own. Throws `not-allowed`. */
  async claim(code: string, account: Account, channel: string): Promise<string> {
    const { platform } = account;
    const server = await this.serverOf(account, channel);
    const good =
      server !== null &&
      this.claims.isGood(platform, code) &&
      !this.hasOwn(platform) &&
      this.standing(platform, server) !== 'refused';
    if (!good) {
      this.parts.log.warn(
        { platform, server },
        'somebody tried to claim a server with a code that is not good',
      );
      throw new AcclaimError(
        'not-allowed',
        say('This code is not good (any more).'),
        say('A new one is printed where Acclaim runs, while the host has no server of its own.'),
      );
    }
    // Before anything is awaited: of two who are equally quick one is too late.
    this.claims.use(platform);
    await this.set(platform, server, 'own');
    this.parts.log.warn({ platform, server }, "the server was claimed: it is the host's own from now on");
    return server;
  }

  /** All that are known, with what they are. */
  list(): { platform: PlatformName; server: string; standing: Standing }[] {
    const own = Object.entries(this.parts.rules.own).flatMap(([platform, ids]) =>
      ids.map((server) => ({ platform: platform as PlatformName, server, standing: 'own' as const })),
    );
    const named = new Set(own.map(({ platform, server }) => keyOf(platform, server)));
    return [...own, ...[...this.known].flatMap(([key, row]) => (named.has(key) ? [] : [row]))];
  }

  /** An operator's word. Throws `not-allowed` for the host's own. */
  async decide(platform: PlatformName, server: string, standing: 'allowed' | 'refused'): Promise<void> {
    if (this.standing(platform, server) === 'own')
      throw new AcclaimError(
        'not-allowed',
        say("That server is the host's own."),
        say('It needs no word of yours.'),
      );
    await this.set(platform, server, standing);
    this.told.delete(keyOf(platform, server));
    this.parts.log.info({ platform, server, standing }, 'an operator decided on a server');
  }

  private async set(platform: PlatformName, server: string, standing: Standing): Promise<void> {
    this.known.set(keyOf(platform, server), { platform, server, standing });
    await this.parts.standings.set(platform, server, standing);
    await this.parts.channels.setPosts(platform, server, this.serves(platform, server));
  }

  /** One that nobody decided on is written down and named in the log, once. */
  private async notice(platform: PlatformName, server: string): Promise<void> {
    if (!this.isInvited(platform) || this.standing(platform, server) !== 'unknown') return;
    const key = keyOf(platform, server);
    if (this.known.has(key)) return;
    this.known.set(key, { platform, server, standing: 'unknown' });
    await this.parts.standings.set(platform, server, 'unknown');
    const served = this.parts.rules.open
      ? 'is served, as configured'
      : 'gets nothing until an operator allows it';
    this.parts.log.warn({ platform, server }, `the bot is on a server that nobody decided on: it ${served}`);
  }

  private async heard({ platform, server, present }: Extract<ChatEvent, { kind: 'server' }>): Promise<void> {
    if (server === null) return;
    if (present) return this.notice(platform, server);
    if (this.known.get(keyOf(platform, server))?.standing !== 'unknown') return;
    this.known.delete(keyOf(platform, server));
    await this.parts.standings.drop(platform, server);
  }

  private async mustServe(account: Account, channel: string): Promise<void> {
    if (await this.servesAt(account, channel)) return;
    throw new AcclaimError(
      'not-allowed',
      say('I do nothing on this server'),
      say('Whoever runs me has not allowed it.'),
    );
  }

  private async servesChannel(platform: PlatformName, channel: string): Promise<boolean> {
    if (!this.isInvited(platform)) return true;
    const server = await this.parts.platforms.get(platform)?.serverOf?.(channel);
    return this.serves(platform, server ?? null);
  }

  /** As the platform says with the act itself, else as it says of the channel; null where it says nothing. */
  private async serverOf({ platform, server }: Account, channel: string): Promise<string | null> {
    if (server !== undefined) return server;
    const of = this.parts.platforms.get(platform)?.serverOf?.(channel);
    return (await of?.catch(() => null)) ?? null;
  }

  private isInvited(platform: PlatformName): boolean {
    return this.parts.platforms.get(platform)?.capabilities.invited === true;
  }

  private hasOwn(platform: PlatformName): boolean {
    if ((this.parts.rules.own[platform]?.length ?? 0) > 0) return true;
    return [...this.known.values()].some((row) => row.platform === platform && row.standing === 'own');
  }
}

const keyOf = (platform: string, server: string) => `${platform} ${server}`;
