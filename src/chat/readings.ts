/**
 * How a text may be read. It is folded (case, accents, width, what cannot be seen), taken apart into
 * words, and each word is given with what it may stand for: letters of other scripts and digits in place of
 * letters, letters drawn out, set apart, left out. A reading that is not what stands there is marked as a
 * disguise.
 */
import { isCut } from './innocent-phrases.js';
import { latin } from './look-alikes.js';

export interface Form {
  text: string;
  /** Place among the words. */
  at: number;
  disguised: boolean;
  /** Letters that stood alone: a small word before them may be among them. */
  apart?: boolean;
}

export interface Reading {
  /** The text in lower case with its accents. */
  spelled: string;
  /** Words as they stand, joined by single spaces ... */
  plain: string;
  /** ... and the same with each word in its likeliest reading. */
  likely: string;
  words: string[];
  /** Places of words before which a sign stands that cuts. */
  cuts: Set<number>;
  forms: Form[];
  /** Words with signs in place of letters, as patterns. */
  shapes: { shape: string; at: number }[];
  /** Two or three words written as one. */
  pairs: Form[];
  /** Without spaces, for scripts that set none. */
  dense: string;
}

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
/** Vowel signs of Indic scripts and Thai, and the voicing of kana, are letters and no accents. */
const accents = /(?![\p{sc=Deva}\p{sc=Beng}\p{sc=Taml}\p{sc=Thai}\p{sc=Telu}\u3099\u309a])\p{M}/gu;
/** Signs that are letters in some fonts. */
const drawnAs =
  /[\u{1f150}-\u{1f169}\u{1f170}-\u{1f189}\u{1f1e6}-\u{1f1ff}€∂₦₴₵₭₲₮₱₳฿∆∑]|\p{Script=Cherokee}/gu;
const tags = /<\/?(?:a|b|i|u|s|p|br|em|tt|div|sub|sup|font|span|code|mark|small|strong)\s*\/?>/gi;
const digits = /(?![0-9])\p{Nd}/gu;

/** Marks of web pages and programs that stand for a letter. */
const escaped = /&#(\d{2,3});|&#x([\da-f]{2});|%([4-7][\da-f])|\\u00([4-7][\da-f])|\\x([4-7][\da-f])/gi;

/** Lower case without accents, in visible signs of the plainest form. */
export function folded(text: string): string {
  return text
    .replace(tags, '')
    .replace(escaped, (all, ten, ...sixteen) => {
      const code = ten ? Number(ten) : Number.parseInt(sixteen.find((s) => typeof s === 'string') ?? '', 16);
      return code > 0x40 && code < 0x7b ? String.fromCharCode(code) : all;
    })
    .normalize('NFKD')
    .replace(drawnAs, latin)
    .replace(/(?<=\p{L})[๔๒๓](?=\p{L})/gu, latin)
    .replace(/[\s\p{Z}\u2800]+/gu, ' ')
    .replace(invisible, '')
    .replace(accents, '')
    .normalize('NFC')
    .replace(digits, (digit) => String(digitOf(digit)))
    .toLowerCase();
}

/** Digits of a script stand in rows of ten that begin with its nought. */
function digitOf(digit: string): number {
  const code = digit.codePointAt(0)!;
  let nought = code;
  while (code - nought < 9 && /\p{Nd}/u.test(String.fromCodePoint(nought - 1))) nought--;
  return code - nought;
}

/** The text with letters that look like Latin ones put as those. */
export const latinised = (text: string): string => text.replace(/[^\0-\x7f]/gu, (sign) => latin(sign));

