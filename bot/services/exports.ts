/**
 * What sessions learned, as files that people take away: made by an engine process of its own, so that rounds
 * go on meanwhile, and kept beside the session, so that asking again costs nothing. What is under way is held
 * in memory only; an export that a restart cut off is asked for again.
 */

import { createHash } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionState } from '../../src/domain/state/model.js';
import { AcclaimError } from '../../src/errors.js';
import { adapterName } from '../../src/models/adapter-name.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';
import { counted, listed, say, type Text } from '../../src/words/text.js';
import type { DataPaths } from '../effects/data-paths.js';
import type { ModelSettings } from '../effects/model-settings.js';
import type { SideEngine } from './side-engine.js';

/** diffusers: as it was learned. kohya: for ComfyUI and A1111. merged: a whole model. */
export const exportFormats = ['diffusers', 'kohya', 'merged'] as const;
/** One of `exportFormats`. */
export type ExportFormat = (typeof exportFormats)[number];

/** Which round of which session, and as what. */
export interface Export {
  session: string;
  round: number;
  format: ExportFormat;
}

/** One that is made. */
export interface Exported extends Export {
  /** Absolute path of the LoRA, or of the merged model's folder or file. */
  path: string;
  /** What people save it as. */
  name: string;
  bytes: number;
  folder: boolean;
}

export interface ExportParts {
  engine: SideEngine;
  paths: DataPaths;
  models: ModelSettings;
}

interface Running {
  session: string;
  job: Promise<Exported>;
  progress: JobProgress | null;
}

/** Makes exports, each once. */
export class Exports {
  private readonly running = new Map<string, Running>();

  constructor(private readonly parts: ExportParts) {}

  /** Null while it is not made yet. */
  async found(what: Export): Promise<Exported | null> {
    const path = this.pathOf(what);
    const found = await stat(path).catch(() => null);
    if (!found) return null;
    const folder = found.isDirectory();
    return { ...what, path, name: nameOf(what, folder), bytes: found.size, folder };
  }

  /** The same wish twice is one job. Throws what the engine says. */
  make(state: SessionState, what: Export): Promise<Exported> {
    const key = nameOf(what, false);
    const running = this.running.get(key);
    if (running) return running.job;
    const entry: Running = {
      session: what.session,
      progress: null,
      job: this.run(state, what, (progress) => {
        entry.progress = progress;
      }).finally(() => this.running.delete(key)),
    };
    this.running.set(key, entry);
    return entry.job;
  }

  /** One line for each that is being made. */
  lines(): { session: string; line: Text }[] {
    return [...this.running].map(([name, { session, progress }]) => {
      const line =
        progress && progress.total > 1
          ? say('**{name}** is being made: {done} of {files}.', {
              name,
              done: progress.done,
              files: counted(progress.total, 'file'),
            })
          : say('**{name}** is being made.', { name });
      return { session, line };
    });
  }

  private async run(
    state: SessionState,
    what: Export,
    progress: (p: JobProgress) => void,
  ): Promise<Exported> {
    const { paths, engine, models } = this.parts;
    const { session, round, format } = what;
    const out = this.pathOf(what);
    // Of whole models only the newest is kept: each is as large as its base.
    if (format === 'merged')
      for (const { number } of state.rounds)
        await rm(this.pathOf({ ...what, round: number }), { recursive: true, force: true });
    const payload: JobPayload<'export-adapter'> = {
      session: `export-${session}`,
      round,
      attempt: 0,
      seed: state.session.seed,
      checkpoint: paths.checkpoint(session, round),
      model: models.folder(state.session.model),
      format,
      out,
    };
    const id = `export.${createHash('sha256').update(out).digest('hex').slice(0, 12)}.export-adapter.0`;
    const { bytes } = await engine.queue().run({ id, kind: 'export-adapter', payload }, progress);
    const made = await this.found(what);
    if (made) return { ...made, bytes };
    throw new AcclaimError(
      'file-not-found',
      say('{out} is not there any more', { out }),
      say('Ask for it again.'),
    );
  }

  /** The LoRA as diffusers reads it lies in the checkpoint already. */
  private pathOf({ session, round, format }: Export): string {
    if (format === 'diffusers')
      return join(this.parts.paths.checkpoint(session, round), 'adapter.safetensors');
    const ending = format === 'kohya' ? '.safetensors' : '';
    return this.parts.paths.made(session, `export-${round}-${format}${ending}`);
  }
}

function nameOf({ session, round, format }: Export, folder: boolean): string {
  return `${adapterName(session, round, format)}${folder ? '.tar' : '.safetensors'}`;
}

/**
 * The round whose checkpoint is meant: the one that is named, else the session's head. Throws
 * `session-not-found`.
 */
export function learnedRound({ session, rounds }: SessionState, asked: number | null): number {
  const learned = rounds.filter((r) => r.learned !== null && r.state !== 'failed').map((r) => r.number);
  const round = asked ?? session.head;
  if (round !== null && learned.includes(round)) return round;
  throw new AcclaimError(
    'session-not-found',
    round === null
      ? say('{id} has not learned yet.', { id: session.id })
      : say('{id} learned nothing in round {round}.', { id: session.id, round }),
    learned.length > 0
      ? say('Rounds: {rounds}.', { rounds: listed(learned.map(String)) })
      : say('Close a round first.'),
  );
}
