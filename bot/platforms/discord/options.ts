/** What the Discord platform is handed. */
import type { CommandSpec } from '../../../src/chat/commands.js';
import type { CommonPace, RemoteOptions } from '../../../src/chat/options.js';
import { platforms } from '../../../src/domain/state/platforms.js';
import type { Typing } from '../remote/connector.js';

export interface DiscordOptions extends RemoteOptions {
  commands: readonly CommandSpec[];
  /**
   * Servers whose own commands are set, which shows at once; empty = the application's commands everywhere.
   */
  guilds?: readonly string[];
  /** False: commands are registered by someone else. */
  register?: boolean;
  /** What could complete a typed option; none = the option's own choices. */
  complete?: (typing: Typing) => Promise<readonly string[]> | readonly string[];
  pace?: Partial<Pace>;
}

/** All in ms. Priming is paced by channel; an interaction's token lives a quarter of an hour. */
export interface Pace extends CommonPace {
  /** Age from which Discord limits edits (30046 from an hour on): only what must be seen is edited in. */
  editable: number;
  /** Before what got no answer (commands, a look at channels) is asked again; doubled each time. */
  again: number;
}

export const defaultPace: Pace = {
  prime: 250,
  edit: platforms.discord.editMs,
  editable: 50 * 60_000,
  again: 5_000,
  history: 7 * 86_400_000,
  answer: 15 * 60_000,
};
