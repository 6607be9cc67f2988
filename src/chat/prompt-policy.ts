/**
 * What may be asked of the model. A text is cleaned (only what can be seen stays, nobody is mentioned), then judged by
 * whole words that are found however they are disguised. Sexual words together with words about minors are refused
 * always, by the lists of minors.ts, which no configuration takes away; the configuration adds lists of its own.
 * A refusal never repeats the text or says which word it was.
 */
import { AcclaimError } from '../errors.js';
import { speaksOfMinors, speaksOfSex, speaksOfSexualisedMinors } from './minors.js';
import { finder, folded } from './words-found.js';

export interface PromptRules {
  /** Characters. */
  longest: number;
  /** Words and phrases that are refused everywhere ... */
  blocked: readonly string[];
  /** ... and those that are taken in sessions that reduce unsafe pictures. */
  adult: readonly string[];
}

export interface PromptPolicy {
  /** The text as it may be kept, drawn and shown; throws `prompt-refused`. `nsfw`: of a session that reduces unsafe pictures. */
  allow(text: string, nsfw: boolean): string;
}

export function promptPolicy({ longest, blocked, adult }: PromptRules): PromptPolicy {
  const isBlocked = finder(blocked);
  const isAdult = finder(adult);
  return {
    allow: (text, nsfw) => {
      const clean = cleaned(text);
      if (clean.length > longest)
        throw refused('That text is too long.', `Use at most ${longest} characters.`);
      // Taking a mention away must not hide a word, so what was typed is judged and not only what is kept.
      for (const said of new Set([folded(clean), folded(text.slice(0, 4 * longest))])) {
        if (speaksOfSexualisedMinors(said) || (speaksOfMinors(said) && (nsfw || speaksOfSex(said))))
          throw refused('Minors may not be brought together with sexual content.', 'Ask for something else.');
        if (isBlocked(said) || (!nsfw && isAdult(said)))
          throw refused('That wording is not taken here.', 'Say it in other words, or ask a moderator.');
      }
      return clean;
    },
  };
}

/** What Discord and Slack read as a person, group, channel, emoji, command, time or link in angle brackets. */
const tagged = /<(?:[@#!/]|a?:\w|t:|(?:https?|mailto):)[^<>]*>/gi;
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/** One line of visible characters in which nothing calls anybody. */
export function cleaned(text: string): string {
  return text
    .replace(/[\s\p{Z}]+/gu, ' ')
    .replace(unseen, '')
    .replace(tagged, ' ')
    .replace(/[@＠]+(?=\p{L})/gu, '')
    .replace(/ {2,}/g, ' ')
    .trim();
}

function refused(cause: string, mend: string): AcclaimError {
  return new AcclaimError('prompt-refused', cause, mend);
}
