/** Who a request comes from, by its cookies and its address; and the cookies that answers leave. */
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Account, Role } from '../../../src/chat/port.js';
import { AcclaimError } from '../../../src/errors.js';
import { say } from '../../../src/words/text.js';
import type { Door } from './door.js';
import type { Front } from './front.js';
import { addressOf } from './guard.js';
import { languageFor } from './language.js';
import type { People, Visitor } from './people.js';

const year = 365 * 24 * 3600;

export interface CallersParts {
  people: People;
  front: Front;
  door: Door;
  /** Epoch ms. */
  now(): number;
}

/** Asked of each request anew: a log-in may have ended meanwhile. */
export class Callers {
  constructor(private readonly parts: CallersParts) {}

  /** Id of a browser that was met; undefined for one that is new. */
  visitor(c: Context): string | undefined {
    return this.known(c)?.id;
  }

  role(c: Context): Role {
    return this.parts.people.role(this.cookies(c));
  }

  isAdmin(c: Context): boolean {
    return ['admin', 'operator'].includes(this.role(c));
  }

  /** May see the channels that are marked. */
  holds(c: Context): boolean {
    const { people } = this.parts;
    return people.holds(this.role(c), getCookie(c, people.guestCookie));
  }

  /** The admin's log-in that the request came with. */
  login(c: Context): string | undefined {
    return this.parts.people.login(this.cookies(c));
  }

  /** Network address that limits are kept by. */
  address(c: Context): string | null {
    return addressOf(this.parts.front.outside(c).client);
  }

  /** Throws `limited` where too many tries come from the address. */
  knock(c: Context): Promise<void> {
    const { client } = this.parts.front.outside(c);
    return this.parts.door.knock(addressOf(client) ?? client);
  }

  /** Who asks, for a request that anybody may send: somebody new gets a cookie. */
  meet(c: Context): Visitor {
    const known = this.known(c);
    if (known) return known;
    const { people, now } = this.parts;
    const value = people.mint(now());
    this.keep(c, people.visitorCookie, value);
    return people.visitor(value)!;
  }

  /** Whoever opens the page, known or not. */
  greet(c: Context): Account {
    const known = this.meet(c);
    this.keepToTls(c);
    return this.account(c, known);
  }

  /** The visitor with the rights and the standing that the cookies give. */
  account(c: Context, visitor: Visitor): Account {
    const { people } = this.parts;
    const account = people.account(visitor, this.role(c), getCookie(c, people.voterCookie));
    return { ...account, language: languageFor(c) };
  }

  /** Who acts. Throws `not-allowed` for a browser that was never met. */
  actor(c: Context): Account {
    const known = this.known(c);
    if (!known)
      throw new AcclaimError(
        'not-allowed',
        say('I do not know this browser.'),
        say('Open the page and allow its cookie.'),
      );
    return { ...this.account(c, known), holder: this.holds(c), from: this.address(c) };
  }

  /** Leaves a cookie for a year. */
  keep(c: Context, name: string, value: string): void {
    const { secure } = this.parts.front.outside(c);
    setCookie(c, name, value, { httpOnly: true, sameSite: 'Lax', path: '/', maxAge: year, secure });
  }

  /** Cookies may be from before there was TLS, and are kept to it from now on. */
  private keepToTls(c: Context): void {
    const { people, front } = this.parts;
    if (!front.outside(c).secure) return;
    for (const name of [people.visitorCookie, people.adminCookie, people.guestCookie, people.voterCookie]) {
      const value = getCookie(c, name);
      if (value !== undefined) this.keep(c, name, value);
    }
  }

  /** The rights go, the visitor stays. */
  dropRights(c: Context): void {
    const { people } = this.parts;
    for (const name of [people.adminCookie, people.guestCookie]) deleteCookie(c, name, { path: '/' });
  }

  private known(c: Context): Visitor | undefined {
    const { people } = this.parts;
    return people.visitor(getCookie(c, people.visitorCookie));
  }

  private cookies(c: Context) {
    const { people } = this.parts;
    return { visitor: getCookie(c, people.visitorCookie), admin: getCookie(c, people.adminCookie) };
  }
}
