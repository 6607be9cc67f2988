/**
 * Reactions as Slack names them <-> canonical names. A skin tone is a suffix and is folded away, so a brown
 * thumb counts as a thumb; `thumbsup` and `thumbsdown` are Slack's older names for +1 and -1.
 */

/** Canonical name -> what Slack calls it. */
const slackNames: ReadonlyMap<string, string> = new Map([
  ...['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'].map(
    (word, i): [string, string] => [`${i + 1}`, word],
  ),
  ['none', 'no_entry_sign'],
  ['like', '+1'],
  ['dislike', '-1'],
  ['star', 'star'],
  ['done', 'white_check_mark'],
]);

const names = new Map<string, string>([
  ...[...slackNames].map(([name, word]): [string, string] => [word, name]),
  ['thumbsup', 'like'],
  ['thumbsdown', 'dislike'],
]);

const tone = /::skin-tone-[1-6]$/;

/** Undefined for a reaction that is no mark. */
export function canonical(reaction: string): string | undefined {
  return names.get(reaction.replace(tone, ''));
}

/** In a colour: a plain one may stand beside it. */
export function hasTone(reaction: string): boolean {
  return tone.test(reaction);
}

/** What reactions.add takes; undefined for names without a look. */
export function slackName(name: string): string | undefined {
  return slackNames.get(name);
}
