/**
 * Pictures that are made of others: kept under a name that says what is in them, and made again when missing.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DataPaths } from './data-paths.js';

/** Pictures of one data directory; one is drawn at a time. */
export class MadePictures {
  /** The picture that is drawn now, and those that wait for it. */
  private drawing: Promise<unknown> = Promise.resolve();

  constructor(private readonly paths: DataPaths) {}

  /** Absolute path of the picture of such a content. */
  file(session: string, name: string, content: unknown): string {
    const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
    return this.paths.made(session, `${name}-${hash}.png`);
  }

  /** The same once it is there: `make` gives a PNG where it is not yet. */
  async made(session: string, name: string, content: unknown, make: () => Promise<Buffer>): Promise<string> {
    const file = this.file(session, name, content);
    if (await isThere(file)) return file;
    const bytes = await this.inTurn(make);
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(`${file}.new`, bytes);
      await rename(`${file}.new`, file);
    } catch (error) {
      await rm(`${file}.new`, { force: true });
      throw error;
    }
    return file;
  }

  /**
   * One after the other: rounds that close together would else take every thread that the database is written
   * on.
   */
  private inTurn<T>(make: () => Promise<T>): Promise<T> {
    const made = this.drawing.then(make);
    this.drawing = made.catch(() => {});
    return made;
  }
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
