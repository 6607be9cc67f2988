/**
 * The HTTP side of the web channel: routes, guards and headers. It decodes, asks the desk (desk.ts) and answers; it
 * decides nothing. Every answer to a person's mistake is JSON `{error: {code, message, mend}}` with a kind message.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type HttpBindings, type ServerType, serve } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { z } from 'zod';
import type { Account } from '../../../src/chat/port.js';
import { AcclaimError, type ErrorCode, inSentences, toPlain } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';
import { tarOf } from '../../../src/store/folder-archive.js';
import type { Asset, Assets } from './assets.js';
import { patience } from './connections.js';
import {
  buttonBody,
  commandBody,
  completeBody,
  consentBody,
  inviteBody,
  loginBody,
  logoutBody,
  reactBody,
} from './decode.js';
import type { Desk } from './desk.js';
import type { Door } from './door.js';
import type { Front } from './front.js';
import { addressOf } from './guard.js';
import type { Logins } from './logins.js';
import { learnedFormats, type Monitor } from './options.js';
import type { People, Visitor } from './people.js';
import type { Pictures } from './pictures.js';
import { AGAIN_S } from './streams.js';

export interface ServerParts {
  desk: Desk;
  pictures: Pictures;
  people: People;
  logins: Logins;
  door: Door;
  assets: Assets;
  front: Front;
  monitor?: Monitor | undefined;
  onError: (error: unknown) => void;
}

const LIMITED_MS = 1000;
const year = 365 * 24 * 3600;
/** Codes that are the asker's to mend, by HTTP status; all others are 500. */
const statuses: Partial<Record<ErrorCode, 400 | 403 | 404 | 409 | 429 | 503>> = {
  usage: 400,
  'not-allowed': 403,
  'session-not-found': 404,
  'file-not-found': 404,
  'round-closed': 409,
  'engine-busy': 503,
  'files-exhausted': 503,
  limited: 429,
};

