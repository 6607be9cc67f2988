/**
 * Our plain text with **bold** -> Slack's rich text, whose elements are literal: no sign in them can mention
 * anyone, link or format. The text beside the blocks (notifications, screen readers) is escaped as Slack
 * asks. Invisible and direction-changing characters go.
 * https://docs.slack.dev/messaging/formatting-message-text#escaping
 */
import type { types } from '@slack/bolt';
import { plain } from '../../../src/chat/text.js';

/** Text in which nothing has a meaning to Slack. */
export function escaped(text: string): string {
  return plain(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** What Slack did to what somebody typed, undone. */
export function typedText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** Plain text with **bold** -> elements of a block. */
export function richText(text: string): types.RichTextElement[] {
  return plain(text)
    .split(/\*\*([^*\n]+)\*\*/)
    .flatMap((part, i): types.RichTextElement[] => {
      if (part === '') return [];
      return [{ type: 'text', text: part, ...(i % 2 === 1 ? { style: { bold: true } } : {}) }];
    });
}

/** In pieces of at most `most` characters, cut at line ends where there are any. */
export function pieces(text: string, most: number): string[] {
  const found: string[] = [];
  for (let rest = text; rest !== ''; ) {
    if (rest.length <= most) return [...found, rest];
    const end = rest.lastIndexOf('\n', most);
    let cut = end > most / 2 ? end + 1 : most;
    if (/[\uD800-\uDBFF]/.test(rest[cut - 1]!)) cut -= 1;
    found.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return found;
}
