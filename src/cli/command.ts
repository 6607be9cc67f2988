/**
 * A command of the command line: `spec` says what it takes, `run` does it. Modules export one as `command`;
 * the launcher's table holds name and summary, so that listing commands loads none of them.
 */
import type { Options, Values } from './options.js';

export interface Argument {
  name: string;
  help: string;
  required: boolean;
}

/** What a command may touch of the process. */
export interface Io {
  out(text: string): void;
  err(text: string): void;
  /** Why the command ends, where that is not told in words. */
  failed?(error: unknown): void;
  /** True when a person watches stderr: progress is drawn there. */
  interactive: boolean;
  /** Aborted on Ctrl-C and SIGTERM; a second one ends the process. */
  signal: AbortSignal;
  /** Loads a module of the build by its path from the root, e.g. `engine/cli/devices.js`. */
  load(module: string): Promise<unknown>;
}

export interface CommandSpec<O extends Options> {
  args: readonly Argument[];
  options: O;
  /** Argument lists after `acclaim`, shown in the help and parsed by a test. */
  examples: readonly string[];
}

export interface Command<O extends Options = Options> {
  spec: CommandSpec<O>;
  run(values: Values<O>, args: readonly string[], io: Io): Promise<void>;
}

/** Types `run` by the options of `spec`. */
export function defineCommand<O extends Options>(spec: CommandSpec<O>, run: Command<O>['run']): Command {
  return { spec, run: run as Command['run'] };
}
