/**
 * Reactions as Slack names them <-> canonical names. A skin tone is a suffix and is folded away, so a brown thumb counts
 * as a thumb; `thumbsup` and `thumbsdown` are Slack's older names for +1 and -1.
 */
import { reactionMarks } from '../../../src/domain/state/emoji.js';

const names = new Map<string, string>([
  ...[...reactionMarks].map(([name, { slack }]): [string, string] => [slack, name]),
  ['thumbsup', 'like'],
  ['thumbsdown', 'dislike'],
]);

const tone = /::skin-tone-[1-6]$/;

export function canonical(reaction: string): string | undefined {
  return names.get(reaction.replace(tone, ''));
}

export function hasTone(reaction: string): boolean {
  return tone.test(reaction);
}

/** What reactions.add takes; undefined for names without a look. */
export function slackName(name: string): string | undefined {
  return reactionMarks.get(name)?.slack;
}
