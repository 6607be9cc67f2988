/**
 * What the admins of a server set for it, over the configuration. Rows of one table: the name people use,
 * what it does, how its text becomes a value (undefined: it cannot be read), and how it is shown. A setting
 * that is missing is as the configuration says; `default` takes it away again.
 */

import type { Noun } from '../../words/en.js';
import { languages } from '../../words/tell.js';
import { counted, listed, say, type Text } from '../../words/text.js';
import type { RuleSettings } from '../state/events.js';
import { ballotKinds, type Rules, settableRules } from '../state/rules.js';

export interface Settings extends RuleSettings {
  /** Most rounds a session may take. */
  mostRounds?: number;
  /** Most images a round may have. */
  mostImages?: number;
  memberStarts?: boolean;
  /** In which language messages in channels are; `auto`: the server's own. */
  language?: string;
  /** A moderator's OK opens what a member asks for. */
  approval?: boolean;
  /** Names of models that sessions may use. */
  models?: string[];
  /**
   * The one that they use where nothing else is asked for, and in single channels by address. Set by `model
   * use`.
   */
  model?: string;
  channelModels?: Record<string, string>;
  /** Addresses of channels in which sessions may be opened. */
  channels?: string[];
}

export interface SettingRow<K extends keyof Settings = keyof Settings> {
  name: string;
  key: K;
  help: Text;
  /** What a number of it counts: one of them. */
  unit?: Noun;
  /** Offered while it is typed. */
  examples: readonly string[];
  read(text: string): Settings[K] | undefined;
  show(value: NonNullable<Settings[K]> | null): Text;
}

const row = <K extends keyof Settings>(one: SettingRow<K>) => one as unknown as SettingRow;

