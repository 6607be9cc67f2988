/**
 * Our plain text with **bold** -> Discord's markdown in which nothing else means anything: every sign that could begin
 * a mention, link, heading, list, quote, code or spoiler is escaped, invisible and direction-changing characters go.
 */

/** Control, zero-width, direction and tag characters, halves of surrogate pairs; line feeds stay. */
const invisible = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/gu;

export function plain(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(invisible, '');
}

export function markdown(text: string): string {
  return plain(text)
    .split(/\*\*([^*\n]+)\*\*/)
    .map((part, i) => (i % 2 === 1 ? `**${neutral(part)}**` : neutral(part)))
    .join('');
}

function neutral(text: string): string {
  return text
    .replace(/[\\*_~`|<>@[\]()]/g, '\\$&')
    .replace(/:(?=\/\/)/g, '\\:')
    .replace(/^(\s*)([#+-])/gm, '$1\\$2')
    .replace(/^(\s*\d+)\./gm, '$1\\.');
}

/** At most `most` characters, never ending inside an escape or a pair of surrogates. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(0, most - 1).replace(/\\+$|[\uD800-\uDBFF]$/, '');
  return `${cut}…`;
}
