/**
 * What the program says to people, as data: which text, and the values in it. A language is chosen only where
 * the reader is known (tell.ts), so the same card reads in English here and in Japanese there, and what is
 * stored can be told again in any. A text is named by its English; that every other language has it, with the
 * same holes, is a matter of types: what is missing does not compile. Pure, and JSON through and through.
 */
import { type Noun, nouns } from './en.js';
import type { Phrase } from './ja.js';

/** What people read: words of ours in whichever language they do, or words as they stand (names, prompts). */
export type Text = string | Said;
export type Value = Text | number;

/** How parts stand beside each other: each language has its own comma, and its own space. */
export type Between = 'nothing' | 'line' | 'list' | 'sentence' | 'stop';

export type Said =
  | { readonly said: 'words'; readonly key: string; readonly values: Readonly<Record<string, Value>> }
  | { readonly said: 'count'; readonly n: number; readonly of: string }
  | { readonly said: 'parts'; readonly parts: readonly Text[]; readonly between: Between };

/** Names of what is filled into a text: `Round {n} of {all}` has `n` and `all`. */
type Holes<K extends string> = K extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;
type Values<K extends string> = [Holes<K>] extends [never] ? [] : [Readonly<Record<Holes<K>, Value>>];

/** A text of the catalogue, and what is filled in. */
export function say<K extends Phrase>(key: K, ...[values]: Values<K>): Said {
  return { said: 'words', key, values: values ?? {} };
}

/** A number with what it counts, in the form that the number asks for: `3 rounds`. */
export function counted(n: number, of: Noun): Said {
  return { said: 'count', n, of };
}

/** One after the other, as they are. */
export const joined = (...parts: readonly Text[]): Said => ({ said: 'parts', parts, between: 'nothing' });
/** A line each. */
export const lines = (parts: readonly Text[]): Said => ({ said: 'parts', parts, between: 'line' });
/** `a, b, c`. */
export const listed = (parts: readonly Text[]): Said => ({ said: 'parts', parts, between: 'list' });
/** Whole sentences; those that are empty are left out. */
export const sentences = (...parts: readonly Text[]): Said => ({ said: 'parts', parts, between: 'sentence' });

/** Of anything that may be found in a card: is it words of ours? */
export function isSaid(value: unknown): value is Said {
  return typeof value === 'object' && value !== null && typeof (value as Said).said === 'string';
}

/** What fills a language's texts in. */
export interface Grammar {
  /** The text of that name; undefined where it is not known (any more). */
  words(key: string): string | undefined;
  count(n: number, of: string): string;
  between: Readonly<Record<Between, string>>;
  /** At the end of a sentence. */
  stop: string;
}

/** The text in a language. */
export function filled(text: Value, grammar: Grammar): string {
  if (!isSaid(text)) return String(text);
  switch (text.said) {
    case 'words': {
      const words = grammar.words(text.key) ?? text.key;
      const { values } = text;
      return words.replace(/\{(\w+)\}/g, (whole, name: string) =>
        Object.hasOwn(values, name) ? filled(values[name]!, grammar) : whole,
      );
    }
    case 'count':
      return grammar.count(text.n, text.of);
    case 'parts':
      return together(
        text.parts.map((part) => filled(part, grammar)),
        text.between,
        grammar,
      );
  }
}

function together(parts: readonly string[], between: Between, { between: signs, stop }: Grammar): string {
  const join = (all: readonly string[]) => all.join(signs[between]);
  if (between === 'sentence') return join(parts.map((part) => part.trim()).filter((part) => part !== ''));
  if (between !== 'stop') return join(parts);
  const whole = parts.map((part) => part.trim()).filter((part) => part !== '');
  return join(whole.map((part) => (/[.!?…。！？]$/.test(part) ? part : `${part}${stop}`)));
}

export const inEnglish: Grammar = {
  words: (key) => key,
  count(n, of) {
    const forms = Object.hasOwn(nouns, of) ? nouns[of as Noun] : { one: of, many: `${of}s` };
    return `${n} ${n === 1 ? forms.one : forms.many}`;
  },
  between: { nothing: '', line: '\n', list: ', ', sentence: ' ', stop: ' ' },
  stop: '.',
};

/** For logs and for programs, which are told in English. */
export const english = (text: Value): string => filled(text, inEnglish);
