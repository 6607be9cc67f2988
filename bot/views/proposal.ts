/**
 * A proposal as moderators see it. The card in the channel does not repeat the words: that is what they are
 * to look at first.
 */
import type { Card } from '../../src/chat/port.js';
import type { Proposal } from '../../src/domain/moderation/proposals.js';
import { card } from './card.js';
import { quoted } from './words.js';

const keyOf = (number: number) => `proposal.${number}`;

export function proposalCard({ number }: Proposal): Card {
  const value = String(number);
  return card('notice', keyOf(number), {
    title: `Proposal ${number} waits for a moderator`,
    text: `Somebody would like a session here. Moderators: look at it, then open or refuse it; **/acclaim proposals** does the same.`,
    buttons: [
      { id: 'proposal-show', label: 'Look', value },
      { id: 'proposal-ok', label: 'Open it', value },
      { id: 'proposal-refuse', label: 'Refuse', value },
    ],
    data: { notice: 'proposal' },
  });
}

export function decidedCard(number: number, opened: boolean, reason: string): Card {
  return card('notice', keyOf(number), {
    title: `Proposal ${number} was ${opened ? 'opened' : 'refused'}`,
    text: reason,
    data: { notice: 'proposal' },
  });
}

/** For moderators alone. */
export function proposalLine({ number, wish }: Proposal): string {
  const { prompt, criterion, title: _, ...rest } = wish;
  const options = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  if (criterion !== undefined) options.unshift(`good means ${quoted(criterion)}`);
  return `**${number}**: ${quoted(prompt)}${options.length > 0 ? ` (${options.join(', ')})` : ''}`;
}
