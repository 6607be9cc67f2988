/** Who gets in at the page, and out again: invites, log-ins of one person each, log-outs, and guesses. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebPlatform } from '../../../../bot/platforms/web/adapter.js';
import { Door } from '../../../../bot/platforms/web/door.js';
import { LASTS } from '../../../../bot/platforms/web/logins.js';
import type { SessionStatus, WebOptions } from '../../../../bot/platforms/web/options.js';
import { People } from '../../../../bot/platforms/web/people.js';
import type { Account, ChatEvent } from '../../../../src/chat/port.js';
import { Visitor } from '../../../support/visitor.js';
import { until } from '../../../support/wait.js';
import { commands } from '../../../support/web-app.js';

const accessToken = 'sesame-open-the-door';
const nsfwToken = 'rose-petal-red-enough';
let dir: string;
let platform: WebPlatform | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-doors-'));
});
afterEach(async () => {
  await platform?.stop();
  rmSync(dir, { recursive: true, force: true });
});

const events: ChatEvent[] = [];
/** Codes that are good. */
let good: Set<string>;
async function start(more: Partial<WebOptions> = {}): Promise<(cookie?: string) => Visitor> {
  events.length = 0;
  good = new Set(['invite-one', 'invite-two']);
  platform = new WebPlatform({
    host: '127.0.0.1',
    port: 0,
    accessToken,
    dir,
    commands,
    now: Date.now,
    status: () => ({ sessions: [] }),
    adapter: async () => null,
    crowd: {
      redeem: async (code) => good.delete(code),
      standing: async ({ id, waits = false }) => ({ waits, code: `v${id.slice(0, 8)}` }),
    },
    ...more,
  });
  await platform.start(async (event) => void events.push(event));
  const { url } = platform;
  return () => new Visitor(url);
}
const consents = () =>
  events.flatMap((event) => (event.kind === 'consent' ? [event.account] : [])) as Account[];
const status = async (asked: Promise<Response>) => (await asked).status;

describe('a visitor', () => {
  it('waits until an invite, which is good once; of whoever agreed before it is told', async () => {
    const visit = await start();
    const [ann, bob] = [visit(), visit()];
    expect(await ann.arrive()).toMatchObject({ waits: true, role: 'member' });
    await bob.arrive(false);
    expect(await status(ann.request('/api/invite', { code: 'made up' }))).toBe(403);
    expect(await status(ann.request('/api/invite', { code: 'invite-one' }))).toBe(200);
    expect(await status(bob.request('/api/invite', { code: 'invite-one' }))).toBe(403);
    // Opened once more by the same person it is no mistake.
    expect(await status(ann.request('/api/invite', { code: 'invite-one' }))).toBe(200);
    expect((await ann.json('/api/me')).waits).toBe(false);
    expect(consents().map(({ waits }) => waits)).toEqual([true, false, false]);
    // Before somebody agrees nothing is told of them; afterwards they are vouched for from the start.
    expect(await status(bob.request('/api/invite', { code: 'invite-two' }))).toBe(200);
    expect(consents()).toHaveLength(3);
    await bob.request('/api/consent', { channel: 'cat', given: true });
    expect(consents().at(-1)).toMatchObject({ waits: false });
  });

  it("takes nobody else's cookie for an invite of its own", async () => {
    const visit = await start();
    const [ann, eve] = [visit(), visit()];
    await ann.arrive();
    await eve.arrive();
    await ann.request('/api/invite', { code: 'invite-one' });
    const name = ann.cookieNames().find((one) => one.endsWith('_voter'))!;
    const value = new Map(
      ann
        .cookie()
        .split('; ')
        .map((pair) => pair.split('=') as [string, string]),
    ).get(name)!;
    eve.setCookie(name, value);
    expect((await eve.json('/api/me')).waits).toBe(true);
    eve.setCookie(name, 'forged');
    expect((await eve.json('/api/me')).waits).toBe(true);
  });

  it('is as old as its cookie where there is a token, and waits nowhere else', async () => {
    const before = Date.now();
    await (await start())().arrive();
    expect(consents()[0]!.bornAt).toBeGreaterThanOrEqual(before);
    await platform!.stop();
    await (await start({ voters: 'open' }))().arrive();
    expect(consents()[0]).toMatchObject({ waits: false, bornAt: expect.any(Number) });
    await platform!.stop();
    await (await start({ accessToken: null }))().arrive();
    expect(consents()[0]).toMatchObject({ role: 'operator', bornAt: null });
    expect(consents()[0]!.waits).toBeFalsy();
  });

  it('cannot make itself older, or be somebody else', () => {
    const people = new People(
      Buffer.alloc(32, 7),
      { access: accessToken },
      { begin: () => 'one', stands: () => true },
    );
    const cookie = people.mint(1_700_000_000_000);
    const visitor = people.visitor(cookie)!;
    expect(visitor).toMatchObject({ bornAt: 1_700_000_000_000 });
    // How young the cookie is says nothing of somebody who was vouched for.
    const of = (voter?: string) => people.account(visitor, 'member', voter);
    expect(of(people.vouch(visitor.id))).toMatchObject({ waits: false, bornAt: null });
    expect(of(people.vouch('another'))).toMatchObject({ waits: true, bornAt: visitor.bornAt });
    const [id, born, signature] = cookie.split('.') as [string, string, string];
    const forged = [
      `${id}.1.${signature}`,
      `${id}.${signature}`,
      `${id}.${born}.${signature}.${signature}`,
      `${id}..${signature}`,
      `.${born}.${signature}`,
      `${id}x.${born}.${signature}`,
      `${id}.${born}`,
      id,
      '',
    ];
    for (const one of forged) expect([one, people.visitor(one)]).toEqual([one, undefined]);
  });
});

