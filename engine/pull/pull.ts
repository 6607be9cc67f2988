/**
 * Brings a model onto this machine: from a hub, a URL or a folder into `<models>/<name>@<version>`. What is
 * half here stays under `.partial` and is taken up again; what is whole was checked file by file and opened
 * once, is synced, gets its name in one step, and is never changed again.
 */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pulledNote } from '../../src/config/pulled.js';
import { AcclaimError } from '../../src/errors.js';
import type { Pulled } from '../../src/queue/pulled-schema.js';
import { asDataError } from '../../src/store/faults.js';
import { makeFolder } from '../../src/store/folder.js';
import { isAdapter, otherKind } from '../adapters/kinds.js';
import { checkNew, publish } from '../io/new-folder.js';
import { openSafetensors } from '../io/safetensors.js';
import { loadPipeline } from '../models/pipeline.js';
import { openTinyVae } from '../models/tiny-vae.js';
import { fetchFile, hashFile } from './fetch-file.js';
import { fileUrl, type Hub, readRepository } from './hub.js';
import { checkPath, type RemoteFile } from './listing.js';
import { placeOf, type Reach } from './public.js';
import { isPart, selectFiles, type Variant } from './select.js';
import { type ModelSource, readUrl } from './source.js';
import { openWeb } from './web.js';

export interface PullRequest {
  readonly source: ModelSource;
  /** Folder that holds the models of this machine. */
  readonly models: string;
  readonly variant: Variant;
  readonly hub: Hub;
  /** Hosts inside that may be asked, beside the hub. */
  readonly reach: Reach;
  readonly signal: AbortSignal;
  /** Bytes that are here, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
  /** For tests: what the disk has left. */
  readonly freeBytes?: (dir: string) => number;
  readonly retry?: { readonly silenceMs?: number; readonly pauseMs?: number };
}

/** What is to be brought, and how each file comes. */
interface Plan {
  /** `<name>@<version>`. */
  readonly name: string;
  readonly about: Pick<Pulled, 'source' | 'revision' | 'licence'>;
  readonly files: readonly RemoteFile[];
  bring(file: RemoteFile, to: string, onBytes: (bytes: number) => void): Promise<void>;
}

const OTHER_FOLDER =
  'Name a folder that this user may write to: `--to DIR`, or ACCLAIM_MODELS for all commands.';

/** Left free beside the model, so that sessions go on. */
const SPARE_BYTES = 512 * 2 ** 20;

/** Returns the model's folder. One that is here already is returned as it is. */
export async function pull(request: PullRequest): Promise<{ dir: string; pulled: Pulled }> {
  const plan = await planFor(request);
  const out = join(resolve(request.models), plan.name);
  const here = existsSync(out) ? pulledNote(out) : undefined;
  if (here) return { dir: out, pulled: here };
  checkNew(out);
  const partial = `${out}.partial`;
  await makeFolder(partial).catch((error) => {
    throw asDataError(error, request.models, OTHER_FOLDER);
  });
  clearStrangers(partial, plan);
  checkSpace(partial, plan, request.freeBytes ?? freeBytes);

  const total = plan.files.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const file of plan.files) {
    const report = (bytes: number) => request.onProgress?.(done + bytes, total);
    const to = inside(partial, file.path);
    await plan.bring(file, to, report);
    done += file.size;
    report(0);
    await setImmediate();
  }
  const files: Pulled['files'] = {};
  for (const { path, size } of plan.files) {
    if (request.signal.aborted) throw new AcclaimError('cancelled', 'the pull was cancelled');
    files[path] = { bytes: size, sha256: await hashFile(inside(partial, path)) };
  }
  const adapter = await opened(partial, plan.files);
  const pulled: Pulled = {
    ...{ format: 'acclaim-model', version: 1 },
    ...plan.about,
    ...(adapter && { adapter }),
    files,
  };
  writeFileSync(join(partial, 'acclaim.json'), `${JSON.stringify(pulled, null, 2)}\n`);
  publish(partial, out);
  return { dir: out, pulled };
}

/**
 * Opens what is here, so that it is known to be whole. True of a LoRA: it fits a model or does not, and is
 * read for one when it is used. Errors: those of its reader; adapter-unsupported.
 */
async function opened(dir: string, files: readonly RemoteFile[]): Promise<true | undefined> {
  if (isPart(files)) {
    openTinyVae(dir);
    return undefined;
  }
  const path = openable(dir, files);
  if (path !== dir) {
    const keys = [...openSafetensors(path, 'model-corrupt').tensors.keys()];
    if (isAdapter(keys)) {
      mustBeBuilt(path, keys);
      return true;
    }
  }
  await loadPipeline(path);
  return undefined;
}

function mustBeBuilt(path: string, keys: readonly string[]): void {
  for (const key of keys) {
    const kind = otherKind(key);
    if (kind !== undefined)
      throw new AcclaimError(
        'adapter-unsupported',
        `${basename(path)}: ${key}: ${kind} is not built`,
        'Pull a LoRA of linear and convolutional layers.',
      );
  }
}

