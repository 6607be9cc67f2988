/**
 * What every platform does to words before its own markup: only what can be seen stays, and no more than
 * fits.
 */

/** Control, zero-width, direction and tag characters, halves of surrogate pairs; line feeds stay. */
const invisible = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/gu;

/** One kind of line end, and no characters that are not seen. */
export function plain(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(invisible, '');
}

/** The text without its marks of bold type. */
export function withoutBold(text: string): string {
  return text.replaceAll('**', '');
}

/** At most `most` characters, never ending inside an escape or a pair of surrogates. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1).replace(/\\+$|[\uD800-\uDBFF]$/, '');
  return `${cut}…`;
}
