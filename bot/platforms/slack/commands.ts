/**
 * What Slack hands on when somebody types `/acclaim ...` -> the text that every platform hands on. Slack
 * escapes three signs, and people's keyboards make curly quotes and dashes; both are undone, so that the
 * parser sees what was meant.
 */
import { plain } from '../../../src/chat/text.js';
import { commandName } from './manifest.js';
import { typedText } from './markdown.js';

/** `<@U1|ann>` is read as a person; channels and links go on as they were typed. */
const marked = /<([@#!]?)([^>|]*)(?:\|([^>]*))?>/g;

function asTyped(_: string, sign: string, id: string, label: string | undefined): string {
  if (sign === '@') return `&lt;@${id}&gt;`;
  return sign === '#' ? `#${label || id}` : (label ?? id);
}

/** What was typed after the command -> a command as the table reads it. */
export function commandText(typed: string): string {
  const text = plain(typedText(typed.replace(marked, asTyped)))
    .replace(/[“”„]/g, '"')
    .replace(/(^|\s)[—–](?=[a-z])/gi, '$1--')
    .trim();
  return text === '' ? commandName : `${commandName} ${text}`;
}
