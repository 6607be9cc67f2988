/**
 * Ways in which people write a word so that a filter does not see it and a reader does. Each takes a plain
 * Latin word (some a whole text) and gives it in disguise; which of them a word list is tuned on is not
 * said here.
 */
import type { Rng } from '../../../src/rng.js';

export interface Disguise {
  name: string;
  /** Of one word. */
  word: (word: string, rng: Rng) => string;
  /** Of the whole text, after its words. */
  text?: (text: string, rng: Rng) => string;
}

const code = (letter: string) => letter.codePointAt(0)! - 97;
const isLetter = (letter: string) => letter >= 'a' && letter <= 'z';
const each = (word: string, to: (letter: string, at: number) => string) =>
  [...word].map((letter, at) => (isLetter(letter) ? to(letter, at) : letter)).join('');

/** An alphabet that lies in one row. */
const row = (name: string, start: number): Disguise => ({
  name,
  word: (word) => each(word, (letter) => String.fromCodePoint(start + code(letter))),
});

/** An alphabet written out; a hyphen keeps the letter. */
const alphabet = (name: string, letters: string): Disguise => ({
  name,
  word: (word) => {
    const all = [...letters];
    return each(word, (letter) => (all[code(letter)] === '-' ? letter : all[code(letter)]!));
  },
});

const between = (name: string, sign: string): Disguise => ({
  name,
  word: (word) => [...word].join(sign),
});

const swapped = (name: string, pairs: Record<string, string>): Disguise => ({
  name,
  word: (word) => each(word, (letter) => pairs[letter] ?? letter),
});

const vowels = /[aeiou]/g;
const inner = (word: string) => 1 + Math.floor((word.length - 1) / 2);
const whole = (name: string, text: (text: string) => string): Disguise => ({ name, word: (w) => w, text });

