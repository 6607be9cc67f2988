/**
 * The one home of package sqlite3: a connection with promises. Statements of one connection would run out of order, so
 * it is serialised; prepared statements are kept by their text.
 */
import sqlite3 from 'sqlite3';

export type Value = string | number | null;

export class Connection {
  readonly #statements = new Map<string, sqlite3.Statement>();

  private constructor(readonly db: sqlite3.Database) {}

  static async open(file: string, mode: 'write' | 'read'): Promise<Connection> {
    const flags = mode === 'write' ? sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE : sqlite3.OPEN_READONLY;
    const db = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(file, flags, (error) =>
        error ? reject(error) : resolve(opened),
      );
    });
    db.serialize();
    return new Connection(db);
  }

  /** Several statements without parameters. */
  exec(sql: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.db.exec(sql, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Resolves with the number of rows changed. */
  run(sql: string, ...values: Value[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#prepare(sql).run(values, function (error) {
        if (error) reject(error);
        else resolve(this.changes);
      });
    });
  }

  all<T>(sql: string, ...values: Value[]): Promise<T[]> {
    return new Promise((resolve, reject) => {
      this.#prepare(sql).all<T>(values, (error, rows) => (error ? reject(error) : resolve(rows)));
    });
  }

  async get<T>(sql: string, ...values: Value[]): Promise<T | undefined> {
    return (await this.all<T>(sql, ...values))[0];
  }

  /** All of it as it is now, or as the open transaction sees it, into a new file. Nobody who writes has to wait. */
  copyTo(file: string): Promise<void> {
    interface Backup {
      step(pages: number, done: (error: Error | null) => void): void;
      finish(done: () => void): void;
    }
    type Copying = { backup(file: string, opened: (error: Error | null) => void): Backup };
    return new Promise((resolve, reject) => {
      // The package's types leave it out.
      const copy = (this.db as unknown as Copying).backup(file, (error) => {
        if (error) return reject(error);
        copy.step(-1, (fault) => copy.finish(() => (fault ? reject(fault) : resolve())));
      });
    });
  }

  async close(): Promise<void> {
    for (const statement of this.#statements.values()) {
      await new Promise<void>((resolve) => {
        statement.finalize(() => resolve());
      });
    }
    this.#statements.clear();
    await new Promise<void>((resolve, reject) => {
      this.db.close((error) => (error ? reject(error) : resolve()));
    });
  }

  #prepare(sql: string): sqlite3.Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      // A fault in the text comes back from the first use; without a callback here it would be thrown at the process. Such
      // a statement never answers when it is closed.
      statement = this.db.prepare(sql, (error) => {
        if (error) this.#statements.delete(sql);
      });
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
