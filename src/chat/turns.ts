/**
 * The order in which marks of one message are handed on: a person's one after the other, different people's
 * side by side, and what concerns everybody (a moderator's clearing) after all before it and before all after
 * it.
 */
interface Row {
  /** Person -> their mark under way. */
  people: Map<string, Promise<void>>;
  everybody: Promise<void> | null;
}

/** Lets what concerns one message happen in order: for one person at a time, or for everybody. */
export class Turns {
  private readonly rows = new Map<string, Row>();

  one(message: string, person: string, job: () => Promise<void>): Promise<void> {
    const row = this.row(message);
    const done = after(row.people.get(person) ?? row.everybody, job);
    const quiet = done.catch(() => {});
    row.people.set(person, quiet);
    void quiet.then(() => {
      if (row.people.get(person) === quiet) row.people.delete(person);
      this.tidy(message, row);
    });
    return done;
  }

  all(message: string, job: () => Promise<void>): Promise<void> {
    const row = this.row(message);
    const before = [...row.people.values(), ...(row.everybody ? [row.everybody] : [])];
    const done = after(before.length > 0 ? Promise.all(before).then(() => {}) : null, job);
    const quiet = done.catch(() => {});
    row.people.clear();
    row.everybody = quiet;
    void quiet.then(() => {
      if (row.everybody === quiet) row.everybody = null;
      this.tidy(message, row);
    });
    return done;
  }

  private row(message: string): Row {
    const found = this.rows.get(message) ?? { people: new Map(), everybody: null };
    this.rows.set(message, found);
    return found;
  }

  private tidy(message: string, row: Row): void {
    if (row.people.size === 0 && row.everybody === null && this.rows.get(message) === row)
      this.rows.delete(message);
  }
}

/** At once where nothing is to be waited for, so that events keep the order in which they came. */
function after(before: Promise<void> | null, job: () => Promise<void>): Promise<void> {
  return before === null ? job() : before.then(job);
}
