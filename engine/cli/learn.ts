/**
 * `acclaim learn`: one learning step from files, as a session takes it: (checkpoint, round, labels) ->
 * checkpoint. Prompt, sampler and random streams are the round's own. Files: docs/formats.md.
 */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { choice, fallback, flag, integer, mandatory, several, text } from '../../src/cli/options.js';
import { drawProgress } from '../../src/cli/progress.js';
import { problemLines } from '../../src/config/files.js';
import { learnerNames, learnerWords } from '../../src/config/learners.js';
import { learnerSettings, modelFamily, resolveModel } from '../../src/config/models.js';
import { deviceNames } from '../../src/config/schema.js';
import { count } from '../../src/domain/state/count.js';
import { AcclaimError } from '../../src/errors.js';
import { FOLDER_JSON, parseBounded } from '../../src/files/json-bounds.js';
import { readFault } from '../../src/files/reading.js';
import { type Feedback, feedbackSchema } from '../../src/queue/jobs.js';
import { english } from '../../src/words/text.js';
import { announceCosts } from '../foretold-costs.js';
import { readRound } from '../io/round.js';
import { learn } from '../jobs/learn.js';
import { openEngine } from './open-engine.js';

const options = {
  model: fallback(
    text('--model <path>', "name of config/models.yaml, folder in diffusers' layout, or .safetensors file"),
    'mini',
  ),
  round: mandatory(text('--round <dir>', 'round folder that was voted on')),
  labels: mandatory(text('--labels <file>', 'JSON: image -> good, weight; best')),
  checkpoint: text('--checkpoint <dir>', 'checkpoint of the round before; none for the first'),
  learner: choice('--learner <name>', `${learnerWords}; default: the configuration's`, learnerNames),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  set: several('--set <key=value>', 'one setting over the configuration, e.g. learner.lr=0.002'),
  device: choice('--device <name>', "default: the configuration's", deviceNames),
  threads: integer('--threads <n>', 'CPU threads; 1 gives the same bytes everywhere', { min: 0, max: 1024 }),
  out: mandatory(text('--out <dir>', 'checkpoint folder to write')),
  json: flag('--json', 'print figures as JSON'),
};

const hint = 'docs/formats.md describes the labels.';

/**
 * Labels that a person wrote (docs/formats.md). @throws AcclaimError `labels-invalid`, or that the file
 * cannot be read.
 */
export function readLabels(file: string): Feedback {
  let text: Buffer;
  try {
    // What a person types or pipes in: no bound on the reading, but on what is made of it.
    text = readFileSync(file);
  } catch (cause) {
    throw readFault(cause, file, { message: `${file} is not there`, hint });
  }
  const refuse = (why: string, options?: ErrorOptions) =>
    new AcclaimError('labels-invalid', `${file}: ${why}`, hint, options);
  const json = parseBounded(text, FOLDER_JSON, refuse);
  const parsed = feedbackSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw refuse(problemLines(parsed.error).join('; '));
}

export const command = defineCommand(
  {
    args: [],
    options,
    examples: [
      'learn --round data/sessions/cat-3f9a/rounds/1 --labels labels.json --out tuned',
      'learn --round r2 --labels l2.json --checkpoint tuned --learner hero --set learner.lr=0.001 --out tuned2',
    ],
  },
  async (v, _args, io) => {
    const feedback = readLabels(v.labels);
    const model = resolveModel(v.model);
    const { manifest } = readRound(resolve(v.round));
    const { config, engine, notes, close } = await openEngine(
      v.learner === undefined ? v : { ...v, set: [...(v.set ?? []), `learner.name=${v.learner}`] },
    );
    const progress = drawProgress(io);
    announceCosts(engine, (text) => io.err(`${text}\n`));
    try {
      const result = await learn(
        engine,
        {
          session: 'offline',
          round: manifest.round,
          attempt: 0,
          seed: manifest.seed,
          model,
          prompt: manifest.prompt,
          negative: manifest.negative,
          sampler: manifest.sampler,
          width: manifest.width,
          height: manifest.height,
          learner: learnerSettings(config, modelFamily(model)),
          roundDir: resolve(v.round),
          feedback,
          checkpoint: v.checkpoint === undefined ? null : resolve(v.checkpoint),
          out: resolve(v.out),
        },
        { signal: io.signal, progress: progress.report },
      );
      progress.clear();
      const told = { ...result, notes: [...notes, ...result.notes.map(english)] };
      if (v.json) {
        io.out(`${JSON.stringify({ out: resolve(v.out), ...told }, null, 2)}\n`);
        return;
      }
      for (const note of told.notes) io.out(`${note}\n`);
      const what = result.learned ? count(result.steps, 'step') : 'nothing to learn from';
      io.out(`${what} in ${result.seconds.toFixed(1)} s: ${resolve(v.out)}\n`);
    } finally {
      progress.clear();
      await close();
    }
  },
);
