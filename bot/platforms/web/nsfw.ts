/**
 * NSFW pictures on the page: only in channels that the configuration marks, only with an access
 * token set, seen by its holders alone (or by those of a token of their own), and blurred until a reader asks
 * for one. The page is sent the blurred copy; the clear one is another request, and both are looked at anew
 * each time.
 */
import { readFile } from 'node:fs/promises';
import type { Card } from '../../../src/chat/port.js';
import { AcclaimError } from '../../../src/errors.js';
import { blurred } from '../../../src/images/convert.js';
import { words } from './words.js';

const remembered = 200;

/** Which channels are marked for such pictures, who sees them, and the blurred copies. */
export class NsfwChannels {
  private readonly veiled = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly marked: readonly string[],
    private readonly hasToken: boolean,
  ) {}

  /** A marked channel is there for holders of a token only. */
  sees(channel: string, holder: boolean): boolean {
    return holder || !this.marked.includes(channel);
  }

  guards(channel: string): boolean {
    return this.hasToken && this.marked.includes(channel);
  }

  mustGuard(channel: string): void {
    if (this.guards(channel)) return;
    const [why, hint] = this.marked.includes(channel)
      ? ['the page has no access token', 'Set ACCLAIM_ACCESS_TOKEN and start again.']
      : [
          `the channel ${channel} is not marked for them`,
          'Name it in ACCLAIM_NSFW_CHANNELS and start again.',
        ];
    throw new AcclaimError('not-allowed', `these pictures may not be shown here: ${why}`, hint);
  }

  /** A blurred copy of the file, made once. */
  veil(file: string): Promise<Buffer> {
    const known = this.veiled.get(file);
    if (known) return known;
    const made = readFile(file).then(blurred);
    this.veiled.set(file, made);
    made.catch(() => this.veiled.delete(file));
    const oldest = this.veiled.keys().next();
    if (this.veiled.size > remembered && !oldest.done) this.veiled.delete(oldest.value);
    return made;
  }
}

/** It shows pictures that are not for everybody. */
export function isNsfw(card: Card): boolean {
  return card.data?.blurred === true || card.pictures.some((picture) => picture.spoiler);
}

/** The card without its pictures: words, marks and what each cell got stay. */
export function takenDown(card: Card): Card {
  return {
    ...card,
    text: words.takenDown,
    pictures: [],
    data: withoutFiles(card.data ?? {}) as Record<string, unknown>,
  };
}

function withoutFiles(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFiles);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === 'file' ? null : withoutFiles(inner)]),
  );
}
