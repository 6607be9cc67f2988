/** Commands that only tell something. */
import { mayRun, usage } from '../../src/chat/commands.js';
import { oneOf } from '../../src/domain/state/roles.js';
import { joined, lines, listed, say } from '../../src/words/text.js';
import type { ChatCommand } from './command.js';

const help: ChatCommand = {
  spec: {
    path: ['help'],
    help: say('What I do, or how one command goes'),
    role: 'member',
    args: [{ name: 'command', help: say('such as session start'), type: 'text', rest: true }],
    options: [],
  },
  async run({ specs, values, account }) {
    const asked = (values.command as string | undefined)?.toLowerCase().replace(/^\/?acclaim(-\w+)?\s+/, '');
    const chosen = specs.filter((s) => asked === undefined || s.path.join(' ').startsWith(asked));
    if (chosen.length === 0)
      return {
        title: say('Help'),
        text: say('There is no command **{asked}**. **/acclaim help** lists all.', { asked: asked ?? '' }),
      };
    if (chosen.length === 1 && asked !== undefined) {
      const [spec] = chosen;
      const args = [...spec!.args, ...spec!.options.map((o) => ({ ...o, name: `--${o.name}` }))];
      const told = args.map((a) => {
        const line = say('**{name}**: {help}', { name: a.name, help: a.help });
        return typeof a.type === 'object' ? joined(line, ' (', listed(a.type.choice), ')') : line;
      });
      const role = spec!.role === 'member' ? [] : [say('For {role} or above.', { role: oneOf(spec!.role) })];
      return { title: usage(spec!), text: lines([spec!.help, ...told, ...role]) };
    }
    const all = chosen.map((s) => {
      const line = say('**{name}**: {help}', { name: usage(s), help: s.help });
      return mayRun(account.role, s) ? line : say('{line} ({role} or above)', { line, role: oneOf(s.role) });
    });
    return { title: say('What I do'), text: lines(all) };
  },
};

export const aboutCommands: readonly ChatCommand[] = [help];
