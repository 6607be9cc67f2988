/** Commands that only tell something. */
import { mayRun, usage } from '../../src/chat/commands.js';
import { oneOf } from '../../src/domain/state/roles.js';
import type { ChatCommand } from './command.js';

const help: ChatCommand = {
  spec: {
    path: ['help'],
    help: 'What I do, or how one command goes',
    role: 'member',
    args: [{ name: 'command', help: 'such as session start', type: 'text', rest: true }],
    options: [],
  },
  async run({ specs, values, account }) {
    const asked = (values.command as string | undefined)?.toLowerCase().replace(/^\/?acclaim(-\w+)?\s+/, '');
    const chosen = specs.filter((s) => asked === undefined || s.path.join(' ').startsWith(asked));
    if (chosen.length === 0)
      return { title: 'Help', text: `There is no command **${asked}**. **/acclaim help** lists all.` };
    if (chosen.length === 1 && asked !== undefined) {
      const [spec] = chosen;
      const args = [...spec!.args, ...spec!.options.map((o) => ({ ...o, name: `--${o.name}` }))];
      const lines = args.map(
        (a) =>
          `**${a.name}**: ${a.help}${typeof a.type === 'object' ? ` (${a.type.choice.join(', ')})` : ''}`,
      );
      const role = spec!.role === 'member' ? [] : [`For ${oneOf(spec!.role)} or above.`];
      return { title: usage(spec!), text: [spec!.help, ...lines, ...role].join('\n') };
    }
    const lines = chosen.map(
      (s) => `**${usage(s)}**: ${s.help}${mayRun(account.role, s) ? '' : ` (${s.role}s)`}`,
    );
    return { title: 'What I do', text: lines.join('\n') };
  },
};

export const aboutCommands: readonly ChatCommand[] = [help];
