/**
 * Bot and engines meet in a bucket: a job names what it reads by hash, a result what it wrote. The bot's data
 * folder has everything; the bucket is what is on its way, and an engine keeps what it had in hand in its
 * cache. Whatever is killed: parts and files that have arrived are not sent again, and what the bucket has
 * lost is sent anew with the next delivery.
 */
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Artifacts } from '../../artifacts/artifacts.js';
import type { Cache } from '../../artifacts/cache.js';
import { patiently } from '../../artifacts/patience.js';
import { hashSchema, readTree, type Tree, treeHash, treeStamp } from '../../artifacts/tree.js';
import { AcclaimError } from '../../errors.js';
import type { JobKind } from '../jobs.js';
import { ENVELOPE_BYTES } from '../limits.js';
import {
  type BotTransport,
  DataFolder,
  type EngineTransport,
  findModel,
  identify,
  inputs,
  type Made,
  type Models,
  mapped,
  moveIn,
  type OnWait,
  output,
  type Packed,
  type Payload,
  packed,
  staged,
} from './transport.js';

const artifactName = (hash: string): string => `artifact:${hash}`;

/** The bot's end of a bucket. */
export class BucketBotTransport implements BotTransport {
  private readonly folder: DataFolder;
  /** Trees of what was sent last, by path: nothing is read again that has not been written. */
  private readonly known = new Map<string, { stamp: string; tree: Tree; hash: string }>();

  constructor(
    private readonly artifacts: Artifacts,
    dataDir: string,
    private readonly models: Models,
  ) {
    this.folder = new DataFolder(dataDir);
  }

  async prepare(kind: JobKind, payload: Payload, signal: AbortSignal): Promise<void> {
    for (const path of inputs(kind, payload)) {
      const { tree } = await this.listed(path);
      await this.artifacts.put(path, signal, tree);
    }
  }

  pack(kind: JobKind, payload: Payload, delivery: number): Promise<Packed> {
    return packed(kind, payload, this.models, {
      data: async (path) => artifactName((await this.listed(path)).hash),
      out: (path) => this.folder.name(staged(path, delivery)),
    });
  }

  async keep(
    kind: JobKind,
    payload: Payload,
    { delivery, artifact }: Made,
    signal: AbortSignal,
  ): Promise<void> {
    const out = output(kind, payload);
    if (out === null) return;
    if (artifact === null)
      throw new AcclaimError(
        'artifact-missing',
        'an engine names nothing that it wrote',
        'Give it the version of the bot.',
      );
    const made = staged(out, delivery);
    await this.artifacts.get(artifact, made, signal);
    const tree = await readTree(made);
    if (treeHash(tree) !== artifact) {
      await rm(made, { recursive: true, force: true });
      throw new AcclaimError('artifact-corrupt', `${made} holds more than artifact ${artifact.slice(0, 12)}`);
    }
    moveIn(made, out);
    const identity = await this.identity(kind, payload);
    if (identity !== null) await this.artifacts.forgetNote(identity).catch(() => {});
  }

  identity(kind: JobKind, payload: Payload): Promise<string | null> {
    return identify(kind, payload, this.models, async (path) => (await this.listed(path)).hash);
  }

  async noted(_kind: JobKind, _payload: Payload, identity: string, signal: AbortSignal): Promise<string[]> {
    const text = await this.artifacts.noted(identity, ENVELOPE_BYTES.made, signal);
    return text === null ? [] : [text];
  }

  private async listed(path: string): Promise<{ tree: Tree; hash: string }> {
    const key = resolve(path);
    const stamp = await treeStamp(key);
    const before = this.known.get(key);
    if (before?.stamp === stamp) return before;
    const tree = await readTree(key);
    const now = { stamp, tree, hash: treeHash(tree) };
    this.known.delete(key);
    this.known.set(key, now);
    // A session has two or three in use at a time.
    for (const oldest of this.known.keys()) {
      if (this.known.size <= 500) break;
      this.known.delete(oldest);
    }
    return now;
  }
}

export interface BucketEngineTransportOptions {
  artifacts: Artifacts;
  cache: Cache;
  models: Models;
  /** Told of every wait, for the log. */
  onWait: OnWait;
}

/** An engine's end of a bucket. */
export class BucketEngineTransport implements EngineTransport {
  constructor(private readonly options: BucketEngineTransportOptions) {}

  unpack(kind: JobKind, payload: Payload, signal: AbortSignal, tell?: OnWait): Promise<Payload> {
    const { artifacts, cache, models } = this.options;
    const onWait = this.told(tell);
    // It lies in the cache as it would below the data folder.
    const folder = new DataFolder(cache.out(''));
    return mapped(kind, payload, {
      model: (name) => findModel(models, name),
      data: (name) => {
        const hash = hashSchema.safeParse(name.replace(/^artifact:/, ''));
        if (!name.startsWith('artifact:') || !hash.success)
          throw new AcclaimError(
            'job-invalid',
            `${name} names no artifact`,
            'Give bot and engines the same bucket, or none: ACCLAIM_BUCKET.',
          );
        const fetch = (root: string) =>
          patiently(() => artifacts.get(hash.data, root, signal), { signal, onWait });
        return cache.take(hash.data, fetch);
      },
      out: (name) => folder.path(name),
    });
  }

  async deliver(kind: JobKind, payload: Payload, signal: AbortSignal, tell?: OnWait): Promise<string | null> {
    const { artifacts, cache } = this.options;
    const onWait = this.told(tell);
    const out = output(kind, payload);
    if (out === null) return null;
    const tree = await readTree(out);
    const { hash } = await patiently(() => artifacts.put(out, signal, tree), { signal, onWait });
    // The next job most often begins with it.
    await cache.adopt(hash, out);
    return hash;
  }

  async note(
    _kind: JobKind,
    _payload: Payload,
    identity: string,
    text: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.options.artifacts.note(identity, text, signal);
  }

  discard(kind: JobKind, payload: Payload): void {
    const out = output(kind, payload);
    if (out !== null) rmSync(out, { recursive: true, force: true });
  }

  forget(artifacts: readonly string[]): Promise<void> {
    return this.options.cache.forget(artifacts);
  }

  private told(tell?: OnWait): OnWait {
    return (error) => {
      this.options.onWait(error);
      tell?.(error);
    };
  }
}
