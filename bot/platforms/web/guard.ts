/**
 * What a request must be before it is looked at. Host: a name we answer to, so that a foreign page cannot
 * point its own name at this server (DNS rebinding). Origin and Sec-Fetch-Site: whoever changes something
 * must be our own page or no page at all (CSRF). Pure.
 */
import { isIP } from 'node:net';
import { isLoopback } from '../../../src/network/loopback.js';
import { plainAddress } from '../../../src/network/networks.js';

/** `Host` header -> its name without port and brackets, lower case; undefined when it is none. */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@]+))(?::\d+)?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/**
 * Where a request is from, as far as that tells one network from another: of IPv6 the first half, which one
 * household has to itself. Null for this machine's own addresses: a proxy here that is not named brings
 * everybody.
 */
export function addressOf(remote: string | undefined): string | null {
  const plain = plainAddress(remote);
  if (plain === undefined || isLoopback(plain)) return null;
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back];
  return `${groups.slice(0, 4).join(':')}::/64`;
}

export interface Bound {
  /** The address we listen on. */
  host: string;
  /** Further names we answer to, lower case. */
  names: readonly string[];
}

/** Is the `Host` header a name of this server? */
export function hostAllowed(header: string | undefined, bound: Bound): boolean {
  const name = hostName(header);
  if (name === undefined) return false;
  if (isLoopback(name) || name === bound.host.toLowerCase() || bound.names.includes(name)) return true;
  // An address is no name that could be pointed elsewhere; it reaches us only if we listen there.
  return !isLoopback(bound.host) && isIP(name) !== 0;
}

/** What is wrong with a request, in a line, and the hint. */
export interface Refused {
  message: string;
  hint: string;
}

/** Why it is none, with the hint; undefined when it is fine. */
export function hostRefused(header: string | undefined, bound: Bound): Refused | undefined {
  if (hostAllowed(header, bound)) return undefined;
  const name = hostName(header);
  const said = name === undefined ? 'the header Host names no host' : `the name ${name} (header Host)`;
  return {
    message: `This server does not answer to ${said}.`,
    hint:
      name === undefined
        ? 'Use its address.'
        : `If people reach it by that name, add it to server.hostNames.`,
  };
}

export interface Change {
  /** `Host` as it was outside, and the proxy that says so: see proxy.ts. */
  host: string | undefined;
  proxy: string | null;
  origin: string | undefined;
  fetchSite: string | undefined;
  contentType: string | undefined;
}

/** Why a changing request is refused; undefined when it is fine. */
export function changeRefused(change: Change, { names }: Pick<Bound, 'names'>): Refused | undefined {
  const { fetchSite, contentType } = change;
  const itself = 'Use the page itself.';
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none')
    return { message: 'This request came from another site (header Sec-Fetch-Site).', hint: itself };
  const foreign = originRefused(change, names);
  if (foreign) return foreign;
  if (!/^application\/json\b/i.test(contentType ?? '')) return { message: 'Send JSON.', hint: itself };
  return undefined;
}

/**
 * A proxy that passes its own idea of Host on looks like another site: the line says both, and how to mend
 * the first.
 */
function originRefused({ host, proxy, origin }: Change, names: readonly string[]): Refused | undefined {
  if (origin === undefined) return undefined;
  const from = URL.canParse(origin) ? new URL(origin) : null;
  const name = from?.hostname.toLowerCase() ?? '';
  if (from === null || name === '')
    return { message: 'This request came from another site (header Origin).', hint: 'Use the page itself.' };
  if (sameHost(from, host)) return undefined;
  // A trusted proxy may hide the name, and a browser names no page but the one that asks: the operator's
  // names are ours.
  if (proxy !== null && names.includes(name)) return undefined;
  const named = names.includes(name) ? '' : ` and ${name} in server.hostNames`;
  return {
    message: `The header Host is ${host ?? 'missing'}, but the page was opened at ${from.host}: a proxy changed it, or this is another site.`,
    hint:
      proxy === null
        ? `Let the proxy pass it on (nginx: proxy_set_header Host $http_host;), or name the proxy in server.trustProxy${named}.`
        : `If people reach it by that name, add ${name} to server.hostNames.`,
  };
}

/** Host and port, where the scheme's own port may be left out. */
function sameHost(from: URL, host: string | undefined): boolean {
  const asked = `${from.protocol}//${host ?? ''}`;
  return host !== undefined && URL.canParse(asked) && new URL(asked).host === from.host;
}
