/**
 * Whether a text brings minors together with what is sexual. These rules are part of the program and no
 * configuration shortens them: the two together are refused in every session, and sessions that reduce
 * unsafe pictures take no word about minors at all. Words with other meanings count with what stands around
 * them.
 */
import type { Side } from './lexicon.js';
import { type Hit, hitsOf } from './minor-hits.js';

/** A few small words that tell a language. */
const tellers: Record<string, RegExp> = {
  es: /\b(?:un|una|el|los|las|con|y|en|del)\b/,
  fr: /\b(?:un|une|le|les|des|avec|et|dans|sur)\b/,
  de: /\b(?:ein|eine|einem|das|der|mit|und|im|auf)\b/,
  it: /\b(?:un|una|il|gli|con|di|nel)\b/,
  pt: /\b(?:um|uma|os|com|na|da)\b/,
  nl: /\b(?:een|het|met|en|op|van)\b/,
  sv: /\b(?:ett|och|med|som)\b/,
  da: /\b(?:et|og|med|som|en)\b/,
  no: /\b(?:et|og|med|som|en)\b/,
  tr: /\b(?:bir|ve|ile)\b/,
  id: /\b(?:dan|di|yang|dengan)\b/,
  tl: /\b(?:ang|sa|ng|mga)\b/,
  ro: /\b(?:un|si|cu|pe)\b/,
};

const english = /\b(?:an?|the|of|with|and|in|on|is|who)\b/;

/** What texts of all languages hold. */
const common = new Set(['en', 'emoji', 'age']);

const oneOf = (words: string) => new RegExp(`^(?:${words.split(/\s+/).join('|')})$`);

/** Words for grown people: what is said of a body is said of the nearest person. */
const adult =
  oneOf(`wom[ae]n m[ae]n mothers? fathers? moms? dads? adults? lad(?:y|ies) models? wi(?:fe|ves) husbands?
  grand(?:mother|father|ma|pa) parents? couples? tourists? lifeguards? athletes? dancers? actress actors?
  teachers? nurses? doctors? brides? grooms? girlfriends? boyfriends? mannequins? statues? cowboys?
  swimmers? mermaids? sailors? soldiers? shops? stores? adverts? advertisements?`);
const wearing = /^(?:in|wearing|wears|with|has|having)$/;
/** Words that make an animal's name a body's. */
const touching = oneOf(`big huge hard wet tight hairy bare inside hot
  (?:lick|suck|touch|show|spread|grab|rub|expos|spank|giv|get)\\w*`);

export interface Said {
  minors: boolean;
  /** The two together, or a word for both. */
  sexualised: boolean;
}

/** Whether a text speaks of minors, and whether it does so in a sexual way. */
export function judged(text: string): Said {
  const { hits: found, reading } = hitsOf(text);
  const hits = found.filter((hit) => hit.rank !== 'bound' || inItsLanguage(hit, found, reading.plain));
  const of = (side: Side) => hits.filter((hit) => hit.side === side);
  const minors = of('minor');
  const sexual = of('sexual');
  if (of('both').length > 0) return { minors: true, sexualised: true };
  if (minors.length === 0) return { minors: false, sexualised: false };
  const said = (hit: Hit) =>
    hit.rank === 'strong' ||
    hit.rank === 'bound' ||
    (hit.rank === 'body'
      ? isOfMinor(hit, minors, reading.words)
      : isOfBody(hit, minors, sexual, reading.words));
  return { minors: true, sexualised: sexual.some(said) };
}

function inItsLanguage({ language, side }: Hit, found: readonly Hit[], plain: string): boolean {
  const other = found.some((hit) => hit.language === language && hit.side !== side && hit.side !== 'both');
  // In a text of another language it is a word of that one.
  const strange = found.some((hit) => hit.rank !== 'bound' && !common.has(hit.language));
  if (strange && !other) return false;
  const few = !english.test(plain) && plain.split(' ').length < 3;
  return other || few || (tellers[language]?.test(plain) ?? false);
}

/** Of clothes and bodies: near a minor, and no grown person nearer. */
function isOfMinor({ at }: Hit, minors: readonly Hit[], words: readonly string[]): boolean {
  if (at < 0) return true;
  if (words.slice(Math.max(0, at - 3), at).some((word) => wearing.test(word))) {
    const owner = words
      .slice(0, at)
      .findLastIndex((word, i) => adult.test(word) || minors.some((m) => m.at === i));
    if (owner >= 0) return minors.some((minor) => minor.at === owner);
  }
  const near = Math.min(...minors.map((minor) => (minor.at < 0 ? 0 : Math.abs(minor.at - at))));
  if (near > 6) return false;
  return !words.some(
    (word, i) => Math.abs(i - at) < Math.max(near, 4) && Math.abs(i - at) <= near + 1 && adult.test(word),
  );
}

/** Of names with other meanings: beside a minor, with another such word, or with a hand on it. */
function isOfBody(
  hit: Hit,
  minors: readonly Hit[],
  sexual: readonly Hit[],
  words: readonly string[],
): boolean {
  if (
    sexual.some(
      (other) => other.word !== hit.word && other.rank !== 'bound' && Math.abs(other.at - hit.at) < 4,
    )
  )
    return true;
  return minors.some((minor) => {
    if (hit.at < 0 || minor.at < 0) return false;
    const gap = hit.at - minor.at;
    if (gap === 1 || gap === -1 || gap === 0) return true;
    const between = words.slice(Math.min(hit.at, minor.at) + 1, Math.max(hit.at, minor.at));
    if (gap < 0 && between.length <= 2 && between[0] === 'of') return true;
    const around = words.slice(Math.max(0, hit.at - 2), hit.at + 2);
    return Math.abs(gap) < 6 && around.some((word) => touching.test(word));
  });
}
