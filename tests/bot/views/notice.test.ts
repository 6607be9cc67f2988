/** Short things said to a channel. */

import { describe, expect, it } from 'vitest';
import { noticeCard as noticeCardSaid, notices } from '../../../bot/views/notice.js';
import { momentOf as momentOfSaid } from '../../../src/chat/cards.js';
import { spoken } from '../../support/spoken.js';
import { session } from './support.js';

const noticeCard = spoken(noticeCardSaid);
const momentOf = spoken(momentOfSaid);

describe('notices', () => {
  it('of a round that stays open say until when', () => {
    const until = 1_700_000_000_500;
    const card = noticeCard({ key: 'n', session, notice: 'extended', values: { until, round: 2 } });
    expect(card.text).toBe('Round 2 has no votes yet, so it stays open.');
    expect(momentOf(card)).toEqual({ says: 'Closes', at: 1_700_000_000, ahead: true });
  });

  it('read well with and without values', () => {
    for (const code of Object.keys(notices) as (keyof typeof notices)[]) {
      const card = noticeCard({ key: code, session, notice: code, values: { note: 'x' } });
      expect([code, card.title.length > 0, card.text.length > 0]).toEqual([code, true, true]);
      expect(card.text).not.toMatch(/undefined|null|NaN/);
    }
  });
});
