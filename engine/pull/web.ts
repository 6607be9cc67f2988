/**
 * GET and HEAD over HTTP, with what a pull holds itself to at every step of the way: public addresses only
 * (public.ts), no way back from https to http, a token for the host that it was meant for, and an end to
 * being sent on.
 */
import { type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { AcclaimError } from '../../src/errors.js';
import { lookupFor, notPublic, type Reach } from './public.js';

export interface Asking {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly token: string | null;
  readonly signal: AbortSignal;
}

/** The last answer, with a body that must be read or destroyed. */
export type Answer = IncomingMessage & { readonly statusCode: number };

export type Web = (address: string, asking: Asking) => Promise<Answer>;

const MOST_HOPS = 10;
const onwards: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Errors: address-not-public, model-unsafe (from https to http), hub-unreachable (sent on for ever); Node's
 * own for the rest.
 */
export const openWeb =
  (reach: Reach): Web =>
  async (address, asking) => {
    let url = new URL(address);
    const { origin, host } = url;
    for (let hop = 0; hop <= MOST_HOPS; hop++) {
      const refuse = () => notPublic(hop === 0 ? host : `What ${host} sends on to`);
      // No other host sees the token.
      const token = url.origin === origin ? asking.token : null;
      const answer = await once(url, { ...asking, token }, reach, refuse);
      const { location } = answer.headers;
      if (!onwards.has(answer.statusCode) || location === undefined) return answer;
      answer.destroy();
      url = follow(url, location, host);
    }
    throw new AcclaimError('hub-unreachable', `${host} sends on without end`, 'Check the address.');
  };

function follow(from: URL, location: string, asked: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  if (to && from.protocol === 'https:' && to.protocol === 'http:')
    throw new AcclaimError('model-unsafe', `${asked} sends on from https to http`, 'Do not use this source.');
  if (to && /^https?:$/.test(to.protocol)) return to;
  throw new AcclaimError('hub-unreachable', `${asked} sends on to what is no address`, 'Check the address.');
}

function once(
  url: URL,
  { method = 'GET', headers, token, signal }: Asking,
  reach: Reach,
  refuse: () => AcclaimError,
): Promise<Answer> {
  const lookup = lookupFor(url, reach, refuse);
  const send = url.protocol === 'https:' ? overHttps : overHttp;
  return new Promise((resolve, reject) => {
    const asked = send(url.href, {
      method,
      headers: {
        accept: '*/*',
        'user-agent': 'acclaim',
        ...headers,
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      signal,
      // A connection of its own: none that was opened under other rules is used again.
      agent: false,
      ...(lookup ? { lookup } : {}),
    });
    asked.once('response', (answer) => resolve(answer as Answer));
    asked.on('error', reject);
    asked.end();
  });
}
