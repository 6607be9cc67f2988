/**
 * An index of listed words in which one token is looked up at once: whole words with their endings,
 * beginnings of words, parts of words, and words written together. Built twice: by letters as they are, and
 * by letters as they are read (`loosely`), for what was written in disguise.
 */

export type Rank = 'strong' | 'body' | 'weak' | 'bound';
type Row = Partial<Record<Rank, string>>;
/** Words by language; the notation is in words-minors.ts. */
export type Lexicon = Readonly<Record<string, Row>>;

export type Side = 'minor' | 'sexual' | 'both';

export interface Term {
  side: Side;
  rank: Rank;
  language: string;
  word: string;
}

/** Scripts that set no spaces between words, and pictures. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{So}]/u;
/** The word is of a script that sets no spaces between words. */
export const setsNoSpaces = (word: string) => unspaced.test(word);

const endings = 's es z x ing ed er ers ish like hood ness ly y ie ies ette let'.split(' ');
const plurals = ['s', 'es', 'z'];

/** Words that join others ("hotteen"). */
const glue =
  `hot cute little lil young tiny my her his the and with for hard wet big real legal xx a an of in on two
  who is are bed photo picture pic very so best good free more all from by at to not no`.split(/\s+/);

/** Listed words, found whole, joined with others, in phrases and by shape. */
export class TermIndex {
  private readonly whole = new Map<string, Term[]>();
  private readonly begins = new Map<string, Term[]>();
  private readonly phrases = new Map<string, Term[]>();
  private readonly inner: { at: RegExp; terms: Map<string, Term[]> };
  /** Of one length, for words with signs in place of letters. */
  private readonly byLength = new Map<number, [string, Term[]][]>();
  private readonly glue: ReadonlySet<string>;
  private readonly shortestBegin: number;
  private readonly endings: RegExp;
  private readonly plurals: RegExp;

  constructor(
    terms: readonly Term[],
    private readonly key: (word: string) => string,
  ) {
    const ending = (some: readonly string[]) => new RegExp(`(?:${some.map(this.key).join('|')})$`);
    this.endings = ending(endings);
    this.plurals = ending(plurals);
    const parts = new Map<string, Term[]>();
    for (const term of terms) {
      const bare = term.word.replace(/^-|-$/g, '');
      const word = this.key(bare.replaceAll('-', ' '));
      if (term.word.startsWith('-')) put(parts, word, term);
      if (word.includes(' ')) put(this.phrases, word, term);
      else if (term.word.endsWith('-')) put(this.begins, word, term);
      else put(this.whole, word, term);
    }
    for (const entry of this.whole) {
      const same = this.byLength.get(entry[0].length);
      if (same) same.push(entry);
      else this.byLength.set(entry[0].length, [entry]);
    }
    const longest = [...parts.keys()].sort((a, b) => b.length - a.length);
    this.inner = { at: new RegExp(longest.join('|') || '(?!)', 'g'), terms: parts };
    this.glue = new Set(glue.map(this.key));
    this.shortestBegin = Math.min(...[...this.begins.keys()].map(({ length }) => length));
  }

  /** A word by itself, with its endings. */
  word(token: string): Term[] {
    const found = [...(this.whole.get(token) ?? [])];
    for (let end = this.shortestBegin; end <= token.length; end++)
      found.push(...(this.begins.get(token.slice(0, end)) ?? []));
    if (found.length > 0 || token.length < 4) return found;
    const short = token.replace(this.plurals, '').replace(/^.*s$/, token);
    const stem = token.replace(this.endings, '');
    for (const each of new Set([short, stem, `${stem}e`, token.replace(/ies$/, 'y')]))
      if (each !== token && each.length > 1)
        for (const term of this.whole.get(each) ?? [])
          if (term.language === 'en' && (each === short || term.rank === 'strong')) found.push(term);
    return found;
  }

