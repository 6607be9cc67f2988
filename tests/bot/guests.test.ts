/**
 * Which servers the bot is there for: codes that expire or are used by two at once, the open setting, and
 * folders of an earlier build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Platforms } from '../../bot/effects/platforms.js';
import { FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import { CLAIM_MINUTES } from '../../bot/services/claims.js';
import { type GuestRules, Guests } from '../../bot/services/guests.js';
import { silentLog } from '../../src/log.js';
import { migrate, migrations } from '../../src/store/migrations.js';
import { Connection } from '../../src/store/sqlite.js';
import { type ServerStanding, Standings } from '../../src/store/standings.js';

const admin = { ...fakeAccount('eve', 'admin'), server: 'lair' };
const boss = { ...fakeAccount('boss', 'admin'), server: 'roses' };
const rules: GuestRules = { open: false, own: {}, adminsAreOperators: { fake: true } };
const endings: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function database(steps = migrations): Promise<Connection> {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-guests-'));
  const db = await Connection.open(join(dir, 'acclaim.sqlite'), 'write');
  endings.push(
    () => rmSync(dir, { recursive: true, force: true }),
    () => db.close(),
  );
  await migrate(db, steps);
  return db;
}

async function guests(more: Partial<GuestRules> = {}, db?: Connection) {
  const connection = db ?? (await database());
  const clock = { at: 1_000_000, now: () => clock.at };
  const posts: [string, boolean][] = [];
  const link = { up: true };
  const platform = Object.assign(new FakePlatform({ invited: true }), {
    trouble: () => (link.up ? null : 'away'),
  });
  const platforms = new Platforms([platform]);
  platforms.setConnected('fake');
  const made = new Guests({
    clock,
    log: silentLog,
    rules: { ...rules, ...more },
    secret: Buffer.alloc(32, 1),
    standings: new Standings(connection, (unit) => unit(connection)),
    platforms,
    channels: { setPosts: async (_, server, canPost) => void posts.push([server, canPost]) },
  });
  await made.load();
  return { made, clock, posts, link, db: connection };
}

const standings = (db: Connection) => db.all<ServerStanding>('SELECT * FROM server ORDER BY server');

describe('a claim', () => {
  it('is good until it expires, however it is written, and once', async () => {
    const { made, clock, db } = await guests();
    const [claim] = made.claims.offer();
    clock.at += CLAIM_MINUTES * 60_000;
    await expect(made.claim(claim!.code, boss, 'c')).rejects.toThrow('not good');
    clock.at -= 1;
    const said = ` ${claim!.code.toLowerCase().replace('-', ' ')}`;
    // Of two who say it at the same moment one is too late.
    const both = await Promise.allSettled([made.claim(said, boss, 'c'), made.claim(said, admin, 'c')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(await standings(db)).toEqual([{ platform: 'fake', server: 'roses', standing: 'own' }]);
    expect((await made.at(boss, 'c')).role).toBe('operator');
    expect((await made.at(admin, 'c')).role).toBe('admin');
    expect(made.claims.offer()).toEqual([]);
  });

  it('begins its hour when the platform takes commands, and is followed by another when it runs out', async () => {
    const { made, clock, link } = await guests();
    const hour = CLAIM_MINUTES * 60_000;
    link.up = false;
    expect(made.claims.offer()).toEqual([]);
    clock.at += 2 * hour;
    link.up = true;
    const [first] = made.claims.offer();
    // A connection that comes and goes changes nothing of a code that is good.
    link.up = false;
    expect(made.claims.offer()).toEqual([]);
    link.up = true;
    clock.at += hour - 1;
    expect(made.claims.offer()).toEqual([]);
    clock.at += 1;
    link.up = false;
    expect(made.claims.offer()).toEqual([]);
    link.up = true;
    const [second] = made.claims.offer();
    expect(second).toEqual({ platform: 'fake', code: expect.any(String), minutes: CLAIM_MINUTES });
    await expect(made.claim(first!.code, boss, 'c')).rejects.toThrow('not good');
    expect(await made.claim(second!.code, boss, 'c')).toBe('roses');
    clock.at += 2 * hour;
    expect(made.claims.offer()).toEqual([]);
  });

  it('is another at each start, and the one before is void', async () => {
    const { made, db } = await guests();
    const [before] = made.claims.offer();
    const { made: again } = await guests({}, db);
    const [now] = again.claims.offer();
    expect(now!.code).not.toBe(before!.code);
    await expect(again.claim(before!.code, boss, 'c')).rejects.toThrow('not good');
  });

  it('is not offered where the configuration names the own ones, which need none', async () => {
    const { made } = await guests({ own: { fake: ['roses'] } });
    expect(made.claims.offer()).toEqual([]);
    expect((await made.at(boss, 'c')).role).toBe('operator');
    await expect(made.decide('fake', 'roses', 'refused')).rejects.toThrow("host's own");
  });
});

describe('open', () => {
  it('serves whoever invites, makes none of them operators, and keeps to a refusal', async () => {
    const { made, posts } = await guests({ open: true });
    expect(made.serves('fake', 'lair')).toBe(true);
    expect((await made.at(admin, 'c')).role).toBe('admin');
    await made.decide('fake', 'lair', 'refused');
    expect(made.serves('fake', 'lair')).toBe(false);
    expect(posts).toEqual([['lair', false]]);
  });
});

it('a server that nobody decided on is written down until the bot leaves it; a refusal stays', async () => {
  const { made, db } = await guests();
  const at = 0;
  await made.admit({ kind: 'servers', platform: 'fake', servers: new Set(['lair', 'den']), at });
  await made.decide('fake', 'den', 'refused');
  for (const server of ['lair', 'den'])
    await made.admit({ kind: 'server', platform: 'fake', server, present: false, at });
  expect(await standings(db)).toEqual([{ platform: 'fake', server: 'den', standing: 'refused' }]);
});

it('sessions of servers that are served no more rest from the start', async () => {
  const { made, posts } = await guests({ own: { fake: ['roses'] } });
  await made.begin([
    { platform: 'fake', server: 'lair' },
    { platform: 'fake', server: 'roses' },
    { platform: 'web', server: 'page' },
  ]);
  expect(posts).toEqual([['lair', false]]);
});

it("an earlier build's only server of a platform is the host's own; several go on, and none is", async () => {
  const step = migrations.findIndex((sql) => sql.includes('CREATE TABLE server'));
  const db = await database(migrations.slice(0, step));
  const channel = (id: string, platform: string, server: string | null) =>
    db.run(
      'INSERT INTO channel (id, community, body) VALUES (?, ?, ?)',
      id,
      platform,
      JSON.stringify({ platform, server }),
    );
  for (const [id, platform, server] of [
    ['a', 'discord', '1'],
    ['b', 'discord', '1'],
    ['c', 'slack', 'T1'],
    ['d', 'slack', 'T2'],
    ['e', 'web', null],
  ] as const)
    await channel(id, platform, server);
  await migrate(db);
  expect(await standings(db)).toEqual([
    { platform: 'discord', server: '1', standing: 'own' },
    { platform: 'slack', server: 'T1', standing: 'allowed' },
    { platform: 'slack', server: 'T2', standing: 'allowed' },
  ]);
});
