/**
 * Our plain text with **bold** -> Discord's markdown in which nothing else means anything: every sign that
 * could begin a mention, link, heading, list, quote, code or spoiler is escaped, invisible and
 * direction-changing characters go.
 */
import { plain } from '../../../src/chat/text.js';

/** Plain text with **bold** -> Discord's markdown, in which nothing else has a meaning. */
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