describe('an admin', () => {
  it("has a cookie of their own, which is good with the visitor's alone and until they log out", async () => {
    const visit = await start();
    const [ann, bob] = [visit(), visit()];
    for (const one of [ann, bob]) {
      await one.arrive(false);
      await one.request('/api/login', { token: accessToken });
      expect((await one.json('/api/me')).role).toBe('admin');
    }
    const admin = (one: Visitor) =>
      one
        .cookie()
        .match(/(acclaim_\w+_admin)=([^;]+)/)!
        .slice(1) as [string, string];
    expect(admin(ann)[1]).not.toBe(admin(bob)[1]);
    const [name, value] = admin(ann);
    const eve = visit();
    await eve.arrive(false);
    eve.setCookie(name, value);
    expect((await eve.json('/api/me')).role).toBe('member');

    const copy = ann.cookie();
    expect(await status(ann.request('/api/logout', {}))).toBe(200);
    expect((await ann.json('/api/me')).role).toBe('member');
    const role = async () => {
      const response = await fetch(`${platform!.url}/api/me`, { headers: { cookie: copy } });
      return ((await response.json()) as { role: string }).role;
    };
    expect(await role()).toBe('member');
    expect((await bob.json('/api/me')).role).toBe('admin');
    // Nor after a restart.
    await platform!.stop();
    await start();
    expect(await role()).toBe('member');
  });

  const loggedIn = async (one: Visitor, token = accessToken) => {
    await one.arrive(false);
    expect(await status(one.request('/api/login', { token }))).toBe(200);
    return one;
  };
  /** Titles of sessions that a line was told of, and how it ended. */
  async function line(one: Visitor) {
    const told: string[] = [];
    const response = await fetch(`${one.url}/api/events`, { headers: { cookie: one.cookie() } });
    const reading = (async () => {
      let text = '';
      for await (const chunk of response.body!) {
        text += Buffer.from(chunk).toString();
        for (const [, id] of text.matchAll(/"id":"(\w+)"/g)) if (!told.includes(id!)) told.push(id!);
      }
      return text.trim().split('\n\n').at(-1);
    })();
    return { told, ended: reading };
  }
  /** On another platform alone: for admins. */
  const far = (id: string) => ({ id, channel: 'far', onPage: false }) as SessionStatus;

  it('loses the open lines of a log-in wherever it is ended, and nobody else theirs', async () => {
    let sessions = [far('before')];
    const visit = await start({ status: () => ({ sessions }), nsfwChannels: ['red'], nsfwToken });
    const [ann, bob, gus] = [visit(), visit(), visit()];
    for (const one of [ann, bob]) await loggedIn(one);
    await loggedIn(gus, nsfwToken);
    const copy = visit();
    for (const pair of ann.cookie().split('; ')) copy.setCookie(...(pair.split('=') as [string, string]));
    const [tab, other, bobs, guest] = await Promise.all([ann, copy, bob, gus].map(line));
    await until(() => [tab, other, bobs].every((one) => one!.told.includes('before')), 'the first status');
    expect(await status(copy.request('/api/logout', {}))).toBe(200);
    const rights = 'event: rights\ndata: {}';
    expect(await Promise.all([tab!.ended, other!.ended])).toEqual([rights, rights]);
    sessions = [far('after')];
    await until(() => bobs!.told.includes('after'), 'the next status');
    expect([tab!.told, other!.told]).toEqual([['before'], ['before']]);
    await gus.request('/api/logout', {});
    expect(await guest!.ended).toBe(rights);
  });

  it('is logged out after a year, with the lines that are open then', async () => {
    let now = 1_800_000_000_000;
    let sessions = [far('before')];
    const visit = await start({ status: () => ({ sessions }), now: () => now });
    const ann = await loggedIn(visit());
    const tab = await line(ann);
    await until(() => tab.told.includes('before'), 'the first status');
    now += LASTS - 1;
    expect((await ann.json('/api/me')).role).toBe('admin');
    now += 1;
    expect((await ann.json('/api/me')).role).toBe('member');
    sessions = [far('after')];
    expect(await tab.ended).toBe('event: rights\ndata: {}');
    expect(tab.told).toEqual(['before']);
  });

  it('logs in once more where it is not known which log-ins were ended', async () => {
    const ann = await loggedIn((await start())());
    await platform!.stop();
    const file = join(dir, 'ended-logins.json');
    for (const damaged of ['', '[["a"', '{"a":1}', '[["a","b"]]']) {
      writeFileSync(file, damaged);
      const lines: string[] = [];
      const visit = await start({ onWarning: ({ message, hint }) => lines.push(`${message}. ${hint}`) });
      expect(lines, damaged).toEqual([
        expect.stringMatching(
          /ended-logins\.json is damaged.*all are over.*log in once more.*\.damaged-\d+\.$/,
        ),
      ]);
      ann.moveTo(visit().url);
      expect((await ann.json('/api/me')).role).toBe('member');
      await loggedIn(ann);
      await platform!.stop();
    }
    // Once is enough, also over a restart.
    const visit = await start({ onWarning: ({ message }) => expect.fail(message) });
    ann.moveTo(visit().url);
    expect((await ann.json('/api/me')).role).toBe('admin');
    expect(readdirSync(dir).filter((one) => one.includes('damaged'))).not.toEqual([]);
    await platform!.stop();
    rmSync(file);
    mkdirSync(file);
    await expect(start()).rejects.toMatchObject({ code: 'file-unreadable' });
    platform = undefined;
  });
});

