/**
 * Behind a reverse proxy: whose headers are believed, what is refused and how it is said, and a real nginx in
 * front.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebPlatform } from '../../../../bot/platforms/web/adapter.js';
import { Proxies } from '../../../../bot/platforms/web/proxy.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import { isNetwork, within } from '../../../../src/network/networks.js';
import { ballot } from '../../../contracts/platform.js';
import { TestNginx } from '../../../support/nginx.js';
import { Visitor } from '../../../support/visitor.js';
import { freshDir, startWeb } from './support.js';

describe('networks', () => {
  it.each([
    ['127.0.0.1', ['loopback'], true],
    ['::1', ['loopback'], true],
    ['::ffff:127.0.0.1', ['loopback'], true],
    ['172.18.0.4', ['private'], true],
    ['172.32.0.4', ['private'], false],
    ['fd12::1', ['private'], true],
    ['fe80::1%eth0', ['private'], true],
    ['203.0.113.9', ['203.0.113.8/31'], true],
    ['203.0.113.10', ['203.0.113.8/31'], false],
    ['2001:DB8::5', ['2001:db8::/32'], true],
    ['203.0.113.9', [], false],
    ['', ['0.0.0.0/0'], false],
    ['nobody', ['0.0.0.0/0'], false],
  ])('%s within %j: %s', (address, list, is) => expect(within(list)(address)).toBe(is));

  it.each([
    ['10.0.0.0/8', true],
    ['fd00::/8', true],
    ['private', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0/8/8', false],
    ['10.0.0.0/', false],
    ['nginx', false],
    ['', false],
  ])('%s is one: %s', (text, is) => expect(isNetwork(text)).toBe(is));
});

describe('a request as it was outside', () => {
  const headers = {
    host: '127.0.0.1:8080',
    'x-forwarded-for': '198.51.100.7',
    'x-forwarded-host': 'taste.example.org',
    'x-forwarded-proto': 'https',
  };
  const at = (
    peer: string | undefined,
    trusted: string[],
    change: Record<string, string | undefined> = {},
  ) => {
    const sent: Record<string, string | undefined> = { ...headers, ...change };
    return new Proxies(trusted).outside(peer, (name) => sent[name]);
  };

  it('is told by a trusted proxy, and by nobody else', () => {
    expect(at('127.0.0.1', ['loopback'])).toEqual({
      client: '198.51.100.7',
      host: 'taste.example.org',
      secure: true,
      proxy: '127.0.0.1',
    });
    const straight = { host: '127.0.0.1:8080', secure: false, proxy: null };
    expect(at('127.0.0.1', [])).toEqual({ ...straight, client: '127.0.0.1' });
    expect(at('203.0.113.5', ['loopback'])).toEqual({ ...straight, client: '203.0.113.5' });
    expect(at(undefined, ['private'])).toEqual({ ...straight, client: '' });
  });

  it.each([
    // Whatever the client wrote stands to the left of what the proxy added.
    ['6.6.6.6, 198.51.100.7', '198.51.100.7'],
    ['6.6.6.6, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['127.0.0.1, 198.51.100.7, 10.0.0.2', '198.51.100.7'],
    ['198.51.100.7:4711', '198.51.100.7'],
    ['[2001:db8::5]:4711', '2001:db8::5'],
    ['::ffff:198.51.100.7', '198.51.100.7'],
    // All of them ours: the outermost is as near as can be known.
    ['10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['nonsense', '127.0.0.1'],
    ['198.51.100.7, nonsense, 10.0.0.2', '10.0.0.2'],
    ['', '127.0.0.1'],
    [undefined, '127.0.0.1'],
  ])('X-Forwarded-For: %s is %s', (list, client) =>
    expect(at('::ffff:127.0.0.1', ['loopback', '10.0.0.0/8'], { 'x-forwarded-for': list }).client).toBe(
      client,
    ),
  );

  it('is not over TLS where the proxy does not say so', () => {
    for (const said of [undefined, 'http', 'http, https', ''])
      expect(at('127.0.0.1', ['loopback'], { 'x-forwarded-proto': said }).secure).toBe(false);
    expect(at('127.0.0.1', ['loopback'], { 'x-forwarded-proto': 'HTTPS' }).secure).toBe(true);
  });
});

describe('nginx with a plain proxy_pass', () => {
  const name = 'taste.example.org';
  const token = 'a-long-enough-token';
  const warnings: string[] = [];
  const events: ChatEvent[] = [];
  const open: { stop(): Promise<unknown> }[] = [];
  let trusted: { platform: WebPlatform; nginx: TestNginx };
  let unknown: { platform: WebPlatform; nginx: TestNginx };

  beforeAll(async () => {
    const start = async (options: Partial<Parameters<typeof startWeb>[2]>, more = '') => {
      const onWarning = ({ message, hint }: { message: string; hint: string }) =>
        warnings.push(`${message} ${hint}`);
      const take = async (event: ChatEvent) => void events.push(event);
      const dir = mkdtempSync(join(tmpdir(), 'acclaim-proxy-'));
      open.push({ stop: async () => rmSync(dir, { recursive: true, force: true }) });
      const platform = await startWeb(dir, take, { accessToken: token, onWarning, ...options });
      open.push(platform);
      const nginx = await TestNginx.plain(platform.url, more);
      open.push(nginx);
      return { platform, nginx };
    };
    trusted = await start({ hostNames: [name], trustProxy: ['loopback'] });
    unknown = await start({}, 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;');
  });
  afterAll(async () => {
    for (const one of open.reverse()) await one.stop();
  });

  /** As a browser that opened the page by the name: `fetch` would set Host itself. */
  const ask = (nginx: TestNginx, path: string, cookie = '', body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const host = `${name}:${nginx.port}`;
      const headers = {
        host,
        cookie,
        ...(body ? { 'content-type': 'application/json', origin: `http://${host}` } : {}),
      };
      const at = { hostname: '127.0.0.1', port: nginx.port, path, method: body ? 'POST' : 'GET', headers };
      const sent = request(at, (response) => {
        let text = '';
        response.on('data', (bytes) => {
          text += String(bytes);
        });
        response.on('end', () =>
          resolve({ status: response.statusCode!, text, cookies: response.headers['set-cookie'] ?? [] }),
        );
      });
      sent.on('error', reject);
      sent.end(body ? JSON.stringify(body) : undefined);
    });
  const arrive = async (nginx: TestNginx) => (await ask(nginx, '/api/me')).cookies[0]!.split(';')[0]!;

  it('takes votes once the proxy is trusted and the name is known', async () => {
    const { platform, nginx } = trusted;
    const cookie = await arrive(nginx);
    const { message } = await platform.post('cat', ballot('b1', 'Round 1'));
    expect((await ask(nginx, '/api/consent', cookie, { channel: 'cat', given: true })).status).toBe(200);
    const marks = [{ emoji: '1', present: true }];
    const taken = await ask(nginx, '/api/react', cookie, { message, marks });
    expect([taken.status, JSON.parse(taken.text)]).toEqual([200, { mine: ['1'] }]);
    expect(events.filter((event) => event.kind === 'reaction')).toHaveLength(1);
    // It tells nothing of who comes, nor over what: that is said once.
    expect(warnings).toEqual([
      expect.stringMatching(
        /leaves out X-Forwarded-For and X-Forwarded-Proto.*proxy_set_header X-Forwarded-For/,
      ),
    ]);
  });

  it('refuses them where the proxy is unknown, with the header that is wrong and the hint, in the log once', async () => {
    const { nginx } = unknown;
    const cookie = await arrive(nginx);
    warnings.length = 0;
    for (let i = 0; i < 3; i++) {
      const refused = await ask(nginx, '/api/consent', cookie, { channel: 'cat', given: true });
      expect(refused.status).toBe(403);
      const { code, message, hint } = JSON.parse(refused.text).error;
      expect(code).toBe('not-allowed');
      expect(message).toMatch(
        /^The header Host is 127\.0\.0\.1:\d+, but the page was opened at taste\.example\.org:\d+: /,
      );
      expect(hint).toMatch(
        /nginx: proxy_set_header Host \$http_host;.*server\.trustProxy and taste\.example\.org in server\.hostNames/,
      );
    }
    expect(warnings).toEqual([expect.stringContaining('The header Host is')]);
  });

  it('hands the live line on as it is written', async () => {
    const { platform, nginx } = trusted;
    const visitor = new Visitor(`http://127.0.0.1:${nginx.port}`);
    await visitor.arrive(false);
    const frames = await visitor.frames(
      (all) => all.some((frame) => frame.event === 'message'),
      undefined,
      async () => void (await platform.post('cat', ballot('b2', 'Round 1'))),
    );
    expect(frames.map(({ event }) => event).slice(0, 1)).toEqual(['history']);
  });
});

