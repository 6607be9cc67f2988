/**
 * Codes that people pass on by hand: to join a pool, to link an account, to claim a server. Eight letters and
 * digits that are hard to mistake for each other (40 bits), told once; what is kept is an HMAC-SHA256 under
 * the secret of the data directory.
 */
import { createHmac, randomBytes } from 'node:crypto';

/** Crockford's base 32: no I, L, O, U. */
const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export type CodeKind = 'join' | 'link' | 'claim';

/** `K7QF-2M9P` */
export function newCode(): string {
  const code = [...randomBytes(8)].map((byte) => digits[byte % 32]).join('');
  return `${code.slice(0, 4)}-${code.slice(4)}`;
}

/** The same for every way in which people write a code: small letters, no dash, O for 0. */
export function codeHash(secret: Buffer, kind: CodeKind, code: string): string {
  const plain = code
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  return createHmac('sha256', secret).update(`code\0${kind}\0${plain}`).digest('base64url').slice(0, 27);
}
