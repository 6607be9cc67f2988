/**
 * Where a model or a LoRA comes from, as people write it: a name of the catalogue, `owner/name[@revision]` or
 * `owner/name/file.safetensors[@revision]` on the hub, a URL of a .safetensors file, or a folder or file of
 * this machine.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { type Catalogue, loadCatalogue } from '../../src/config/catalogue.js';
import { AcclaimError } from '../../src/errors.js';
import { isThere } from '../../src/files/reading.js';
import { checkStatus, reason } from './fetch-file.js';
import { checkPath, type RemoteFile } from './listing.js';
import type { Answer, Web } from './web.js';

export type ModelSource =
  | {
      readonly kind: 'hub';
      readonly name: string;
      readonly revision: string;
      readonly file?: string | undefined;
    }
  | { readonly kind: 'url'; readonly url: string; readonly sha256?: string | undefined }
  | { readonly kind: 'folder'; readonly path: string };

export interface SourceOptions {
  readonly revision?: string | undefined;
  readonly file?: string | undefined;
  /** False where paths of this machine must not be named from afar. */
  readonly local?: boolean;
}

const HUB_NAME = /^[\w-][\w.-]{0,95}\/[\w-][\w.-]{0,95}$/;
const IN_REPOSITORY = /^([^/]+\/[^/]+)\/(.+\.safetensors)$/;
const REVISION = /^[\w][\w./-]{0,99}$/;

/** Errors: usage where it is none of these. */
export function parseSource(
  model: string,
  { revision, file, local = true }: SourceOptions = {},
  catalogue: Catalogue = loadCatalogue(),
): ModelSource {
  const refuse = (why: string): never => {
    throw new AcclaimError(
      'usage',
      why,
      'Give OWNER/NAME[/FILE.safetensors][@REVISION] of a hub, an https address, a folder, or a name of `acclaim models`.',
    );
  };
  const adapter = catalogue.adapters.find(({ name }) => name === model);
  const entry = adapter ?? catalogue.models.find(({ name }) => name === model);
  if (entry?.hub) {
    const of = { kind: 'hub' as const, name: entry.hub, revision: revision ?? entry.revision ?? 'main' };
    return { ...of, file: file ?? adapter?.file };
  }
  if (entry) return refuse(`${model} comes with Acclaim: there is nothing to fetch`);
  if (/^https?:\/\//.test(model)) {
    if (!URL.canParse(model)) return refuse(`${model} is no address`);
    const url = new URL(model);
    if (plainPath(url) === undefined) return refuse(`${model} is no address: its escapes are no letters`);
    const sha256 = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1];
    if (url.username || url.password)
      return refuse('an address with a password in it is written down in clear');
    url.hash = '';
    return { kind: 'url', url: url.href, sha256 };
  }
  if (local && (existsSync(model) || /^([.~]|[A-Za-z]:)?[\\/]/.test(model))) {
    if (isThere(model)) return { kind: 'folder', path: model };
    throw new AcclaimError('file-not-found', `there is no ${model}`, 'Check the path.');
  }
  const [whole, at, ...more] = model.split('@');
  const [, name = whole, own = file] = IN_REPOSITORY.exec(whole!) ?? [];
  const wanted = revision ?? at ?? 'main';
  if (more.length > 0 || !HUB_NAME.test(name!) || !REVISION.test(wanted) || wanted.includes('..'))
    return refuse(`${JSON.stringify(model)} is no model`);
  return { kind: 'hub', name: name!, revision: wanted, file: own };
}

/** The path as people read it; undefined where escapes such as `%ff` stand for no letters. */
function plainPath({ pathname }: URL): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}

/**
 * Name and size of what a URL gives. Errors: model-unsupported (no safetensors, no length), and those of any
 * fetch.
 */
export async function readUrl(
  { url, sha256 }: Extract<ModelSource, { kind: 'url' }>,
  { web, token, signal }: { web: Web; token: string | null; signal: AbortSignal },
): Promise<RemoteFile> {
  const path = basename(plainPath(new URL(url))!);
  if (!path.endsWith('.safetensors'))
    throw new AcclaimError(
      'model-unsupported',
      `${path || url} is no .safetensors`,
      'Pickled weights are not read; name a .safetensors file.',
    );
  checkPath(path);
  let answer: Answer;
  try {
    answer = await web(url, {
      method: 'HEAD',
      headers: { 'accept-encoding': 'identity' },
      token,
      signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    });
    answer.destroy();
  } catch (error) {
    if (signal.aborted) throw new AcclaimError('cancelled', 'the pull was cancelled');
    if (error instanceof AcclaimError) throw error;
    throw new AcclaimError(
      'hub-unreachable',
      `${url}: ${reason(error)}`,
      'Check the address and the network.',
    );
  }
  const status = answer.statusCode;
  checkStatus({ status, url }, path, token);
  if (status < 200 || status >= 300)
    throw new AcclaimError('hub-unreachable', `${url}: the server answers ${status}`, 'Try again later.');
  const size = Number(answer.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(size) || size < 8)
    throw new AcclaimError(
      'model-unsupported',
      `${url}: the server does not say how long the file is`,
      'Fetch it with another program, and pull the file.',
    );
  return { path, size, sha256 };
}
