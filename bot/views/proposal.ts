/**
 * A proposal as moderators see it. The card in the channel does not repeat the words: that is what they are
 * to look at first.
 */
import type { Card } from '../../src/chat/port.js';
import type { Proposal } from '../../src/domain/moderation/proposals.js';
import { joined, listed, say, type Text } from '../../src/words/text.js';
import { card } from './card.js';
import { quoted } from './words.js';

const keyOf = (number: number) => `proposal.${number}`;

export function proposalCard({ number }: Proposal): Card {
  const value = String(number);
  return card('notice', keyOf(number), {
    title: say('Proposal {number} waits for a moderator', { number }),
    text: say(
      'Somebody would like a session here. Moderators: look at it, then open or refuse it; **/acclaim proposals** does the same.',
    ),
    buttons: [
      { id: 'proposal-show', label: say('Look'), value },
      { id: 'proposal-ok', label: say('Open it'), value },
      { id: 'proposal-refuse', label: say('Refuse'), value },
    ],
    data: { notice: 'proposal' },
  });
}

export function decidedCard(number: number, opened: boolean, reason: Text): Card {
  return card('notice', keyOf(number), {
    title: opened
      ? say('Proposal {number} was opened', { number })
      : say('Proposal {number} was refused', { number }),
    text: reason,
    data: { notice: 'proposal' },
  });
}

/** For moderators alone. */
export function proposalLine({ number, wish }: Proposal): Text {
  const { prompt, criterion, title: _, ...rest } = wish;
  const options = Object.entries(rest).flatMap(([name, value]): Text[] =>
    value === undefined ? [] : [`${name} ${value}`],
  );
  if (criterion !== undefined)
    options.unshift(say('good means {criterion}', { criterion: quoted(criterion) }));
  const line = say('**{number}**: {prompt}', { number, prompt: quoted(prompt) });
  return options.length > 0 ? joined(line, ' (', listed(options), ')') : line;
}
