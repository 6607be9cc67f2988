/**
 * Which addresses a pull may connect to. What is named from a chat, and wherever any server sends a pull on
 * to, must lie on the public internet; an address of this machine or its network is reached only where the
 * operator named that host and port. The lookup that the connection itself uses is what checks, so no second
 * answer of a name server comes in between.
 */
import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import { AcclaimError } from '../../src/errors.js';

export interface Reach {
  /** HOST or HOST:PORT (without a port: 80 and 443) that may lie inside. */
  readonly inside: readonly string[];
  /** For tests: where names lead. */
  readonly lookup?: LookupFunction | undefined;
  /** For tests: addresses that count as public. */
  readonly asPublic?: readonly string[] | undefined;
}

/** Addresses of this machine with the networks that they are in, as Node lists them. */
export type Interfaces = () => NodeJS.Dict<{ cidr: string | null }[]>;

type Address = ReturnType<typeof ipaddr.parse>;
type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** All that is given out of IPv6: the rest is nobody's, or of meshes and translators of the machine's own. */
const routed6 = ipaddr.parseCIDR('2000::/3');
/** Public by its range, and yet of the machine's host: Azure's metadata. */
const metadata: ReadonlySet<string> = new Set(['168.63.129.16']);
/** Bits of a prefix below which it says what goes through an interface (a tunnel), not who is near. */
const leastBits = { ipv4: 8, ipv6: 32 } as const;

const isIn = (address: Address, [base, bits]: Network): boolean =>
  address.kind() === base.kind() && address.match(base, bits);

/**
 * Of an address in figures; everything that is not plainly of the public internet is not. Machines and their
 * neighbours may have public addresses of their own, and let in from there what their firewall keeps from the
 * rest of the world.
 */
export function isPublic(
  address: string,
  asPublic: readonly string[] = [],
  here: Interfaces = networkInterfaces,
): boolean {
  if (asPublic.includes(address)) return true;
  if (!ipaddr.isValid(address) || metadata.has(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv6' && !isIn(parsed, routed6)) return false;
  return !nearby(here()).some((network) => isIn(parsed, network));
}

function nearby(interfaces: ReturnType<Interfaces>): Network[] {
  const own = Object.values(interfaces).flatMap((all) => all?.flatMap(({ cidr }) => cidr ?? []) ?? []);
  return own.map((cidr): Network => {
    const [base, bits] = ipaddr.parseCIDR(cidr);
    const kind = base.kind();
    return [base, bits < leastBits[kind] ? { ipv4: 32, ipv6: 128 }[kind] : bits];
  });
}

/** `127.0.0.1`, `[::1]` and `localhost` alike as host:port, spelt as a URL spells them. */
function places(host: string): string[] {
  const { hostname, port } = new URL(`http://${host}`);
  return port === '' ? [`${hostname}:80`, `${hostname}:443`] : [`${hostname}:${port}`];
}

/** What an address names, for `inside`. */
export function placeOf(address: string): string {
  const { hostname, port, protocol } = new URL(address);
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

/** True where the operator named the host of `url`, so that it may lie anywhere. */
export const isNamed = (url: URL, { inside }: Reach): boolean =>
  inside.flatMap(places).includes(placeOf(url.href));

/**
 * The same words whether a name is unknown or leads inside: who asks learns nothing of the network's names.
 */
export const notPublic = (what: string): AcclaimError =>
  new AcclaimError(
    'address-not-public',
    `${what} has no address on the public internet`,
    'Check the name. A host of your own network has to be named in the configuration: hub.inside.',
  );

/**
 * How the names of hosts are looked up for a connection to `url`; undefined = as ever. `refuse` makes the
 * error. Throws it at once for an address in figures, which is never looked up.
 */
export function lookupFor(url: URL, reach: Reach, refuse: () => AcclaimError): LookupFunction | undefined {
  const { lookup = systemLookup as unknown as LookupFunction, asPublic } = reach;
  if (isNamed(url, reach)) return reach.lookup;
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !isPublic(literal, asPublic)) throw refuse();
  return (hostname, options, done) =>
    lookup(hostname, options, (error, address, family) => {
      if (error) return done(error.code === 'ENOTFOUND' ? refuse() : error, address, family);
      const all = Array.isArray(address) ? address.map((one) => one.address) : [address];
      if (all.every((one) => isPublic(one, asPublic))) return done(null, address, family);
      done(refuse(), address, family);
    });
}
