/** The doctor's look at Discord, and the rights that it works out. */
import { expect, test } from 'vitest';
import { checkDiscord } from '../../../../bot/platforms/discord/check.js';
import { effective } from '../../../../bot/platforms/discord/permissions.js';
import { ends } from '../../../support/chat.js';
import { Peer, peerToken } from '../../../support/discord-peer/peer.js';

const bits = {
  addReactions: 0x40n,
  view: 0x400n,
  send: 0x800n,
  embed: 0x4000n,
  attach: 0x8000n,
  history: 0x10000n,
};
const threads = 1n << 38n;
const needed = Object.values(bits).reduce((sum, bit) => sum | bit, threads);

async function peerWith(permissions: bigint): Promise<Peer> {
  const peer = await Peer.start();
  ends(async () => {
    await peer.stop();
    expect(peer.objections).toEqual([]);
  });
  peer.world.botRoles = [peer.world.role('acclaim', permissions).id];
  return peer;
}

const states = (checks: Awaited<ReturnType<typeof checkDiscord>>) => checks.map((c) => c.state);

test('all is well', async () => {
  const peer = await peerWith(needed);
  const channel = peer.world.channel('roses', { nsfw: true });
  const checks = await checkDiscord({ token: peerToken, channels: [channel.id], api: peer.url });
  expect(states(checks)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
  expect(checks[0]!.found).toContain(`client_id=${peer.world.application}`);
});

test('each fault has its own line and its own hint', async () => {
  const peer = await peerWith(needed);
  const everyone = peer.world.guild.id;
  const deny = [{ id: everyone, type: 0, allow: '0', deny: String(bits.attach | bits.addReactions) }];
  const forbidden = peer.world.channel('quiet', { permission_overwrites: deny });
  const hidden = peer.world.channel('hidden');
  hidden.may.view = false;
  const channels = [forbidden.id, hidden.id, '404'];
  peer.world.invited = false;
  const checks = await checkDiscord({ token: peerToken, channels, api: peer.url });
  const failed = checks.filter((c) => c.state === 'fail');
  expect(failed.map((c) => c.found)).toEqual([
    'the bot is on no server',
    '#quiet: I lack Attach Files, Add Reactions',
    'Discord does not let me do this in the channel',
    'the channel is gone',
  ]);
  for (const { hint } of failed) expect(hint).toMatch(/./);
  expect(checks.at(-3)).toMatchObject({ state: 'off', found: expect.stringContaining('not age-restricted') });
});

test('of a thread its parent is asked: rights and age restriction are there', async () => {
  const peer = await peerWith(needed);
  const deny = [{ id: peer.world.guild.id, type: 0, allow: '0', deny: String(bits.attach) }];
  const parent = peer.world.channel('quiet', { nsfw: true, permission_overwrites: deny });
  const thread = peer.world.channel('votes', { type: 11, parent_id: parent.id });
  const locked = peer.world.channel('old', { type: 11, parent_id: parent.id, locked: true });
  const channels = [thread.id, locked.id];
  const checks = await checkDiscord({ token: peerToken, channels, api: peer.url });
  expect(checks.slice(-3).map(({ state, found }) => `${state} ${found}`)).toEqual([
    'fail #votes: I lack Attach Files',
    'ok age-restricted',
    'fail #old: the thread is locked or archived',
  ]);
});

test('a token that Discord refuses is the one thing said', async () => {
  const peer = await peerWith(needed);
  const checks = await checkDiscord({ token: 'MTIz.other.token', channels: ['1'], api: peer.url });
  expect(checks).toMatchObject([{ state: 'fail', found: 'Discord refuses the bot token' }]);
  expect(JSON.stringify(checks)).not.toContain('other.token');
});

// Hand-worked after https://discord.com/developers/docs/topics/permissions#permission-overwrites.
test.each([
  ['what everyone has', {}, 1n],
  ['a role adds', { roles: ['r'] }, 3n],
  ['the owner has all', { user: 'owner' }, (1n << 53n) - 1n],
  ['everyone loses, the role gets it back', { roles: ['r'], deny: { g: 3n }, allow: { r: 2n } }, 2n],
  ['one role denies, another allows: allowed', { roles: ['r', 's'], deny: { r: 2n }, allow: { s: 2n } }, 3n],
  ['the person last of all', { roles: ['r'], allow: { r: 4n }, deny: { me: 4n } }, 3n],
  ['administrators pass all overwrites', { roles: ['a'], deny: { g: 3n } }, (1n << 53n) - 1n],
] as [string, Case, bigint][])(
  'rights: %s',
  (_, { user = 'me', roles = [], deny = {}, allow = {} }, expected) => {
    const role = (id: string, permissions: bigint) => ({ id, permissions: String(permissions) });
    const guild = {
      id: 'g',
      owner_id: 'owner',
      roles: [role('g', 1n), role('r', 2n), role('s', 0n), role('a', 8n)],
    } as never;
    const ids = [...new Set([...Object.keys(deny), ...Object.keys(allow)])];
    const overwrites = ids.map((id) => ({
      id,
      allow: String(allow[id] ?? 0n),
      deny: String(deny[id] ?? 0n),
    }));
    expect(effective({ guild, overwrites, user, roles })).toBe(expected);
  },
);

interface Case {
  user?: string;
  roles?: string[];
  deny?: Record<string, bigint>;
  allow?: Record<string, bigint>;
}

test('servers that nobody decided on are named', async () => {
  const peer = await Peer.start();
  ends(() => peer.stop());
  const theirs = peer.world.server('Their server');
  const ask = async (...known: string[]) =>
    (await checkDiscord({ token: peerToken, channels: [], known: new Set(known), api: peer.url })).find(
      ({ name }) => name === 'discord unknown servers',
    );
  const own = peer.world.guild.id;
  expect(await ask(own)).toMatchObject({
    state: 'warn',
    found: `nobody decided on Their server (${theirs.id})`,
  });
  expect(await ask(own, theirs.id)).toBeUndefined();
});
