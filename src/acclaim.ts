#!/usr/bin/env node
/**
 * The launcher: one table, command -> module, loaded on demand. The only file that names both halves; it
 * imports neither. Exit status: 0 done, 1 failed with a coded error on stderr, 2 wrong usage. Services
 * without a terminal say theirs in JSON.
 */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Command, Io } from './cli/command.js';
import { leaveInTime, lingerNot } from './cli/leave.js';
import { parseCommand, parseRoot } from './cli/parse.js';
import { toPlain } from './errors.js';
import { version } from './machine/software.js';

/** `stays`: it runs until it is told to leave. */
export const commands = {
  start: {
    summary: 'Run everything: the web channel, the bot and an engine',
    module: 'bot/cli/start.js',
    stays: true,
  },
  bot: {
    summary: 'Run the bot without an engine: engines come over Redis',
    module: 'bot/cli/bot.js',
    stays: true,
  },
  engine: {
    summary: 'Run an engine that takes its jobs over Redis',
    module: 'engine/cli/engine.js',
    stays: true,
  },
  generate: { summary: 'Make images from a prompt', module: 'engine/cli/generate.js' },
  learn: { summary: 'Take one learning step from a round and its labels', module: 'engine/cli/learn.js' },
  simulate: { summary: 'Run a session with simulated voters and measure it', module: 'bot/cli/simulate.js' },
  safety: { summary: "Score pictures with a model's safety checker", module: 'engine/cli/safety.js' },
  pull: { summary: 'Fetch a model from a hub, an address or a folder', module: 'engine/cli/pull.js' },
  models: { summary: 'List, verify or remove models', module: 'src/cli/models.js' },
  export: {
    summary: "Write a session's LoRA to a file, or merged into its model",
    module: 'engine/cli/export.js',
  },
  backup: { summary: 'Write a backup of the data folder, while Acclaim runs', module: 'bot/cli/backup.js' },
  retention: {
    summary: 'Show which old rounds the policy takes away, and why the rest stays',
    module: 'bot/cli/retention.js',
  },
  restore: { summary: 'Restore a backup into a data folder', module: 'bot/cli/restore.js' },
  invite: { summary: 'Make invite links for voters of the page', module: 'bot/cli/invite.js' },
  key: { summary: 'Make a key with which bot and engines sign what crosses Redis', module: 'src/cli/key.js' },
  doctor: {
    summary: 'Check this machine and the configuration, and name the hints',
    module: 'src/cli/doctor.js',
  },
} as const satisfies Record<string, { summary: string; module: string; stays?: true }>;

type Name = keyof typeof commands;
const isName = (word: string | undefined): word is Name =>
  word !== undefined && Object.hasOwn(commands, word);

async function runCommand(name: Name, argv: readonly string[], io: Io): Promise<void> {
  const { summary, module } = commands[name];
  const { command } = (await io.load(module)) as { command: Command };
  const parsed = parseCommand(name, summary, command, argv);
  if (parsed.kind === 'help') io.out(parsed.text);
  else await command.run(parsed.values as never, parsed.args, io);
}

/** Returns the exit status. `argv` is without node and script. */
export async function main(argv: readonly string[], io: Io): Promise<0 | 1 | 2> {
  try {
    const [first, second] = argv;
    if (isName(first)) await runCommand(first, argv.slice(1), io);
    else if (first === 'help' && isName(second)) await runCommand(second, ['--help'], io);
    else io.out(parseRoot(commands, version(), first === 'help' ? argv.slice(1) : argv));
    return 0;
  } catch (error) {
    if (io.failed) io.failed(error);
    else inWords(error, io);
    return toPlain(error).code === 'usage' ? 2 : 1;
  }
}

function inWords(error: unknown, io: Io): void {
  const { code, message, hint } = toPlain(error);
  io.err(`acclaim: ${code}: ${message}\n${hint === '' ? '' : `  ${hint}\n`}`);
  if (code === 'internal' && error instanceof Error) io.err(`${error.stack}\n`);
}

const require = createRequire(import.meta.url);

function processIo(): Io {
  const abort = new AbortController();
  process.once('SIGINT', () => abort.abort());
  process.once('SIGTERM', () => abort.abort());
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    interactive: process.stderr.isTTY === true,
    signal: abort.signal,
    // `import` opens all files of a module graph at once, for which a process that may open few has no room.
    load: async (module) => require(`../${module}`),
  };
}

const invoked = process.argv[1];
if (invoked !== undefined && realpathSync(invoked) === fileURLToPath(import.meta.url)) {
  const io = processIo();
  const [name, ...rest] = process.argv.slice(2);
  if (isName(name) && 'stays' in commands[name]) {
    // A person reads words; whoever collects lines reads JSON.
    const help = rest.some((word) => word === '--help' || word === '-h');
    if (!io.interactive && !help) {
      const { speakInLines } = await import('./cli/service.js');
      Object.assign(io, speakInLines(name === 'engine' ? 'engine' : 'bot'));
    }
    leaveInTime(io.signal, (text) => io.err(text));
  }
  process.exitCode = await main(process.argv.slice(2), io);
  lingerNot();
}