const drawn: readonly (readonly [RegExp, string])[] = [
  [/\|\\\||\/\\\/(?=\w)|\|v\|/g, 'n'],
  [/\|\)|\[\)/g, 'd'],
  [/\|<|\|\{/g, 'k'],
  [/\(_\)|\|_\|/g, 'u'],
  [/><|\)\(/g, 'x'],
  [/\|-\||\}\{/g, 'h'],
  [/\/-\\|\/\\/g, 'a'],
  [/\\\//g, 'v'],
  [/\(\)|\[\]/g, 'o'],
  [/\|3/g, 'b'],
];
const signs: Record<string, string> = {
  ...{ '0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'b', '7': 't', '8': 'b', '9': 'g' },
  ...{
    '@': 'a',
    $: 's',
    '!': 'i',
    '|': 'i',
    '+': 't',
    '€': 'e',
    '£': 'l',
    '¢': 'c',
    '(': 'c',
    '§': 's',
    '¡': 'i',
  },
};
const sign = /[0-9@$!|+€£¢(§¡]/g;

/** Digits and signs as the letters they are put for. */
function unsigned(chunk: string): string {
  let read = chunk;
  for (const [from, to] of drawn) read = read.replace(from, to);
  return read.replace(sign, (found) => signs[found]!).replace(/[^\p{L}\p{M}\p{N}]/gu, '');
}

/** As it is read: letters that are put for each other are one. */
export function loosely(word: string): string {
  return latinised(word)
    .replace(sign, (found) => signs[found]!)
    .replace(/ph/g, 'f')
    .replace(/l/g, 'i')
    .replace(/v/g, 'u')
    .replace(/z/g, 's');
}

/** No letter twice. */
export const single = (word: string): string => word.replace(/(\p{L})\1+/gu, '$1');

/** Whether it is drawn out: a letter three times and more, or several doubled. */
export const drawnOut = (word: string): boolean =>
  /(\p{L})\1\1/u.test(word) || (word.match(/(\p{L})\1/gu) ?? []).length * 2 >= single(word).length;

/** Letters that stand on their heads, and what the others among them are. */
const turned = /[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ]/u;
const heads: Record<string, string> = { n: 'u', u: 'n', p: 'd', d: 'p', q: 'b', b: 'q' };
function standing(word: string): string[] {
  const upright = latinised([...word].map((letter) => heads[letter] ?? letter).join(''));
  return [upright, [...upright].reverse().join('')];
}

const token = /[\p{L}\p{M}\p{N}]+/gu;
const twoLetters = /\p{L}.*\p{L}/u;

/** A text read in every way that it may be meant. */
export function readingOf(text: string): Reading {
  const base = folded(text);
  const found = new Findings();
  // A weight behind a word says nothing.
  for (const chunk of base.replace(/:\s*-?[\d.]+\s*(?=[)\]}>])/g, ' ').split(' ')) {
    const first = found.words.length;
    found.chunk(chunk.replace(/(?<=\p{L})['’`](?=\p{L}{1,2}\b)/gu, ''));
    const last = Math.max(first, found.words.length - 1);
    for (const part of new Set([chunk, ...chunk.split(/[,;:"“”{}<>]/)]))
      found.whole(latinised(part), first, last);
  }
  for (const { said, at } of setApart(latinised(base))) {
    found.add(said, at, true);
    found.forms.at(-1)!.apart = true;
  }
  const { words, cuts, likely, forms, shapes } = found;
  return {
    spelled: text.normalize('NFC').toLowerCase(),
    plain: words.join(' '),
    likely: likely.join(' '),
    words,
    cuts,
    forms,
    shapes,
    pairs: pairsOf(likely),
    dense: base.replace(/(?<=[^\0-\x7f])[ \p{P}]+(?=[^\0-\x7f])/gu, ''),
  };
}

/** What is read of a text, word by word. */
class Findings {
  readonly forms: Form[] = [];
  readonly words: string[] = [];
  readonly cuts = new Set<number>();
  readonly likely: string[] = [];
  readonly shapes: Reading['shapes'] = [];
  /** What stands behind the last word. */
  private behind = '';

  add(said: string, at: number, disguised: boolean): void {
    if (said === '') return;
    this.forms.push({ text: said, at, disguised });
    const alike = said.replace(/rn/g, 'm').replace(/vv/g, 'w');
    if (alike !== said) this.forms.push({ text: alike, at, disguised: true });
  }

  /** The words between two spaces. */
  chunk(said: string): void {
    let from = 0;
    for (const { 0: word, index } of said.matchAll(token)) {
      const between = this.behind + said.slice(from, index);
      if (isCut(this.words.at(-1) ?? '', between)) this.cuts.add(this.words.length);
      this.word(word);
      this.behind = '';
      from = index + word.length;
    }
    this.behind += said.slice(from);
  }

  /** The next word. */
  word(said: string): void {
    const at = this.words.length;
    this.words.push(said);
    const bare = said.replace(/^\d+(?=\p{L}{2})|(?<=\p{L}{2})\d+$/gu, '');
    this.add(said, at, false);
    if (bare !== said) this.add(bare, at, false);
    const shape = latinised(said);
    const read = /[0-9]/.test(bare) && twoLetters.test(bare) ? unsigned(latinised(bare)) : latinised(bare);
    if (shape !== said) {
      this.add(shape, at, true);
      if (turned.test(said)) for (const upright of standing(said)) this.add(upright, at, true);
    }
    if (read !== bare && read !== shape) this.add(read, at, true);
    this.likely.push(read);
  }

  /** A chunk between spaces taken as one word. */
  whole(chunk: string, at: number, last: number): void {
    const core = chunk.replace(/^[^\p{L}\p{N}@$|(!€+>]+|[^\p{L}\p{N}@$|)<]+$/gu, '');
    if (!/[^a-z]/.test(chunk) || core.length < 2 || chunk.length > 100) return;
    const bare = core.replace(/[^\p{L}\p{M}\p{N}]/gu, '');
    if (bare !== core && !/^[^'’]+['’]\p{L}{1,2}$/u.test(core))
      this.add(bare, at, at === last || bare.length < 8);
    if (/[a-z]/.test(core) || /[|(]|></.test(core)) {
      const read = unsigned(core);
      if (read !== bare) this.add(read, at, true);
      const trailing = unsigned(chunk.replace(/^[^\p{L}\p{N}@$|(!€+>]+/gu, ''));
      if (trailing !== read) this.add(trailing, at, true);
    }
    for (const starred of new Set([core, chunk].map((said) => said.replace(/^[("'[,]+|[)"'\],;:!?]+$/g, ''))))
      if (/^[a-z*][a-z]*(?:[*#_%^~•●·°.\-¤×✱]+[a-z]*)+$/u.test(starred) && starred.length < 20)
        this.shapes.push({ shape: starred.replace(/[^a-z]/gu, '.'), at });
  }
}

/** Runs of single letters, together. */
function setApart(text: string): { said: string; at: number }[] {
  const found: { said: string; at: number }[] = [];
  const run = /(?<![\p{L}\p{N}])(?:[\p{L}\p{N}@$€][\s\p{P}\p{S}]+){2,}[\p{L}\p{N}@$€](?![\p{L}\p{N}])/gu;
  for (const match of text.matchAll(run)) {
    const at = [...text.slice(0, match.index).matchAll(token)].length;
    const said = [...match[0].matchAll(/[\p{L}\p{N}@$€]/gu)].join('');
    for (const each of new Set([said, unsigned(said)])) found.push({ said: each, at });
  }
  return found;
}

/** Two and three words as one. */
function pairsOf(words: readonly string[]): Form[] {
  const pairs: Form[] = [];
  for (let at = 0; at + 1 < words.length; at++) {
    const two = words[at]! + words[at + 1]!;
    if (two.length < 3 || two.length > 16) continue;
    pairs.push({ text: two, at, disguised: true });
    const three = two + (words[at + 2] ?? '');
    if (three !== two && three.length <= 12) pairs.push({ text: three, at, disguised: true });
  }
  return pairs;
}
