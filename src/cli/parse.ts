/**
 * The home of commander: builds its parsers from our specs, and turns its ways out into ours. Usage errors
 * are AcclaimError `usage` (exit status 2); help is text, not an exception.
 */
import { CommanderError, Command as Parser, Option as ParserOption } from 'commander';
import { AcclaimError } from '../errors.js';
import type { Command } from './command.js';
import { Refused } from './options.js';

export interface Listed {
  summary: string;
}

export type Parsed =
  | { kind: 'help'; text: string }
  | { kind: 'run'; values: Record<string, unknown>; args: string[] };

const capitalise = (line: string) => line.charAt(0).toUpperCase() + line.slice(1);

/** Parser that throws instead of exiting, and keeps what it would print. */
function quietParser(name: string): { parser: Parser; printed: () => string } {
  let text = '';
  const parser = new Parser(name)
    .exitOverride()
    .configureOutput({ writeOut: (s) => (text += s), writeErr: () => {}, outputError: () => {} })
    .helpOption('-h, --help', 'show this help');
  return { parser, printed: () => text };
}

/** Commander's message, without its `error:`, its suggestion kept. */
function usageError(error: CommanderError, name: string): AcclaimError {
  const lines = error.message.replace(/^error: /, '').split('\n');
  const [what, ...more] = lines.map((line) => line.replace(/^\((.*)\)$/, '$1'));
  const hint = more.length > 0 ? `${more.join(' ')} ` : '';
  return new AcclaimError('usage', what!, `${hint}See \`${name} --help\`.`);
}

function attempt(name: string, { parser, printed }: ReturnType<typeof quietParser>, argv: readonly string[]) {
  try {
    parser.parse(argv, { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return printed();
    throw usageError(error, name);
  }
}

/** One command's arguments, without its name. */
export function parseCommand(
  name: string,
  summary: string,
  { spec }: Command,
  argv: readonly string[],
): Parsed {
  const full = `acclaim ${name}`;
  const quiet = quietParser(full);
  const { parser } = quiet;
  parser.description(`${summary}.`).allowExcessArguments(false);
  for (const arg of spec.args)
    parser.argument(arg.required ? `<${arg.name}>` : `[${arg.name}]`, capitalise(arg.help));
  const fallbacks: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(spec.options)) {
    const made = new ParserOption(option.flags, option.mandatory ? `${option.help} (required)` : option.help);
    if (made.attributeName() !== key)
      throw new Error(`${full}: option ${option.flags} is kept under "${key}"`);
    if (made.required) {
      let before: unknown;
      made.argParser((value) => {
        try {
          before = option.read(value, before);
          return before;
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          throw new AcclaimError(
            'usage',
            `--${made.name()} ${error.message}, not "${value}"`,
            `See \`${full} --help\`.`,
          );
        }
      });
    }
    const { fallback } = option;
    if (fallback !== undefined) fallbacks[key] = fallback;
    // Help shows a default that tells something; commander would show "no" and "none" too.
    if (fallback !== undefined && fallback !== false && !Array.isArray(fallback)) made.default(fallback);
    parser.addOption(made);
  }
  const examples = spec.examples.map((line) => `  acclaim ${line}`).join('\n');
  parser.addHelpText('after', `\nExamples:\n${examples}`);
  parser.action(() => {});
  const help = attempt(full, quiet, argv);
  if (help !== undefined) return { kind: 'help', text: help };
  const given = parser.opts();
  // After the parse: a misspelt option is told before the one that is missing because of it.
  const missing = Object.entries(spec.options).filter(([key, { mandatory }]) => mandatory && !(key in given));
  if (missing.length > 0) {
    const names = missing.map(([, { flags }]) => flags).join(', ');
    throw new AcclaimError('usage', `needs ${names}`, `See \`${full} --help\`.`);
  }
  return { kind: 'run', values: { ...fallbacks, ...given }, args: parser.args };
}

/** What stands where no command of the table was named: help, the version, or a mistake. */
export function parseRoot(
  table: Readonly<Record<string, Listed>>,
  version: string,
  argv: readonly string[],
): string {
  const quiet = quietParser('acclaim');
  quiet.parser
    .description('A community teaches an image model its taste.')
    .version(version, '-V, --version', 'show the version')
    .helpCommand('help [command]', 'show the help of a command');
  for (const [name, { summary }] of Object.entries(table)) quiet.parser.command(name).description(summary);
  quiet.parser.addHelpText('after', "\n`acclaim COMMAND --help` shows a command's options and examples.");
  if (argv.length === 0) return quiet.parser.helpInformation();
  const text = attempt('acclaim', quiet, argv);
  if (text === undefined) throw new AcclaimError('usage', 'there is nothing to do', 'See `acclaim --help`.');
  return text;
}
