/**
 * Where a text speaks of minors and of what is sexual: every listed word in every reading of it, with its
 * place. A word that stands in disguise means what it hides: nobody disguises the name of a goat.
 */
import { innocentUnspaced, innocentWords } from './innocent-phrases.js';
import { setsNoSpaces, type Term, TermIndex, termsOf } from './lexicon.js';
import {
  drawnOut,
  type Form,
  folded,
  latinised,
  loosely,
  type Reading,
  readingOf,
  single,
} from './readings.js';
import { bothWords, minorWords } from './words-minors.js';
import { sexualWords } from './words-sexual.js';

const all = [
  ...termsOf(minorWords, 'minor'),
  ...termsOf(sexualWords, 'sexual'),
  ...termsOf(bothWords, 'both'),
];
const accented = all.filter(({ word }) => word.includes('!'));
const dense = all.filter(({ word }) => setsNoSpaces(word));
const spaced = all.filter((term) => !accented.includes(term) && !dense.includes(term));

const exact = new TermIndex(spaced, folded);
const loose = new TermIndex(spaced, (word) => loosely(folded(word)));
const collapsed = new TermIndex(spaced, (word) => loosely(single(folded(word))));

/** Terms found by a regular expression: in scripts without spaces, and where accents tell words apart. */
function pattern(terms: readonly Term[], key: (word: string) => string, around: string) {
  const byWord = new Map(terms.map((term) => [key(term.word.replace(/[!-]/g, '')), term]));
  const words = [...byWord.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(around ? `(?<!${around})(?:${words.join('|')})` : words.join('|'), 'gu');
  return (text: string) => [...text.matchAll(any)].map(([word]) => byWord.get(word)!);
}
const inDense = pattern(dense, folded, '');
const inSpelled = pattern(accented, (word) => word.normalize('NFC'), '\\p{L}');

/** Words of five letters and more by their first letter, their last, and those between in order. */
const shuffled = (word: string) => word[0]! + [...word.slice(1, -1)].sort().join('') + word.at(-1)!;
const byShuffle = new Map<string, Term[]>();
const voweless = new Map<string, Term[]>();
const backwards = new Map<string, Term[]>();
const mistyped = new Map<string, Term[]>();
for (const [word, terms] of exact.words()) {
  const strong = terms.filter((term) => term.rank === 'strong' && term.language === 'en');
  if (strong.length === 0) continue;
  if (word.length > 4) byShuffle.set(shuffled(word), strong);
  const skeleton = word[0] + word.slice(1).replace(/[aeiou]/g, '');
  if (word.length > 4 && skeleton.length > 2 && skeleton !== word) voweless.set(skeleton, strong);
  // One letter left out of the inside, or written twice.
  const long = word.length > 5 || /^(?:naked|child|porno)$/.test(word);
  for (let i = 1; long && i < word.length - 1; i++) {
    const less = word.slice(0, i) + word.slice(i + 1);
    if (less.length > 3 && !mistyped.has(less)) mistyped.set(less, strong);
    mistyped.set(word.slice(0, i) + word[i] + word.slice(i), strong);
  }
  if (word.length > 3) backwards.set([...word].reverse().join(''), strong);
}
/** Words that look like listed ones by accident, swapped, turned round, drawn out or read loosely. */
const accidents = new Set(
  `assess assesses totes plunderage plunderages neet tenes doon flim hore insect insects peins pines shoats
  gorped gorping disorbed totanus lolls loll lolling lollies lilos noodle noodles
  genial shots rapped rapping striper`.split(/\s+/),
);

export interface Hit extends Term {
  at: number;
}

/** Words, phrases and ages that a text holds. */
export function hitsOf(text: string): { hits: Hit[]; reading: Reading } {
  const reading = readingOf(text);
  const hits: Hit[] = [];
  const innocent = innocentWords(reading.words, reading.cuts);
  const add = (terms: readonly Term[], at: number, disguised: boolean) => {
    for (const term of terms) {
      if (!disguised && innocent.has(at)) continue;
      const rank = disguised && term.rank !== 'bound' ? 'strong' : term.rank;
      hits.push({ ...term, rank, at });
    }
  };
  for (const form of reading.forms) {
    const { text, at, disguised, apart } = form;
    const found = [...exact.word(text), ...exact.joined(text, apart ? 1 : 2)];
    add(found, at, disguised);
    if (found.length === 0 && !accidents.has(text)) add(hiddenIn(form), at, true);
  }
  for (const { text, at } of reading.pairs)
    if (!innocent.has(at))
      add(
        exact
          .word(text)
          .filter((t) => (text.length > 3 ? t.rank === 'strong' : /^(?:sex|kid|boy)$/.test(text))),
        at,
        true,
      );
  for (const { shape, at } of reading.shapes) add(exact.shaped(shape), at, true);
  phrasesOf(reading.plain, exact, false);
  if (reading.likely !== reading.plain)
    phrasesOf(reading.likely.split(' ').map(loosely).join(' '), loose, true);
  add(inDense(reading.dense.replace(innocentUnspaced, ' ')), -1, false);
  add(inSpelled(reading.spelled), -1, false);
  hits.push(...ages(reading.plain, innocent));
  if (reading.likely !== reading.plain)
    hits.push(...ages(reading.likely, innocent), ...ages(digitsOf(reading), innocent));
  if (/<\s?1[2-8](?!\d)/.test(reading.spelled)) hits.push({ ...young, at: -1 });
  if (rule34.test(reading.plain)) hits.push({ ...numbered, at: -1 });
  return { hits, reading };

  function phrasesOf(text: string, index: TermIndex, disguised: boolean): void {
    const words = text.split(' ');
    for (let at = 0; at < words.length; at++)
      for (let length = 2; length <= 4 && at + length <= words.length; length++)
        add(index.phrase(words.slice(at, at + length).join(' ')), at, disguised);
  }
}

/**
 * Listed words that a form hides: written loosely, drawn out, shuffled, turned round, mistyped, without its
 * vowels.
 */
function hiddenIn({ text, disguised, apart }: Form): Term[] {
  const found: Term[] = [];
  const key = loosely(text);
  if (disguised) found.push(...loose.word(key), ...loose.joined(key, apart ? 1 : 2));
  else if (key !== text && text.length > 2) found.push(...loose.bare(key).filter(notByChance));
  if (drawnOut(text)) {
    const once = loosely(single(text));
    found.push(...collapsed.word(once), ...(once.length > 5 ? collapsed.joined(once) : []));
  }
  found.push(...(byShuffle.get(shuffled(text)) ?? []));
  found.push(...(backwards.get(text) ?? []));
  found.push(...(mistyped.get(text) ?? []));
  if (!/[aeiou]/.test(text)) found.push(...(voweless.get(text) ?? []));
  return found;
}

/** What nobody writes so by chance: only strong words are looked for in words as they stand. */
const notByChance = ({ side, rank, language }: Term): boolean =>
  language === 'en' && (rank === 'strong' || side === 'minor');

const tens = 'ten|eleven|twelve|(?:thir|four|fif|six|seven)teen';
const number = `(?:1[0-7]|[1-9]|one|two|three|four|five|six|seven|eight|nine|${tens})`;
/** Years, in several languages; bare ones ("10 years") are no age in English. */
const years = [
  '(?:years?|yrs?|months?) ?(?:olds?|of age|young|$)|y ?o|yos|ans|anos|anni|jahre|jaar|let|lat|ar|vuotias',
  'yas|tahun|tuoi|лет|года|ετων|سنة|سنوات',
].join('|');
const edge = '(?![\\p{L}\\p{N}])';
const start = '(?<![\\p{L}\\p{N}])';
const age = new RegExp(
  [
    `${start}${number}[a-z]? ?(?:${years})(?!\\p{L})`,
    `${start}${number}yrs?${edge}`,
    `${start}age[ds]? (?:of )?${number}${edge}`,
    `${start}${number}(?:th|st|nd|rd)? grader`,
    `${start}(?:u|sub|under|below|not|not yet|younger than|less than) ?1[2-8]${edge}`,
    `(?<![\\p{N}])(?:1[0-7]|[1-9])\\s?(?:歳|才|岁|歲|살|세(?!기))`,
  ].join('|'),
  'gu',
);

function ages(text: string, innocent: ReadonlySet<number>): Hit[] {
  return [...text.matchAll(age)].flatMap(({ index, 0: said }) => {
    const at = text.slice(0, index).split(' ').length - 1;
    const covered = said.split(' ').some((_, i) => innocent.has(at + i));
    return covered ? [] : [{ side: 'minor', rank: 'strong', language: 'age', word: 'age', at } as const];
  });
}

const young = { side: 'minor', rank: 'strong', language: 'age', word: 'age' } as const;
const numbered = { side: 'sexual', rank: 'strong', language: 'en', word: 'r34' } as const;
const rule34 = /(?<![\p{L}\p{N}])r(?:ule)? ?34(?![\p{L}\p{N}])/u;

/** Digits that letters were put for, in a number ("l2 year old"). */
function digitsOf({ words }: Reading): string {
  return words
    .map((word) =>
      /^[\dloiszз]{1,2}(?:yo|yrs?|y)?$/.test(word) && /\d/.test(word)
        ? word
            .replace(/[li]/g, '1')
            .replace(/o/g, '0')
            .replace(/[zз]/g, '3')
            .replace(/s(?!$)/g, '5')
        : latinised(word),
    )
    .join(' ');
}
