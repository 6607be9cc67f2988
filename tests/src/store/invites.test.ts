/**
 * Invites: one use each, an end, no way to make one up; made beside a running bot, and not good again after a
 * restore.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { command } from '../../../bot/cli/invite.js';
import { backup } from '../../../src/store/backup.js';
import { newInvite, readInvite } from '../../../src/store/invites.js';
import { restore } from '../../../src/store/restore.js';
import { Store } from '../../../src/store/store.js';

const now = 1_700_000_000_000;
const day = 86_400_000;
let dir: string;
let store: Store;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-invites-'));
  store = await Store.open(dir);
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

it('is good once, until its end, also after a restart', async () => {
  const code = newInvite(store.secret, now + day);
  expect(await store.useInvite(code, now)).toBe(true);
  expect(await store.useInvite(code, now)).toBe(false);
  await store.close();
  store = await Store.open(dir);
  expect(await store.useInvite(code, now + day / 2)).toBe(false);
  expect(await store.useInvite(newInvite(store.secret, now + day), now + day + 1)).toBe(false);
  // What has ended is not remembered any more.
  expect(await store.useInvite(newInvite(store.secret, now + 9 * day), now + 2 * day)).toBe(true);
  expect(await store.reader.all('SELECT id FROM used_invite')).toHaveLength(1);
});

it('cannot be made up or made longer', () => {
  const code = newInvite(store.secret, now + day);
  expect(readInvite(store.secret, code)).toMatchObject({ until: now - (now % 60_000) + day });
  const bytes = Buffer.from(code, 'base64url');
  for (let place = 0; place < bytes.length; place++) {
    const changed = Buffer.from(bytes);
    changed[place]! ^= 1;
    expect(readInvite(store.secret, changed.toString('base64url'))).toBeUndefined();
  }
  for (const one of [
    '',
    'x',
    `${code}A`,
    code.slice(0, -1),
    `${code}==`,
    newInvite(Buffer.alloc(32), now + day),
  ])
    expect([one, readInvite(store.secret, one)]).toEqual([one, undefined]);
});

it('used after a backup it is used after the restore of it', async () => {
  const file = join(dir, 'b.tar');
  await backup({ dir, file, artifacts: false, software: 'test' });
  const code = newInvite(store.secret, now + day);
  expect(await store.useInvite(code, now)).toBe(true);
  await store.close();
  await restore({ dir, file, replace: true, forgetOnPage: async () => {} });
  store = await Store.open(dir);
  expect(await store.useInvite(code, now)).toBe(false);
});

it('is printed by the command line, as many as asked for, while the bot runs', async () => {
  let said = '';
  const out = (text: string) => {
    said += text;
  };
  const io = { out, err: () => {}, interactive: false };
  const rest = { signal: new AbortController().signal, load: async () => ({}) };
  const values = { count: 3, days: 1, page: 'https://taste.example.org/', data: dir, config: undefined };
  await command.run(values as never, [], { ...io, ...rest });
  const codes = said
    .trim()
    .split('\n')
    .map((line) => /^https:\/\/taste\.example\.org\/#invite=(.+)$/.exec(line)![1]!);
  expect(new Set(codes).size).toBe(3);
  for (const code of codes) expect(await store.useInvite(code, Date.now())).toBe(true);
  said = '';
  // On every address of the machine: the link names it, as the page's own do.
  const config = join(dir, 'open.yaml');
  writeFileSync(config, 'server: { host: 0.0.0.0, port: 9000, accessToken: a-token-of-17-chars }\n');
  await command.run({ ...values, count: 1, page: undefined, config } as never, [], { ...io, ...rest });
  expect(said.split('#')[0]).toBe(`http://${hostname()}:9000/`);
  await expect(
    command.run({ ...values, data: join(dir, 'none') } as never, [], { ...io, ...rest }),
  ).rejects.toMatchObject({ code: 'file-not-found' });
});
