/**
 * Who holds the open lines of the page, and how many may be held: by one person, from one address, in all.
 * When all are taken somebody who votes here takes the place of a stranger, and whoever has few that of
 * whoever has most: nobody is kept out by one who holds everything. Pure but for its own list.
 */
import { AcclaimError } from '../../../src/errors.js';
import { say, type Text } from '../../../src/words/text.js';

export interface Bounds {
  all: number;
  person: number;
  address: number;
}

export interface Holder {
  visitor: string | undefined;
  /** Null where an address says nothing of who it is: this machine's own, which a proxy has too. */
  address: string | null;
  /** May see what only holders of a token see. */
  holder: boolean;
  /** Of the host: may know of sessions that are on other platforms alone. */
  admin?: boolean;
  /** Whether the log-in that gives these rights still stands; missing where they are of no log-in. */
  stands?: (() => boolean) | undefined;
  /** In which the page is told. */
  language: string;
  /** Agreed to vote here. */
  known: boolean;
}

/** Seconds until whoever was refused may ask again. */
export const AGAIN_S = 20;

/** The lines that are open, bounded for all, a person and an address. */
export class Streams<H extends Holder> {
  /** In the order they came. */
  private readonly held = new Set<H>();

  constructor(private readonly bounds: Bounds) {}

  get size(): number {
    return this.held.size;
  }

  list(): H[] {
    return [...this.held];
  }

  /** Resolves with those that have to go for it; throws `limited`. */
  add(one: H): H[] {
    const all = this.list();
    const count = (of: (other: H) => boolean) => all.filter(of).length;
    if (count((other) => ownerOf(other) === ownerOf(one)) >= this.bounds.person)
      throw limited(say('You have this page open too often'), say('Close one of its tabs'));
    const { address } = one;
    if (address !== null && count((other) => other.address === address) >= this.bounds.address)
      throw limited(say('Too many pages are open from your network'), say('Close some of them'));
    const leaving = all.length < this.bounds.all ? undefined : inPlaceOf(all, one);
    if (leaving === null)
      throw limited(say('Too many people look at this page'), say('Votes are taken all the same'));
    if (leaving) this.held.delete(leaving);
    this.held.add(one);
    return leaving ? [leaving] : [];
  }

  delete(one: H): void {
    this.held.delete(one);
  }
}

/** Without a cookie all of an address are one. */
const ownerOf = ({ visitor, address }: Holder) => visitor ?? `from ${address ?? 'here'}`;

/** Null: nobody has to go. */
function inPlaceOf<H extends Holder>(all: readonly H[], one: H): H | null {
  const stranger = one.known ? all.find((other) => !other.known) : undefined;
  if (stranger) return stranger;
  const counts = new Map<string, number>();
  for (const other of all) counts.set(ownerOf(other), (counts.get(ownerOf(other)) ?? 0) + 1);
  const most = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), ['', 0]);
  if (most[1] <= (counts.get(ownerOf(one)) ?? 0) + 1) return null;
  return all.find((other) => ownerOf(other) === most[0])!;
}

function limited(message: Text, hint: Text): AcclaimError {
  return new AcclaimError(
    'limited',
    say('{sentence}.', { sentence: message }),
    say('{hint}, or try again in {seconds} s.', { hint, seconds: AGAIN_S }),
  );
}
