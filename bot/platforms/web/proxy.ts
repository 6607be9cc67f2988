/**
 * A request as it was outside: whom it comes from, under which name, and whether over TLS. Behind a reverse
 * proxy its headers say so, and they are believed only of proxies that `server.trustProxy` names: anybody
 * else could write them. Pure.
 */
import { plainAddress, within } from '../../../src/network/networks.js';

export type Header = (name: string) => string | undefined;

export interface Outside {
  /** Address of the client: limits and pauses are kept by it. Empty where the connection is gone. */
  client: string;
  /** `Host` as the browser wrote it, as far as that is known. */
  host: string | undefined;
  /** Over TLS. */
  secure: boolean;
  /** Of the proxy that handed it on; null where it came straight, or from one that is not trusted. */
  proxy: string | null;
}

/** Headers of proxies that are trusted -> the request as it was outside. */
export class Proxies {
  private readonly trusts: (address: string | undefined) => boolean;

  constructor(trusted: readonly string[] = []) {
    this.trusts = within(trusted);
  }

  outside(peer: string | undefined, header: Header): Outside {
    const address = plainAddress(peer) ?? '';
    const host = header('host');
    if (!this.trusts(address)) return { client: address, host, secure: false, proxy: null };
    return {
      client: this.client(address, header('x-forwarded-for')),
      // The first of several is the outermost proxy's.
      host: first(header('x-forwarded-host')) ?? host,
      secure: first(header('x-forwarded-proto'))?.toLowerCase() === 'https',
      proxy: address,
    };
  }

  /**
   * Each proxy adds at the right whom it has it from: the first from there that is no proxy of ours is the
   * client.
   */
  private client(proxy: string, forwarded: string | undefined): string {
    let client = proxy;
    for (const hop of (forwarded ?? '').split(',').reverse()) {
      const address = plainAddress(withoutPort(hop.trim()));
      if (address === undefined) return client;
      client = address;
      if (!this.trusts(address)) return client;
    }
    return client;
  }
}

const first = (list: string | undefined) => list?.split(',')[0]?.trim() || undefined;

/** `1.2.3.4:567` and `[::1]:567`, as some proxies write them. */
function withoutPort(hop: string): string {
  const [, inBrackets, four] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(hop) ?? [];
  return inBrackets ?? four ?? hop;
}
