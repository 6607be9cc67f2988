/**
 * Paths on their way between machines. What lies under the data folder, which bot and engines share, is written
 * `data:<path below it>`; a model is written `model:<sha256 of its folder>`, for it may lie elsewhere on each. An engine writes
 * beside the place where its work belongs, under a name of this delivery; the bot moves what it takes into place. So what a
 * superseded engine writes is never seen.
 */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { AcclaimError } from '../errors.js';
import type { JobKind } from './jobs.js';

type Payload = Record<string, unknown>;

/** Where the paths of a payload stand, by kind; those that are null stay so. */
const fields = {
  generate: { models: ['model'], data: ['checkpoint'], out: 'out' },
  learn: { models: ['model'], data: ['roundDir', 'checkpoint'], out: 'out' },
  score: { models: ['judge'], data: ['roundDir'], out: null },
  'export-adapter': { models: ['model'], data: ['checkpoint'], out: 'out' },
  // Puts a model on the machine that asks, and may hold a token of its owner: it never leaves.
  'pull-model': null,
} as const satisfies Record<
  JobKind,
  { models: readonly string[]; data: readonly string[]; out: string | null } | null
>;

function fieldsOf(kind: JobKind) {
  const row = fields[kind];
  if (row) return row;
  throw new AcclaimError('job-invalid', `a job of kind ${kind} does not cross machines`);
}

export interface Packed {
  payload: Payload;
  /** Hashes of the models that the job needs. */
  models: string[];
}

/** How paths cross; a test with no files has its own. */
export interface Places {
  pack(kind: JobKind, payload: Payload, delivery: number): Promise<Packed>;
  unpack(kind: JobKind, payload: Payload): Promise<Payload>;
  /** Moves what a delivery wrote to where it belongs. */
  keep(kind: JobKind, payload: Payload, delivery: number): Promise<void>;
  /** Takes away what a delivery wrote; `payload` as unpacked. */
  discard(kind: JobKind, payload: Payload): void;
}

export interface Models {
  /** Folder -> hash. */
  hash(dir: string): Promise<string>;
  /** Hash -> folder on this machine; undefined where it is not held. */
  find(hash: string): string | undefined;
}

/** How long a shared folder may take to show what another machine wrote, ms. */
const SHARED_MS = 10_000;

export class SharedFolder implements Places {
  private readonly root: string;

  constructor(
    dataDir: string,
    private readonly models: Models,
  ) {
    this.root = resolve(dataDir);
  }

  async pack(kind: JobKind, payload: Payload, delivery: number): Promise<Packed> {
    const models: string[] = [];
    const model = async (dir: string) => {
      const hash = await this.models.hash(dir);
      models.push(hash);
      return `model:${hash}`;
    };
    const packed = await mapped(kind, payload, {
      model,
      data: (path) => this.shared(path),
      out: (path) => this.shared(staged(path, delivery)),
    });
    return { payload: packed, models };
  }

  unpack(kind: JobKind, payload: Payload): Promise<Payload> {
    const data = (name: string) => this.local(name);
    const model = async (name: string) => {
      const hash = name.replace(/^model:/, '');
      const dir = this.models.find(hash);
      if (dir !== undefined) return dir;
      throw new AcclaimError(
        'model-not-found',
        `this engine has no model ${hash.slice(0, 12)}`,
        'Put the model on it and name it in config/models.yaml or ACCLAIM_MODEL.',
      );
    };
    return mapped(kind, payload, { model, data, out: data });
  }

  async keep(kind: JobKind, payload: Payload, delivery: number): Promise<void> {
    const { out: field } = fieldsOf(kind);
    if (field === null) return;
    const out = String(payload[field]);
    const made = staged(out, delivery);
    for (const end = Date.now() + SHARED_MS; !existsSync(made); await new Promise((r) => setTimeout(r, 100)))
      if (Date.now() > end)
        throw new AcclaimError(
          'file-not-found',
          `an engine says that it wrote ${made}, and it is not here`,
          'Bot and engines must share one data folder: see ACCLAIM_DATA in docs/operating.md.',
        );
    const old = `${out}.old`;
    rmSync(old, { recursive: true, force: true });
    if (existsSync(out)) renameSync(out, old);
    renameSync(made, out);
    rmSync(old, { recursive: true, force: true });
    for (const name of readdirSync(dirname(out)))
      if (name.startsWith(`${basename(out)}.try-`))
        rmSync(join(dirname(out), name), { recursive: true, force: true });
  }

  discard(kind: JobKind, payload: Payload): void {
    const { out } = fieldsOf(kind);
    if (out !== null) rmSync(String(payload[out]), { recursive: true, force: true });
  }

  private shared(path: string): string {
    const below = relative(this.root, resolve(path));
    if (below === '' || below.startsWith('..') || resolve(this.root, below) !== resolve(path))
      throw new AcclaimError('job-invalid', `${path} lies outside the data folder ${this.root}`);
    return `data:${below.split(sep).join('/')}`;
  }

  /** Whatever the words are, the path lies below the data folder. */
  private local(name: string): string {
    const path = resolve(this.root, name.replace(/^data:/, ''));
    if (!name.startsWith('data:') || !path.startsWith(this.root + sep))
      throw new AcclaimError('job-invalid', `${name} is no path below the data folder`);
    return path;
  }
}

/** Name under which a delivery writes what belongs at `out`. */
const staged = (out: string, delivery: number): string => `${out}.try-${delivery}`;

interface Mapping {
  model(path: string): Promise<string>;
  data(path: string): string;
  out(path: string): string;
}

async function mapped(kind: JobKind, payload: Payload, to: Mapping): Promise<Payload> {
  const { models, data, out } = fieldsOf(kind);
  const changed: Payload = { ...payload };
  for (const field of models) changed[field] = await to.model(String(payload[field]));
  for (const field of data) if (payload[field] !== null) changed[field] = to.data(String(payload[field]));
  if (out !== null) changed[out] = to.out(String(payload[out]));
  // The one path that lies deeper: whose eyes look at the images.
  const safety = payload.safety as { checker: string | null } | undefined;
  if (safety && safety.checker !== null)
    changed.safety = { ...safety, checker: await to.model(String(safety.checker)) };
  return changed;
}
