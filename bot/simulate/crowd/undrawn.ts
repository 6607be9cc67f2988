/**
 * `acclaim simulate --crowd NAME --undrawn`: rounds of a simulated crowd through the real rules of votes,
 * guards and labels, without an engine: thousands a minute. On made-up pictures, or on those that an earlier
 * simulation drew and judged.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Crowd, loadCrowd } from '../../../src/config/crowds.js';
import { loadConfig } from '../../../src/config/load.js';
import { sessionRules } from '../../../src/config/rules.js';
import { count } from '../../../src/domain/state/count.js';
import type { Guards } from '../../../src/domain/state/rules.js';
import { AcclaimError } from '../../../src/errors.js';
import { readFault } from '../../../src/files/reading.js';
import { addRound, type CrowdFigures, noFigures } from './figures.js';
import type { Seen } from './people.js';
import { playRounds } from './rounds.js';

export interface UndrawnOptions {
  crowd: string;
  rounds: number;
  seed: number;
  /** JSON of an earlier simulation, whose pictures are voted on; made-up ones when missing. */
  pictures?: string | undefined;
  /** `key=value` over the configuration. */
  set?: readonly string[] | undefined;
  json?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface UndrawnResult extends CrowdFigures {
  crowd: string;
  seed: number;
}

export async function simulateUndrawn(options: UndrawnOptions): Promise<UndrawnResult> {
  const { crowd: name, rounds, seed, json, signal } = options;
  const config = loadConfig({ set: [...(options.set ?? [])] });
  const rules = { ...sessionRules(config), ballots: 'sheet' } as const;
  const pictures = options.pictures === undefined ? undefined : await drawnBefore(options.pictures);
  const sum = noFigures();
  for (const round of playRounds({ crowd: loadCrowd(name), seed, rules, rounds, pictures })) {
    if (signal?.aborted) throw new AcclaimError('cancelled', 'the simulation was stopped');
    addRound(sum, round);
    if (sum.rounds % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const result = { crowd: name, seed, ...sum };
  if (json !== undefined) await writeFile(json, `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** Figures of a crowd over seeds, in one go; `guards` in place of the usual ones. */
export function measureCrowd(
  crowd: Crowd,
  seeds: readonly number[],
  rounds: number,
  guards: Guards,
): CrowdFigures {
  const usual = sessionRules(loadConfig({}));
  const sum = noFigures();
  for (const seed of seeds)
    for (const round of playRounds({ crowd, seed, rounds, rules: { ...usual, ballots: 'sheet', guards } }))
      addRound(sum, round);
  return sum;
}

const drawn = z.object({
  rounds: z
    .array(z.object({ pictures: z.array(z.object({ index: z.number().int(), good: z.boolean() })).min(2) }))
    .min(1),
});

/** How sure a judge's verdict is made to be. */
const SURE = 2.3;

/** The rounds over and over, as many as are asked for. */
async function drawnBefore(file: string): Promise<(round: number) => Seen[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw readFault(error, file, { hint: 'Check the path.' });
  }
  const hint = 'Name a file that acclaim simulate --json has written, with --crowd or without.';
  const read = (): unknown => {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new AcclaimError('config-invalid', `${file} is no JSON`, hint, { cause });
    }
  };
  const { success, data } = drawn.safeParse(read());
  if (!success) throw new AcclaimError('config-invalid', `${file} holds no pictures of a simulation`, hint);
  return (round) =>
    data.rounds[(round - 1) % data.rounds.length]!.pictures.map(({ index, good }) => ({
      ...{ index, good, quality: good ? SURE : -SURE, camp: null },
    }));
}

const percent = (part: number, of: number): string =>
  of > 0 ? `${((100 * part) / of).toFixed(1)} %` : 'none';

export function undrawnWords(sum: UndrawnResult): string {
  const attacked =
    sum.attacked > 0
      ? `the attacked bad picture became the best in ${sum.crowned} of ${count(sum.attacked, 'round')} and was labelled good in ${sum.fooled}; `
      : '';
  const auc = sum.aucRounds > 0 ? (sum.auc / sum.aucRounds).toFixed(3) : 'unknown';
  return (
    `${attacked}bad pictures labelled good: ${percent(sum.badAsGood, sum.bad)}, labelled at all: ${percent(sum.labelled, sum.pictures)}, ` +
    `AUC of the labels ${auc}; a best in ${sum.named} of ${count(sum.rounds, 'round')}, a good one in ${sum.namedGood}; ` +
    `honest votes lost ${percent(sum.cast - sum.weighed, sum.cast)} of their weight; a round was judged in ${(sum.ms / sum.rounds).toFixed(1)} ms`
  );
}
