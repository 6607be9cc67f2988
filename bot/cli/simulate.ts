/**
 * `acclaim simulate`: a session with simulated voters; the figures as a line for people and as JSON for
 * scripts.
 */
import { resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { choice, fallback, flag, integer, number, several, text } from '../../src/cli/options.js';
import { loadCrowd } from '../../src/config/crowds.js';
import { learnerNames, learnerWords } from '../../src/config/learners.js';
import { count } from '../../src/domain/state/count.js';
import { AcclaimError } from '../../src/errors.js';
import type { SimulateResult } from '../simulate/options.js';

const options = {
  task: text('--task <name>', 'a task of config/tasks/; needed unless --undrawn'),
  learner: choice('--learner <name>', `${learnerWords}; default: the configuration's`, learnerNames),
  votes: integer('--votes <n>', 'votes in all: one image judged by one voter is one', { min: 1 }),
  crowd: text(
    '--crowd <name>',
    'who votes: a crowd of config/crowds/ or a file like them, for so many --rounds',
  ),
  rounds: integer('--rounds <n>', 'rounds that a crowd votes in', { min: 1, max: 10_000 }),
  split: integer(
    '--split <round>',
    'of a crowd with tastes: a moderator splits the session after this round, and each camp has its own',
    { min: 1, max: 10_000 },
  ),
  undrawn: flag(
    '--undrawn',
    'votes and guards alone: nothing is drawn or learned, thousands of rounds a minute',
  ),
  pictures: text(
    '--pictures <file>',
    'with --undrawn: vote on the pictures of an earlier --json, not on made-up ones',
  ),
  perRound: fallback(integer('--per-round <images>', 'images of a round', { min: 2, max: 256 }), 32),
  set: several('--set <key=value>', 'one setting over the configuration, e.g. learner.faithful=true'),
  seed: fallback(integer('--seed <n>', 'seed of session and voters', { min: 0, max: 2 ** 32 - 1 }), 0),
  flip: fallback(
    number('--flip <f>', 'share of judgements that are the wrong way round', { min: 0, max: 1 }),
    0,
  ),
  voters: fallback(integer('--voters <k>', 'simulated voters', { min: 1, max: 1000 }), 1),
  reasons: flag('--reasons', 'voters say one thing that is wrong with each picture that they do not like'),
  threads: integer('--threads <n>', 'threads of the engine; 1 for several runs side by side', {
    min: 0,
    max: 1024,
  }),
  figures: fallback(integer('--figures <n>', 'noises of each final figure', { min: 2, max: 4096 }), 256),
  figuresOf: fallback(
    choice('--figures-of <noise>', 'plain: from plain noise alone, half of the drawing', ['all', 'plain']),
    'all',
  ),
  cache: text('--cache <dir>', 'where pictures of the untuned model are kept; default ~/.cache/acclaim'),
  json: text('--json <file>', 'file to write the figures to'),
};

const percent = (share: number) => `${Math.round(share * 100)} %`;

function words({ final, seconds }: SimulateResult): string {
  const rise = (noise: string, from: number | null, to: number | null) =>
    from === null || to === null ? [] : [`from ${noise} noise ${percent(from)} -> ${percent(to)}`];
  const good = [
    ...rise('plain', final.base_plain, final.tuned_plain),
    ...rise('hero', final.base_hero, final.tuned_hero),
  ];
  const kept = final.dgood === null ? 'too few good pictures to compare' : `${percent(final.dgood)} kept`;
  const traits = Object.entries(final.tv);
  const above = traits.map(([name, { tv, floor }]) => ({ name, by: tv - floor })).sort((a, b) => b.by - a.by);
  const moved = above[0]
    ? `, most moved beside the votes: ${above[0].name}, ${signed(above[0].by)} above chance`
    : '';
  return `good ${good.join(', ')}; variety of good pictures: ${kept}${moved} (n = ${final.n}, ${seconds} s)`;
}

const signed = (x: number) => `${x < 0 ? '-' : '+'}${Math.abs(x).toFixed(2)}`;

export const command = defineCommand(
  {
    args: [],
    options,
    examples: [
      'simulate --task cat --votes 64 --json cat.json',
      'simulate --crowd brigade --undrawn --rounds 20 --seed 1',
      'simulate --task rose --crowd divided --rounds 3 --split 1 --json divided.json',
      'simulate --task hazard --learner hero --votes 384 --per-round 64 --seed 3 --set learner.faithful=true',
    ],
  },
  async (v, _args, io) => {
    // Loaded when it runs: help and wrong usage need none of it.
    const { json: file, undrawn, pictures, task, split, ...rest } = v;
    const json = file === undefined ? undefined : resolve(file);
    if (undrawn) {
      const { seed, set } = v;
      const { crowd, rounds } = needed(v);
      const { simulateUndrawn, undrawnWords } = await import('../simulate/crowd/undrawn.js');
      const result = await simulateUndrawn({ crowd, rounds, seed, set, pictures, json, signal: io.signal });
      return io.out(`${crowd}, seed ${seed}: ${undrawnWords(result)}\n`);
    }
    if (task === undefined || pictures !== undefined)
      throw new AcclaimError(
        'usage',
        'what is drawn is not said',
        'Give --task; --pictures is for --undrawn alone.',
      );
    const { crowd } = rest;
    if (split !== undefined || (crowd !== undefined && loadCrowd(crowd).tastes)) {
      if (crowd === undefined)
        throw new AcclaimError('usage', '--split needs a crowd', 'Give --crowd divided.');
      const { dividedWords, simulateDivided } = await import('../simulate/crowd/divided.js');
      const onProgress = (line: string) => io.err(`${line}\n`);
      const asked = { ...rest, crowd, task, split, json, signal: io.signal, onProgress };
      const result = await simulateDivided(asked);
      return io.out(`${task}, ${crowd}, seed ${v.seed}: ${dividedWords(result)}\n`);
    }
    const { simulateCommand } = await import('../simulate/simulate.js');
    const onProgress = (line: string) => io.err(`${line}\n`);
    const result = await simulateCommand({ ...rest, task, json, signal: io.signal, onProgress });
    io.out(`${task}, ${result.learner}, ${count(result.votes, 'vote')}, seed ${v.seed}: ${words(result)}\n`);
  },
);

interface Undrawn {
  crowd?: string | undefined;
  rounds?: number | undefined;
}

/** What a simulation without drawing cannot do without. */
function needed({ crowd, rounds }: Undrawn) {
  if (crowd === undefined || rounds === undefined)
    throw new AcclaimError('usage', '--undrawn needs a crowd', 'Give --crowd and --rounds.');
  return { crowd, rounds };
}
