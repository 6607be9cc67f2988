/**
 * `acclaim export`: the LoRA of a session's latest round, or of one that is named, as a file or merged into
 * its model.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineCommand } from '../../src/cli/command.js';
import { choice, fallback, flag, integer, text } from '../../src/cli/options.js';
import { drawProgress } from '../../src/cli/progress.js';
import { loadConfig } from '../../src/config/load.js';
import { resolveModel } from '../../src/config/models.js';
import { figuresOf } from '../../src/domain/rounds/evaluations.js';
import { AcclaimError } from '../../src/errors.js';
import { adapterName } from '../../src/models/adapter-name.js';
import { samplerSchema } from '../../src/queue/jobs.js';
import { peekSessions } from '../../src/store/peek.js';
import { exportAdapter } from '../jobs/export-adapter.js';

const options = {
  round: integer('--round <n>', "default: the session's latest", { min: 0 }),
  format: fallback(
    choice('--format <name>', 'LoRA file for diffusers, for ComfyUI and A1111 (kohya), or a new model', [
      'diffusers',
      'kohya',
      'merged',
    ]),
    'diffusers',
  ),
  withStack: flag('--with-stack', 'merged: with the LoRAs in it that the session is drawn with'),
  data: text('--data <dir>', "folder of all state; default: the configuration's"),
  config: text('--config <file>', 'configuration over config/default.yaml'),
  model: text('--model <path>', "where the session's model is now; default: where it was"),
  out: text(
    '--out <path>',
    'default: SESSION-round-N.safetensors, with -kohya where it is that; if merged a folder',
  ),
  json: flag('--json', 'print file, size and hash as JSON'),
};

const alwaysOn = (until: number) =>
  `note: it was learned for the noisiest ${Math.round(100 * until)} % of the sampling steps, and is exported as one that is on in all of them, ` +
  'as most programs apply it; acclaim.until in its metadata says so.';

export const command = defineCommand(
  {
    args: [{ name: 'session', help: 'id of the session, as the page shows it', required: true }],
    options,
    examples: [
      'export cat-3f9a',
      'export cat-3f9a --round 2 --format kohya --out cats.safetensors',
      'export cat-3f9a --format merged --out models/cats',
      'export cat-3f9a --format merged --with-stack',
    ],
  },
  async (v, [id], io) => {
    const dataDir = resolve(v.data ?? loadConfig({ file: v.config }).dataDir);
    const sessions = await peekSessions(dataDir);
    const session = sessions.find((s) => s.id === id);
    if (!session) {
      const known = sessions.map((s) => s.id).join(', ') || 'none yet';
      throw new AcclaimError('session-not-found', `there is no session "${id}"`, `Sessions: ${known}.`);
    }
    const folder = join(dataDir, 'sessions', session.id, 'checkpoints');
    const there = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
    const round = v.round ?? session.head;
    if (round === null || !there.includes(String(round))) {
      const what = round === null ? 'has not learned yet' : `learned nothing in round ${round}`;
      const hint = there.length > 0 ? `Rounds: ${there.join(', ')}.` : 'Close a round first.';
      throw new AcclaimError('session-not-found', `${session.id} ${what}`, hint);
    }
    const name = adapterName(session.id, round, v.format);
    const progress = drawProgress(io);
    const result = await exportAdapter(
      {
        session: session.id,
        round,
        attempt: 0,
        seed: session.seed,
        checkpoint: join(folder, String(round)),
        // A plain copy needs no model, which may have gone.
        model: v.format === 'diffusers' ? '' : resolveModel(v.model ?? session.model),
        format: v.format,
        out: resolve(v.out ?? (v.format === 'merged' ? name : `${name}.safetensors`)),
      },
      { progress: progress.report },
      v.withStack ? samplerSchema.parse(session.sampler) : undefined,
    ).finally(progress.clear);
    const safety = figuresOf(session, round);
    if (v.json) io.out(`${JSON.stringify({ session: session.id, round, ...result, safety }, null, 2)}\n`);
    else {
      if (result.until !== undefined) io.out(`${alwaysOn(result.until)}\n`);
      io.out(`${session.id}, round ${round}: ${result.file} (${(result.bytes / 1e6).toFixed(1)} MB)\n`);
    }
  },
);
