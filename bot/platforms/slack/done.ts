/**
 * What was done in the last ten minutes, by Slack's ids, in a file that survives kill -9: Slack sends again
 * what it has no answer to, and what is signed may be brought again for five minutes. Older ids go; a file
 * that cannot be read is set aside.
 */
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AcclaimError } from '../../../src/errors.js';
import { Journal } from '../../../src/files/journal.js';

/** ms; twice as long as Bolt takes a stamp. */
const kept = 10 * 60_000;
/** Lines beyond those that are needed, before the file is written anew. */
const slack = 5000;

type Line = [at: number, id: string];

/** Ids that are done, over restarts. Close it once opened. */
export class DoneFile {
  /** Id -> when it was done, the oldest first. */
  private readonly times = new Map<string, number>();
  private lines = 0;

  private constructor(
    private readonly journal: Journal,
    private readonly now: () => number,
  ) {}

  /** Its folder is made when missing. Errors: disk-full, and those of the file system. */
  static async open(file: string, now: () => number): Promise<DoneFile> {
    await mkdir(dirname(file), { recursive: true });
    const { journal, lines } = await opened(file);
    const done = new DoneFile(journal, now);
    for (const [at, id] of lines.filter(isLine)) done.times.set(id, at);
    done.lines = lines.length;
    done.prune();
    if (done.lines > done.times.size) await done.rewrite();
    return done;
  }

  has(id: string): boolean {
    const at = this.times.get(id);
    return at !== undefined && at >= this.now() - kept;
  }

  /** Resolves when another process would find it. */
  async add(id: string): Promise<void> {
    const line: Line = [this.now(), id];
    this.times.delete(id);
    this.times.set(id, line[0]);
    this.lines += 1;
    // What a dying machine forgets is older than what is brought again once it is up.
    await this.journal.append(line, false);
    this.prune();
    if (this.lines > this.times.size + slack) await this.rewrite();
  }

  close(): Promise<void> {
    return this.journal.close();
  }

  private prune(): void {
    const oldest = this.now() - kept;
    for (const [id, at] of this.times) {
      if (at >= oldest) return;
      this.times.delete(id);
    }
  }

  private async rewrite(): Promise<void> {
    this.lines = this.times.size;
    await this.journal.rewrite(() => [...this.times].map(([id, at]): Line => [at, id]));
  }
}

async function opened(file: string): ReturnType<typeof Journal.open> {
  try {
    return await Journal.open(file, '');
  } catch (error) {
    if (!(error instanceof AcclaimError && error.code === 'file-corrupt')) throw error;
    await rename(file, `${file}.broken`);
    return Journal.open(file, '');
  }
}

function isLine(line: unknown): line is Line {
  return Array.isArray(line) && typeof line[0] === 'number' && typeof line[1] === 'string';
}