export function makeApp(parts: ServerParts): Hono {
  const { desk, pictures, people, logins, door, assets, front, monitor, onError } = parts;
  const app = new Hono();
  const guarding = {
    'content-security-policy': assets.contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
  };

  app.use(async (c, next) => {
    const refused = front.refusal(c);
    if (refused?.status === 421) return c.text(`${inSentences(refused)}\n`, 421);
    if (refused) return fail(c, new AcclaimError('not-allowed', refused.message, refused.mend));
    await next();
    if (c.res === RESPONSE_ALREADY_SENT) return;
    for (const [name, value] of Object.entries(guarding)) c.header(name, value);
  });
  app.use('/api/*', bodyLimit({ maxSize: 16 * 1024, onError: (c) => fail(c, tooLong) }));
  app.onError(async (error, c) => {
    // Whoever asks again at once is answered no more than once a second, and costs nobody else anything meanwhile.
    if (error instanceof AcclaimError && error.code === 'limited' && c.req.method === 'POST')
      await pause(LIMITED_MS);
    return fail(c, error, onError);
  });
  app.notFound((c) => c.text('There is nothing here.\n', 404));

  const cookies = (c: Context) => ({
    visitor: getCookie(c, people.visitorCookie),
    admin: getCookie(c, people.adminCookie),
  });
  const visitorOf = (c: Context) => people.visitor(getCookie(c, people.visitorCookie));
  const visitor = (c: Context) => visitorOf(c)?.id;
  const role = (c: Context) => people.role(cookies(c));
  const voter = (c: Context) => getCookie(c, people.voterCookie);
  const knock = (c: Context) => {
    const { client } = front.outside(c);
    return door.knock(addressOf(client) ?? client);
  };
  const admin = (c: Context) => ['admin', 'operator'].includes(role(c));
  const holder = (c: Context) => people.holds(role(c), getCookie(c, people.guestCookie));
  const keep = (c: Context, name: string, value: string) => {
    const { secure } = front.outside(c);
    setCookie(c, name, value, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: year, secure });
  };
  /** Somebody new gets a cookie. */
  const meet = (c: Context): Visitor => {
    const known = visitorOf(c);
    if (known) return known;
    const value = people.mint(desk.now());
    keep(c, people.visitorCookie, value);
    return people.visitor(value)!;
  };
  /** Whoever opens the page, known or not. */
  const greet = (c: Context): Account => {
    const known = meet(c);
    if (front.outside(c).secure) {
      // They may be from before there was TLS, and are kept to it from now on.
      for (const name of [people.visitorCookie, people.adminCookie, people.guestCookie, people.voterCookie]) {
        const value = getCookie(c, name);
        if (value !== undefined) keep(c, name, value);
      }
    }
    return people.account(known, role(c), voter(c));
  };
  const who = (c: Context): Account => {
    const known = visitorOf(c);
    if (!known)
      throw new AcclaimError(
        'not-allowed',
        'I do not know this browser.',
        'Open the page and allow its cookie.',
      );
    const standing = { holder: holder(c), from: addressOf(front.outside(c).client) };
    return { ...people.account(known, role(c), voter(c)), ...standing };
  };
  app.get('/', async (c) => {
    const html = assets.index(await desk.first(greet(c), { holder: holder(c), admin: admin(c) }));
    const zips = mayZip(c);
    return c.body(new Uint8Array(zips ? await zip(html) : Buffer.from(html)), 200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      vary: 'accept-encoding',
      ...(zips && { 'content-encoding': 'gzip' }),
    });
  });
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    if (!monitor) return c.notFound();
    const found = await monitor.readiness();
    c.header('cache-control', 'no-store');
    return c.json(found, found.ready ? 200 : 503);
  });
  app.get('/metrics', async (c) => {
    if (!monitor) return c.notFound();
    if (role(c) === 'member') {
      const [, token] = /^Bearer (.+)$/i.exec(c.req.header('authorization') ?? '') ?? [];
      if (token === undefined || !people.isAccessToken(token)) {
        await knock(c);
        throw new AcclaimError(
          'not-allowed',
          'The metrics are for admins.',
          'Send the access token: `Authorization: Bearer TOKEN`.',
        );
      }
    }
    const { type, text } = await monitor.scrape();
    return c.body(text, 200, { 'content-type': type, 'cache-control': 'no-store' });
  });
  app.get('/favicon.ico', (c) => c.redirect('/page/logo.svg', 302));
  app.get('/page/*', (c) => send(c, assets, assets.get(c.req.path)));
  app.get('/api/status', async (c) => c.json(await desk.status(holder(c), admin(c))));

  app.get('/api/me', async (c) => {
    c.header('cache-control', 'no-store');
    return c.json(await desk.me(greet(c)));
  });
  app.get('/api/events', (c) => {
    const last = c.req.header('last-event-id') ?? c.req.query('after');
    const headers = {
      ...guarding,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    };
    const { outgoing } = c.env as HttpBindings;
    const address = addressOf(front.outside(c).client);
    const login = people.login(cookies(c));
    const stands = login === undefined ? undefined : () => logins.stands(login);
    desk.follow(
      { visitor: visitor(c), address, holder: holder(c), admin: admin(c), stands },
      { response: outgoing, headers },
      last,
    );
    return RESPONSE_ALREADY_SENT;
  });
  app.post('/api/react', async (c) => {
    const body = await read(c, reactBody);
    desk.admit(body, holder(c));
    const account = who(c);
    try {
      return c.json({ mine: await desk.mark(account, body) });
    } catch (error) {
      if (!(error instanceof AcclaimError) || error.code !== 'round-closed') throw error;
      // What was taken before the round closed: the page names the rest.
      return c.json({ error: toPlain(error), mine: desk.mine(account, body.message) }, 409);
    }
  });
  app.post('/api/button', async (c) => {
    const body = await read(c, buttonBody);
    desk.admit(body, holder(c));
    return c.json({ replies: await desk.press(who(c), body) });
  });
  app.post('/api/command', async (c) => {
    const body = await read(c, commandBody);
    desk.admit(body, holder(c));
    return c.json({ replies: await desk.command(who(c), body) });
  });
  app.post('/api/complete', async (c) => {
    const body = await read(c, completeBody);
    desk.admit(body, holder(c));
    return c.json({ values: await desk.complete(who(c), body) });
  });
  app.post('/api/consent', async (c) => {
    await desk.consent(who(c), await read(c, consentBody));
    return c.json({ ok: true });
  });
  app.post('/api/login', async (c) => {
    const { token } = await read(c, loginBody);
    const known = meet(c);
    await knock(c);
    const admitted = people.admit(token, known.id);
    if (!admitted)
      throw new AcclaimError('not-allowed', 'That is not the access token.', 'Ask whoever runs this server.');
    keep(c, admitted.cookie, admitted.value);
    const admin = admitted.cookie === people.adminCookie;
    // Whoever runs the place counts, whatever was said of them before.
    if (admin) await desk.vouched(people.account(known, 'admin'));
    return c.json({ ok: true });
  });
  app.post('/api/logout', async (c) => {
    await read(c, logoutBody);
    const login = people.login(cookies(c));
    for (const name of [people.adminCookie, people.guestCookie]) deleteCookie(c, name, { path: '/' });
    // Told once the browser has dropped its cookies: its pages ask anew.
    const { outgoing } = c.env as HttpBindings;
    const who = visitor(c);
    outgoing.once(
      'close',
      safely(() => desk.loggedOut(who), onError),
    );
    if (login !== undefined) await logins.end(login);
    return c.json({ ok: true });
  });
  app.post('/api/invite', async (c) => {
    const { code } = await read(c, inviteBody);
    const known = people.account(meet(c), role(c), voter(c));
    await knock(c);
    // One that opens its own link again needs no other.
    if (known.waits && !(await desk.redeem(code)))
      throw new AcclaimError(
        'not-allowed',
        'That invite was used already, or it has ended.',
        'Ask whoever sent it for another one.',
      );
    keep(c, people.voterCookie, people.vouch(known.id));
    await desk.vouched({ ...known, waits: false });
    return c.json({ ok: true });
  });

  app.get('/pictures/:message/:index', async (c) => {
    const { message, index } = c.req.param();
    const shown = desk.picture(message, Number(index), visitor(c), holder(c));
    const asks = (what: string) => c.req.query(what) !== undefined;
    const found = shown && (await pictures.read(shown, { clear: asks('clear'), small: asks('small') }));
    if (!found) return c.text('This picture is gone.\n', 404);
    // What needs care is asked for anew each time: it may be no longer allowed.
    const cache = shown.veiled ? 'no-store' : 'private, max-age=31536000, immutable';
    return c.body(new Uint8Array(found.bytes), 200, { 'content-type': found.type, 'cache-control': cache });
  });
  app.get('/api/sessions/:id/adapter', async (c) => {
    if (role(c) === 'member' || role(c) === 'moderator') {
      throw new AcclaimError('not-allowed', 'The LoRA is for admins.', 'Enter the access token first.');
    }
    const round = c.req.query('round');
    const asked = c.req.query('format') ?? 'diffusers';
    const format = learnedFormats.find((one) => one === asked);
    const found =
      format && (await desk.adapter(c.req.param('id'), round === undefined ? null : Number(round), format));
    if (!found)
      throw new AcclaimError(
        'file-not-found',
        'There is no such file yet.',
        'A LoRA is there once a round has been learned; other formats once **/acclaim model export** has made them.',
      );
    const name = found.name.replace(/[^\w.-]/g, '-');
    const sent = found.folder
      ? await tarOf(found.path, name.replace(/\.tar$/, ''))
      : { bytes: (await stat(found.path)).size, stream: createReadStream(found.path) };
    return c.body(Readable.toWeb(sent.stream) as ReadableStream<Uint8Array>, 200, {
      'content-type': found.folder ? 'application/x-tar' : 'application/octet-stream',
      'content-length': String(sent.bytes),
      'content-disposition': `attachment; filename="${name}"`,
    });
  });
  return app;
}

