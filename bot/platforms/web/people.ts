/**
 * Who is looking at the page. A visitor is a random id and the time it was made, in a cookie signed with a
 * secret of this data folder (HMAC-SHA256); nothing of a visitor is kept on the server before consent.
 * Rights: on loopback without an access token whoever opens the page is its operator; with a token its
 * holders are admins, each by a cookie of their own, and everyone else is a member, whose marks wait until
 * somebody vouches for them: a cookie costs nothing.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account, Role } from '../../../src/chat/port.js';
import { isMissing, readFault } from '../../../src/files/reading.js';
import type { Logins } from './logins.js';

export interface Visitor {
  id: string;
  /** When the cookie was made; null of one from before that was told. */
  bornAt: number | null;
}

export interface Tokens {
  access: string | null;
  /** Of those who may see the channels that are marked. */
  guest?: string | null;
  /** False: whoever comes counts. */
  invited?: boolean;
}

/** What the browser sends. */
export interface Cookies {
  visitor: string | undefined;
  admin: string | undefined;
  guest: string | undefined;
  voter: string | undefined;
}

/** Cookies -> visitors, roles and rights, and back. */
export class People {
  /** Cookies of other Acclaims on the same host keep their own names. */
  readonly visitorCookie: string;
  readonly adminCookie: string;
  readonly guestCookie: string;
  readonly voterCookie: string;
  private readonly accessToken: string | null;
  private readonly guestToken: string | null;
  private readonly invited: boolean;

  constructor(
    private readonly secret: Buffer,
    { access, guest = null, invited = true }: Tokens,
    private readonly logins: Pick<Logins, 'begin' | 'stands'>,
  ) {
    this.accessToken = access;
    this.guestToken = guest;
    this.invited = invited;
    const mark = createHash('sha256').update(secret).digest('hex').slice(0, 6);
    this.visitorCookie = `acclaim_${mark}`;
    this.adminCookie = `acclaim_${mark}_admin`;
    this.guestCookie = `acclaim_${mark}_guest`;
    this.voterCookie = `acclaim_${mark}_voter`;
  }

  /** A new visitor's cookie value. */
  mint(now: number): string {
    const id = randomBytes(12).toString('base64url');
    const born = now.toString(36);
    return `${id}.${born}.${this.sign(`visitor:${id}.${born}`)}`;
  }

  /** Cookie value -> visitor; undefined when it is missing or not ours. */
  visitor(cookie: string | undefined): Visitor | undefined {
    const parts = cookie?.split('.') ?? [];
    const [id = '', born] = parts.length === 3 ? parts : [parts[0]];
    const said = born === undefined ? id : `${id}.${born}`;
    if (id === '' || parts.length > 3 || !same(parts.at(-1) ?? '', this.sign(`visitor:${said}`)))
      return undefined;
    return { id, bornAt: born === undefined ? null : Number.parseInt(born, 36) };
  }

  /**
   * Cookie and value for a right token; undefined for a wrong one. A changed token ends all of its cookies.
   * An admin's is of this log-in and this visitor alone.
   */
  admit(token: string, visitor: string): { cookie: string; value: string } | undefined {
    if (this.isAccessToken(token)) {
      const login = this.logins.begin();
      return { cookie: this.adminCookie, value: `${login}.${this.signAdmin(login, visitor)}` };
    }
    if (this.guestToken !== null && same(digest(token), digest(this.guestToken)))
      return { cookie: this.guestCookie, value: this.sign(`guest:${this.guestToken}`) };
    return undefined;
  }

  isAccessToken(token: string): boolean {
    return this.accessToken !== null && same(digest(token), digest(this.accessToken));
  }

  /** Value of the cookie by which a visitor's marks count. */
  vouch(visitor: string): string {
    return this.sign(`voter:${visitor}`);
  }

  /** The log-in of an admin's cookie; undefined of one that is none. */
  login({ visitor, admin }: Pick<Cookies, 'visitor' | 'admin'>): string | undefined {
    const who = this.visitor(visitor);
    const [login = '', signature = ''] = admin?.split('.') ?? [];
    const ours = who && this.accessToken !== null && same(signature, this.signAdmin(login, who.id));
    return ours && this.logins.stands(login) ? login : undefined;
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

  role(cookies: Pick<Cookies, 'visitor' | 'admin'>): Role {
    if (this.accessToken === null) return 'operator';
    return this.login(cookies) === undefined ? 'member' : 'admin';
  }

  /**
   * Where whoever comes counts, how old the cookie is tells newcomers. For others somebody vouched, and on a
   * new page all cookies are young: the votes of a group that was invited would weigh next to nothing. Alone
   * on a machine nobody is a newcomer.
   */
  account({ id, bornAt }: Visitor, role: Role, voterCookie?: string): Account {
    const person = { platform: 'web', id, displayName: nameOf(id), joinedAt: null, role } as const;
    if (this.accessToken === null) return { ...person, bornAt: null };
    const vouched =
      role !== 'member' || !this.invited || (voterCookie !== undefined && same(voterCookie, this.vouch(id)));
    return { ...person, bornAt: this.invited && vouched ? null : bornAt, waits: !vouched };
  }

  private signAdmin(login: string, visitor: string): string {
    return this.sign(`admin:${this.accessToken}:${visitor}:${login}`);
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
    if (!isMissing(error)) throw readFault(error, file, { hint: '' });
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
