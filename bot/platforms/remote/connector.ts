/**
 * How a platform a network away joins the bot: made of its part of the configuration where that has a token,
 * and asked by the doctor.
 */
import type { CommandSpec } from '../../../src/chat/commands.js';
import type { RemoteOptions } from '../../../src/chat/options.js';
import type { Account, ChatPlatform } from '../../../src/chat/port.js';
import type { Check } from '../../../src/cli/check.js';
import type { Config } from '../../../src/config/schema.js';

/** An option that somebody is typing. */
export interface Typing {
  path: readonly string[];
  name: string;
  typed: string;
  channel: string;
  account: Account;
}

/** What every platform is handed beside its own part of the configuration. */
export interface Handed extends Omit<RemoteOptions, 'token' | 'roles' | 'api'> {
  commands: readonly CommandSpec[];
  /** What could complete a typed option. */
  complete(typing: Typing): Promise<readonly string[]>;
}

/** What the doctor knows. */
export interface Asked {
  /** Addresses of running sessions' channels there. */
  channels: readonly string[];
  /** Servers that somebody decided on, of whatever platform. */
  decided(): Promise<readonly string[]>;
}

/** Each loads its library only once it is asked for. */
export interface Connector {
  /** Null where no token is set. */
  connect(config: Config, handed: Handed): Promise<ChatPlatform | null>;
  check(config: Config, asked: Asked): Promise<Check[]>;
}

/** What the doctor says of a platform that is left out. */
export function leftOut(name: string, variable: string): Check[] {
  const found = `not connected: ${variable} is not set`;
  return [{ name, state: 'off', found, hint: `How to: docs/${name}.md.` }];
}
