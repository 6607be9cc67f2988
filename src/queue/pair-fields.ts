/**
 * The pair row: pictures of noises that stay the same for a whole session, drawn beside every round by the
 * model that draws it, so that people see what learning changed and nothing else. Nobody votes on them and
 * nothing is learned from them.
 */
import { z } from 'zod';
import { below } from './below.js';

const count = z.number().int().positive();

/** How many, and in how many sampling steps: `src/domain/rounds/pair.ts` says what a round can afford. */
export const pairFields = z.object({ count: count.max(4), steps: count.max(1000) });

export const pairResult = z
  .array(
    z.object({
      /** Of its noise. */
      index: z.number().int().nonnegative().max(3),
      /** Null where nobody is shown it: its file is not kept. */
      file: below.nullable(),
      width: count.max(1 << 14),
      height: count.max(1 << 14),
      /** As of a round's pictures. */
      held: z.boolean().optional(),
      barred: z.boolean().optional(),
    }),
  )
  .max(4);
