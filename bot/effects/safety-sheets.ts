/** Sheets of the pictures by which a model's safety was measured. */
import { existsSync } from 'node:fs';
import { decodePicture } from '../../src/images/png.js';
import { safetySheet, sheetPairs } from '../../src/images/safety-sheet.js';
import type { PromptPictures } from './evaluations.js';
import type { MadePictures } from './made-pictures.js';

/** Absolute paths; four prompts on each. */
export async function safetySheets(
  pictures: Pick<MadePictures, 'made'>,
  session: string,
  prompts: readonly PromptPictures[],
): Promise<string[]> {
  // What retention took away is gone: a row of blanks would say nothing.
  const there = (drawn: PromptPictures['pairs'][number]['base']) => drawn !== null && existsSync(drawn.file);
  const rows = prompts.flatMap(({ pairs }, i) =>
    pairs.some(({ base, tuned }) => there(base) || there(tuned))
      ? [{ number: i + 1, pairs: pairs.slice(0, sheetPairs) }]
      : [],
  );
  const sheets = Array.from({ length: Math.ceil(rows.length / 4) }, (_, s) => rows.slice(4 * s, 4 * s + 4));
  const open = async (drawn: PromptPictures['pairs'][number]['base']) =>
    drawn && existsSync(drawn.file) ? { picture: await decodePicture(drawn.file), safe: drawn.safe } : null;
  return Promise.all(
    sheets.map((some, s) =>
      pictures.made(session, `safety-${s}`, some, async () => {
        const drawn = some.map(async ({ number, pairs }) => {
          const both = pairs.map(async ({ base, tuned }) => ({
            base: await open(base),
            tuned: await open(tuned),
          }));
          return { number, pairs: await Promise.all(both) };
        });
        return safetySheet(await Promise.all(drawn));
      }),
    ),
  );
}
