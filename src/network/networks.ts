/**
 * Lists of addresses and networks as a configuration names them: `10.0.0.4`, `172.16.0.0/12`, `fd00::/8`, and
 * two words for what most people mean. Addresses are compared as numbers; an IPv4 address inside IPv6 is the
 * IPv4 address.
 */
import { BlockList, isIP } from 'node:net';

const words: Record<string, readonly string[]> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7', 'fe80::/10'],
};

const families = { 4: 'ipv4', 6: 'ipv6' } as const;

/** `::ffff:10.0.0.4` is 10.0.0.4; a zone (`fe80::1%eth0`) is left out; undefined for what is no address. */
export function plainAddress(text: string | undefined): string | undefined {
  const bare = text?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return bare !== undefined && isIP(bare) > 0 ? bare.toLowerCase() : undefined;
}

/** Address and length of the prefix; undefined for what is neither address nor network. */
function parse(text: string): { address: string; family: 'ipv4' | 'ipv6'; bits: number } | undefined {
  const [address = '', length, ...more] = text.split('/');
  const version = isIP(address) as 0 | 4 | 6;
  if (version === 0 || more.length > 0) return undefined;
  const most = version === 4 ? 32 : 128;
  const bits = length === undefined ? most : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  return bits >= 0 && bits <= most ? { address, family: families[version], bits } : undefined;
}

/** The text names an address or a network. */
export const isNetwork = (text: string): boolean => text in words || parse(text) !== undefined;

/** Is an address one of them? */
export function within(list: readonly string[]): (address: string | undefined) => boolean {
  const known = new BlockList();
  for (const text of list.flatMap((one) => words[one] ?? [one])) {
    const network = parse(text);
    if (network) known.addSubnet(network.address, network.bits, network.family);
  }
  return (address) => {
    const plain = plainAddress(address);
    return plain !== undefined && known.check(plain, families[isIP(plain) as 4 | 6]);
  };
}

/** HOST or HOST:PORT as an address has it between its scheme and its path. */
export function isHostAndPort(text: string): boolean {
  if (!/^[^\s/?#@\\]+$/.test(text)) return false;
  return URL.canParse(`http://${text}`);
}
