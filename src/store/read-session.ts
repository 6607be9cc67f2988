/**
 * Reads sessions back as the very state that `apply` had made of their rows. Voters belong to communities:
 * sessions that are read together share them.
 */
import { apply, communities, emptyState } from '../domain/state/apply.js';
import type { RowChange } from '../domain/state/decision.js';
import type { Fact } from '../domain/state/facts.js';
import { Facts } from '../domain/state/facts.js';
import type { Session, SessionState, Voter } from '../domain/state/model.js';
import { PersistentMap } from '../domain/state/persistent-map.js';
import type { Connection } from './sqlite.js';

type Voters = SessionState['voters'];
/** Everyone of some communities, who agreed to be known, and the pseudonyms there. */
export type VotersOf = (communities: ReadonlySet<string>) => Voters | Promise<Voters>;
/** The same where they are held in memory. */
export type KnownVoters = (communities: ReadonlySet<string>) => Voters | undefined;

/** Voters of communities, by key. */
export async function readVoters(db: Connection, communities: Iterable<string>): Promise<Voters> {
  const voters = await bodies<Voter>(
    db,
    'SELECT body FROM voter WHERE community IN (SELECT value FROM json_each(?)) ORDER BY seq',
    JSON.stringify([...communities]),
  );
  return PersistentMap.from(new Map(voters.map((voter) => [voter.key, voter])));
}

/** The same, but what was read once is not read again. */
export function votersOnce(db: Connection): VotersOf {
  const read = new Map<string, Promise<Voters>>();
  return (those) => {
    const circle = [...those].sort().join(' ');
    const voters = read.get(circle) ?? readVoters(db, those);
    read.set(circle, voters);
    return voters;
  };
}

/** Undefined where there is none of that id. */
export async function readSession(
  db: Connection,
  id: string,
  votersOf: VotersOf,
): Promise<SessionState | undefined> {
  const state = await readRows(db, id, ['binding', 'round', 'image', 'ballot', 'job']);
  if (!state) return undefined;
  const voters = await votersOf(communities(state));
  return { ...state, voters, facts: await readFacts(db, id, voters) };
}

type Table = 'binding' | 'round' | 'image' | 'ballot' | 'job';
const where: Record<Table, string> = {
  binding: 'WHERE session = ?',
  round: 'WHERE session = ?',
  image: 'JOIN round r ON r.id = t.round WHERE r.session = ?',
  ballot: 'WHERE session = ?',
  job: 'WHERE session = ?',
};

/** The session with its rows of some tables alone; nothing else is read. `image` needs `round`. */
export async function readRows(
  db: Connection,
  id: string,
  tables: readonly Table[],
): Promise<SessionState | undefined> {
  const [session] = await bodies<Session>(db, 'SELECT body FROM session WHERE id = ?', id);
  if (!session) return undefined;
  const rows: RowChange[] = [];
  for (const table of tables) {
    const found = await bodies(db, `SELECT t.body FROM ${table} t ${where[table]} ORDER BY t.seq`, id);
    for (const row of found) rows.push({ table, row } as RowChange);
  }
  return apply(emptyState(session), rows);
}

/** Each ballot's as one text: rows of their own would have to be made one by one. */
async function readFacts(db: Connection, session: string, voters: Voters): Promise<SessionState['facts']> {
  const rows = await db.all<{ ballot: string; rows: string }>(
    `SELECT f.ballot, json_group_array(json_array(f.voter, f.emoji, f.present, f.source, f.at, f.late) ORDER BY f.seq) AS rows
     FROM ballot b JOIN fact f ON f.ballot = b.id WHERE b.session = ? GROUP BY b.id ORDER BY min(f.seq)`,
    session,
  );
  type Plain = [string, string, number, Fact['source'], number, number];
  const facts = new Map<string, Facts>();
  for (const { ballot, rows: text } of rows) {
    const list = (JSON.parse(text) as Plain[]).map(
      ([voter, emoji, present, source, at, late]): Fact => ({
        ballot,
        // The text that is there already: a million facts have some thousand voters.
        voter: voters.get(voter)?.key ?? voter,
        emoji,
        present: present === 1,
        source,
        at,
        late: late === 1,
      }),
    );
    facts.set(ballot, Facts.of(list));
  }
  return PersistentMap.from(facts);
}

/** The rows' bodies, parsed. */
export async function bodies<T>(db: Connection, sql: string, ...values: (string | number)[]): Promise<T[]> {
  const rows = await db.all<{ body: string }>(sql, ...values);
  return rows.map(({ body }) => JSON.parse(body) as T);
}
