/**
 * One act of the audit as a line. What an act was done with is told in words, a row an act: nothing of it is
 * printed as it is stored, and a code by which a channel joins never is.
 */

import { type SettingRow, settingRows } from '../../src/domain/sessions/settings.js';
import type { Act as Done } from '../../src/domain/state/events.js';
import { voterCode } from '../../src/domain/state/ids.js';
import type { Act } from '../../src/domain/state/model.js';
import { oneOf, roleName } from '../../src/domain/state/roles.js';
import { joined, listed, say, type Text } from '../../src/words/text.js';

type Args = Readonly<Record<string, unknown>>;
/** Of a refusal that was repeated: how often, and since when. */
export type AuditRow = Act & { seq: number; times?: number; first?: number };

const none = () => '';
/** By the name that was typed; acts from before that was kept have the picture's number alone. */
const picture = ({ index, cell, round }: Args): Text => {
  if (typeof index !== 'number') return '';
  const name = typeof cell === 'string' ? cell : `#${index + 1}`;
  return typeof round === 'number' ? say('{name} of round {round}', { name, round }) : name;
};
const round = (number: unknown): Text =>
  number === 0 ? say('the base model') : say('round {round}', { round: String(number) });
const voter = ({ voter }: Args) => (typeof voter === 'string' ? voterCode(voter) : '');

/**
 * The command that it is, and what it was done with; without the latter (a refusal before it came so far)
 * nothing.
 */
const sessionActs: Record<Done['name'], [command: string, words: (args: Args) => Text]> = {
  close: ['round close', none],
  pause: ['session pause', none],
  resume: ['session resume', none],
  stop: ['session stop', none],
  redo: ['round redo', none],
  approve: ['review ok', none],
  rollback: ['session rollback', (args) => say('to {round}', { round: round(args.round) })],
  vary: ['session vary', none],
  branch: [
    'session branch',
    (args) => say('from {round}: {session}', { round: round(args.round), session: String(args.session) }),
  ],
  split: ['session split', none],
  // Whose side somebody takes is theirs.
  taste: ['taste', none],
  best: ['best', (args) => (args.index === null ? 'none' : picture(args))],
  // What somebody said of a picture is theirs, as their marks are.
  why: ['why', picture],
  flag: [
    'flag',
    (args) => (args.back === true ? say('{picture}, taken back', { picture: picture(args) }) : picture(args)),
  ],
  hide: ['hide', picture],
  'hide-pair': [
    'hide pair',
    (args) =>
      typeof args.round === 'number' ? say('of round {round}', { round: args.round }) : say('of all rounds'),
  ],
  show: ['show', picture],
  exclude: ['exclude', voter],
  include: ['include', voter],
  admit: ['admit', voter],
  trust: ['trust', voter],
  distrust: ['distrust', voter],
  lift: [
    'guards',
    ({ guard, round: number }) => say('{guard}, of {round}', { guard: String(guard), round: round(number) }),
  ],
  report: ['nsfw report', none],
  strength: ['session strength', none],
  review: ['review', ({ on }) => (typeof on === 'boolean' ? (on ? 'on' : 'off') : '')],
  settings: ['settings', setting],
  undo: [
    'undo',
    ({ of }) =>
      isArgs(of)
        ? say('of act {seq} ({command})', { seq: String(of.seq), command: nameOf(String(of.command)) })
        : '',
  ],
  invite: [
    'session invite',
    ({ until }) => (typeof until === 'number' ? say('good until {until}', { until: minuteOf(until) }) : ''),
  ],
  join: [
    'session join',
    ({ place }) => (isArgs(place) ? say('from {place}', { place: String(place.platform) }) : ''),
  ],
  leave: [
    'session leave',
    ({ ordinal }) => (typeof ordinal === 'number' ? say('channel {ordinal}', { ordinal }) : ''),
  ],
};

/** As people type it. */
export function nameOf(command: string): string {
  return command in sessionActs ? sessionActs[command as Done['name']][0] : command;
}

/** What is said of the others: their figures and choices, each by its name. */
const unsaid: ReadonlySet<string> = new Set(['whole', 'before', 'channel', 'code']);

function plain(args: Args): Text {
  const told = Object.entries(args).filter(
    ([name, value]) => !unsaid.has(name) && /^(string|number|boolean)$/.test(typeof value),
  );
  if (told.length === 0) return '';
  return listed(told.map(([name, value]) => (name === 'what' ? `${value}` : `${name} ${value}`)));
}

/**
 * Of the server: its name and value; of a session: the rules that were changed. Without a value nobody got
 * that far.
 */
function setting(args: Args): Text {
  const { name, rules, before } = args;
  if (typeof name === 'string') {
    const row = settingRows.find((one) => one.name === name);
    return row && 'whole' in args ? change(row, args.value, before) : name;
  }
  return listed(
    Object.entries(isArgs(rules) ? rules : {}).map(([key, value]) => {
      const row = settingRows.find((one) => one.key === key);
      return row ? change(row, value, isArgs(before) ? before[key] : undefined) : key;
    }),
  );
}

function change({ name, show }: SettingRow, value: unknown, before: unknown): Text {
  // Its own values: they were read by the same row.
  const words = (one: unknown) =>
    one === undefined ? 'default' : show(one as Parameters<SettingRow['show']>[0]);
  return say('{name} {value} (before: {before})', { name, value: words(value), before: words(before) });
}

function isArgs(value: unknown): value is Args {
  return typeof value === 'object' && value !== null;
}

const minuteOf = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

export function auditLine(row: AuditRow): Text {
  const { seq, at, by, role, command, args, refused, times = 1, first = at } = row;
  const who = by === null ? oneOf(role) : joined(voterCode(by), ' (', roleName[role], ')');
  const words = (command in sessionActs && sessionActs[command as Done['name']][1](args)) || plain(args);
  const line = say('**{seq}** {minute}, {who}: {command}', {
    seq,
    minute: minuteOf(at),
    who,
    command: words === '' ? nameOf(command) : joined(nameOf(command), ' ', words),
  });
  if (!refused) return line;
  const told = say('{line} (refused: {refused})', { line, refused });
  return times > 1
    ? say('{line}, {times} times since {first}', { line: told, times, first: minuteOf(first) })
    : told;
}

/** What one command did in several places is one act: it is told once, by the first of its rows. */
export function foldedActs(acts: readonly AuditRow[]): AuditRow[] {
  const first = new Map<unknown, number>();
  for (const { seq, args, refused } of acts)
    if (typeof args.whole === 'string' && !refused)
      first.set(args.whole, Math.min(seq, first.get(args.whole) ?? seq));
  return acts.filter(({ seq, args, refused }) => refused || (first.get(args.whole) ?? seq) === seq);
}
