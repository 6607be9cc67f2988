/**
 * Linked accounts: a person is the accounts whose rows carry the same made-up id
 * (src/domain/voting/people.ts). A link is asked for on one account, which gets a code, and made on the
 * other, by that code: once, and within its time. Codes are kept as keyed hashes. Each function is one unit
 * of the write queue and safe to run twice.
 */
import { randomBytes } from 'node:crypto';
import type { Voter } from '../domain/state/model.js';
import type { Connection } from './sqlite.js';
import { exclusionHash } from './voter-key.js';

export type Linked = 'linked' | 'no-code' | 'own-code' | 'no-consent';

/** Replaces an earlier code of the same account. False: nothing is kept of somebody who did not agree. */
export async function keepCode(
  db: Connection,
  hash: string,
  voter: string,
  { at, until }: { at: number; until: number },
): Promise<boolean> {
  if (!(await hasConsent(db, voter))) return false;
  await db.run('DELETE FROM link_code WHERE voter = ? OR until <= ?', voter, at);
  await db.run('INSERT INTO link_code (hash, voter, until) VALUES (?, ?, ?)', hash, voter, until);
  return true;
}

/** What a link by the code would come to. Writes nothing: most codes that are tried are wrong. */
export async function tryCode(db: Connection, hash: string, voter: string, at: number): Promise<Linked> {
  const code = await codeOf(db, hash, at);
  if (!code) return 'no-code';
  if (code.voter === voter) return 'own-code';
  const both = (await hasConsent(db, voter)) && (await hasConsent(db, code.voter));
  return both ? 'linked' : 'no-consent';
}

const codeOf = (db: Connection, hash: string, at: number) =>
  db.get<{ voter: string }>('SELECT voter FROM link_code WHERE hash = ? AND until > ?', hash, at);

/** Makes two accounts one person, by a code that one of them was given. */
export async function linkByCode(db: Connection, hash: string, voter: string, at: number): Promise<Linked> {
  const outcome = await tryCode(db, hash, voter, at);
  if (outcome !== 'linked') return outcome;
  const code = (await codeOf(db, hash, at))!;
  const accounts = [...(await accountsOf(db, code.voter)), ...(await accountsOf(db, voter))];
  const person =
    accounts.find((one) => one.person !== null)?.person ?? `+${randomBytes(16).toString('base64url')}`;
  for (const { key } of accounts) await setPerson(db, key, person);
  await db.run('DELETE FROM link_code WHERE hash = ?', hash);
  return 'linked';
}

/** The account counts on its own again. False: it was not linked. */
export async function unlinkAccount(db: Connection, secret: Buffer, voter: string): Promise<boolean> {
  const accounts = await accountsOf(db, voter);
  if (accounts.length < 2) return false;
  if (accounts.some(({ excluded }) => excluded)) await keepExcluded(db, secret, accounts);
  const alone = accounts.length === 2 ? accounts : accounts.filter((one) => one.key === voter);
  for (const { key } of alone) await setPerson(db, key, null);
  return true;
}

/**
 * Of an excluded person every account stays excluded: coming back by another one of theirs is no way round
 * it, also where the session that excluded them did not know that one.
 */
export async function keepExcluded(
  db: Connection,
  secret: Buffer,
  accounts: readonly Voter[],
): Promise<void> {
  const sql = 'INSERT OR IGNORE INTO exclusion (hash, platform) VALUES (?, ?)';
  const row = "UPDATE voter SET body = json_set(body, '$.excluded', json('true')) WHERE key = ?";
  for (const { key, platform } of accounts) {
    await db.run(sql, exclusionHash(secret, key), platform);
    await db.run(row, key);
  }
}

/** The account and those linked with it; nothing of an account that nothing is known of. */
export async function accountsOf(db: Connection, voter: string): Promise<Voter[]> {
  const rows = await db.all<{ body: string }>(
    `SELECT body FROM voter WHERE key = ?1 OR json_extract(body, '$.person') =
       (SELECT json_extract(body, '$.person') FROM voter WHERE key = ?1) ORDER BY seq`,
    voter,
  );
  return rows.map(({ body }) => JSON.parse(body) as Voter);
}

async function hasConsent(db: Connection, voter: string): Promise<boolean> {
  const [row] = await db.all<{ at: number | null }>(
    "SELECT json_extract(body, '$.consentAt') AS at FROM voter WHERE key = ?",
    voter,
  );
  return row?.at != null;
}

async function setPerson(db: Connection, key: string, person: string | null): Promise<void> {
  await db.run("UPDATE voter SET body = json_set(body, '$.person', ?) WHERE key = ?", person, key);
}
