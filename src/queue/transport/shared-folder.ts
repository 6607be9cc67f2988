/** Bot and engines share the data folder: paths cross as they lie below it, and nothing is copied. */
import { existsSync, rmSync } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readTree, textHash, treeHash, treeStamp } from '../../artifacts/tree.js';
import { AcclaimError } from '../../errors.js';
import { isThere } from '../../files/reading.js';
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
  output,
  type Packed,
  type Payload,
  packed,
  staged,
} from './transport.js';

/** How long a shared folder may take to show what another machine wrote, ms. */
const SHARED_MS = 10_000;

/** Both ends of a shared data folder. */
export class SharedFolderTransport implements BotTransport, EngineTransport {
  private readonly folder: DataFolder;

  constructor(
    dataDir: string,
    private readonly models: Models,
    private readonly sharedMs = SHARED_MS,
  ) {
    this.folder = new DataFolder(dataDir);
  }

  async prepare(): Promise<void> {}

  pack(kind: JobKind, payload: Payload, delivery: number): Promise<Packed> {
    return packed(kind, payload, this.models, {
      data: (path) => this.folder.name(path),
      out: (path) => this.folder.name(staged(path, delivery)),
    });
  }

  async unpack(kind: JobKind, payload: Payload, signal?: AbortSignal): Promise<Payload> {
    const data = (name: string) => this.folder.path(name);
    const to = { model: (name: string) => findModel(this.models, name), data, out: data };
    const here = await mapped(kind, payload, to);
    // What the bot has just put there the folder may show later.
    for (const path of inputs(kind, here))
      if (!(await this.shown(async () => isThere(path), signal))) throw unshown(path);
    return here;
  }

  async deliver(kind: JobKind, payload: Payload): Promise<string | null> {
    const out = output(kind, payload);
    return out === null ? null : treeHash(await readTree(out));
  }

  /**
   * The folder may show a part of it first: it is looked at until the hash is right, or too much time has
   * passed.
   */
  async keep(
    kind: JobKind,
    payload: Payload,
    { delivery, artifact }: Made,
    signal: AbortSignal,
  ): Promise<void> {
    const out = output(kind, payload);
    if (out === null) return;
    const made = staged(out, delivery);
    // An earlier life of the bot was ended after it had moved it.
    if (!existsSync(made) && (await holds(out, artifact))) return;
    if (!(await this.shown(() => holds(made, artifact), signal))) throw unseen(made);
    moveIn(made, out);
  }

  /** False where it does not come true in the time that a shared folder may take. */
  private async shown(test: () => Promise<boolean>, signal?: AbortSignal): Promise<boolean> {
    const end = performance.now() + this.sharedMs;
    for (let pause = 10; !(await test()); pause = Math.min(2 * pause, 500)) {
      if (performance.now() > end) return false;
      await wait(pause, undefined, signal ? { signal } : {});
    }
    return true;
  }

  /**
   * What is read never changes once it is written, and whatever is written anew has other facts: no byte is
   * read for it.
   */
  identity(kind: JobKind, payload: Payload): Promise<string | null> {
    return identify(kind, payload, this.models, async (path) => textHash(await treeStamp(path)));
  }

  /** Named as what was written is, so that it goes with it. */
  async note(kind: JobKind, payload: Payload, _identity: string, text: string): Promise<void> {
    const out = output(kind, payload);
    if (out === null) return;
    const partial = `${out}.note-partial`;
    await writeFile(partial, text);
    await rename(partial, `${out}.note`);
  }

  async noted(kind: JobKind, payload: Payload): Promise<string[]> {
    const out = output(kind, payload);
    if (out === null) return [];
    const names = await readdir(dirname(out)).catch(() => []);
    const notes = names.filter(
      (name) => name.startsWith(staged(basename(out), '')) && name.endsWith('.note'),
    );
    const texts: string[] = [];
    for (const name of notes) {
      const file = join(dirname(out), name);
      const facts = await stat(file).catch(() => null);
      if (facts && facts.size <= ENVELOPE_BYTES.made)
        texts.push(await readFile(file, 'utf8').catch(() => ''));
    }
    return texts;
  }

  /** There is one copy, and the bot has taken it away. */
  async forget(): Promise<void> {}

  discard(kind: JobKind, payload: Payload): void {
    const out = output(kind, payload);
    if (out === null) return;
    rmSync(out, { recursive: true, force: true });
    rmSync(`${out}.note`, { force: true });
  }
}

const holds = async (path: string, artifact: string | null): Promise<boolean> =>
  isThere(path) && treeHash(await readTree(path)) === artifact;

function unseen(made: string): AcclaimError {
  if (isThere(made))
    return new AcclaimError(
      'artifact-corrupt',
      `${made} holds other bytes than the engine wrote`,
      'Look at the shared folder: its disk, or what else writes there. The job is done again.',
    );
  return new AcclaimError('data-mismatch', `an engine says that it wrote ${made}, and it is not here`, SHARE);
}

const unshown = (path: string) =>
  new AcclaimError('data-mismatch', `the bot says that it wrote ${path}, and it is not here`, SHARE);

const SHARE =
  'Bot and engines must share one data folder (ACCLAIM_DATA) or a bucket (ACCLAIM_BUCKET): see docs/operating.md.';
