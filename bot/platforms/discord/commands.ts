/**
 * The command table -> Discord's typed commands, and what somebody chose there -> the text that every
 * platform hands on. Default permissions hold for whole top-level commands, so there are three; they are only
 * defaults, and the handler checks the role again.
 */
import {
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandInteractionDataOption,
  ApplicationCommandOptionType as Kind,
  PermissionFlagsBits,
} from 'discord.js';
import type { ArgSpec, CommandSpec } from '../../../src/chat/commands.js';
import { clip } from '../../../src/chat/text.js';
import { languages, tell } from '../../../src/words/tell.js';
import { say, type Text } from '../../../src/words/text.js';
import type { CommandBody } from './api.js';

interface Top {
  name: string;
  description: Text;
  permissions: bigint | null;
}

export const tops: Record<CommandSpec['role'], Top> = {
  member: { name: 'acclaim', description: say('Teach an image model together'), permissions: null },
  moderator: {
    name: 'acclaim-mod',
    description: say('Run sessions: for moderators'),
    permissions: PermissionFlagsBits.ManageMessages,
  },
  admin: {
    name: 'acclaim-admin',
    description: say('Models and settings: for admins'),
    permissions: PermissionFlagsBits.ManageGuild,
  },
  operator: { name: 'acclaim-admin', description: '', permissions: null },
};

/** `/acclaim-mod session resume`: what is chosen here. Words of a path beyond the second are joined to it. */
export function chosenName({ role, path }: CommandSpec): string {
  const [word, ...rest] = path;
  return [`/${tops[role].name}`, word, ...(rest.length > 0 ? [rest.join('-')] : [])].join(' ');
}

/** Bodies for the bulk overwrite, in a fixed order. */
export function commandBodies(specs: readonly CommandSpec[]): CommandBody[] {
  const names = [...new Set(specs.map((spec) => tops[spec.role].name))];
  return names.map((name) => {
    const top = Object.values(tops).find((t) => t.name === name)!;
    return {
      name,
      type: 1,
      ...described(top.description),
      default_member_permissions: top.permissions === null ? null : Number(top.permissions),
      contexts: [0],
      integration_types: [0],
      options: subcommands(specs.filter((spec) => tops[spec.role].name === name)),
    };
  });
}

function subcommands(specs: readonly CommandSpec[]): unknown[] {
  const groups = [...new Set(specs.map((spec) => spec.path[0]!))];
  return groups.map((word) => {
    const of = specs.filter((spec) => spec.path[0] === word);
    const [only] = of;
    if (only!.path.length === 1) return subcommand(only!, word);
    return {
      type: Kind.SubcommandGroup,
      name: word,
      description: clip(`${word}: ${of.map((spec) => spec.path.slice(1).join(' ')).join(', ')}`, 100),
      options: of.map((spec) => subcommand(spec, spec.path.slice(1).join('-'))),
    };
  });
}

function subcommand(spec: CommandSpec, name: string): unknown {
  const args = [...spec.args, ...spec.options].map(option);
  // Discord wants what is required first.
  args.sort((a, b) => Number(b.required) - Number(a.required));
  return { type: Kind.Subcommand, name, ...described(spec.help), options: args };
}

function option({ name, help, type, required = false }: ArgSpec) {
  const base = { name, ...described(help), required };
  if (type === 'integer') return { type: Kind.Integer, ...base, min_value: 0 };
  if (type === 'number') return { type: Kind.Integer, ...base, min_value: 0, autocomplete: true };
  if (type === 'cell') return { type: Kind.String, ...base, max_length: 4, autocomplete: true };
  if (type === 'person') return { type: Kind.String, ...base, max_length: 64, autocomplete: true };
  if (type === 'text') return { type: Kind.String, ...base, autocomplete: true };
  const choices = type.choice.slice(0, 25).map((value) => ({ name: value, value }));
  return { type: Kind.String, ...base, choices };
}

/** As Discord calls the languages that we speak beside English, which stands where no other does. */
const locales = languages.filter((language) => language !== 'en');

/**
 * In English, and in the languages of whoever reads it. Names of commands stay: they are typed the same on
 * all platforms, and texts name them.
 */
function described(help: Text): { description: string; description_localizations: Record<string, string> } {
  const told = (language: string) => clip(tell(help, language), 100);
  const others = locales.map((language) => [language, told(language)]);
  return { description: told('en'), description_localizations: Object.fromEntries(others) };
}

/** Only what we set, spelt one way: Discord adds ids and leaves out what is false or empty. */
export function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (!kept.has(key) || inner === null || inner === false) return [];
    if (Array.isArray(inner) && inner.length === 0) return [];
    if (key === 'default_member_permissions') return [[key, String(inner)]];
    return [[key, comparable(inner)]];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const kept = new Set([
  'name',
  'type',
  'description',
  ...['description_localizations', 'name_localizations', ...locales],
  'default_member_permissions',
  'contexts',
  'integration_types',
  'options',
  'required',
  'choices',
  'value',
  'autocomplete',
  'min_value',
  'max_length',
]);

export interface Chosen {
  spec: CommandSpec;
  options: readonly APIApplicationCommandInteractionDataBasicOption[];
}

/** The command that somebody chose; undefined for one that was registered by an older version. */
export function chosen(
  specs: readonly CommandSpec[],
  options: readonly APIApplicationCommandInteractionDataOption[] | undefined,
): Chosen | undefined {
  const path: string[] = [];
  let rest = options ?? [];
  while (rest[0]?.type === Kind.SubcommandGroup || rest[0]?.type === Kind.Subcommand) {
    path.push(rest[0].name);
    rest = rest[0].options ?? [];
  }
  const spec = specs.find((s) => s.path[0] === path[0] && s.path.slice(1).join('-') === (path[1] ?? ''));
  return spec && { spec, options: rest as APIApplicationCommandInteractionDataBasicOption[] };
}

/** `/acclaim session start --rounds 3 "a red rose"`: what typing it elsewhere would be. */
export function commandText({ spec, options }: Chosen): string {
  const value = (name: string) => {
    const found = options.find((o) => o.name === name);
    return found && 'value' in found ? quote(String(found.value)) : undefined;
  };
  const named = spec.options.flatMap(({ name }) => {
    const given = value(name);
    return given === undefined ? [] : [`--${name} ${given}`];
  });
  const args = spec.args.flatMap(({ name }) => value(name) ?? []);
  return ['/acclaim', ...spec.path, ...named, ...args].join(' ');
}

/** One word of the parser, whatever is in it: no quote ends it and no dash makes it an option. */
function quote(text: string): string {
  const safe = text.replaceAll('"', '”').replace(/^\s*-+/, '');
  return /^[^\s"]+$/.test(safe) ? safe : `"${safe}"`;
}
