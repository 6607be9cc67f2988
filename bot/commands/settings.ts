/** What admins set for their server: shown, changed, and taken back to what the configuration says. */
import type { NamedChannel } from '../../src/chat/port.js';
import {
  type SettingRow,
  type Settings,
  settingRows,
  settingWords,
} from '../../src/domain/sessions/settings.js';
import type { Budgets } from '../../src/domain/state/budgets.js';
import { AcclaimError } from '../../src/errors.js';
import { lines, listed, say, type Text } from '../../src/words/text.js';
import { addressOf, channelsNamed } from './channels.js';
import { type ChatCommand, type CommandContext, tellSessions } from './command.js';

const settings: ChatCommand = {
  reads: ({ value }) => value === undefined,
  spec: {
    path: ['settings'],
    help: say('What holds here: quorum, deadline, quiet hours, review, who may start what where'),
    role: 'admin',
    args: [
      { name: 'name', help: say('which one'), type: { choice: settingRows.map((row) => row.name) } },
      {
        name: 'value',
        help: say('what it becomes; "default" takes it back'),
        type: 'text',
        rest: true,
        offers: Object.fromEntries(settingRows.map((row) => [row.name, row.examples])),
      },
    ],
    options: [],
  },
  async run(context) {
    const { services, acts, values, by } = context;
    const row = settingRows.find(({ name }) => name === values.name);
    const text = (values.value as string | undefined)?.trim();
    const { now, named, shown } = await settingsHere(context, row);
    if (!row)
      return {
        title: say('Settings'),
        text: lines(settingRows.map((one) => shown(one, now))),
        data: { settings: settingRows.map((one) => pageRow(one, now, shown(one, now))) },
      };
    if (text === undefined)
      return {
        title: row.name,
        text: lines([shown(row, now), say('It is {help}.', { help: row.help })]),
      };
    const read = text === 'default' ? undefined : row.read(text);
    const value =
      row.key === 'channels' && Array.isArray(read) ? read.map((one: string) => addressOf(one, named)) : read;
    if (value === undefined && text !== 'default')
      throw new AcclaimError(
        'usage',
        say('**{name}** cannot be "{text}".', { name: row.name, text: text.slice(0, 80) }),
        say('It is {help}.', { help: row.help }),
      );
    mustFit(row, value, services.plans.budgets);
    const { [row.key]: _, ...others } = now;
    const next: Settings = value === undefined ? others : { ...others, [row.key]: value };
    // Names stay in the audit and are shown again.
    if (Array.isArray(value)) for (const one of value) services.plans.policy.allow(one, false);
    await services.settings.change(context, next);
    const whole = await services.audit.newWhole(context);
    // What is not there is as configured.
    const before = row.key in now ? { before: now[row.key] } : {};
    const args = { name: row.name, ...(value === undefined ? {} : { value }), ...before, whole };
    const server = await services.settings.serverOf(context);
    const place = { session: `@${server}`, by: by.key, role: by.role };
    await acts.record({ ...place, command: 'settings', args, refused: null });
    await tellSessions(context, value === undefined ? {} : { [row.key]: value }, whole);
    return { title: say('Set'), text: shown(row, next) };
  },
};

const sessionSettings: ChatCommand = {
  reads: () => true,
  spec: {
    path: ['session', 'settings'],
    help: say('What sessions here are held to: each setting with its value, unit and source'),
    role: 'moderator',
    args: [],
    options: [],
  },
  async run(context) {
    const { now, shown } = await settingsHere(context);
    return { title: say('Settings'), text: lines(settingRows.map((one) => shown(one, now))) };
  },
};

/** What holds on the asker's server, and how it is told. */
async function settingsHere(context: CommandContext, row?: SettingRow) {
  const { services, account } = context;
  const now = await services.settings.of(context);
  const named = await channelNames(context, row, now);
  const usual = services.settings.usual(account.platform);
  return { now, named, shown: (one: SettingRow, of: Settings) => line(one, of, named, usual) };
}

/** Asked for only where channels are to be shown or set; null where their names are their addresses. */
async function channelNames(
  context: CommandContext,
  row: SettingRow | undefined,
  now: Settings,
): Promise<NamedChannel[] | null> {
  const wanted = row?.key === 'channels' || (!row && now.channels !== undefined);
  return wanted ? channelsNamed(context, String(context.values.value ?? ''), now.channels) : null;
}

/** The value with its unit, and who set it. */
function line(
  row: SettingRow,
  now: Settings,
  named: readonly NamedChannel[] | null,
  usual: Record<string, unknown>,
): Text {
  const value = now[row.key];
  if (value === undefined)
    return say("**{name}**: {value} (the host's configuration)", {
      name: row.name,
      value: settingWords(row, usual[row.key]),
    });
  if (row.key !== 'channels' || !Array.isArray(value))
    return say('**{name}**: {value} (set here)', {
      name: row.name,
      value: settingWords(row, value),
    });
  const names = value.map((one) => {
    if (named === null) return `#${one}`;
    const found = named.find(({ address }) => address === one);
    return found ? `#${found.name}` : say('one that you do not see');
  });
  return say('**{name}**: {value} (set here)', { name: row.name, value: listed(names) });
}

/** What a page makes a form of: the line, what the setting does, and what it may become. */
function pageRow({ name, key, help, examples }: SettingRow, now: Settings, words: Text) {
  const own = now[key] !== undefined;
  return { name, help, own, words, offers: own ? examples : examples.filter((one) => one !== 'default') };
}

/** An admin may give less than the host does, not more. */
function mustFit({ name, key }: SettingRow, value: unknown, host: Budgets): void {
  const most = key in host ? (host[key as keyof Budgets] ?? null) : null;
  if (most === null || typeof value !== 'number' || value <= most) return;
  throw new AcclaimError(
    'not-allowed',
    say('**{name}** can be {most} at most on this host.', { name, most }),
    say('Its operators set that bound.'),
  );
}

export const settingCommands: readonly ChatCommand[] = [settings, sessionSettings];