describe('guesses', () => {
  it('of one address pass one after the other, so many wait, and other addresses wait for none of them', async () => {
    const door = new Door(20, 3);
    const order: string[] = [];
    const knock = (address: string, name: string) => door.knock(address).then(() => order.push(name));
    const waiting = [knock('a', 'a1'), knock('a', 'a2'), knock('a', 'a3')];
    await expect(door.knock('a')).rejects.toMatchObject({ code: 'limited' });
    await knock('b', 'b1');
    expect(order).not.toContain('a2');
    await Promise.all(waiting);
    expect(order.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    await knock('a', 'a4');
    expect(order.at(-1)).toBe('a4');
  });

  it('are told apart by the address that a trusted proxy names', async () => {
    const lines: string[] = [];
    const visit = await start({
      trustProxy: ['127.0.0.1'],
      hostNames: ['taste.example.org'],
      onWarning: ({ message, hint }) => lines.push(`${message} ${hint}`),
    });
    const eve = visit();
    await eve.arrive(false);
    const from = (client: string, token: string) =>
      eve.request('/api/login', { token }, { 'x-forwarded-for': client, 'x-forwarded-proto': 'http' });
    const guesses = Array.from({ length: 30 }, (_, i) => status(from('203.0.113.7', `guess ${i}`)));
    expect(await status(from('198.51.100.3', accessToken))).toBe(200);
    const found = await Promise.all(guesses);
    // Ten wait at a time: a few more get a turn where the guesses come slowly.
    const [wrong, limited] = [403, 429].map((code) => found.filter((one) => one === code).length);
    expect(wrong! + limited!).toBe(30);
    expect(limited).toBeGreaterThan(10);
    // It may be a proxy that nobody named, which keeps all behind it out: said once an hour.
    expect(lines.filter((line) => line.startsWith('Too many tries'))).toEqual([
      expect.stringMatching(/from 203\.0\.113\.7 at once.*reverse proxy, name it in server\.trustProxy/),
    ]);
  });
});
