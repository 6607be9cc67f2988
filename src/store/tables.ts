/** How each row change is written: one entry a table, total over `RowChange`. */
import type { RowChange } from '../domain/state/decision.js';
import type { Effect } from '../domain/state/effects.js';
import type { Connection, Value } from './sqlite.js';

type Write<T extends RowChange['table']> = (change: Extract<RowChange, { table: T }>) => [string, ...Value[]];

/** The statement that writes a row with its body, over one of the same key. */
export function upsert(table: string, columns: readonly string[], unique = columns[0]): string {
  const names = [...columns, 'body'].join(', ');
  const marks = [...columns, 'body'].map(() => '?').join(', ');
  return `INSERT INTO ${table} (${names}) VALUES (${marks}) ON CONFLICT (${unique}) DO UPDATE SET body = excluded.body`;
}

const sql = {
  session: upsert('session', ['id', 'community']),
  binding: upsert('binding', ['session', 'channel'], 'session, channel'),
  round: upsert('round', ['id', 'session']),
  image: upsert('image', ['id', 'round']),
  ballot: upsert('ballot', ['id', 'session', 'round']),
  voter: upsert('voter', ['key', 'community']),
  job: upsert('job', ['key', 'session']),
  fact: 'INSERT INTO fact (ballot, voter, emoji, present, source, at, late) VALUES (?, ?, ?, ?, ?, ?, ?)',
};

const writes: { [T in RowChange['table']]: Write<T> } = {
  session: ({ row }) => [sql.session, row.id, row.community, JSON.stringify(row)],
  binding: ({ row }) => [sql.binding, row.session, row.channel, JSON.stringify(row)],
  round: ({ row }) => [sql.round, row.id, row.session, JSON.stringify(row)],
  image: ({ row }) => [sql.image, row.id, row.round, JSON.stringify(row)],
  ballot: ({ row }) => [sql.ballot, row.id, row.session, row.round, JSON.stringify(row)],
  voter: ({ row }) => [sql.voter, row.key, row.community, JSON.stringify(row)],
  job: ({ row }) => [sql.job, row.key, row.session, JSON.stringify(row)],
  fact: ({ row }) => [
    sql.fact,
    row.ballot,
    row.voter,
    row.emoji,
    Number(row.present),
    row.source,
    row.at,
    Number(row.late),
  ],
  act: ({ row }) => [
    'INSERT INTO act (session, at, by, role, command, args, refused) VALUES (?, ?, ?, ?, ?, ?, ?)',
    row.session,
    row.at,
    row.by,
    row.role,
    row.command,
    JSON.stringify(row.args),
    row.refused,
  ],
  // The store has put the hash in the place of the key.
  exclusion: ({ voter, platform, on }) =>
    on
      ? ['INSERT OR IGNORE INTO exclusion (hash, platform) VALUES (?, ?)', voter, platform]
      : ['DELETE FROM exclusion WHERE hash = ?', voter],
  proposal: ({ done }) => ['DELETE FROM proposal WHERE seq = ?', done],
  outbox: ({ done }) => ['DELETE FROM outbox WHERE key = ?', done],
};

/** The same key again is the same act with newer content: it keeps its place. */
const ask = `INSERT INTO outbox (key, session, not_before, body) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET not_before = excluded.not_before, body = excluded.body`;

/**
 * One statement after the other: a full disk ends the transaction by itself, and what was still queued behind
 * the failed statement would then be committed on its own.
 */
export async function writeAll(
  db: Connection,
  rows: readonly RowChange[],
  effects: readonly Effect[],
): Promise<void> {
  for (const [text, values] of statements(rows)) await db.run(text, ...values);
  for (const effect of effects) {
    await db.run(ask, effect.key, effect.session, effect.notBefore, JSON.stringify(effect));
  }
}

/** Rows of one statement: a crowd's round would else be thousands of trips to the database's thread. */
const MOST_ROWS = 50;
const tuple = /VALUES (\([?, ]+\))/;

/** In the order of the rows; neighbours of one text become one statement. */
function* statements(rows: readonly RowChange[]): Generator<[string, Value[]]> {
  let text = '';
  let together: Value[][] = [];
  const whole = (): [string, Value[]] => {
    const more = together.slice(1).map(() => ', $1');
    return [text.replace(tuple, ['VALUES $1', ...more].join('')), together.flat()];
  };
  for (const change of rows) {
    const [next, ...values] = (writes[change.table] as Write<RowChange['table']>)(change);
    if (together.length > 0 && (next !== text || together.length === MOST_ROWS || !tuple.test(next))) {
      yield whole();
      together = [];
    }
    text = next;
    together.push(values);
  }
  if (together.length > 0) yield whole();
}