const onOff = (text: string) => (text === 'on' ? true : text === 'off' ? false : undefined);
const showOnOff = (value: boolean | null) => (value ? 'on' : 'off');
const whole = (most: number) => (text: string) => {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : undefined;
};
const showMost = (value: number | null) => (value === null ? say('no bound') : String(value));
const list = (text: string) => {
  const parts = text
    .split(/[\s,]+/)
    .map((part) => part.replace(/^<#(\w+)(?:\|[^>]*)?>$/, '$1').replace(/^#/, ''));
  const names = parts.filter((part) => part !== '');
  return names.length > 0 ? names : undefined;
};

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90m`, `36h`, `2d` -> ms; up to a year. */
function duration(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * unitMs[unit as keyof typeof unitMs];
  return ms > 0 && ms <= 365 * unitMs.d ? ms : undefined;
}

/** The same in the largest unit that divides it: `24 hours`. */
function span(ms: number): Text {
  const minutes = Math.round(ms / 60_000);
  if (minutes === 0 || minutes % 60 !== 0) return counted(minutes, 'minute');
  const hours = minutes / 60;
  return hours > 24 && hours % 24 === 0 ? counted(hours / 24, 'day') : counted(hours, 'hour');
}

function hours(text: string): RuleSettings['quietHours'] | undefined {
  if (text === 'off') return null;
  const [, h1, m1, h2, m2] = /^([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  if (h1 === undefined) return undefined;
  const [from, to] = [Number(h1) * 60 + Number(m1), Number(h2) * 60 + Number(m2)];
  return from === to ? undefined : { from, to };
}

const clock = (minutes: number) =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

export const settingRows: readonly SettingRow[] = [
  row({
    name: 'quorum',
    key: 'quorum',
    unit: 'voter',
    help: say('voters who close a round, such as 3'),
    examples: ['3', '5', 'default'],
    read: whole(100_000),
    show: String,
  }),
  row({
    name: 'deadline',
    key: 'roundMs',
    help: say('how long a round stays open at most: 90m, 36h or 2d'),
    examples: ['12h', '24h', '2d', 'default'],
    read: duration,
    show: (ms) => span(ms ?? 0),
  }),
  row({
    name: 'quiet-hours',
    key: 'quietHours',
    help: say('when nothing is posted (UTC), such as 22:00-07:00, or off'),
    examples: ['22:00-07:00', 'off'],
    read: hours,
    show: (value) => (value ? `${clock(value.from)}-${clock(value.to)} UTC` : 'off'),
  }),
  row({
    name: 'review',
    key: 'review',
    help: say("a moderator's OK opens each ballot: on or off"),
    examples: ['on', 'off'],
    read: onOff,
    show: showOnOff,
  }),
  row({
    name: 'ballots',
    key: 'ballots',
    help: say(
      'from the next round on: sheet (numbered pictures), buttons (sheets marked unseen), gallery (one picture a message) or duel (two)',
    ),
    examples: [...ballotKinds, 'default'],
    read: (text) => ballotKinds.find((kind) => kind === text),
    show: String,
  }),
  row({
    name: 'picks',
    key: 'picks',
    help: say(
      'from the next round on votes choose among more pictures than are shown, as soon as they tell enough: on or off',
    ),
    examples: ['on', 'off', 'default'],
    read: onOff,
    show: showOnOff,
  }),
  row({
    name: 'draw-minutes',
    key: 'drawMinutes',
    unit: 'minute',
    help: say(
      'minutes that a round may take to draw, such as 5: where more is asked for, fewer steps, then fewer pictures',
    ),
    examples: ['5', 'default'],
    read: whole(1440),
    show: showMost,
  }),
  row({
    name: 'learn-minutes',
    key: 'learnMinutes',
    unit: 'minute',
    help: say(
      'minutes that a round may take to learn, such as 10: where it would take more, fewer rows, then fewer steps',
    ),
    examples: ['10', 'default'],
    read: whole(1440),
    show: showMost,
  }),
  row({
    name: 'member-starts',
    key: 'memberStarts',
    help: say('members may open sessions: on or off'),
    examples: [],
    read: onOff,
    show: showOnOff,
  }),
  row({
    name: 'approval',
    key: 'approval',
    help: say("a moderator's OK opens the sessions that members ask for: on or off"),
    examples: ['on', 'off'],
    read: onOff,
    show: showOnOff,
  }),
  row({
    name: 'rounds',
    key: 'mostRounds',
    unit: 'round',
    help: say('most rounds of a session, such as 12'),
    examples: ['12'],
    read: whole(1000),
    show: showMost,
  }),
  row({
    name: 'images',
    key: 'mostImages',
    unit: 'image',
    help: say('most images of a round, such as 18'),
    examples: ['18'],
    read: whole(256),
    show: showMost,
  }),
  row({
    name: 'session-images',
    key: 'sessionImages',
    unit: 'image',
    help: say('most images of a session in all its rounds, such as 200'),
    examples: ['200', 'default'],
    read: whole(100_000),
    show: showMost,
  }),
  row({
    name: 'channel-images',
    key: 'channelImages',
    unit: 'image',
    help: say('most images a day in one channel, such as 100'),
    examples: ['100', 'default'],
    read: whole(100_000),
    show: showMost,
  }),
  row({
    name: 'server-images',
    key: 'serverImages',
    unit: 'image',
    help: say('most images a day in all channels together, such as 500'),
    examples: ['500', 'default'],
    read: whole(100_000),
    show: showMost,
  }),
  row({
    name: 'models',
    key: 'models',
    help: say('models that sessions may use, with commas between'),
    examples: ['mini'],
    read: list,
    show: (value) => (value ? listed(value) : say('all')),
  }),
  row({
    name: 'channels',
    key: 'channels',
    help: say('channels in which sessions may be opened, such as #roses, with commas between'),
    examples: ['default'],
    read: list,
    show: (value) => (value ? listed(value) : say('all')),
  }),
  row({
    name: 'language',
    key: 'language',
    help: say('language of what is posted in channels: auto (that of the server), en or ja'),
    examples: ['auto', ...languages, 'default'],
    read: (text) => (['auto', ...languages].includes(text) ? text : undefined),
    show: String,
  }),
];

const ruleKeys = Object.keys(settableRules) as (keyof RuleSettings)[];

/** Those that running sessions follow at once. */
export const ruleSettings = (settings: Settings): RuleSettings =>
  Object.fromEntries(
    ruleKeys.filter((key) => settings[key] !== undefined).map((key) => [key, settings[key]]),
  );

/** What holds where nothing is set, by the host's configuration; null = no bound, or all. */
export function usualSettings(
  rules: Rules,
  approval: boolean,
  language: string,
): Record<SettingRow['key'], unknown> {
  const ofRules = Object.fromEntries(ruleKeys.map((key) => [key, rules[key] ?? settableRules[key]]));
  return {
    ...(ofRules as Record<keyof RuleSettings, unknown>),
    ...{ language, memberStarts: true, approval, mostRounds: null, mostImages: null },
    ...{ models: null, channels: null, model: null, channelModels: null },
  };
}

/** A value with what it counts: `3 voters`. */
export function settingWords(row: SettingRow, value: unknown): Text {
  const words = row.show(value as never);
  return row.unit !== undefined && typeof value === 'number' ? counted(value, row.unit) : words;
}
