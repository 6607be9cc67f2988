/** Where a job goes after an error: by what may be so on one engine alone, and by who found it. */
import { expect, it } from 'vitest';
import { AcclaimError, type ErrorCode } from '../../../src/errors.js';
import { type Next, nextAfter } from '../../../src/queue/redis/answers.js';

it.each<[ErrorCode, Next, Next]>([
  // What was sent can be sent, or made, again.
  ['artifact-missing', 'another', 'another'],
  ['data-mismatch', 'another', 'another'],
  // An engine's own disk and device; where it is the bot's, no engine fares better.
  ['data-unwritable', 'another', 'nowhere'],
  ['device-unavailable', 'another', 'nowhere'],
  ['memory-short', 'larger', 'nowhere'],
  ['cancelled', 'any', 'nowhere'],
  ['usage', 'nowhere', 'nowhere'],
])('%s: said by an engine %s, found at the bot %s', (code, engine, bot) => {
  const error = new AcclaimError(code, 'it failed');
  expect([nextAfter(error, 'engine'), nextAfter(error, 'bot')]).toEqual([engine, bot]);
});