export const disguises: readonly Disguise[] = [
  whole('plain', (text) => text),
  whole('capitals', (text) => text.toUpperCase()),
  whole('alternating case', (text) => [...text].map((c, i) => (i % 2 ? c.toUpperCase() : c)).join('')),
  // Alphabets of their own.
  row('full width', 0xff41),
  row('bold', 0x1d41a),
  row('script', 0x1d4ea),
  row('fraktur', 0x1d586),
  row('monospace', 0x1d68a),
  row('double-struck', 0x1d552),
  row('circled', 0x24d0),
  row('parenthesised', 0x249c),
  row('negative circled', 0x1f150),
  row('negative squared', 0x1f170),
  row('squared', 0x1f130),
  row('regional indicators', 0x1f1e6),
  alphabet('small capitals', 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘǫʀꜱᴛᴜᴠᴡxʏᴢ'),
  alphabet('superscript', 'ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ-ʳˢᵗᵘᵛʷˣʸᶻ'),
  alphabet('subscript', 'ₐ---ₑ--ₕᵢⱼₖₗₘₙₒₚ-ᵣₛₜᵤᵥ-ₓ--'),
  alphabet('upside down letters', 'ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz'),
  alphabet('Cyrillic look-alikes', 'а-сԁе--һіјкӏмпор-гѕтцѵшхуз'),
  alphabet('Greek look-alikes', 'αβςδεƒ-ηικκ-μνορ-рѕτυνωχγζ'),
  alphabet('Cherokee', 'ᎪᏴᏟᎠᎬ-ᏀᎻᏆᎫᏦᏞᎷ-ᎾᏢ-ᏒᏚᎢ-ᏙᎳ--Ꮓ'),
  alphabet('Lisu', 'ꓮꓐꓚꓓꓰꓝꓖꓧꓲꓙꓗꓡꓟꓠꓳꓑ-ꓣꓢꓔꓴꓦꓪꓫꓬꓜ'),
  alphabet('syllabics', 'ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇSTᑌᐯᗯ᙭YZ'),
  alphabet('strokes', 'ⱥƀȼđɇ-ǥħɨɉꝁłm-øᵽꝗɍsŧʉ-w-ɏƶ'),
  alphabet('hooks', 'ąɓƈɗęƒɠɦįʝƙɭɱɳơƥʠɽşƭųʋɯҳƴȥ'),
  alphabet('accents', 'áƀćďéḟǵĥíĵḱĺḿńóṕ-ŕśťúṽẃẋýź'),
  alphabet('umlauts', 'ä---ë--ḧï-----ö----ẗü-ẅẍÿ-'),
  alphabet('CJK look-alikes', '卂乃匚-乇下-卄工丁长乚爪几口尸-尺丂丅凵-山乂丫乙'),
  // Signs that are not seen.
  between('zero width space', '\u200b'),
  between('zero width joiner', '\u200d'),
  between('soft hyphen', '\u00ad'),
  between('word joiner', '\u2060'),
  between('variation selectors', '\ufe0f'),
  between('tag characters', '\u{e0061}'),
  between('grapheme joiner', '\u034f'),
  between('Hangul filler', '\u3164'),
  between('direction marks', '\u202e\u202c'),
  { name: 'piled marks', word: (word) => each(word, (letter) => `${letter}\u0336\u0307\u0323\u0489`) },
  { name: 'underlined', word: (word) => each(word, (letter) => `${letter}\u0332`) },
  // Signs and spaces between.
  between('spaces', ' '),
  between('dots', '.'),
  between('hyphens', '-'),
  between('low lines', '_'),
  between('slashes', '/'),
  between('middle dots', '·'),
  between('dot and space', '. '),
  between('stars between', '*'),
  between('emoji between', '🔥'),
  between('no-break spaces', '\u00a0'),
  between('Braille blanks', '\u2800'),
  between('bars', '|'),
  between('line ends', '\n'),
  { name: 'halves', word: (word) => `${word.slice(0, inner(word))} ${word.slice(inner(word))}` },
  { name: 'halves, hyphen', word: (word) => `${word.slice(0, inner(word))}-${word.slice(inner(word))}` },
  { name: 'halves, dot', word: (word) => `${word.slice(0, inner(word))}.${word.slice(inner(word))}` },
  { name: 'halves, first letter', word: (word) => `${word[0]} ${word.slice(1)}` },
  // Signs and digits in place of letters.
  swapped('digits', { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' }),
  swapped('vowels as digits', { a: '4', e: '3', i: '1', o: '0', u: 'v' }),
  swapped('one digit', { o: '0', i: '1' }),
  swapped('signs', { a: '@', e: '€', i: '!', s: '$', o: '0', l: '|', t: '+' }),
  swapped('drawn letters', { d: '|)', k: '|<', n: '|\\|', u: '(_)', x: '><', c: '(', t: '+' }),
  swapped('letters for letters', { i: 'l', u: 'v', s: 'z', m: 'rn', w: 'vv', e: '3' }),
  swapped('z for s', { s: 'z', e: '3' }),
  { name: 'stars for vowels', word: (word) => word.replace(vowels, '*') },
  { name: 'one star', word: (word) => word.replace(/(?<=.)[aeiou]/, '*') },
  { name: 'hash for a vowel', word: (word) => word.replace(/(?<=.)[aeiou]/, '#') },
  { name: 'low line for a vowel', word: (word) => word.replace(/(?<=.)[aeiou]/, '_') },
  { name: 'bullet for a vowel', word: (word) => word.replace(/(?<=.)[aeiou]/, '●') },
  // Letters more, fewer, elsewhere.
  { name: 'drawn out', word: (word) => word.replace(vowels, (v) => v.repeat(4)) },
  { name: 'all doubled', word: (word) => each(word, (letter) => letter + letter) },
  { name: 'all tripled', word: (word) => each(word, (letter) => letter.repeat(3)) },
  { name: 'last drawn out', word: (word) => word + word.at(-1)!.repeat(5) },
  {
    name: 'no vowels',
    word: (word) => (word.length > 4 ? word[0] + word.slice(1).replace(vowels, '') : word),
  },
  {
    name: 'two letters swapped',
    word: (word) =>
      word.length > 4
        ? word.slice(0, inner(word) - 1) +
          word[inner(word)]! +
          word[inner(word) - 1]! +
          word.slice(inner(word) + 1)
        : word,
  },
  { name: 'backwards', word: (word) => (word.length > 3 ? [...word].reverse().join('') : word) },
  // Words made longer.
  whole('joined', (text) => text.replace(/ /g, '')),
  whole('joined, camel case', (text) => text.replace(/ (\w)/g, (_, letter) => letter.toUpperCase())),
  whole('joined by hyphens', (text) => text.replace(/ /g, '-')),
  whole('joined by low lines', (text) => text.replace(/ /g, '_')),
  whole('hashtag', (text) => `#${text.replace(/ /g, '')}`),
  { name: 'plural', word: (word) => (word.endsWith('x') ? `${word}es` : `${word}s`) },
  { name: 'genitive', word: (word) => `${word}'s` },
  { name: '-ish', word: (word) => `${word}ish` },
  { name: '-like', word: (word) => `${word}-like` },
  { name: 'digits behind', word: (word) => `${word}69` },
  { name: 'digits before', word: (word) => `1${word}` },
  // What forms and programs make of it.
  { name: 'weights', word: (word) => `(${word}:1.3)` },
  { name: 'brackets', word: (word) => `[[${word}]]` },
  { name: 'bold inside', word: (word) => `${word.slice(0, 1)}**${word.slice(1)}**` },
  { name: 'brackets inside', word: (word) => `${word.slice(0, inner(word))}(${word.slice(inner(word))})` },
  { name: 'quotes', word: (word) => `"${word}"` },
  {
    name: 'entities',
    word: (word) => each(word, (letter) => `&#${letter.charCodeAt(0)};`),
  },
  { name: 'percent signs', word: (word) => each(word, (letter) => `%${letter.charCodeAt(0).toString(16)}`) },
  { name: 'escapes', word: (word) => each(word, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`) },
  { name: 'a mention', word: (word) => `<@${word}>` },
  { name: 'an emoji name', word: (word) => `<:${word}:123>` },
  // Two at once.
  {
    name: 'digits and spaces',
    word: (word) => [...word].map((l) => ({ e: '3', o: '0', i: '1', a: '4' })[l] ?? l).join(' '),
  },
  {
    name: 'one letter Cyrillic',
    word: (word) =>
      word.replace(
        /[aeocpxyi]/,
        (l) => ({ a: 'а', e: 'е', o: 'о', c: 'с', p: 'р', x: 'х', y: 'у', i: 'і' })[l]!,
      ),
  },
  {
    name: 'mixed',
    word: (word, rng) =>
      each(word, (letter) => {
        const sort = rng.integer(4);
        if (sort === 0) return String.fromCodePoint(0xff41 + code(letter));
        if (sort === 1) return letter.toUpperCase();
        if (sort === 2) return `${letter}\u200b`;
        return String.fromCodePoint(0x1d41a + code(letter));
      }),
  },
];
