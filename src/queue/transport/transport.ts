/**
 * How rounds, checkpoints and models get from bot to engines and back. Invariants: an engine writes beside
 * the place where its work belongs, under a name of this delivery, and the bot moves what it takes into
 * place, so that what a superseded engine writes is never seen; a result names what was written by its hash,
 * which is checked before it is moved. A model is written `model:<sha256 of its folder>`, for it may lie
 * elsewhere on each machine. Two ways: a folder that both share (shared-folder.ts; nothing is copied), and a
 * bucket (bucket.ts).
 */
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { textHash } from '../../artifacts/tree.js';
import { AcclaimError } from '../../errors.js';
import type { JobKind } from '../jobs.js';

export type Payload = Record<string, unknown>;

/**
 * Where the paths of a payload stand, by kind: one, or a list of them. Those that are null or missing stay
 * so.
 */
const fields = {
  generate: { models: ['model'], data: ['checkpoint'], out: 'out' },
  learn: { models: ['model'], data: ['roundDir', 'checkpoint'], out: 'out' },
  score: { models: ['judge'], data: ['roundDir'], out: null },
  measure: { models: ['judge'], data: ['base', 'tuned', 'checkpoint'], out: null },
  evaluate: { models: ['model'], data: ['checkpoint'], out: 'out' },
  'export-adapter': { models: ['model'], data: ['checkpoint'], out: 'out' },
  // Puts a model on the machine that asks, and may hold a token of its owner: it never leaves.
  'pull-model': null,
} as const satisfies Record<
  JobKind,
  { models: readonly string[]; data: readonly string[]; out: string | null } | null
>;

/** The paths in a payload of that kind. Errors: job-invalid for kinds that do not cross machines. */
export function fieldsOf(kind: JobKind) {
  const row = fields[kind];
  if (row) return row;
  throw new AcclaimError('job-invalid', `a job of kind ${kind} does not cross machines`);
}

export interface Packed {
  payload: Payload;
  /** Hashes of the models that the job needs. */
  models: string[];
}

/** What a delivery wrote: its hash, or null where its kind writes nothing. */
export interface Made {
  delivery: number;
  artifact: string | null;
}

/** The bot's end. */
export interface BotTransport {
  /**
   * Makes what a job reads reachable for engines; may take long, and may be asked again. Errors:
   * bucket-unreachable = later.
   */
  prepare(kind: JobKind, payload: Payload, signal: AbortSignal): Promise<void>;
  /** The payload as it crosses; quick once it is prepared. */
  pack(kind: JobKind, payload: Payload, delivery: number): Promise<Packed>;
  /**
   * Moves what a delivery wrote to where it belongs; once it is there, no more is to do. Errors:
   * bucket-unreachable = later; artifact-missing, artifact-corrupt = the job must be done again.
   */
  keep(kind: JobKind, payload: Payload, made: Made, signal: AbortSignal): Promise<void>;
  /**
   * SHA-256 of all that decides what the job writes: its words and what it reads; null where it writes
   * nothing.
   */
  identity(kind: JobKind, payload: Payload): Promise<string | null>;
  /**
   * What engines have noted of work of that identity that was never kept. Errors: bucket-unreachable = nobody
   * knows.
   */
  noted(kind: JobKind, payload: Payload, identity: string, signal: AbortSignal): Promise<string[]>;
}

/** Told that a bucket is away, and (null) that it is back. */
export type OnWait = (error: unknown) => void;

/**
 * The engine's end; payloads as unpacked, but for `unpack`. Waits for a bucket that is away, until `signal`
 * ends it.
 */
export interface EngineTransport {
  /** Fetches what the job reads. */
  unpack(kind: JobKind, payload: Payload, signal: AbortSignal, onWait?: OnWait): Promise<Payload>;
  /** Makes what the job wrote reachable for the bot; its hash, or null where the kind writes nothing. */
  deliver(kind: JobKind, payload: Payload, signal: AbortSignal, onWait?: OnWait): Promise<string | null>;
  /** Puts a note beside what was delivered, for the case that the answer gets lost. */
  note(kind: JobKind, payload: Payload, identity: string, text: string, signal: AbortSignal): Promise<void>;
  /** Takes away what a delivery wrote. */
  discard(kind: JobKind, payload: Payload): void;
  /** Artifacts that nobody wants any more, by hash. */
  forget(artifacts: readonly string[]): Promise<void>;
}

export interface Models {
  /** Folder -> hash. */
  hash(dir: string): Promise<string>;
  /** Hash -> folder on this machine; undefined where it is not held. */
  find(hash: string): string | undefined;
}

/** The payload as it crosses, with the hashes of its models. */
export async function packed(
  kind: JobKind,
  payload: Payload,
  models: Models,
  to: Pick<Mapping, 'data' | 'out'>,
): Promise<Packed> {
  const hashes: string[] = [];
  const model = async (dir: string) => {
    const hash = await models.hash(dir);
    hashes.push(hash);
    return `model:${hash}`;
  };
  return { payload: await mapped(kind, payload, { model, ...to }), models: hashes };
}

