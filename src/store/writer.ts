/**
 * The one write queue. What is asked for while a transaction is being synced goes into the next one together (group
 * commit): a burst costs one sync, a lone write waits for nobody. A unit that fails is undone alone; its neighbours
 * are kept.
 */
import type { Connection } from './sqlite.js';

/** Awaits each of its statements, so that none runs after one that failed. */
export type Unit = (db: Connection) => Promise<unknown>;

interface Waiting {
  unit: Unit;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class Writer {
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;

  constructor(readonly db: Connection) {}

  /** Resolves when the unit is durable. */
  write(unit: Unit): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#waiting.push({ unit, resolve, reject }));
    this.#running ??= this.#drain();
    return done;
  }

  /** Resolves when nothing is left to write. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #drain(): Promise<void> {
    // What arrives in the same turn of the event loop shares a transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      if (group.length > 1 && (await this.#attempt(group))) continue;
      for (const one of group) await this.#attempt([one], true);
    }
    this.#running = null;
  }

  /** One transaction. False when it was rolled back and nobody has been told. */
  async #attempt(group: readonly Waiting[], alone = false): Promise<boolean> {
    try {
      await this.db.exec('BEGIN IMMEDIATE');
      for (const { unit } of group) await unit(this.db);
      await this.db.exec('COMMIT');
    } catch (error) {
      await this.db.exec('ROLLBACK').catch(() => {});
      if (alone) for (const { reject } of group) reject(error);
      return false;
    }
    for (const { resolve } of group) resolve();
    return true;
  }
}
