/** Commands by which whoever runs the host says on which servers (or workspaces) the bot does anything. */
import type { PlatformName } from '../../src/chat/port.js';
import { platformsThat } from '../../src/domain/state/platforms.js';
import { AcclaimError } from '../../src/errors.js';
import type { Standing } from '../../src/store/standings.js';
import { lines, say, type Text } from '../../src/words/text.js';
import { type ChatCommand, type CommandContext, serverPlace } from './command.js';

const claim: ChatCommand = {
  everywhere: true,
  spec: {
    path: ['claim'],
    help: say("Make this server the host's own, by the code that Acclaim prints where it runs"),
    role: 'admin',
    args: [{ name: 'code', help: say('as it was printed'), type: 'text', required: true }],
    options: [],
  },
  async run({ services, account, by, channel, values }) {
    await services.admission.tryCode(account, by.key);
    await services.guests.claim(values.code as string, account, channel);
    return {
      title: say('Claimed'),
      text: say(
        "This server is the host's own from now on. **/acclaim session start PROMPT** opens a session; **/acclaim server list** shows on which others I am.",
      ),
    };
  },
};

const words: Record<Standing, Text> = {
  own: say("the host's own"),
  allowed: say('allowed'),
  refused: say('refused'),
  unknown: say('nobody has decided'),
};

const list: ChatCommand = {
  everywhere: true,
  reads: () => true,
  spec: {
    path: ['server', 'list'],
    help: say('The servers and workspaces that I was ever put on, and what they may'),
    role: 'operator',
    args: [],
    options: [],
  },
  async run({ services }) {
    const told = services.guests
      .list()
      .map(({ platform, server, standing }) =>
        say('**{server}** ({platform}): {standing}', { server, platform, standing: words[standing] }),
      );
    if (told.length === 0)
      return { title: say('Servers'), text: say('I was put on no server or workspace yet.') };
    const names = say('Their names are told by **acclaim doctor**, on the machine.');
    return { title: say('Servers'), text: lines([...told, names]) };
  },
};

const deciding = (
  word: 'allow' | 'refuse',
  standing: 'allowed' | 'refused',
  help: Text,
  said: Text,
): ChatCommand => ({
  everywhere: true,
  spec: {
    path: ['server', word],
    help,
    role: 'operator',
    args: [{ name: 'server', help: say('its id'), type: 'text', required: true }],
    options: [],
  },
  async run(context) {
    const { services, acts, by, values } = context;
    const server = values.server as string;
    await services.guests.decide(platformOf(context, server), server, standing);
    const place = await serverPlace(context);
    const act = { session: place, by: by.key, role: by.role, command: `server ${word}`, args: { server } };
    await acts.record({ ...act, refused: null });
    return { title: standing === 'allowed' ? say('Server allowed') : say('Server refused'), text: said };
  },
});

/** By what is known of it, else by the looks of its id. */
function platformOf({ services }: CommandContext, server: string): PlatformName {
  const known = services.guests.list().find((one) => one.server === server);
  if (known) return known.platform;
  const [likely] = platformsThat((facts) => facts.server?.id.test(server) ?? false);
  if (likely) return likely;
  throw new AcclaimError(
    'usage',
    say('That is no id of a server or workspace.'),
    say('**/acclaim server list** shows those that are known.'),
  );
}

export const serverCommands: readonly ChatCommand[] = [
  claim,
  list,
  deciding(
    'allow',
    'allowed',
    say('Let a server use me: its people open sessions, its admins run them; none is operator here'),
    say(
      'Its people may open sessions from now on, and its admins run them. None of them is an operator here.',
    ),
  ),
  deciding(
    'refuse',
    'refused',
    say('Do nothing for a server any more; its sessions rest'),
    say(
      'Nothing is done there any more, and its sessions rest. What is kept of it stays until I am removed from it.',
    ),
  ),
];
