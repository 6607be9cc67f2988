/**
 * The blank card that every view fills in, and the shapes of `data` that a rich client draws from. A `file`
 * anywhere in `data` is an absolute path; adapters swap it for what their client can fetch and never send the
 * path itself.
 */
import type { Card } from '../../src/chat/port.js';
import type { Text } from '../../src/words/text.js';

export function card(kind: Card['kind'], key: string, fill: Partial<Card>): Card {
  return {
    kind,
    key,
    title: '',
    text: '',
    pictures: [],
    reactions: [],
    buttons: [],
    progress: null,
    ...fill,
  };
}

/** One picture of a round with all that may be said of it now. Totals are null until the round has closed. */
export interface CellData {
  [key: string]: unknown;
  /** 1..9 on its sheet. */
  number: number;
  name: string;
  index: number;
  state: 'shown' | 'held' | 'hidden';
  alt: Text;
  /** Null while held back or hidden. */
  file: string | null;
  up: number | null;
  seen: number | null;
  stars: number | null;
  /** By more than half of those who judged it; null where nobody did. */
  liked: boolean | null;
  best: boolean;
}
