/**
 * Finds words of a list in a text as a person reads it: whatever their case, accents, width, look-alike
 * letters of other scripts, digits in place of letters, letters drawn out or set apart. Whole words only,
 * with their plural, so that "Essex" and "grape" stay what they are.
 */

/** Letters that look like Latin ones; read the same in lists and in texts. */
const lookAlikes: Record<string, string> = Object.fromEntries(
  [
    ['аӑα', 'a'],
    ['вβ', 'b'],
    ['сϲ', 'c'],
    ['ԁ', 'd'],
    ['еєε', 'e'],
    ['ɡ', 'g'],
    ['нһ', 'h'],
    ['іıι', 'i'],
    ['ј', 'j'],
    ['кκ', 'k'],
    ['ӏ', 'l'],
    ['м', 'm'],
    ['оοø', 'o'],
    ['рρ', 'p'],
    ['ѕ', 's'],
    ['тτ', 't'],
    ['υ', 'u'],
    ['ν', 'v'],
    ['хχ', 'x'],
    ['у', 'y'],
  ].flatMap(([from, to]) => [...from!].map((letter) => [letter, to!])),
);

/** Signs that stand for letters. */
const signs: Record<string, string> = {
  a: 'a4@',
  b: 'b8',
  e: 'e3€',
  g: 'g9',
  i: 'i1!|l',
  l: 'l1|',
  o: 'o0',
  s: 's5$z',
  t: 't7+',
  u: 'uv',
  z: 'z2',
};

/** The text in which words are looked for. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\s\p{Z}]+/gu, ' ')
    .replace(/[\p{M}\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu, '')
    .toLowerCase()
    .replace(/\p{L}/gu, (letter) => lookAlikes[letter] ?? letter);
}

/** Scripts that set no spaces between words. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

/** Whether a folded text holds one of the words or phrases. */
export function finder(words: readonly string[]): (said: string) => boolean {
  const asked = words.map((word) => folded(word).trim()).filter((word) => word !== '');
  const parts = asked.filter((word) => unspaced.test(word)).map((word) => [...word].map(sign).join(' ?'));
  const whole = asked.filter((word) => !unspaced.test(word)).map(pattern);
  // A letter beside a word makes it another one; digits alone ("455") are a number.
  if (whole.length > 0) parts.push(`(?<!\\p{L})(?=\\S*\\p{L})(?:${whole.join('|')})(?!\\p{L})`);
  if (parts.length === 0) return () => false;
  const any = new RegExp(parts.join('|'), 'u');
  return (said) => any.test(said);
}

const plural = "(?:'?[s5z]|es)?";

/** Together, with signs between its letters, or every letter standing alone. */
function pattern(word: string): string {
  const parts = word.split(/[\s-]+/).map((part) => [...part].map(letter));
  const together = parts.map((letters) => letters.join("[-._*~'/]*")).join('[\\s\\p{P}]*');
  return `${together}${plural}|${parts.flat().join('[\\s\\p{P}]+')}`;
}

/** Once, or drawn out: three times and more. */
function letter(of: string): string {
  const any = [...(signs[of] ?? of)].map(sign).join('|');
  return `(?:${any})(?:${sign(of)}{2,})?`;
}

function sign(of: string): string {
  return of.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
