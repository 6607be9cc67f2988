/**
 * The bot's commands in Discord's menus: everywhere, or on some servers alone. They stand once in each menu:
 * where they are set for servers those of everywhere go, and the other way round. What Discord refuses for
 * one place keeps nothing from the others.
 */
import type { CommandSpec } from '../../../src/chat/commands.js';
import { AcclaimError } from '../../../src/errors.js';
import type { CommandBody, DiscordApi } from './api.js';
import { commandBodies, comparable, tops } from './commands.js';

type Api = Pick<DiscordApi, 'commands' | 'setCommands'>;

export interface Everywhere {
  api: Api;
  application: string;
  commands: readonly CommandSpec[];
  /** Servers whose own commands are set; empty = the application's everywhere. */
  guilds?: readonly string[];
  /** All that the bot is on. */
  servers: ReadonlySet<string>;
}

/** True when anything had to be sent. Errors: not-allowed, with all that was refused. */
export async function setEverywhere({
  api,
  application,
  commands,
  guilds = [],
  servers,
}: Everywhere): Promise<boolean> {
  const wanted: readonly (string | null)[] = guilds.length > 0 ? guilds : [null];
  const refused: string[] = [];
  let sent = false;
  const at = async (guild: string | null, act: () => Promise<boolean>) => {
    try {
      sent = (await act()) || sent;
    } catch (error) {
      if (!(error instanceof AcclaimError) || passes.has(error.code)) throw error;
      refused.push(guild === null ? error.message : `server ${guild}: ${error.message}`);
    }
  };
  for (const guild of wanted) await at(guild, () => registerCommands(api, application, commands, guild));
  for (const guild of [null, ...servers])
    if (!wanted.includes(guild)) await at(guild, () => withdrawCommands(api, application, guild));
  if (refused.length > 0) throw notRegistered(refused);
  return sent;
}

/** Not said of commands. */
const passes: ReadonlySet<string> = new Set(['platform-unreachable', 'token-invalid', 'cancelled']);

function notRegistered(refused: readonly string[]): AcclaimError {
  return new AcclaimError(
    'not-allowed',
    `Discord does not take my commands (${refused.join('; ')})`,
    'Take servers that I am not on out of DISCORD_SERVERS; the link that `acclaim doctor` prints invites me with commands.',
  );
}

/** Sets the commands where they differ; true when anything was sent. */
async function registerCommands(
  api: Pick<DiscordApi, 'commands' | 'setCommands'>,
  application: string,
  specs: readonly CommandSpec[],
  guild: string | null,
): Promise<boolean> {
  const wanted = commandBodies(specs);
  const present = await api.commands(application, guild);
  if (JSON.stringify(comparable(present)) === JSON.stringify(comparable(wanted))) return false;
  await api.setCommands(application, guild, wanted);
  return true;
}

/** Takes ours away where they would stand a second time; true when there were any. */
async function withdrawCommands(
  api: Pick<DiscordApi, 'commands' | 'setCommands'>,
  application: string,
  guild: string | null,
): Promise<boolean> {
  const present = await api.commands(application, guild);
  const names = new Set(Object.values(tops).map(({ name }) => name));
  const others = present.filter(({ name }) => !names.has(String(name)));
  if (others.length === present.length) return false;
  await api.setCommands(application, guild, others.map(comparable) as CommandBody[]);
  return true;
}
