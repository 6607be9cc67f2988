/**
 * An append-only file of JSON lines that survives kill -9. A line counts once its newline is on disk; a torn
 * last line is dropped on opening, a broken line before it is refused by name. Appends of one turn share a
 * write and an fdatasync. What did not fit is taken off again, so that the next line does not stand behind a
 * torn one. Rewriting (compaction, forgetting) goes to a temporary name, is synced and renamed.
 */
import { type FileHandle, open, readFile, rename, rm, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AcclaimError } from '../errors.js';

/** The lines of one file; appends and rewrites follow each other. Errors: disk-full, file-corrupt. */
export class Journal {
  private pending: string[] = [];
  private sync = false;
  private flushing: Promise<void> | null = null;
  /** Appends and rewrites happen one after the other. */
  private tail: Promise<void> = Promise.resolve();

  private constructor(
    private readonly file: string,
    private handle: FileHandle,
    /** Bytes of whole lines. */
    private length: number,
  ) {}

  /** Its lines as they stand; `mend`: of a line that is broken. */
  static async open(file: string, hint: string): Promise<{ journal: Journal; lines: unknown[] }> {
    const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const end = bytes.lastIndexOf(10) + 1;
    if (end < bytes.length) await truncate(file, end);
    const text = bytes.toString('utf8', 0, end);
    const lines =
      text === ''
        ? []
        : text
            .slice(0, -1)
            .split('\n')
            .map((line, i) => parse(line, { file, number: i + 1, hint }));
    return { journal: new Journal(file, await open(file, 'a', 0o600), end), lines };
  }

  /** Resolves when the line is written, and on disk if `durable`. */
  append(line: unknown, durable = true): Promise<void> {
    this.pending.push(`${JSON.stringify(line)}\n`);
    this.sync ||= durable;
    this.flushing ??= this.enqueue(async () => {
      const [text, sync] = [this.pending.join(''), this.sync];
      this.pending = [];
      this.sync = false;
      this.flushing = null;
      try {
        await this.handle.appendFile(text);
        if (sync) await this.handle.datasync();
        this.length += Buffer.byteLength(text);
      } catch (error) {
        await this.handle.truncate(this.length).catch(() => {});
        throw error;
      }
    });
    return this.flushing;
  }

  /** Replaces the whole file by what `lines` gives when its turn comes. */
  rewrite(lines: () => unknown[]): Promise<void> {
    return this.enqueue(async () => {
      const temporary = `${this.file}.new`;
      const text = lines()
        .map((line) => `${JSON.stringify(line)}\n`)
        .join('');
      const next = await open(temporary, 'w', 0o600);
      try {
        await next.writeFile(text);
        await next.sync();
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      } finally {
        await next.close();
      }
      await rename(temporary, this.file);
      const folder = await open(dirname(this.file), 'r');
      await folder.sync().finally(() => folder.close());
      await this.handle.close();
      this.handle = await open(this.file, 'a', 0o600);
      this.length = Buffer.byteLength(text);
    });
  }

  async close(): Promise<void> {
    await this.enqueue(() => this.handle.close());
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.tail.then(work).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOSPC' && error.code !== 'EDQUOT') throw error;
      throw new AcclaimError(
        'disk-full',
        `no space left for ${this.file}`,
        'Free some disk space and start again.',
      );
    });
    this.tail = done.catch(() => {});
    return done;
  }
}

function parse(
  line: string,
  { file, number, hint }: { file: string; number: number; hint: string },
): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new AcclaimError('file-corrupt', `${file} line ${number} is broken`, hint, { cause });
  }
}