/** `data`: what stands for the content of a path; equal content, equal identity. */
export async function identify(
  kind: JobKind,
  payload: Payload,
  models: Models,
  data: Mapping['data'],
): Promise<string | null> {
  if (output(kind, payload) === null) return null;
  const words = await packed(kind, payload, models, { data, out: () => '' });
  return textHash(JSON.stringify([kind, words.payload]));
}

/** Errors: model-not-found. */
export async function findModel(models: Models, name: string): Promise<string> {
  const hash = name.replace(/^model:/, '');
  const dir = models.find(hash);
  if (dir !== undefined) return dir;
  throw new AcclaimError(
    'model-not-found',
    `this engine has no model ${hash.slice(0, 12)}`,
    'Put the model on it and name it in config/models.yaml or ACCLAIM_MODEL.',
  );
}

/** `data:<path below it>`: one folder, wherever each machine has it. */
export class DataFolder {
  private readonly root: string;

  constructor(dir: string) {
    this.root = resolve(dir);
  }

  name(path: string): string {
    const below = relative(this.root, resolve(path));
    if (below === '' || below.startsWith('..') || resolve(this.root, below) !== resolve(path))
      throw new AcclaimError('job-invalid', `${path} lies outside the data folder ${this.root}`);
    return `data:${below.split(sep).join('/')}`;
  }

  /** Whatever the words are, the path lies below the folder. */
  path(name: string): string {
    const path = resolve(this.root, name.replace(/^data:/, ''));
    if (!name.startsWith('data:') || !path.startsWith(this.root + sep))
      throw new AcclaimError('job-invalid', `${name} is no path below the data folder`);
    return path;
  }
}

/** Puts `made` at `out`, whole, in the place of what was there; what other deliveries left beside it goes. */
export function moveIn(made: string, out: string): void {
  const old = `${out}.old`;
  rmSync(old, { recursive: true, force: true });
  if (existsSync(out)) renameSync(out, old);
  renameSync(made, out);
  syncFolder(dirname(out));
  rmSync(old, { recursive: true, force: true });
  for (const name of readdirSync(dirname(out)))
    if (name.startsWith(staged(basename(out), '')))
      rmSync(join(dirname(out), name), { recursive: true, force: true });
}

/** So that the new name outlives a loss of power; some systems cannot. */
function syncFolder(dir: string): void {
  try {
    const fd = openSync(dir, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch {}
}

/** Name under which a delivery writes what belongs at `out`. */
export const staged = (out: string, delivery: number | ''): string => `${out}.try-${delivery}`;

/** The payload as it crosses, with what one run of the job writes under a name of its own. */
export function underDelivery(kind: JobKind, payload: Payload, delivery: number): Payload {
  const { out } = fieldsOf(kind);
  if (out === null) return payload;
  return { ...payload, [out]: String(payload[out]).replace(/\.try-\d+$/, '') + staged('', delivery) };
}

interface Mapping {
  model(path: string): Promise<string>;
  data(path: string): string | Promise<string>;
  out(path: string): string;
}

/** The payload with its paths changed. */
export async function mapped(kind: JobKind, payload: Payload, to: Mapping): Promise<Payload> {
  const { models, data, out } = fieldsOf(kind);
  const changed: Payload = { ...payload };
  for (const field of models) changed[field] = await each(payload[field], to.model);
  for (const field of data) changed[field] = await each(payload[field], to.data);
  if (out !== null) changed[out] = to.out(String(payload[out]));
  // Paths that lie deeper: whose eyes look at the images, what they are drawn with, and what makes them of
  // latents.
  const safety = payload.safety as { checker: string | null } | undefined;
  if (safety && safety.checker !== null)
    changed.safety = { ...safety, checker: await to.model(String(safety.checker)) };
  const sampler = payload.sampler as { stack?: { file: string }[] } | undefined;
  if (sampler?.stack) {
    const stack: { file: string }[] = [];
    for (const one of sampler.stack) stack.push({ ...one, file: await to.model(one.file) });
    changed.sampler = { ...sampler, stack };
  }
  const decoder = payload.decoder as { tiny: string | null; rounds: boolean } | undefined;
  // What only previews are made with decides nothing: no engine has to have it.
  if (decoder && decoder.tiny !== null)
    changed.decoder = { ...decoder, tiny: decoder.rounds ? await to.model(String(decoder.tiny)) : null };
  return changed;
}

async function each(paths: unknown, to: (path: string) => string | Promise<string>): Promise<unknown> {
  if (paths === null || paths === undefined) return paths;
  if (!Array.isArray(paths)) return to(String(paths));
  const changed: string[] = [];
  for (const path of paths) changed.push(await to(String(path)));
  return changed;
}

/** Folders and files that a job reads from the data folder. */
export function inputs(kind: JobKind, payload: Payload): string[] {
  return fieldsOf(kind).data.flatMap((field) => {
    const paths = payload[field];
    return paths === null || paths === undefined
      ? []
      : Array.isArray(paths)
        ? paths.map(String)
        : [String(paths)];
  });
}

/** Where a job writes; null where it does not. */
export function output(kind: JobKind, payload: Payload): string | null {
  const { out } = fieldsOf(kind);
  return out === null ? null : String(payload[out]);
}
