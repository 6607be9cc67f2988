/** Words and figures that views share. */

import { describe, expect, it } from 'vitest';
import { duration as durationSaid, quoted as quotedSaid } from '../../../bot/views/words.js';
import { cellName } from '../../../src/domain/state/ids.js';
import { spoken } from '../../support/spoken.js';

const duration = spoken(durationSaid);
const quoted = spoken(quotedSaid);

describe('words', () => {
  it('keeps a prompt from being our mark-up or a mention', () => {
    expect(quoted('**bold** @everyone <b> `x` a\nb')).toBe('“bold everyone b x a b”');
    expect(quoted('x'.repeat(500)).length).toBeLessThan(145);
  });

  it.each([
    [0, '0 s'],
    [99, '99 s'],
    [100, '2 min'],
    [3600, '1 h'],
    [4800, '1 h 20 min'],
    [-3, '0 s'],
  ])('%d seconds are %s', (seconds, words) => expect(duration(seconds)).toBe(words));

  it('counts cells from one and sheets from A', () => {
    expect([cellName(0, 1), cellName(1, 9), cellName(25, 3)]).toEqual(['A1', 'B9', 'Z3']);
    // As a spreadsheet names its columns.
    expect([cellName(26, 1), cellName(27, 2), cellName(51, 1), cellName(52, 9)]).toEqual([
      'AA1',
      'AB2',
      'AZ1',
      'BA9',
    ]);
  });
});
