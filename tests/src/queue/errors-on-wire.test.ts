/** An error that crosses between programs of two versions: what is to be done was called `mend` before. */
import { expect, it } from 'vitest';
import { AcclaimError, toPlain } from '../../../src/errors.js';
import { errorOnWire, plainErrorSchema } from '../../../src/queue/messages.js';

const error = toPlain(new AcclaimError('disk-full', 'no room', 'Make room.'));
const before = { code: 'disk-full', message: 'no room', mend: 'Make room.' };

it('is read from a program of before, and sent so that one of before reads it', () => {
  expect(plainErrorSchema.parse(before)).toEqual(error);
  expect(errorOnWire(error)).toMatchObject(before);
  expect(plainErrorSchema.parse(errorOnWire(error))).toEqual(error);
  expect(plainErrorSchema.safeParse({ code: 'disk-full', message: 'no room' }).success).toBe(false);
});