  /** A word by itself, one or several. */
  bare(token: string): readonly Term[] {
    const whole = this.whole.get(token) ?? this.whole.get(token.replace(this.plurals, ''));
    if (whole) return whole;
    const found: Term[] = [];
    for (let end = this.shortestBegin; end <= token.length; end++)
      found.push(...(this.begins.get(token.slice(0, end)) ?? []));
    return found;
  }

  /** Words inside of a longer one, and what is left of it. */
  joined(token: string, least = 2): Term[] {
    if (token.length < 4) return [];
    const found: Term[] = [];
    const rest: string[] = [];
    let last = 0;
    for (const match of token.matchAll(this.inner.at)) {
      found.push(...this.inner.terms.get(match[0])!);
      rest.push(token.slice(last, match.index));
      last = match.index + match[0].length;
    }
    if (found.length === 0) return this.chain(token, least) ?? [];
    const sides = new Set(found.map(({ side }) => side));
    for (const piece of [...rest, token.slice(last)])
      if (piece.length > 2)
        found.push(...(this.chain(piece, 1) ?? this.within(piece).filter(({ side }) => !sides.has(side))));
    return found;
  }

  /** Words of the other side in what is written together with one: anywhere, the short ones at its ends. */
  private within(piece: string): Term[] {
    const found: Term[] = [];
    for (let start = 0; start < piece.length; start++)
      for (let end = start + 3; end <= Math.min(piece.length, start + 12); end++)
        if (end - start > 3 || start === 0 || end === piece.length)
          found.push(
            ...(this.whole.get(piece.slice(start, end)) ?? []).filter(({ rank }) => rank !== 'bound'),
          );
    return found;
  }

  /** A token that is nothing but listed words, of which so many at least, and words that join them. */
  private chain(token: string, least: number): Term[] | null {
    if (token.length < 3 || token.length > 60) return null;
    const best: (Term[] | undefined)[] = [[]];
    for (let end = 1; end <= token.length; end++)
      for (let start = Math.max(0, end - 14); start < end; start++) {
        const before = best[start];
        if (!before || (best[end]?.length ?? -1) > before.length) continue;
        const piece = token.slice(start, end);
        const terms = piece.length > 2 ? this.word(piece).filter(({ rank }) => rank !== 'bound') : [];
        if (terms.length > 0) best[end] = [...before, terms[0]!];
        else if (this.glue.has(piece) && !best[end]) best[end] = before;
      }
    const all = best[token.length];
    return all && all.length >= least ? all : null;
  }

  phrase(words: string): readonly Term[] {
    return this.phrases.get(words) ?? this.phrases.get(words.replace(this.plurals, '')) ?? [];
  }

  /** Words of that shape: a dot for a letter that a sign stands in place of. */
  shaped(shape: string): Term[] {
    const found: Term[] = [];
    for (const [word, terms] of this.begins)
      if (fits(shape.slice(0, word.length), word)) found.push(...terms);
    for (const [word, terms] of this.byLength.get(shape.length) ?? [])
      if (fits(shape, word)) found.push(...terms);
    for (const [word, terms] of this.byLength.get(shape.length - 1) ?? [])
      if (fits(shape, `${word}s`)) found.push(...terms);
    return found;
  }

  words(): Iterable<[string, Term[]]> {
    return [...this.whole, ...this.begins];
  }
}

/** Whether half of the letters are there, the others are signs, and all are in their places. */
function fits(shape: string, word: string): boolean {
  if (shape.length !== word.length) return false;
  let known = 0;
  for (let i = 0; i < word.length; i++)
    if (shape[i] === word[i]) known++;
    else if (shape[i] !== '.') return false;
  return known * 2 >= word.length;
}

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The words of a lexicon, a row each. */
export function termsOf(lexicon: Lexicon, side: Side): Term[] {
  return Object.entries(lexicon).flatMap(([language, row]) =>
    Object.entries(row).flatMap(([rank, words]) =>
      words
        .split(/\s+/)
        .filter((word) => word !== '')
        .map((word) => ({ side, rank: rank as Rank, language, word })),
    ),
  );
}
