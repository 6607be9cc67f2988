/**
 * Pulls that somebody asks for in the chat and that reach for the network of the host: by address in every
 * spelling, by name, by being sent on, and by a name that leads elsewhere once it has been looked at. The
 * vault is a real server on loopback; a second address of loopback stands for the internet.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pullModel } from '../../engine/jobs/pull-model.js';
import { isPublic } from '../../engine/pull/public.js';
import { pull } from '../../engine/pull/pull.js';
import { parseSource } from '../../engine/pull/source.js';
import { type Attempt, mustFail, rows } from './attempt.js';

const INSIDE = '127.0.0.1';
const OUTSIDE = process.platform === 'linux' ? '127.0.0.2' : '::1';
const SECRET = 'the key of the vault';
const FILE = 'x.safetensors';
const models = mkdtempSync(join(tmpdir(), 'acclaim-attempts-'));

let port: number;
let seen: string[] = [];
let vault: Server;
let internet: Server;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function listen(host: string, at: number, handler: Handler): Promise<Server> {
  const server = createServer(handler);
  await new Promise<void>((done, failed) => server.once('error', failed).listen(at, host, done));
  return server;
}

/** Answers of the internet by path; `to` in a query is where they send on to. */
const sites: Record<string, (request: IncomingMessage, response: ServerResponse, to: string) => void> = {
  // Honest until the file itself is asked for.
  '/late': ({ method }, response, to) =>
    method === 'HEAD'
      ? response.writeHead(200, { 'content-length': '100' }).end()
      : response.writeHead(302, { location: to }).end(),
  '/half': ({ method, headers }, response) => {
    response.writeHead(headers.range ? 206 : 200, { 'content-length': '100' });
    if (method === 'HEAD') return response.end();
    response.write('half a file', () => response.destroy());
  },
};

beforeAll(async () => {
  vault = await listen(INSIDE, 0, ({ method, url }, response) => {
    seen.push(`${method} ${url}`);
    response.writeHead(200, { 'content-length': SECRET.length }).end(SECRET);
  });
  ({ port } = vault.address() as AddressInfo);
  internet = await listen(OUTSIDE, port, (request, response) => {
    const url = new URL(request.url!, 'http://x');
    const to = url.searchParams.get('to')!;
    const name = url.pathname.split('/')[1]!;
    const site = sites[`/${name}`];
    if (site) return site(request, response, to);
    response.writeHead(Number(name), { location: to }).end();
  });
});
afterAll(() => {
  for (const server of [vault, internet]) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(models, { recursive: true });
});
beforeEach(() => {
  seen = [];
});

/** Where a name leads, lookup by lookup; the last answer stays. */
function resolver(names: Record<string, string[][]>): LookupFunction {
  const left = new Map(Object.entries(names));
  return (name, options, done) => {
    const answers = left.get(name);
    const [now] = answers ?? [];
    if (!now) return done(Object.assign(new Error(name), { code: 'ENOTFOUND' }), '');
    if (answers!.length > 1) left.set(name, answers!.slice(1));
    const all = now.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    options.all ? done(null, all) : done(null, all[0]!.address, all[0]!.family);
  };
}

/** What a pull brings home: a model, words of the vault, or a request that the vault saw. */
async function through(address: string, names: Record<string, string[][]>, hub = 'http://hub.test') {
  const home: string[] = [];
  try {
    await pull({
      source: parseSource(address, { local: false }),
      models,
      variant: 'fp16',
      hub: { url: hub, token: 'the token of the hub' },
      reach: { inside: [], lookup: resolver(names), asPublic: [OUTSIDE] },
      signal: new AbortController().signal,
      retry: { pauseMs: 1, silenceMs: 5000 },
    });
    home.push('a model');
  } catch (error) {
    const { code, message, hint } = error as Error & { code: string; hint: string };
    if (code !== 'address-not-public') home.push(`another error, ${code}: ${message}`);
    if (
      /vault|\d+\.\d+\.\d+\.\d+|::/.test(
        `${message} ${hint}`.replace(address, '').replace(hostOf(address), ''),
      )
    )
      home.push(`words: ${message} ${hint}`);
  }
  return [...home, ...seen];
}

