/** What admins set for their server: shown, changed, and taken back to what the configuration says. */
import { ruleSettings, type Settings, settingRows } from '../../src/domain/settings.js';
import { AcclaimError } from '../../src/errors.js';
import type { ChatCommand, CommandContext } from './command.js';

const settings: ChatCommand = {
  spec: {
    path: ['settings'],
    help: 'What holds here: quorum, deadline, quiet hours, review, who may start what where',
    role: 'admin',
    args: [
      { name: 'name', help: 'which one', type: { choice: settingRows.map((row) => row.name) } },
      {
        name: 'value',
        help: 'what it becomes; "default" takes it back',
        type: 'text',
        rest: true,
        offers: Object.fromEntries(settingRows.map((row) => [row.name, row.examples])),
      },
    ],
    options: [],
  },
  async run(context) {
    const { actions, account, channel, values, by } = context;
    const now = await actions.settings(account, channel);
    const row = settingRows.find(({ name }) => name === values.name);
    if (!row) return { title: 'Settings', text: settingRows.map((one) => shown(one, now)).join('\n') };
    const text = (values.value as string | undefined)?.trim();
    if (text === undefined) return { title: row.name, text: `${shown(row, now)}\nIt is ${row.help}.` };
    const value = text === 'default' ? undefined : row.read(text);
    if (value === undefined && text !== 'default')
      throw new AcclaimError(
        'usage',
        `**${row.name}** cannot be "${text.slice(0, 80)}".`,
        `It is ${row.help}.`,
      );
    const { [row.key]: _, ...others } = now;
    const next: Settings = value === undefined ? others : { ...others, [row.key]: value };
    // Names stay in the audit and are shown again.
    if (Array.isArray(value)) for (const named of value) actions.allow(named, false);
    await actions.changeSettings(account, channel, next);
    const args = { name: row.name, value: value ?? null, before: now[row.key] ?? null };
    const server = await actions.serverOf(account, channel);
    const place = { session: `@${server}`, by: by.key, role: by.role };
    await actions.record({ ...place, command: 'settings', args, refused: null });
    await tellSessions(context, value === undefined ? {} : { [row.key]: value });
    return { title: 'Set', text: shown(row, next) };
  },
};

function shown(row: (typeof settingRows)[number], now: Settings): string {
  const value = now[row.key];
  return `**${row.name}**: ${value === undefined ? 'as configured' : row.show(value)}`;
}

/** Sessions that run follow at once; what went back to the configuration holds from the next session on. */
async function tellSessions(context: CommandContext, change: Settings): Promise<void> {
  const { actions, account, by, channel } = context;
  const rules = ruleSettings(change);
  if (Object.keys(rules).length === 0) return;
  for (const { state, address } of await actions.sessionsOfServer(account, channel))
    if (state.session.state !== 'ended')
      await actions.act(state.session.id, { name: 'settings', rules }, by, address);
}

export const settingCommands: readonly ChatCommand[] = [settings];
