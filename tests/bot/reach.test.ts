/** What is told of a platform while something waits for it, in the log and in status. */
import { expect, it } from 'vitest';
import { Reach } from '../../bot/monitoring/reach.js';
import { AcclaimError } from '../../src/errors.js';
import { type Log, silentLog } from '../../src/log.js';

it('what waits for long is told by the word that the platform said, and then once an hour', () => {
  const clock = { at: 1_000_000, now: () => clock.at };
  const lines: string[] = [];
  const heard =
    (level: string) =>
    ({ error, seconds = 0 }: { error: string; seconds?: number }) =>
      void lines.push(`${level}: ${error}, ${seconds} s`);
  const log = { ...silentLog, warn: heard('warn'), error: heard('error') } as unknown as Log;
  const reach = new Reach({ clock, log });
  const word = (said: string) => new AcclaimError('platform-unreachable', said, 'look it up');
  const minutes = (count: number, said = 'word_of_next_year') => {
    for (let i = 0; i < count; i++) {
      clock.at += 60_000;
      reach.waits('slack', 'a', word(said));
    }
  };
  reach.waits('slack', 'a', word('away'));
  minutes(9);
  expect(lines).toEqual(['warn: away, 0 s']);
  minutes(60);
  expect(lines.slice(1)).toEqual(['error: word_of_next_year, 600 s']);
  minutes(1);
  expect(lines.slice(2)).toEqual(['error: word_of_next_year, 4200 s']);
  expect(reach.trouble('slack')).toBe('one thing waits for an answer for 4200 s: word_of_next_year');
  reach.goesOn('slack', 'a');
  expect(reach.trouble('slack')).toBeNull();
});