interface Answer {
  status: number;
  text: string;
  cookies: string[];
}

it('keeps cookies to TLS where the proxy speaks it, also those from before', async () => {
  const options = { accessToken: 'a-long-enough-token', trustProxy: ['loopback'] };
  const platform = await startWeb(freshDir(), undefined, options);
  const ann = new Visitor(platform.url);
  const set = async (headers: Record<string, string> = {}) =>
    (await ann.request('/api/me', undefined, headers)).headers
      .getSetCookie()
      .map((line) => /; Secure/i.test(line));
  expect(await set()).toEqual([false]);
  await ann.request('/api/login', { token: options.accessToken });
  expect(await set()).toEqual([]);
  expect(await set({ 'x-forwarded-proto': 'https' })).toEqual([true, true]);
  await platform.stop();
});

it('wants an access token where a proxy is trusted: behind it whoever comes would be an operator', async () => {
  await expect(startWeb(freshDir(), undefined, { trustProxy: ['loopback'] })).rejects.toMatchObject({
    code: 'config-invalid',
    hint: expect.stringContaining('server.trustProxy'),
  });
});

describe('X-Forwarded-For from somebody unknown', () => {
  const ask = async (options: Partial<Parameters<typeof startWeb>[2]>) => {
    const said: string[] = [];
    const onWarning = ({ message, hint }: { message: string; hint: string }) =>
      void said.push(`${message} ${hint}`);
    const events: ChatEvent[] = [];
    const platform = await startWeb(freshDir(), async (event) => void events.push(event), {
      onWarning,
      ...options,
    });
    const ann = new Visitor(platform.url);
    await ann.arrive(false);
    const change = { channel: 'cat', given: true };
    const { status } = await ann.request('/api/consent', change, { 'x-forwarded-for': '198.51.100.7' });
    await platform.stop();
    return { status, said, told: events.filter(({ kind }) => kind === 'consent').length };
  };

  it('is refused where whoever comes is an operator', async () => {
    const { status, said, told } = await ask({});
    expect([status, told]).toEqual([403, 0]);
    expect(said).toEqual([
      expect.stringMatching(/from 127\.0\.0\.1.*would be an operator\. Set ACCLAIM_ACCESS_TOKEN, and name/),
    ]);
  });

  it('is said where everybody would count as one address', async () => {
    const { status, said, told } = await ask({ accessToken: 'a-long-enough-token' });
    expect([status, told]).toEqual([200, 1]);
    expect(said).toEqual([expect.stringMatching(/count as one address\. Name the proxy/)]);
  });
});
