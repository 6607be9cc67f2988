/**
 * Before any route: whom a request comes from, and whether it may pass. What a proxy in front has wrong is
 * said in the refusal and once an hour in the log, by the header's name and with the hint.
 */
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import { within } from '../../../src/network/networks.js';
import { type Bound, changeRefused, hostRefused, type Refused } from './guard.js';
import { type Outside, Proxies } from './proxy.js';

export interface FrontParts {
  bound: Bound;
  /** Addresses and networks of proxies that are believed. */
  trustProxy: readonly string[];
  /** Whoever comes is an operator: nobody should come through a proxy. */
  unguarded: boolean;
  now: () => number;
  warn: (line: Refused) => void;
}

const HOUR = 3_600_000;
/** Different lines in an hour, so that nobody fills the log by making headers up. */
const MOST = 20;

/** Lets requests pass or says why not. */
export class Front {
  private readonly proxies: Proxies;
  private readonly said = new Set<string>();
  private since = 0;

  constructor(private readonly parts: FrontParts) {
    this.proxies = new Proxies(parts.trustProxy);
  }

  /** The request as it was outside; `client` is the address that limits are kept by. */
  outside(c: Context): Outside {
    return this.proxies.outside(getConnInfo(c).remote.address, (name) => c.req.header(name));
  }

  refusal(c: Context): (Refused & { status: 403 | 421 }) | undefined {
    const { bound } = this.parts;
    const outside = this.outside(c);
    const host = hostRefused(outside.host, bound);
    if (host) return { ...this.say(host), status: 421 };
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return undefined;
    const { host: name, proxy } = outside;
    const change = {
      host: name,
      proxy,
      origin: c.req.header('origin'),
      fetchSite: c.req.header('sec-fetch-site'),
      contentType: c.req.header('content-type'),
    };
    const refused = changeRefused(change, bound) ?? this.unnamed(c, outside);
    if (refused) return { ...this.say(refused), status: 403 };
    this.look(c, outside);
    return undefined;
  }

  /**
   * Without an access token whoever comes is an operator: what others bring along through a proxy changes
   * nothing.
   */
  private unnamed(c: Context, { proxy }: Outside): Refused | undefined {
    if (!this.parts.unguarded || proxy !== null || !forwarded(c)) return undefined;
    return {
      message: `${this.stranger(c)}: whoever comes through it would be an operator.`,
      hint: 'Set ACCLAIM_ACCESS_TOKEN, and name the proxy in server.trustProxy.',
    };
  }

  /** Where that may be a proxy that is not named, whoever comes through it is kept out by one who guesses. */
  crowded(address: string): void {
    const proxy = within(this.parts.trustProxy)(address);
    this.say({
      message: `Too many tries of a token or an invite come from ${address} at once: nobody from there gets in meanwhile.`,
      hint: proxy
        ? `Let the proxy at ${address} send X-Forwarded-For, so that its visitors are told apart.`
        : 'If that is a reverse proxy, name it in server.trustProxy, and its visitors are told apart.',
    });
  }

  private stranger(c: Context): string {
    return `The header X-Forwarded-For came from ${getConnInfo(c).remote.address}, which server.trustProxy does not name`;
  }

  /** Headers that do no harm, and are wrong all the same. */
  private look(c: Context, { proxy }: Outside): void {
    const sent = (name: string) => c.req.header(name) !== undefined;
    if (proxy === null && forwarded(c)) {
      this.say({
        message: `${this.stranger(c)}: all who come through it count as one address.`,
        hint: 'Name the proxy in server.trustProxy.',
      });
    }
    if (proxy === null) return;
    const missing = needed.filter(([name]) => !sent(name)).map(([name, set]) => `${name} (nginx: ${set})`);
    if (missing.length === 0) return;
    this.say({
      message: `The proxy at ${proxy} leaves out ${missing.map((one) => one.split(' ')[0]).join(' and ')}: ${without}.`,
      hint: `Let it send ${missing.join(' and ')}`,
    });
  }

  private say(line: Refused): Refused {
    const now = this.parts.now();
    if (now - this.since >= HOUR) {
      this.said.clear();
      this.since = now;
    }
    if (this.said.has(line.message) || this.said.size >= MOST) return line;
    this.said.add(line.message);
    this.parts.warn(line);
    return line;
  }
}

const forwarded = (c: Context) => c.req.header('x-forwarded-for') !== undefined;

/** What a proxy is asked to say, and nginx' line for it. */
const needed: readonly [name: string, set: string][] = [
  ['X-Forwarded-For', 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;'],
  ['X-Forwarded-Proto', 'proxy_set_header X-Forwarded-Proto $scheme;'],
];
const without = 'its visitors count as one address, or their cookies are not kept to TLS';
