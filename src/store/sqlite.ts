/**
 * The one home of package sqlite3: a connection with promises. Statements of one connection would run out of
 * order, so it is serialised; prepared statements are kept by their text. Whatever statement finds the file
 * damaged, full or not to be written fails with a coded error that names the file.
 */
import sqlite3 from 'sqlite3';
import { AcclaimError } from '../errors.js';
import { asDataError } from './faults.js';

export type Value = string | number | null;

/** One connection to SQLite; statements are prepared once. Errors: file-corrupt where pages are damaged. */
export class Connection {
  readonly #statements = new Map<string, Prepared>();
  #damage: AcclaimError | null = null;

  private constructor(
    readonly db: sqlite3.Database,
    readonly file: string,
  ) {}

  static async open(file: string, mode: 'write' | 'read'): Promise<Connection> {
    const flags = mode === 'write' ? sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE : sqlite3.OPEN_READONLY;
    const db = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(file, flags, (error) =>
        error ? reject(asDataError(error, file)) : resolve(opened),
      );
    });
    db.serialize();
    return new Connection(db, file);
  }

  /** What a statement said that found the file damaged; null while none has. */
  get damage(): AcclaimError | null {
    return this.#damage;
  }

  /** Reads every page, about a second for 100 MB. Errors: file-corrupt. */
  async checkSound(): Promise<void> {
    const row = await this.get<{ quick_check: string }>('PRAGMA quick_check(1)');
    if (row?.quick_check === 'ok') return;
    const cause = Object.assign(new Error(row?.quick_check), { code: 'SQLITE_CORRUPT' });
    throw this.#fault(cause);
  }

  /** Several statements without parameters. */
  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.db.exec(sql, (error) => (error ? reject(this.#fault(error)) : resolve()));
    });
  }

  /** Resolves with the number of rows changed. */
  run(sql: string, ...values: Value[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(this.#fault(error));
      this.#prepare(sql, fail).run(values, function (error) {
        if (error) fail(error);
        else resolve(this.changes);
      });
    });
  }

  all<T>(sql: string, ...values: Value[]): Promise<T[]> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(this.#fault(error));
      this.#prepare(sql, fail).all<T>(values, (error, rows) => (error ? fail(error) : resolve(rows)));
    });
  }

  async get<T>(sql: string, ...values: Value[]): Promise<T | undefined> {
    return (await this.all<T>(sql, ...values))[0];
  }

  /**
   * All of it as it is now, or as the open transaction sees it, into a new file. Nobody who writes has to
   * wait.
   */
  copyTo(file: string): Promise<void> {
    interface Backup {
      step(pages: number, done: (error: Error | null) => void): void;
      finish(done: () => void): void;
    }
    type Copying = { backup(file: string, opened: (error: Error | null) => void): Backup };
    return new Promise((resolve, reject) => {
      // The package's types leave it out.
      const copy = (this.db as unknown as Copying).backup(file, (error) => {
        if (error) return reject(asDataError(error, file));
        // What is damaged is what was read; all else happened to what is written.
        const told = (fault: Error) => (isDamage(fault) ? this.#fault(fault) : asDataError(fault, file));
        copy.step(-1, (fault) => copy.finish(() => (fault ? reject(told(fault)) : resolve())));
      });
    });
  }

  async close(): Promise<void> {
    for (const { statement } of this.#statements.values()) {
      await new Promise<void>((resolve) => {
        statement.finalize(() => resolve());
      });
    }
    this.#statements.clear();
    await new Promise<void>((resolve, reject) => {
      this.db.close((error) => (error ? reject(error) : resolve()));
    });
  }

  #fault(error: Error): unknown {
    const told = asDataError(error, this.file);
    if (told instanceof AcclaimError && told.code === 'file-corrupt') this.#damage ??= told;
    return told;
  }

  /** `fail`: told where the text cannot be prepared, for then no use of the statement ever answers. */
  #prepare(sql: string, fail: (error: Error) => void): sqlite3.Statement {
    let prepared = this.#statements.get(sql);
    if (!prepared) {
      const uses: Prepared['uses'] = [];
      const statement = this.db.prepare(sql, (error) => {
        // Neither does its end.
        if (error) this.#statements.delete(sql);
        if (error) for (const use of uses) use(error);
        made.uses = null;
      });
      const made: Prepared = { statement, uses };
      prepared = made;
      this.#statements.set(sql, made);
    }
    prepared.uses?.push(fail);
    return prepared.statement;
  }
}

interface Prepared {
  statement: sqlite3.Statement;
  /** Of those that wait for it to be prepared; null once it is. */
  uses: ((error: Error) => void)[] | null;
}

const isDamage = (error: Error): boolean =>
  ['SQLITE_CORRUPT', 'SQLITE_NOTADB'].includes((error as NodeJS.ErrnoException).code ?? '');
