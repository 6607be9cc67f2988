/**
 * The hub's API through @huggingface/hub, which has its home here: what a repository is at a revision, and
 * its files.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { AcclaimError } from '../../src/errors.js';
import { checkStatus, reason } from './fetch-file.js';
import { decodeListing, MAX_ENTRIES, type RemoteFile } from './listing.js';
import type { Answer, Web } from './web.js';

export interface Hub {
  /** Base of its addresses. */
  readonly url: string;
  readonly token: string | null;
}

export interface Repository {
  readonly name: string;
  /** The commit that the revision is now. */
  readonly commit: string;
  readonly licence: string | null;
  readonly files: readonly RemoteFile[];
}

const PAGES = 200;
const PAGE_BYTES = 32 * 2 ** 20;
const SILENCE_MS = 60_000;

const TRIES = 4;

/**
 * Tries again where the connection breaks, the hub is busy, or asks to wait; the last answer or error is the
 * result.
 */
async function patient(signal: AbortSignal, pauseMs: number, ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const last = tries === TRIES || signal.aborted;
    try {
      const answer = await ask();
      if (last || (answer.statusCode !== 429 && answer.statusCode < 500)) return answer;
      answer.destroy();
    } catch (error) {
      if (last || error instanceof AcclaimError) throw error;
    }
    await wait(pauseMs * 2 ** (tries - 1), undefined, { signal }).catch(() => {});
  }
}

/**
 * A fetch that ends (so many answers, of so many bytes, within so long) and shows the token to the hub only.
 */
function bounded({ url, token }: Hub, web: Web, signal: AbortSignal, pauseMs: number): typeof fetch {
  let pages = 0;
  const unsafe = (why: string) => new AcclaimError('model-unsafe', why, 'Do not use this source.');
  return async (input) => {
    const address = String(input);
    if (new URL(address).origin !== new URL(url).origin)
      throw unsafe(`the list of files goes on at ${address}`);
    if (++pages > PAGES) throw unsafe('the list of files has no end');
    const answer = await patient(signal, pauseMs, () =>
      web(address, {
        headers: { accept: 'application/json' },
        token,
        signal: AbortSignal.any([signal, AbortSignal.timeout(SILENCE_MS)]),
      }),
    );
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > PAGE_BYTES) throw unsafe('a list of files is too long');
      chunks.push(chunk);
    }
    const { statusCode: status, headers } = answer;
    const body = status === 204 || status === 205 || status === 304 ? null : Buffer.concat(chunks);
    const whole = new Response(body, { status, headers: asked(headers) });
    Object.defineProperty(whole, 'url', { value: address });
    return whole;
  };
}

/** What the hub's client reads of an answer's head. */
function asked({ link, 'content-type': type }: Answer['headers']): Record<string, string> {
  return {
    ...(typeof link === 'string' ? { link } : {}),
    ...(type === undefined ? {} : { 'content-type': type }),
  };
}

export interface Reading {
  readonly hub: Hub;
  readonly web: Web;
  readonly signal: AbortSignal;
  /** Between two tries; default a second. */
  readonly pauseMs?: number | undefined;
}

/** Errors: model-not-found, model-gated, hub-unreachable, address-not-public, model-unsafe, cancelled. */
export async function readRepository(
  { name, revision }: { name: string; revision: string },
  { hub, web, signal, pauseMs = 1000 }: Reading,
): Promise<Repository> {
  const url = hub.url.replace(/\/+$/, '');
  const common = { hubUrl: url, fetch: bounded(hub, web, signal, pauseMs) };
  try {
    const info = await modelInfo({ name, revision, additionalFields: ['sha', 'cardData'], ...common });
    const commit = info.sha;
    if (typeof commit !== 'string' || !/^[0-9a-f]{40}$/.test(commit))
      throw new AcclaimError('hub-unreachable', `${url} names no commit for ${name}`, 'Is it a hub?');
    const entries: unknown[] = [];
    for await (const entry of listFiles({
      repo: { type: 'model', name },
      revision: commit,
      recursive: true,
      ...common,
    })) {
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) break;
    }
    const licence = (info.cardData as { license?: unknown } | undefined)?.license;
    return {
      name,
      commit,
      licence: typeof licence === 'string' ? licence : null,
      files: decodeListing(entries),
    };
  } catch (error) {
    throw coded(error, `${name}@${revision}`, hub.token, signal);
  }
}

function coded(error: unknown, what: string, token: string | null, signal: AbortSignal): unknown {
  if (signal.aborted) return new AcclaimError('cancelled', `reading ${what} was cancelled`);
  if (error instanceof AcclaimError) return error;
  if (error instanceof HubApiError) {
    try {
      checkStatus({ status: error.statusCode, url: error.url }, what, token);
    } catch (known) {
      return known;
    }
    const again = error.statusCode === 429 ? 'Wait some minutes and run it again.' : 'Try again later.';
    return new AcclaimError('hub-unreachable', `${what}: the hub answers ${error.statusCode}`, again);
  }
  return new AcclaimError(
    'hub-unreachable',
    `${what}: ${reason(error)}`,
    'Check the network, or HF_ENDPOINT.',
  );
}

/** Where a file of a repository is. */
export const fileUrl = ({ url }: Hub, { name, commit }: Repository, path: string): string =>
  `${url.replace(/\/+$/, '')}/${name}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`;
