/**
 * Who may say what. The table is the test: every command by every role, through the real bot and its store,
 * with people as each platform tells of them. docs/moderating.md shows the same table.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chatCommands } from '../../../bot/commands/table.js';
import { accountOfMember } from '../../../bot/platforms/discord/people.js';
import { fakeAccount } from '../../../bot/platforms/fake/platform.js';
import type { Profile } from '../../../bot/platforms/slack/api.js';
import { People as SlackPeople } from '../../../bot/platforms/slack/people.js';
import { Logins } from '../../../bot/platforms/web/logins.js';
import { People as WebPeople } from '../../../bot/platforms/web/people.js';
import type { CommandSpec } from '../../../src/chat/commands.js';
import type { Account, Role } from '../../../src/chat/port.js';
import { projectPath } from '../../../src/files/paths.js';
import { TestHouse } from '../../support/house.js';

/** x = may. An operator may do what an admin may. */
const table = `
command          | member | moderator | admin | operator
session start    |   x    |     x     |   x   |    x
session status   |   x    |     x     |   x   |    x
session list     |   x    |     x     |   x   |    x
session story    |   x    |     x     |   x   |    x
session thanks   |   x    |     x     |   x   |    x
session pause    |        |     x     |   x   |    x
session resume   |        |     x     |   x   |    x
session stop     |        |     x     |   x   |    x
session rollback |        |     x     |   x   |    x
session vary     |        |     x     |   x   |    x
session strength |        |     x     |   x   |    x
session settings |        |     x     |   x   |    x
session branch   |        |     x     |   x   |    x
session split    |        |     x     |   x   |    x
session invite   |        |           |   x   |    x
session join     |        |           |   x   |    x
session leave    |        |           |   x   |    x
link             |   x    |     x     |   x   |    x
unlink           |   x    |     x     |   x   |    x
round close      |        |     x     |   x   |    x
round redo       |        |     x     |   x   |    x
best             |   x    |     x     |   x   |    x
why              |   x    |     x     |   x   |    x
taste            |   x    |     x     |   x   |    x
flag             |   x    |     x     |   x   |    x
me votes         |   x    |     x     |   x   |    x
me export        |   x    |     x     |   x   |    x
me forget        |   x    |     x     |   x   |    x
me name          |   x    |     x     |   x   |    x
help             |   x    |     x     |   x   |    x
model list       |   x    |     x     |   x   |    x
proposals        |        |     x     |   x   |    x
model pull       |        |           |       |    x
claim            |        |           |   x   |    x
server list      |        |           |       |    x
server allow     |        |           |       |    x
server refuse    |        |           |       |    x
model use        |        |           |   x   |    x
model export     |        |           |   x   |    x
nsfw start       |        |     x     |   x   |    x
nsfw report      |        |     x     |   x   |    x
hide             |        |     x     |   x   |    x
show             |        |     x     |   x   |    x
voters           |        |     x     |   x   |    x
guards           |        |     x     |   x   |    x
exclude          |        |     x     |   x   |    x
include          |        |     x     |   x   |    x
admit            |        |     x     |   x   |    x
page invite      |        |           |   x   |    x
trust            |        |     x     |   x   |    x
distrust         |        |     x     |   x   |    x
review           |        |     x     |   x   |    x
undo             |        |     x     |   x   |    x
audit            |        |     x     |   x   |    x
settings         |        |           |   x   |    x
`;

const [head, ...lines] = table
  .trim()
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()));
const roles = head!.slice(1) as Role[];
const may = new Map(lines.map(([command, ...cells]) => [command!, roles.filter((_, i) => cells[i] === 'x')]));

const discordRules = { operators: ['7'], admins: ['6'], moderators: ['500'] };
const onDiscord = (id: string, ids: string[], permissions: bigint) =>
  accountOfMember(id, { roles: ids }, String(permissions), discordRules);

const slackRules = {
  operators: ['U7'],
  admins: ['U6'],
  moderators: ['S500', 'U5'],
};
const onSlack = async (id: string, profile: Profile) => {
  const api = { person: async () => ({ id, ...profile }), group: async () => ['U4'] };
  const parts = { api, rules: slackRules, now: Date.now, fresh: 0, onError: () => {}, team: 'T1' };
  return (await new SlackPeople(parts).look(id)).account;
};

