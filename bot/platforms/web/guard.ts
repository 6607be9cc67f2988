/**
 * What a request must be before it is looked at. Host: a name we answer to, so that a foreign page cannot point its own
 * name at this server (DNS rebinding). Origin and Sec-Fetch-Site: whoever changes something must be our own page or no
 * page at all (CSRF). Pure.
 */
import { isIP } from 'node:net';
import { isLoopback } from '../../../src/loopback.js';

/** `Host` header -> its name without port and brackets, lower case; undefined when it is none. */
export function hostName(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@]+))(?::\d+)?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

export interface Bound {
  /** The address we listen on. */
  host: string;
  /** Further names we answer to, lower case. */
  names: readonly string[];
}

export function hostAllowed(header: string | undefined, bound: Bound): boolean {
  const name = hostName(header);
  if (name === undefined) return false;
  if (isLoopback(name) || name === bound.host.toLowerCase() || bound.names.includes(name)) return true;
  // An address is no name that could be pointed elsewhere; it reaches us only if we listen there.
  return !isLoopback(bound.host) && isIP(name) !== 0;
}

export interface ChangeHeaders {
  host: string | undefined;
  origin: string | undefined;
  fetchSite: string | undefined;
  contentType: string | undefined;
}

/** Why a changing request is refused; undefined when it is fine. */
export function changeRefused({ host, origin, fetchSite, contentType }: ChangeHeaders): string | undefined {
  if (origin !== undefined) {
    const from = URL.canParse(origin) ? new URL(origin).host.toLowerCase() : null;
    if (from === null || from !== host?.toLowerCase()) return 'This request came from another site.';
  }
  if (fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none') {
    return 'This request came from another site.';
  }
  if (!/^application\/json\b/i.test(contentType ?? '')) return 'Send JSON.';
  return undefined;
}