const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).host : '');
const ask = (host: string) => () => through(`http://${host}:${port}/${FILE}`, {});
const spelt: Attempt[] = [
  ...['127.0.0.1', '127.1', '0x7f.1', '0x7f000001', '2130706433', '017700000001', '0177.0.0.1', '127.0.0.1.'],
  ...['127.8.9.10', '0.0.0.0', '0', '①②⑦.⓪.⓪.①', '127。0。0。1', '%31%32%37.0.0.1'],
  ...[
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.254',
    '192.168.0.1',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
  ],
  ...['192.0.0.192', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
  ...['[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]'],
  ...['[::ffff:0:127.0.0.1]', '[64:ff9b::7f00:1]', '[64:ff9b:1::7f00:1]', '[2002:7f00:1::]', '[2001:0:1::]'],
  ...['[fe80::1]', '[fec0::1]', '[fd00:ec2::254]', '[ff02::1]'],
].map((host) => ({ name: `address ${host}`, run: ask(host) }));

const lead = (name: string, ...answers: string[][]): Attempt => ({
  name: `name ${name} that leads to ${answers.join(' then ') || 'nothing'}`,
  run: () => through(`http://${name}:${port}/${FILE}`, answers.length > 0 ? { [name]: answers } : {}),
});
const named: Attempt[] = [
  lead('localhost', [INSIDE]),
  lead('localhost.', [INSIDE]),
  lead('a.localhost', ['::1']),
  lead('wiki', ['10.1.2.3']),
  lead('printer.lan', ['192.168.1.5']),
  lead('metadata.google.internal', ['169.254.169.254']),
  lead('mapped.test', ['::ffff:127.0.0.1']),
  lead('unique.test', ['fd00::5']),
  lead('zone.test', ['fe80::1%lo']),
  lead('both.test', [OUTSIDE, INSIDE]),
  lead('other.test', [INSIDE, OUTSIDE]),
  lead('gone.test'),
];

const world = { 'site.test': [[OUTSIDE]], 'inner.test': [[INSIDE]] };
const via = (path: string, to: string, what = `sent on by ${path} to ${to}`): Attempt => ({
  name: what,
  run: () => through(`http://site.test:${port}/${path}/${FILE}?to=${encodeURIComponent(at(to))}`, world),
});
const at = (to: string) => to.replaceAll('PORT', String(port));
const sent: Attempt[] = [
  ...['301', '302', '303', '307', '308', 'late'].map((path) =>
    via(path, 'http://127.0.0.1:PORT/x.safetensors'),
  ),
  ...['302', 'late'].flatMap((path) => [
    via(path, 'http://0x7f.1:PORT/x.safetensors'),
    via(path, '//[::ffff:127.0.0.1]:PORT/x.safetensors'),
    via(path, 'http://inner.test:PORT/x.safetensors'),
  ]),
  via('302', 'http://169.254.169.254/latest/meta-data/'),
  via('302', 'https://127.0.0.1:PORT/x.safetensors'),
  via('302', 'http://site.test:PORT/302/x?to=http%3A%2F%2F127.0.0.1%3APORT%2F', 'sent on twice'),
];

const turning = (path: string, what: string, ...answers: string[][]): Attempt => ({
  name: `a name that turns: ${what}`,
  run: () => through(`http://turn.test:${port}/${path}/${FILE}`, { 'turn.test': answers }),
});
const rebound: Attempt[] = [
  turning('half', 'between the look and the file', [OUTSIDE], [INSIDE]),
  turning('half', 'to an address in IPv6', [OUTSIDE], ['::ffff:127.0.0.1']),
  turning('half', 'to both', [OUTSIDE], [OUTSIDE, INSIDE]),
  turning('half', 'when the file breaks off', [OUTSIDE], [OUTSIDE], [INSIDE]),
  turning('half', 'the second time that it breaks off', [OUTSIDE], [OUTSIDE], [OUTSIDE], [INSIDE]),
  {
    name: 'a name that turns: when it sends on to itself',
    run: () =>
      through(`http://turn.test:${port}/302/${FILE}?to=%2F${FILE}`, { 'turn.test': [[OUTSIDE], [INSIDE]] }),
  },
];

const attempts = [...spelt, ...named, ...sent, ...rebound];

test('there are attempts enough, each another', () => {
  expect(new Set(attempts.map(({ name }) => name)).size).toBe(attempts.length);
  expect(attempts.length).toBeGreaterThanOrEqual(40);
});

describe('nothing comes through by', () => {
  test.each(rows(attempts))('%s', (_, attempt) => mustFail(attempt));

  test('a hub that sends on: its list, and a file of it', async () => {
    const hub = `http://site.test:${port}/302/?to=${encodeURIComponent(`http://127.0.0.1:${port}/`)}#`;
    expect(await through('someone/model', world, hub)).toEqual([]);
  });
});

describe('what may be reached', () => {
  const fetched = (model: string, local: boolean, inside: string[] = []) =>
    pullModel(
      {
        ...{ session: 'pull', round: 0, attempt: 0, seed: 0, revision: null, file: null, variant: 'fp16' },
        hub: { url: 'http://hub.test', token: null, inside },
        model,
        models,
        local,
      },
      { signal: new AbortController().signal, progress: () => {} },
    ).catch(({ code }) => code as string);
  const address = () => `http://127.0.0.1:${port}/${FILE}`;

  test('an address inside: by who sits at the machine, and where the operator named it', async () => {
    expect(await fetched(address(), false)).toBe('address-not-public');
    expect(await fetched(address(), false, ['127.0.0.1', `127.0.0.1:${port + 1}`])).toBe(
      'address-not-public',
    );
    expect(seen).toEqual([]);
    // What comes is no model; that it was asked for is the point.
    expect(await fetched(address(), true)).not.toBe('address-not-public');
    expect(seen.splice(0)).toEqual([`HEAD /${FILE}`, `GET /${FILE}`]);
    expect(await fetched(address(), false, [`127.0.0.1:${port}`])).not.toBe('address-not-public');
    expect(seen).not.toEqual([]);
  });

  test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '2a00:1450:4001::1'])('%s is public', (a) => {
    expect(isPublic(a)).toBe(true);
  });

  // 2000::/3 is all of IPv6 that the internet routes: meshes such as Yggdrasil take theirs from the rest.
  test.each([
    '200::1',
    '301::1',
    '64:ff9b:2::7f00:1',
    '100:0:0:1::1',
    '1::1',
    '4000::1',
    'c000::1',
    'fe00::1',
  ])('%s is not public', (a) => {
    expect(isPublic(a)).toBe(false);
  });

  test("this machine's own addresses are none, nor those of the networks that it is in", () => {
    const here = () => ({
      eth0: [{ cidr: '8.8.4.17/24' }, { cidr: '2a00:1450:4001:7::2/64' }, { cidr: 'fe80::1/64' }],
      tun0: [{ cidr: '9.9.9.9/32' }, { cidr: null }],
      // A tunnel that takes everything: what is reached through it is no neighbour.
      wg0: [{ cidr: '23.1.2.3/0' }, { cidr: '2600::7/0' }],
    });
    for (const own of ['8.8.4.17', '8.8.4.200', '2a00:1450:4001:7::99', '9.9.9.9', '23.1.2.3', '2600::7'])
      expect(isPublic(own, [], here), own).toBe(false);
    for (const other of ['8.8.5.17', '2a00:1450:4001:8::2', '9.9.9.8', '1.1.1.1', '2606:4700::1111'])
      expect(isPublic(other, [], here), other).toBe(true);
  });

  test('an address that no letters come out of is refused by a code', async () => {
    expect(await fetched('https://site.test/%ff.safetensors', false)).toBe('usage');
  });

  test('nothing of it is left under a name', () => {
    expect(readdirSync(models).filter((name) => !name.endsWith('.partial'))).toEqual([]);
  });
});
