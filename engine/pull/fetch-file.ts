/**
 * One file over HTTP onto the disk, taken up again where it broke off (Range), until it has the size and the
 * hash that were promised. The server is not believed: not its lengths, not its ranges, not that it goes on
 * sending.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { AcclaimError } from '../../src/errors.js';
import type { RemoteFile } from './listing.js';
import type { Answer, Web } from './web.js';

export interface FetchOptions {
  readonly web: Web;
  readonly token: string | null;
  readonly signal: AbortSignal;
  /** Bytes of this file that are on the disk. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** ms of silence after which a connection is given up. */
  readonly silenceMs?: number | undefined;
  /** ms before the second try; doubles with each that brings nothing. */
  readonly pauseMs?: number | undefined;
}

/** Tries in a row that bring no byte. */
const FRUITLESS = 5;
/** Tries in all: a server that gives a byte a time must not hold us for ever. */
const MOST_TRIES = 100;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Errors: model-gated, model-not-found, hub-unreachable, address-not-public, model-corrupt (size, hash),
 * cancelled.
 */
export async function fetchFile(
  url: string,
  wanted: RemoteFile,
  file: string,
  options: FetchOptions,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  let fruitless = 0;
  let why = '';
  let unknown: AcclaimError | undefined;
  for (let tries = 0; tries < MOST_TRIES && fruitless < FRUITLESS; tries++) {
    const before = bytesOf(file);
    if (before > wanted.size) truncateSync(file, 0);
    if (existsSync(file) && before === wanted.size) return verify(file, wanted, url);
    try {
      const again = await once(url, wanted, file, options);
      if (bytesOf(file) === wanted.size) continue;
      why = again.why;
      fruitless = bytesOf(file) > before ? 0 : fruitless + 1;
      if (fruitless > 0) await pause(fruitless, again.afterMs, options);
    } catch (error) {
      if (options.signal.aborted)
        throw new AcclaimError('cancelled', `fetching ${wanted.path} was cancelled`);
      // A name that is not found may be a network that is away for a moment.
      unknown = error instanceof AcclaimError && error.code === 'address-not-public' ? error : undefined;
      if (error instanceof AcclaimError && !unknown) throw error;
      why = reason(error);
      fruitless = bytesOf(file) > before ? 0 : fruitless + 1;
      if (fruitless > 0) await pause(fruitless, 0, options);
    }
  }
  if (unknown) throw unknown;
  throw new AcclaimError(
    'hub-unreachable',
    `${wanted.path}: ${why} (${bytesOf(file)} of ${wanted.size} bytes are here)`,
    'Run it again: it goes on where it stopped.',
  );
}

const bytesOf = (file: string): number => (existsSync(file) ? statSync(file).size : 0);

async function pause(
  fruitless: number,
  afterMs: number,
  { signal, pauseMs = 1000 }: FetchOptions,
): Promise<void> {
  const ms = Math.min(LONGEST_PAUSE_MS, Math.max(afterMs, pauseMs * 2 ** (fruitless - 1)));
  await wait(ms, undefined, { signal }).catch(() => {});
}

/** One connection. Returns why it may have to be tried again. */
async function once(
  url: string,
  wanted: RemoteFile,
  file: string,
  { web, token, signal, onBytes, silenceMs = 60_000 }: FetchOptions,
): Promise<{ why: string; afterMs: number }> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const have = bytesOf(file);
    const answer = await web(url, {
      headers: {
        'accept-encoding': 'identity',
        ...(have > 0 ? { range: `bytes=${have}-` } : {}),
      },
      token,
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const status = answer.statusCode;
    if (status >= 300) answer.destroy();
    checkStatus({ status, url }, wanted.path, token);
    if (status === 429 || status >= 500) {
      const after = Number(answer.headers['retry-after']);
      return { why: `the server answers ${status}`, afterMs: after > 0 ? after * 1000 : 0 };
    }
    const from = status === 206 ? startOf(answer) : 0;
    if (status >= 300 || from > have) {
      truncateOrNothing(file);
      answer.destroy();
      return { why: `the server answers ${status} to a range`, afterMs: 0 };
    }
    const out = await open(file, have > 0 ? 'r+' : 'w');
    try {
      await out.truncate(from);
      let at = from;
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        clearTimeout(timer);
        timer = setTimeout(() => silence.abort(), silenceMs);
        if (at + chunk.length > wanted.size) {
          await out.truncate(0);
          throw corrupt(wanted.path, `more than the ${wanted.size} bytes that were promised came`);
        }
        await out.write(chunk, 0, chunk.length, at);
        at += chunk.length;
        onBytes?.(at);
      }
      await out.sync();
    } finally {
      await out.close();
    }
    return { why: 'the connection breaks off', afterMs: 0 };
  } finally {
    clearTimeout(timer);
  }
}

function truncateOrNothing(file: string): void {
  if (existsSync(file)) truncateSync(file, 0);
}

function startOf({ headers }: Answer): number {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '');
  return match ? Number(match[1]) : Number.POSITIVE_INFINITY;
}

/** Answers that trying again does not mend. */
export function checkStatus(
  { status, url }: { status: number; url: string },
  what: string,
  token: string | null,
): void {
  if (status === 401 || status === 403)
    throw new AcclaimError(
      'model-gated',
      `${what}: the server answers ${status}`,
      token === null
        ? "Accept the model's terms on its page, and set HF_TOKEN to a token of yours that may read it."
        : "Accept the model's terms on its page with the account of HF_TOKEN, and see that the token may read it.",
    );
  if (status === 404 || status === 410)
    throw new AcclaimError(
      'model-not-found',
      `${what}: there is nothing at ${url}`,
      'Check the name and the revision.',
    );
  if (status >= 400 && status < 500 && status !== 408 && status !== 416 && status !== 429)
    throw new AcclaimError('hub-unreachable', `${what}: the server answers ${status}`, 'Check the address.');
}

async function verify(file: string, { path, size, sha256, gitSha1 }: RemoteFile, url: string): Promise<void> {
  const found = await hashFile(file, gitSha1 !== undefined && sha256 === undefined ? size : undefined);
  const right = sha256 ?? gitSha1;
  if (right === undefined || found === right) return;
  rmSync(file);
  throw corrupt(path, `what ${url} sent has the hash ${found.slice(0, 12)}, not ${right.slice(0, 12)}`);
}

/** sha256 of a file; with `blobSize` git's sha1 of it as a blob. */
export async function hashFile(file: string, blobSize?: number): Promise<string> {
  const hash = createHash(blobSize === undefined ? 'sha256' : 'sha1');
  if (blobSize !== undefined) hash.update(`blob ${blobSize}\0`);
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const corrupt = (path: string, why: string) =>
  new AcclaimError(
    'model-corrupt',
    `${path}: ${why}`,
    'Run it again; if it stays so, do not use this source.',
  );

/** Why a request failed, in words for a person. */
export function reason(error: unknown): string {
  const { message, name, code } = error as Error & { code?: string };
  if (name === 'AbortError' || name === 'TimeoutError') return 'the server says nothing';
  return error instanceof AcclaimError ? message : (code ?? message);
}
