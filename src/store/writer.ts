/**
 * The one write queue. What is asked for while a transaction is being synced goes into the next one together
 * (group commit): a burst costs one sync, a lone write waits for nobody. A unit that fails is undone alone;
 * its neighbours are kept. Where the disk is full and somebody has said to wait, what was asked for waits in
 * its order.
 */
import type { Connection } from './sqlite.js';

/** Awaits each of its statements, so that none runs after one that failed. */
export type Unit<T> = (db: Connection) => Promise<T>;

/** Hands its own value on, if it comes to be written. */
type Settled = () => void;

interface Waiting {
  /** Runs the unit. */
  run: (db: Connection) => Promise<Settled>;
  /** Runs in no transaction, and beside nothing else. */
  apart: boolean;
  reject: (error: unknown) => void;
}

/** The write queue of one connection. */
export class Writer {
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;

  /**
   * `patience`: told of each failure in a row of the same units; true = try them again. Without it they are
   * refused.
   */
  constructor(
    readonly db: Connection,
    private readonly patience: (error: unknown, tries: number) => Promise<boolean> = async () => false,
  ) {}

  /**
   * Resolves with what the unit gave back when it is durable. A unit may run again after one that was undone:
   * its last run counts.
   */
  write<T>(unit: Unit<T>): Promise<T> {
    return this.#queue(unit, false);
  }

  /** Between two transactions: for what may not be part of one, such as emptying the write-ahead log. */
  between<T>(unit: Unit<T>): Promise<T> {
    return this.#queue(unit, true);
  }

  /** Resolves when nothing is left to write. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  #queue<T>(unit: Unit<T>, apart: boolean): Promise<T> {
    const done = new Promise<T>((resolve, reject) => {
      const run = async (db: Connection): Promise<Settled> => {
        const value = await unit(db);
        return () => resolve(value);
      };
      this.#waiting.push({ run, apart, reject });
    });
    this.#running ??= this.#drain();
    return done;
  }

  async #drain(): Promise<void> {
    // What arrives in the same turn of the event loop shares a transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#next();
      if (group[0]!.apart) await this.#apart(group[0]!);
      else await this.#commit(group);
    }
    this.#running = null;
  }

  /** What waits up to the next unit that runs apart, or that unit alone. */
  #next(): Waiting[] {
    const apart = this.#waiting.findIndex((one) => one.apart);
    return this.#waiting.splice(0, apart < 0 ? this.#waiting.length : Math.max(1, apart));
  }

  async #apart({ run, reject }: Waiting): Promise<void> {
    await run(this.db).then((settled) => settled(), reject);
  }

  /** Together, else each on its own. */
  async #commit(group: readonly Waiting[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      const failed = await this.#attempt(group);
      if (!failed) return;
      if (await this.patience(failed.error, tries)) continue;
      if (group.length === 1) group[0]!.reject(failed.error);
      else for (const one of group) await this.#commit([one]);
      return;
    }
  }

  /** One transaction; what was wrong when it was rolled back and nobody has been told. */
  async #attempt(group: readonly Waiting[]): Promise<{ error: unknown } | null> {
    const all: Settled[] = [];
    try {
      await this.db.exec('BEGIN IMMEDIATE');
      for (const { run } of group) all.push(await run(this.db));
      await this.db.exec('COMMIT');
    } catch (error) {
      await this.db.exec('ROLLBACK').catch(() => {});
      return { error };
    }
    for (const settled of all) settled();
    return null;
  }
}