const mayZip = (c: Context) => /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
const zip = promisify(gzip);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const tooLong = new AcclaimError('usage', 'That is too long.', 'Say it in fewer words.');

function send(c: Context, assets: Assets, found: Asset | undefined): Response {
  if (!found) return c.text('There is nothing here.\n', 404);
  const zips = mayZip(c);
  const asset = zips ? assets.zipped(found) : found;
  const cache = asset.forever ? 'public, max-age=31536000, immutable' : 'no-cache';
  const headers = { 'cache-control': cache, etag: asset.etag, vary: 'accept-encoding' };
  if (c.req.header('if-none-match') === asset.etag) return c.body(null, 304, headers);
  return c.body(new Uint8Array(asset.body), 200, {
    ...headers,
    'content-type': asset.type,
    ...(zips && { 'content-encoding': 'gzip' }),
  });
}

async function read<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T>> {
  const body = await c.req.json().catch(() => undefined);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new AcclaimError('usage', 'I could not read that request.', 'Reload the page and try again.');
}

function fail(c: Context, error: unknown, report: (error: unknown) => void = () => {}): Response {
  const plain = toPlain(error);
  if (!(error instanceof AcclaimError)) report(error);
  const shown =
    plain.code === 'internal'
      ? { ...plain, message: 'Something went wrong on our side.', mend: 'Try again.' }
      : plain;
  if (plain.code === 'limited') {
    c.header('retry-after', secondsIn(plain.mend));
    c.header('connection', 'close');
  }
  return c.json({ error: shown }, statuses[plain.code] ?? 500);
}

/** `Try again in 20 s.`, as machines are told it. */
const secondsIn = (text: string) => /(\d+) s\b/.exec(text)?.[1] ?? String(AGAIN_S);

/** Listens; a port in use is `port-taken`. Later on `fault` hears of connections that cannot be accepted. */
export function listen(
  app: Hono,
  host: string,
  port: number,
  fault: (error: unknown) => void,
): Promise<{ server: ServerType; port: number }> {
  return new Promise((resolve, reject) => {
    const options = { fetch: app.fetch, hostname: host, port, serverOptions: patience };
    const server = serve(options, (info: AddressInfo) => resolve({ server, port: info.port }));
    const failed = (error: NodeJS.ErrnoException) => {
      if (server.listening) fault(error);
      else if (error.code === 'EADDRINUSE') {
        const mend = `Stop the other program, or choose another port: acclaim start --port ${port + 1}`;
        reject(new AcclaimError('port-taken', `port ${port} on ${host} is in use`, mend, { cause: error }));
      } else if (error.code === 'EACCES' || error.code === 'EADDRNOTAVAIL') {
        const mend = 'Choose a port above 1023 and an address of this machine.';
        reject(
          new AcclaimError('config-invalid', `cannot listen on ${host}:${port} (${error.code})`, mend, {
            cause: error,
          }),
        );
      } else reject(error);
    };
    server.on('error', safely(failed, fault));
  });
}
