/**
 * What people type after `/acclaim`: a spec per command (words, arguments, options, role, help) and one
 * parser that turns text into values or a kind answer. Discord and Slack read the same specs to register
 * their typed commands; the web composer completes from them.
 */
import { lines, listed, say, sentences, type Text } from '../words/text.js';
import type { Role } from './port.js';

/**
 * `person`: a mention (read as `@id`) or a code that the list of voters gives. `number`: one that can be
 * offered.
 */
export type ArgType = 'text' | 'integer' | 'number' | 'cell' | 'person' | { choice: readonly string[] };

export interface ArgSpec {
  name: string;
  help: Text;
  type: ArgType;
  required?: boolean;
  /** Words that are taken besides what the type allows. */
  words?: readonly string[];
  /** Takes all words that are left: prompts need no quotes. Only the last argument may. */
  rest?: boolean;
  /** What is offered while it is typed, by the value of the argument before. */
  offers?: Readonly<Record<string, readonly string[]>>;
}

export interface CommandSpec {
  /** The words that name it, e.g. ['session', 'start']. */
  path: readonly string[];
  help: Text;
  role: Role;
  /** Also meant by the first word of its path alone. */
  alone?: boolean;
  args: readonly ArgSpec[];
  /** Given as `--name value`, anywhere after the words. */
  options: readonly ArgSpec[];
}

export type Values = Record<string, string | number | undefined>;

export type Parsed = { ok: true; spec: CommandSpec; values: Values } | { ok: false; answer: Text };

const ranks: Record<Role, number> = { member: 0, moderator: 1, admin: 2, operator: 3 };

/** The role is that of the command or above. */
export function mayRun(role: Role, spec: CommandSpec): boolean {
  return ranks[role] >= ranks[spec.role];
}

/**
 * A line that somebody typed, with or without `/acclaim`, as a command and its values, or as the answer that
 * says what is wrong.
 */
export function parseCommand(specs: readonly CommandSpec[], text: string): Parsed {
  const words = tokenize(text);
  if (words[0]?.toLowerCase() === '/acclaim' || words[0]?.toLowerCase() === 'acclaim') words.shift();
  const found = commandNamed(specs, words);
  if (!found) return { ok: false, answer: unknown(specs, words) };
  return parseValues(found.spec, found.rest);
}

/** The command that words begin with, and the words that are left. */
export function commandNamed(
  specs: readonly CommandSpec[],
  words: string[],
): { spec: CommandSpec; rest: string[] } | undefined {
  const lower = words.map((w) => w.toLowerCase());
  const spec = [...specs]
    .sort((a, b) => b.path.length - a.path.length)
    .find((s) => s.path.every((word, i) => lower[i] === word));
  if (spec) return { spec, rest: words.slice(spec.path.length) };
  const alone = lower.length === 1 ? specs.find((s) => s.alone && s.path[0] === lower[0]) : undefined;
  return alone && { spec: alone, rest: [] };
}

function parseValues(spec: CommandSpec, words: string[]): Parsed {
  const values: Values = {};
  const positional: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const option = /^--([a-z][a-z-]*)(?:=(.*))?$/i.exec(word);
    if (!option) {
      positional.push(word);
      continue;
    }
    const known = spec.options.find((o) => o.name === option[1]!.toLowerCase());
    if (!known) return no(spec, say('There is no option --{option}.', { option: option[1]! }));
    const value = option[2] ?? words[++i];
    if (value === undefined)
      return no(spec, say('--{name} needs a value: {help}', { name: known.name, help: known.help }));
    const read = readValue(known, value);
    if (!read.ok) return no(spec, read.why);
    values[known.name] = read.value;
  }
  for (const arg of spec.args) {
    const raw = arg.rest ? positional.splice(0).join(' ') : positional.shift();
    if (raw === undefined || raw === '') {
      if (arg.required) return no(spec, say('It needs {name}: {help}', { name: arg.name, help: arg.help }));
      continue;
    }
    const read = readValue(arg, raw);
    if (!read.ok) return no(spec, read.why);
    values[arg.name] = read.value;
  }
  if (positional.length > 0)
    return no(spec, say('I do not know what to do with "{words}".', { words: positional.join(' ') }));
  return { ok: true, spec, values };
}