/** The folder, or the one weight file of a model that is a single file. */
function openable(dir: string, files: readonly RemoteFile[]): string {
  if (files.some(({ path }) => path === 'model_index.json')) return dir;
  return join(dir, files.find(({ path }) => path.endsWith('.safetensors'))!.path);
}

async function planFor(request: PullRequest): Promise<Plan> {
  const { source, variant, hub, reach, signal, retry } = request;
  const web = openWeb({ ...reach, inside: [placeOf(hub.url), ...reach.inside] });
  const options = { web, token: hub.token, signal, ...retry };
  if (source.kind === 'hub') {
    const repository = await readRepository(source, { hub, web, signal, pauseMs: retry?.pauseMs });
    return {
      name: `${folderName(source)}@${repository.commit.slice(0, 12)}`,
      about: { source: source.name, revision: repository.commit, licence: repository.licence },
      files: selectFiles(repository.files, variant, source.file),
      bring: (file, to, onBytes) =>
        fetchFile(fileUrl(hub, repository, file.path), file, to, { ...options, onBytes }),
    };
  }
  if (source.kind === 'url') {
    // The token is the hub's: no other host sees it.
    const token = new URL(source.url).origin === new URL(hub.url).origin ? hub.token : null;
    const file = await readUrl(source, { web, token, signal });
    return {
      name: `${basename(file.path, '.safetensors')}@${version(`${source.url} ${file.size}`)}`,
      about: { source: source.url, revision: null, licence: null },
      files: [file],
      bring: (wanted, to, onBytes) => fetchFile(source.url, wanted, to, { ...options, token, onBytes }),
    };
  }
  const root = resolve(source.path);
  const files = selectFiles(
    statSync(root).isFile() ? [localFile(dirname(root), basename(root))] : localFiles(root),
    variant,
  );
  const base = statSync(root).isFile() ? dirname(root) : root;
  const stamp = files
    .map(({ path, size }) => `${path} ${size} ${statSync(join(base, path)).mtimeMs}`)
    .join('\n');
  return {
    name: `${safeName(basename(root, '.safetensors'))}@${version(stamp)}`,
    about: { source: root, revision: null, licence: null },
    files,
    bring: async (file, to) => {
      mkdirSync(dirname(to), { recursive: true });
      copyFileSync(realpathSync(join(base, file.path)), to);
    },
  };
}

/** Of several files in a repository each has a folder of its own. */
const folderName = ({ name, file }: Extract<ModelSource, { kind: 'hub' }>): string =>
  [...name.split('/'), ...(file === undefined ? [] : [safeName(basename(file, '.safetensors'))])].join('--');

function localFiles(root: string): RemoteFile[] {
  return (readdirSync(root, { recursive: true }) as string[])
    .map((name) => name.split(sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part.startsWith('.')) && existsSync(join(root, name)))
    .filter((name) => statSync(join(root, name)).isFile())
    .map((name) => localFile(root, name));
}

const localFile = (root: string, path: string): RemoteFile => ({
  path,
  size: statSync(join(root, path)).size,
});

const safeName = (name: string): string => name.replace(/[^\w.-]+/g, '-').replace(/^[.-]+/, '') || 'model';

/** Twelve hex digits that change with what a source without commits holds. */
function version(stamp: string): string {
  return createHash('sha256').update(stamp).digest('hex').slice(0, 12);
}

/** A path of the plan below `dir`: checked by name before, and once more by where it leads. */
function inside(dir: string, path: string): string {
  checkPath(path);
  const full = resolve(dir, path);
  if (!full.startsWith(resolve(dir) + sep))
    throw new AcclaimError('model-unsafe', `${path} lies outside of ${dir}`);
  return full;
}

/**
 * What an earlier try left and this plan does not name goes: a file of another variant would be read in its
 * place.
 */
function clearStrangers(partial: string, { files }: Plan): void {
  if (!existsSync(partial)) return;
  const wanted = new Set(files.map(({ path }) => path));
  for (const name of readdirSync(partial, { recursive: true }) as string[]) {
    const full = join(partial, name);
    if (existsSync(full) && !statSync(full).isDirectory() && !wanted.has(name.split(sep).join('/')))
      rmSync(full);
  }
}

function freeBytes(dir: string): number {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
}

function checkSpace(partial: string, { files }: Plan, free: (dir: string) => number): void {
  const held = ({ path }: RemoteFile) =>
    existsSync(join(partial, path)) ? statSync(join(partial, path)).size : 0;
  const missing = files.reduce((sum, file) => sum + Math.max(0, file.size - held(file)), 0);
  const left = free(partial);
  if (missing + SPARE_BYTES <= left) return;
  const gb = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new AcclaimError(
    'disk-full',
    `the model needs ${gb(missing)} more and ${gb(SPARE_BYTES)} to spare, and ${gb(left)} are free`,
    'Free some space, or choose another folder: --to DIR.',
  );
}
