/**
 * Who is looking at the page. A visitor is a random id in a cookie signed with a secret of this data folder (HMAC-SHA256);
 * nothing of a visitor is kept on the server before consent. Rights: on loopback without an access token whoever opens
 * the page is its operator; with a token its holders are admins and everyone else is a member.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, Role } from '../../../src/chat/port.js';

export class People {
  /** Cookies of other Acclaims on the same host keep their own names. */
  readonly visitorCookie: string;
  readonly adminCookie: string;
  readonly guestCookie: string;

  constructor(
    private readonly secret: Buffer,
    private readonly accessToken: string | null,
    /** Of those who may see the channels that are marked. */
    private readonly guestToken: string | null = null,
  ) {
    const mark = createHash('sha256').update(secret).digest('hex').slice(0, 6);
    this.visitorCookie = `acclaim_${mark}`;
    this.adminCookie = `acclaim_${mark}_admin`;
    this.guestCookie = `acclaim_${mark}_guest`;
  }

  /** A new visitor's cookie value. */
  mint(): string {
    const id = randomBytes(12).toString('base64url');
    return `${id}.${this.sign(`visitor:${id}`)}`;
  }

  /** Cookie value -> visitor id; undefined when it is missing or not ours. */
  visitor(cookie: string | undefined): string | undefined {
    const [id, signature] = cookie?.split('.') ?? [];
    if (!id || !signature || !same(signature, this.sign(`visitor:${id}`))) return undefined;
    return id;
  }

  /** Cookie and value for a right token; undefined for a wrong one. A changed token ends all of its cookies. */
  admit(token: string): { cookie: string; value: string } | undefined {
    if (this.isAccessToken(token))
      return { cookie: this.adminCookie, value: this.sign(`admin:${this.accessToken}`) };
    if (this.guestToken !== null && same(digest(token), digest(this.guestToken)))
      return { cookie: this.guestCookie, value: this.sign(`guest:${this.guestToken}`) };
    return undefined;
  }

  isAccessToken(token: string): boolean {
    return this.accessToken !== null && same(digest(token), digest(this.accessToken));
  }

  /** May see the channels that are marked. */
  holds(role: Role, guestCookie: string | undefined): boolean {
    if (role !== 'member') return true;
    return (
      this.guestToken !== null &&
      guestCookie !== undefined &&
      same(guestCookie, this.sign(`guest:${this.guestToken}`))
    );
  }

  role(adminCookie: string | undefined): Role {
    if (this.accessToken === null) return 'operator';
    return adminCookie !== undefined && same(adminCookie, this.sign(`admin:${this.accessToken}`))
      ? 'admin'
      : 'member';
  }

  account(id: string, role: Role): Account {
    return { platform: 'web', id, displayName: nameOf(id), bornAt: null, joinedAt: null, role };
  }

  private sign(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }
}

/** The secret of a data folder, made once; a half-written one is never seen. */
export function loadSecret(dir: string): Buffer {
  const file = join(dir, 'cookie-secret');
  try {
    const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
    if (secret.length === 32) return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(32);
  writeFileSync(`${file}.new`, secret.toString('hex'), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secret;
}

const tempers = [
  'Amber',
  'Brave',
  'Calm',
  'Clever',
  'Coral',
  'Gentle',
  'Golden',
  'Jolly',
  'Keen',
  'Lucky',
  'Merry',
  'Nimble',
  'Olive',
  'Quiet',
  'Rosy',
  'Silver',
  'Sunny',
  'Teal',
  'Velvet',
  'Witty',
];
const creatures = [
  'Badger',
  'Bee',
  'Crane',
  'Dolphin',
  'Finch',
  'Fox',
  'Gecko',
  'Hare',
  'Heron',
  'Ibis',
  'Koala',
  'Lark',
  'Lynx',
  'Moth',
  'Otter',
  'Owl',
  'Panda',
  'Robin',
  'Seal',
  'Wren',
];

/** A friendly name that says nothing of the person, the same for the same id. */
export function nameOf(id: string): string {
  const hash = createHash('sha256').update(id).digest();
  return `${tempers[hash[0]! % tempers.length]} ${creatures[hash[1]! % creatures.length]}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function same(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
