/**
 * What may be asked of the model. A text is cleaned (only what can be seen stays, nobody is mentioned), then
 * judged. What is sexual together with minors is refused always, by the rules of minors.ts, which no
 * configuration takes away; the configuration adds lists of its own, of whole words that are found however
 * they are disguised. A refusal never repeats the text or says which word it was.
 */
import { AcclaimError } from '../errors.js';
import { say, type Text } from '../words/text.js';
import { withoutInnocent } from './innocent-phrases.js';
import { judged } from './minors.js';
import { spoken } from './prompt-syntax.js';
import { finder, folded } from './words-found.js';

export interface PromptRules {
  /** Characters. */
  longest: number;
  /** Words and phrases that are refused everywhere ... */
  blocked: readonly string[];
  /**
   * ... and those that are taken in sessions that reduce unsafe pictures, and where a phrase gives them
   * another meaning (innocent-phrases.ts).
   */
  adult: readonly string[];
}

export interface PromptPolicy {
  /**
   * The text as it may be kept, drawn and shown; throws `prompt-refused`. `nsfw`: of a session that reduces
   * unsafe pictures.
   */
  allow(text: string, nsfw: boolean): string;
}

/** What may be drawn on this host, by its rules. Errors of `allow`: prompt-refused. */
export function promptPolicy({ longest, blocked, adult }: PromptRules): PromptPolicy {
  const isBlocked = finder(blocked);
  const isAdult = finder(adult);
  return {
    allow: (text, nsfw) => {
      const clean = cleaned(text);
      if (clean.length > longest)
        throw refused(say('That text is too long.'), say('Use at most {longest} characters.', { longest }));
      // Taking a mention away must not hide a word, so what was typed is judged and not only what is kept.
      for (const said of new Set([clean, text.slice(0, 4 * longest)].flatMap(readings))) {
        mustSpareMinors({ prompt: said }, nsfw);
        const read = folded(said);
        if (isBlocked(read) || (!nsfw && isAdult(withoutInnocent(read))))
          throw refused(
            say('That wording is not taken here.'),
            say('Say it in other words, or ask a moderator.'),
          );
      }
      return clean;
    },
  };
}

/** As it stands, and without the marks of prompts, which can cut a word or stand between its letters. */
const readings = (text: string): string[] => [...new Set([text, spoken(text)])];

/** What guidance leads away from tells of what it leads to. */
const dressed = /\b(?:cloth(?:es|ed|ing)|dressed|garments?|underwear|swimwear)\b/;

/**
 * Throws `prompt-refused` where minors are brought together with what is sexual; with `nsfw` for any word
 * about minors. This part no configuration changes: whoever draws or learns asks it, with or without a
 * session.
 */
export function mustSpareMinors(
  { prompt, negative = '' }: { prompt: string; negative?: string },
  nsfw = false,
): void {
  const asked = readings(prompt).map(judged);
  const minors = asked.some((said) => said.minors);
  const undressed = minors && dressed.test(negative.toLowerCase());
  const sexualised = [...asked, ...readings(negative).map(judged)].some((said) => said.sexualised);
  if (sexualised || undressed || (minors && nsfw))
    throw refused(
      say('Minors may not be brought together with sexual content.'),
      say('Ask for something else.'),
    );
}

/**
 * What Discord and Slack read as a person, group, channel, emoji, command, time or link in angle brackets.
 */
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

function refused(cause: Text, hint: Text): AcclaimError {
  return new AcclaimError('prompt-refused', cause, hint);
}