const dir = mkdtempSync(join(tmpdir(), 'acclaim-rights-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
const web = (token: string | null) =>
  new WebPeople(
    Buffer.alloc(32, 1),
    { access: token, guest: 'a token for guests' },
    new Logins({ dir, now: () => 1, warn: () => {} }),
  );
const onWeb = (token: string | null, said: string | null) => {
  const people = web(token);
  const visitor = people.mint(0);
  const known = people.visitor(visitor)!;
  const cookie = said === null ? undefined : people.admit(said, known.id);
  const admin = cookie?.cookie === people.adminCookie ? cookie.value : undefined;
  return people.account(known, people.role({ visitor, admin }));
};
const access = 'the access token';

/** Who they are on their platform, and what that makes them. */
const actors: [string, Role, () => Account | Promise<Account>][] = [
  ['Discord: nothing special', 'member', () => onDiscord('1', ['9'], 0x800n)],
  ['Discord: may manage messages', 'moderator', () => onDiscord('1', [], 0x2000n)],
  ['Discord: may time people out', 'moderator', () => onDiscord('1', [], 1n << 40n)],
  ['Discord: a role of the list', 'moderator', () => onDiscord('1', ['500'], 0n)],
  ['Discord: may manage the server', 'admin', () => onDiscord('1', [], 0x20n)],
  ['Discord: administrator', 'admin', () => onDiscord('1', [], 0x8n)],
  ['Discord: an admin of the list', 'admin', () => onDiscord('6', [], 0n)],
  ['Discord: an operator of the list', 'operator', () => onDiscord('7', [], 0n)],
  ['Slack: nothing special', 'member', () => onSlack('U1', {})],
  ['Slack: a guest who is on the list', 'member', () => onSlack('U5', { is_restricted: true })],
  ['Slack: of the list', 'moderator', () => onSlack('U5', {})],
  ['Slack: of a user group of the list', 'moderator', () => onSlack('U4', {})],
  [
    'Slack: admin of another workspace, in a shared channel',
    'member',
    () => onSlack('U1', { is_admin: true, team_id: 'T2' }),
  ],
  [
    'Slack: admin of the organisation, in our workspace too',
    'admin',
    () => onSlack('U1', { is_admin: true, team_id: 'T2', enterprise_user: { teams: ['T1', 'T2'] } }),
  ],
  ['Slack: admin of the workspace', 'admin', () => onSlack('U1', { is_admin: true })],
  ['Slack: an operator of the list', 'operator', () => onSlack('U7', {})],
  ['the page: without the token', 'member', () => onWeb(access, null)],
  ['the page: with the token of guests', 'member', () => onWeb(access, 'a token for guests')],
  ['the page: with the token', 'admin', () => onWeb(access, access)],
  ['the page: on loopback, no token set', 'operator', () => onWeb(null, null)],
];

let house: TestHouse;
beforeAll(async () => {
  // One after the other they ask for every command there is.
  const all = 'limits.commands={ person: 999, stranger: 999, address: 999, strangers: 9999 }';
  house = await TestHouse.open(
    [all, 'limits.codes={ person: 999, address: 999, strangers: 999 }'],
    undefined,
    false,
  );
}, 60_000);
afterAll(() => house.stop());

/** A sentence that the parser takes and that would start nothing. */
function said({ path, args }: CommandSpec): string {
  const values = args.flatMap(({ type, required }) => {
    if (!required) return [];
    if (typeof type === 'object') return [type.choice[0]!];
    return [{ integer: '0', number: '0', cell: 'A1', person: 'vABCDEFGH', text: 'x'.repeat(501) }[type]];
  });
  return [...path, ...values].join(' ');
}

it('speaks of every command there is, and of no other', () => {
  expect([...may.keys()].sort()).toEqual(chatCommands.map((c) => c.spec.path.join(' ')).sort());
});

it('stands in the documents as it is', () => {
  const text = readFileSync(projectPath('docs/moderating.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| `/.test(line));
  const shown = rows.map((line) => {
    const [command, ...cells] = line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim());
    return [command!.replaceAll('`', ''), roles.filter((_, i) => cells[i] === 'yes')];
  });
  expect(new Map(shown as [string, Role[]][])).toEqual(may);
});

it.each(actors)(
  '%s = %s: every command is taken or refused as the table says, and refusals are written down',
  async (_, role, make) => {
    const account = { ...(await make()), platform: 'fake' as const };
    expect(account.role).toBe(role);
    const { platform } = house;
    const reader = fakeAccount('reader', 'operator');
    for (const { spec } of chatCommands) {
      const name = spec.path.join(' ');
      const answers = platform.replies.length;
      const answer = await platform.command('nowhere', account, said(spec));
      expect(platform.replies.length, name).toBe(answers + 1);
      expect([name, answer?.title !== 'Not allowed'], answer?.text).toEqual([
        name,
        may.get(name)!.includes(role),
      ]);
      if (answer?.title !== 'Not allowed') continue;
      expect(answer.text).toMatch(
        new RegExp(`^\\*\\*/acclaim ${name}\\*\\* is for an? (moderator|admin|operator) or above`),
      );
      const audit = await platform.command('nowhere', reader, 'audit 1');
      expect(audit?.text).toContain(`${/^[ao]/.test(role) ? 'an' : 'a'} ${role}: ${name}`);
      expect(audit?.text).toContain('(refused: not-allowed)');
    }
  },
  60_000,
);
