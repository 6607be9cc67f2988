/**
 * Bodies in, answers and refusals out. Every answer to a person's mistake is JSON `{error: {code, message,
 * mend}}` with a kind message.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { z } from 'zod';
import { AcclaimError, type ErrorCode, type PlainError, toPlain } from '../../../src/errors.js';
import { tell } from '../../../src/words/tell.js';
import { say } from '../../../src/words/text.js';
import type { Asset, Assets } from './assets.js';
import { languageFor } from './language.js';
import { AGAIN_S } from './streams.js';

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

export const tooLong = new AcclaimError('usage', say('That is too long.'), say('Say it in fewer words.'));

/** An answer of 404 in words. */
export const nothing = (c: Context): Response => c.text('There is nothing here.\n', 404);

/** A file of the page, zipped where that is understood; 304 where the browser has it. */
export function sendAsset(c: Context, assets: Assets, found: Asset | undefined): Response {
  if (!found) return nothing(c);
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

/** Text that is made for this request, zipped where that is understood. */
export async function sendText(
  c: Context,
  text: string,
  { type, cache = 'no-store' }: { type: string; cache?: string },
): Promise<Response> {
  const zips = mayZip(c);
  return c.body(new Uint8Array(zips ? await zip(text) : Buffer.from(text)), 200, {
    'content-type': type,
    'cache-control': cache,
    vary: 'accept-encoding',
    ...(zips && { 'content-encoding': 'gzip' }),
  });
}

const mayZip = (c: Context) => /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
const zip = promisify(gzip);

/** The request's JSON. Throws `usage` where it is not of the schema. */
export async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T>> {
  const body = await c.req.json().catch(() => undefined);
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new AcclaimError(
    'usage',
    say('I could not read that request.'),
    say('Reload the page and try again.'),
  );
}

/** The error as an answer; `report` hears of what is a fault of ours. */
export function refuse(c: Context, error: unknown, report: (error: unknown) => void = () => {}): Response {
  const plain = toPlain(error);
  if (!(error instanceof AcclaimError)) report(error);
  const shown = plainFor(c, plain.code === 'internal' ? ourFault : error);
  if (plain.code === 'limited') {
    c.header('retry-after', secondsIn(plain.hint));
    c.header('connection', 'close');
  }
  return c.json({ error: shown }, statuses[plain.code] ?? 500);
}

const ourFault = new AcclaimError('internal', say('Something went wrong on our side.'), say('Try again.'));

/** The error as whoever asked is told it. */
export function plainFor(c: Context, error: unknown): PlainError {
  if (!(error instanceof AcclaimError)) return toPlain(error);
  const { message, hint } = error.said;
  const language = languageFor(c);
  return { code: error.code, message: tell(message, language), hint: tell(hint, language) };
}

/** `Try again in 20 s.`, as machines are told it. */
const secondsIn = (text: string) => /(\d+) s\b/.exec(text)?.[1] ?? String(AGAIN_S);
