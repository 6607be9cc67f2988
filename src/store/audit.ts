/** The audit, as it is read: what was asked for, done or refused, by whom. */
import type { Act } from '../domain/state/model.js';
import type { Connection } from './sqlite.js';

/** An act with its number. Of a refusal that was repeated: how often, from `first` until `at`. */
export type AuditRow = Act & { seq: number; times: number; first: number };

/** Of sessions or places, newest first: `limit` of what was done, and a quarter of it of refusals. */
export function readActs(db: Connection, sessions: readonly string[], limit: number): Promise<AuditRow[]> {
  const places = JSON.stringify(sessions);
  const newest = (which: string) =>
    `seq IN (SELECT seq FROM act WHERE session IN (SELECT value FROM json_each(?)) AND refused ${which}
         ORDER BY at DESC, seq DESC LIMIT ?)`;
  const where = `${newest('IS NULL')} OR ${newest('IS NOT NULL')} ORDER BY at DESC, seq DESC`;
  return acts(db, where, places, limit, places, Math.ceil(limit / 4));
}

/** The rows of one act in these sessions, oldest first; `whole` names it. */
export function readActsOf(db: Connection, whole: string, sessions: readonly string[]): Promise<AuditRow[]> {
  const where = `session IN (SELECT value FROM json_each(?)) AND json_extract(args, '$.whole') = ? ORDER BY seq`;
  return acts(db, where, JSON.stringify(sessions), whole);
}

async function acts(db: Connection, where: string, ...values: (string | number)[]): Promise<AuditRow[]> {
  const sql = `SELECT seq, session, at, by, role, command, args, refused, times, ifnull(first, at) AS first
    FROM act WHERE ${where}`;
  const rows = await db.all<Omit<AuditRow, 'args'> & { args: string }>(sql, ...values);
  return rows.map((row) => ({ ...row, args: JSON.parse(row.args) as Act['args'] }));
}
