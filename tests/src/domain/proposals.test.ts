/** Who must ask, who decides, and how much may wait: a table of cases. */
import { describe, expect, it } from 'vitest';
import {
  isRefusal,
  mostWaiting,
  mustAsk,
  type Proposal,
  toDecide,
  tooMany,
} from '../../../src/domain/moderation/proposals.js';

const proposal = (number: number, server = 'web', by: string | null = null): Proposal => ({
  number,
  server,
  platform: 'web',
  channel: 'cats',
  wish: { prompt: 'a cat' },
  by,
  at: 1,
});
const many = (count: number, server: string, by: string | null = null) =>
  Array.from({ length: count }, (_, i) => proposal(i, server, by));

describe('who must ask', () => {
  it.each([
    [true, 'member', true],
    [true, 'moderator', false],
    [true, 'admin', false],
    [true, 'operator', false],
    [false, 'member', false],
  ] as const)('approval %s, a %s: %s', (approval, role, expected) => {
    expect(mustAsk(approval, role)).toBe(expected);
  });
});

describe('how much may wait', () => {
  it.each([
    ['an empty list', [], 'ann', false],
    ['two of hers', many(2, 'web', 'ann'), 'ann', false],
    ['three of hers', many(mostWaiting.person, 'web', 'ann'), 'ann', true],
    ['three of hers on another server', many(mostWaiting.person, 'discord-1', 'ann'), 'ann', false],
    ['three of people who are not known', many(3, 'web'), null, false],
    ['a full server', many(mostWaiting.server, 'web'), null, true],
    ['another server that is full', many(mostWaiting.server, 'discord-1'), null, false],
  ] as const)('%s', (_, waiting, by, refused) => {
    expect(tooMany(waiting, 'web', by) !== null).toBe(refused);
  });
});

describe('who decides what', () => {
  const waiting = [proposal(3, 'web'), proposal(4, 'discord-1')];
  it.each([
    [3, 'web', 'moderator', 3],
    [3, 'web', 'admin', 3],
    [3, 'web', 'member', 'not-allowed'],
    [4, 'web', 'operator', 'unknown'],
    [5, 'web', 'moderator', 'unknown'],
  ] as const)('%i on %s by a %s: %s', (number, server, role, expected) => {
    const found = toDecide(waiting, number, { server, role });
    expect(isRefusal(found) ? found.code : found.number).toBe(expected);
  });
});
