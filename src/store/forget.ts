/**
 * Forgetting a person: their key, and those of the accounts that they linked, are swapped for unlinkable
 * pseudonyms, one a round, so that every count stays what it was and nothing ties two rounds together. All in
 * one transaction, the small tables with keys written anew among it; afterwards the write-ahead log is folded
 * in and emptied. Votes wait for it, so the one long step, looking through the ledger, is done beforehand
 * beside them (`marksOf`).
 */

import type { Forgotten } from '../domain/state/forgotten.js';
import type { Voter } from '../domain/state/model.js';
import { campOf, type Split, splitId } from '../domain/state/split.js';
import { isAdmitted } from '../domain/voting/who-counts.js';
import { accountsOf, keepExcluded } from './links.js';
import { rewrite } from './scrub.js';
import type { Connection } from './sqlite.js';
import { upsert } from './tables.js';
import { pseudonym } from './voter-key.js';

const day = 86_400_000;

/** Where marks of some voters stand in the ledger, up to a row. */
export interface Marks {
  upTo: number;
  rows: { seq: number; voter: string; round: string }[];
}

/** The ledger has no index by voter: an index's pages are split and would keep old keys in their gaps. */
export async function marksOf(db: Connection, keys: readonly string[], after = 0): Promise<Marks> {
  const last = await db.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM fact');
  const upTo = last?.seq ?? 0;
  const rows = await db.all<Marks['rows'][number]>(
    `SELECT f.seq, f.voter, b.round FROM fact f CROSS JOIN ballot b ON b.id = f.ballot
     WHERE f.seq > ? AND f.seq <= ? AND f.voter IN (SELECT value FROM json_each(?)) ORDER BY f.seq`,
    after,
    upTo,
    JSON.stringify(keys),
  );
  return { upTo, rows };
}

/** `found`: marks that were looked for beforehand; newer ones are looked for now. */
export async function forgetVoter(
  db: Connection,
  secret: Buffer,
  key: string,
  at: number,
  found: Marks = { upTo: 0, rows: [] },
): Promise<Forgotten> {
  const accounts = await accountsOf(db, key);
  const keys = accounts.length > 0 ? accounts.map((one) => one.key) : [key];
  const { rows } = await marksOf(db, keys, found.upTo);
  const marks = new Map<string, Marks['rows']>();
  for (const row of [...found.rows, ...rows]) {
    const place = JSON.stringify([row.voter, row.round]);
    marks.set(place, [...(marks.get(place) ?? []), row]);
  }
  // Round -> the pseudonym that stands there for all accounts, so that linked ones go on counting once.
  const names = new Map<string, string>();
  const standIns: Voter[] = [];
  for (const one of keys) await db.run('INSERT OR IGNORE INTO forgetting (voter) VALUES (?)', one);
  for (const own of marks.values()) {
    const { voter: of, round } = own[0]!;
    const voter = accounts.find((row) => row.key === of);
    const name = names.get(round) ?? pseudonym();
    const places = JSON.stringify(own.map(({ seq }) => seq));
    await db.run('UPDATE fact SET voter = ? WHERE seq IN (SELECT value FROM json_each(?))', name, places);
    if (voter && !names.has(round)) {
      const stand = standIn(voter, accounts, name, at, await placeOf(db, round));
      standIns.push(stand);
      await db.run(upsert('voter', ['key', 'community']), name, voter.community, JSON.stringify(stand));
    }
    names.set(round, name);
  }
  if (accounts.some((one) => one.excluded)) await keepExcluded(db, secret, accounts);
  const touched = new Set(['voter', 'link_code', 'outbox', 'proposal']);
  for (const one of keys) for (const table of await removeKey(db, one)) touched.add(table);
  await rewrite(db, touched);
  return { keys: new Set(keys), names, standIns };
}

/**
 * Resolves with the larger tables in which the key stood: where it stands in no row, it never stood in the
 * table.
 */
async function removeKey(db: Connection, key: string): Promise<string[]> {
  await db.run('DELETE FROM forgetting WHERE voter = ?', key);
  await db.run('DELETE FROM link_code WHERE voter = ?', key);
  await db.run('DELETE FROM voter WHERE key = ?', key);
  await db.run('DELETE FROM outbox WHERE instr(body, ?) > 0', key);
  await db.run("UPDATE proposal SET body = json_set(body, '$.by', NULL) WHERE instr(body, ?) > 0", key);
  const acts =
    (await db.run('UPDATE act SET by = NULL WHERE by = ?', key)) +
    (await db.run("UPDATE act SET args = replace(args, ?, '') WHERE instr(args, ?) > 0", key, key));
  const sessions = await db.run(
    "UPDATE session SET body = json_set(body, '$.createdBy', NULL) WHERE instr(body, ?) > 0",
    key,
  );
  return [...(acts > 0 ? ['act'] : []), ...(sessions > 0 ? ['session'] : [])];
}

/**
 * Keeps only what the counts of a round depend on: whether the person counts, in which camp, and whether as
 * a newcomer.
 */
function standIn(
  voter: Voter,
  accounts: readonly Voter[],
  key: string,
  at: number,
  { closedAt, split }: { closedAt: number | null; split: Split | null },
): Voter {
  // No date: it would tie the names of two rounds together.
  const camp = split && campOf(accounts, split, closedAt ?? at);
  const waits = accounts.every((one) => !isAdmitted(one, { closedAt }));
  return {
    key,
    community: voter.community,
    platform: voter.platform,
    consentAt: null,
    bornAt: null,
    joinedAt: null,
    rounds: Math.max(...accounts.map((one) => standing(one, at))),
    excluded: accounts.some((one) => one.excluded),
    trusted: false,
    name: null,
    pseudonym: true,
    person: null,
    ...(waits ? { waits } : {}),
    ...(split && camp ? { camps: { [splitId(split)]: [{ camp, since: 0 }] } } : {}),
  };
}

/** When the round closed, and the camps of its session. */
async function placeOf(
  db: Connection,
  round: string,
): Promise<{ closedAt: number | null; split: Split | null }> {
  const sql = `SELECT json_extract(r.body, '$.closedAt') AS closedAt, json_extract(s.body, '$.split') AS split
    FROM round r JOIN session s ON s.id = r.session WHERE r.id = ?`;
  const row = await db.get<{ closedAt: number | null; split: string | null }>(sql, round);
  return { closedAt: row?.closedAt ?? null, split: row?.split ? (JSON.parse(row.split) as Split) : null };
}

/** Rounds, 0 to 3, that make as much of a newcomer as the account was. */
function standing({ bornAt, joinedAt, rounds, trusted }: Voter, at: number): number {
  const young =
    (bornAt !== null && at - bornAt < 30 * day) || (joinedAt !== null && at - joinedAt < 14 * day);
  return trusted ? 3 : young ? 0 : Math.min(3, rounds);
}
