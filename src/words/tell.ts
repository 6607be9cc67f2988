/** Where texts become words: in the language of whoever reads them, whole cards at a time. */
import { ja, jaCounts } from './ja.js';
import { english, filled, type Grammar, inEnglish, isSaid, type Said, type Text } from './text.js';

/** A language that the program speaks beside English: its texts by their English, and its grammar. */
export interface Language {
  /** As it calls itself. */
  name: string;
  grammar: Grammar;
}

const spoken: Readonly<Record<string, Language>> = {
  en: { name: 'English', grammar: inEnglish },
  ja: {
    name: '日本語',
    grammar: {
      words: (key) => (Object.hasOwn(ja, key) ? ja[key as keyof typeof ja] : undefined),
      count: (n, of) =>
        (Object.hasOwn(jaCounts, of) ? jaCounts[of as keyof typeof jaCounts] : '{n}').replace(
          '{n}',
          String(n),
        ),
      between: { nothing: '', line: '\n', list: '、', sentence: '', stop: '' },
      stop: '。',
    },
  },
};

/** Tags of the languages that the program speaks. */
export const languages: readonly string[] = Object.keys(spoken);

/** The language that a tag such as `ja-JP` asks for; undefined: none that is spoken here. */
export function languageOf(tag: string | null | undefined): string | undefined {
  const [lang] = (tag ?? '').toLowerCase().split(/[-_]/);
  return lang !== undefined && languages.includes(lang) ? lang : undefined;
}

/** The text in a language; in English where it is none of ours. */
export function tell(text: Text, language?: string): string {
  if (typeof text === 'string') return text;
  return language === undefined ? english(text) : filled(text, spoken[language]?.grammar ?? inEnglish);
}

/** Words where texts stood, at any depth. */
export type Told<T> = T extends Said
  ? string
  : T extends (...args: never[]) => unknown
    ? T
    : T extends readonly (infer Item)[]
      ? Told<Item>[]
      : T extends object
        ? { [K in keyof T]: Told<T[K]> }
        : T;

/** The same with every text in the language: a card, or what of it is sent. */
export function told<T>(value: T, language?: string): Told<T> {
  return toldDeep(value, language) as Told<T>;
}

function toldDeep(value: unknown, language: string | undefined): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSaid(value)) return tell(value, language);
  if (Array.isArray(value)) return value.map((item) => toldDeep(item, language));
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, toldDeep(inner, language)]));
}