function readValue(
  arg: ArgSpec,
  raw: string,
): { ok: true; value: string | number } | { ok: false; why: Text } {
  if (arg.words?.includes(raw.toLowerCase())) return { ok: true, value: raw.toLowerCase() };
  if (arg.type === 'integer' || arg.type === 'number') {
    if (!/^\d{1,9}$/.test(raw))
      return { ok: false, why: say('{name} is a whole number, not "{raw}".', { name: arg.name, raw }) };
    return { ok: true, value: Number(raw) };
  }
  if (arg.type === 'cell') {
    if (!/^([a-z]{1,2}[1-9]|#\d{1,3})$/i.test(raw))
      return {
        ok: false,
        why: say('{name} is a picture such as A3, or #3 in a gallery, not "{raw}".', { name: arg.name, raw }),
      };
    return { ok: true, value: raw.toUpperCase() };
  }
  if (arg.type === 'person') {
    const [, mentioned, code] = /^(?:<@!?(\w+)(?:\|[^>]*)?>|(v[\w-]{8}))$/.exec(raw) ?? [];
    const value = mentioned === undefined ? code : `@${mentioned}`;
    return value === undefined
      ? {
          ok: false,
          why: say('{name} is a mention or a code of **/acclaim voters**, not "{raw}".', {
            name: arg.name,
            raw,
          }),
        }
      : { ok: true, value };
  }
  if (typeof arg.type === 'object' && !arg.type.choice.includes(raw))
    return {
      ok: false,
      why: say('{name} is one of {choices}, not "{raw}".', {
        name: arg.name,
        choices: listed(arg.type.choice),
        raw,
      }),
    };
  return { ok: true, value: raw };
}

/** `/acclaim session start [--learner NAME] PROMPT`: one line, arguments in capitals. */
export function usage(spec: CommandSpec): string {
  const args = spec.args.map((a) => {
    const word = a.name.toUpperCase() + (a.rest ? '...' : '');
    return a.required ? word : `[${word}]`;
  });
  const options = spec.options.map(
    (o) =>
      `[--${o.name} ${typeof o.type === 'object' ? o.type.choice.join('|') : o.type === 'integer' || o.type === 'number' ? 'N' : 'TEXT'}]`,
  );
  return ['/acclaim', ...spec.path, ...args, ...options].join(' ');
}

function no(spec: CommandSpec, why: Text): Parsed {
  return { ok: false, answer: lines([why, say('It goes like this: **{usage}**', { usage: usage(spec) })]) };
}

function unknown(specs: readonly CommandSpec[], said: string[]): Text {
  const words = said.map((word) => word.toLowerCase());
  const group = specs.filter((s) => s.path[0] === words[0] && s.path.length > 1);
  if (group.length > 0)
    return say('**{word}** goes with one of: {words}.', {
      word: words[0]!,
      words: listed(group.map((s) => s.path.slice(1).join(' '))),
    });
  if (words.length === 0) return say('Try **/acclaim help**.');
  const all = [...new Set(specs.map((s) => s.path.join(' ')))];
  const typed = words.slice(0, 2).join(' ');
  const near = all
    .map((name) => ({ name, d: Math.min(distance(name, typed), distance(name, words[0]!)) }))
    .sort((a, b) => a.d - b.d)[0];
  const guess =
    near && near.d <= Math.max(2, near.name.length / 3)
      ? say('Did you mean **/acclaim {name}**?', { name: near.name })
      : '';
  const help = say('**/acclaim help** lists what I do.');
  return sentences(say('I do not know **{typed}**.', { typed }), guess, help);
}

/** Words, with "quoted text" kept together. */
function tokenize(text: string): string[] {
  return [...text.trim().matchAll(/"([^"]*)"|(\S+)/g)].map((m) => m[1] ?? m[2]!);
}

/** Levenshtein distance: one typing slip costs one. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}
