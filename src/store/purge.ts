/**
 * A server that the bot was removed from leaves no row behind: its sessions with all that hangs on them
 * (those that were founded there, and those bound to no channel elsewhere), its channels' ballots and marks
 * in sessions of others, and the people who are known from nowhere else. One transaction; the folders of the
 * sessions are named in `leftover` until they are off the disk, so that a crash in between loses no duty.
 */
import type { Binding, Departure, Session, Voter } from '../domain/state/model.js';
import { oweScrub } from './scrub.js';
import type { Connection } from './sqlite.js';

export interface Purged {
  /** Sessions that are gone. */
  sessions: string[];
  /** Where they also hung: channels of other servers or of the page. */
  elsewhere: Pick<Binding, 'platform' | 'address'>[];
}

/** Deletes all that belongs to a server that the bot has left. */
export async function purgeServer(db: Connection, left: Departure): Promise<Purged> {
  const { platform, server } = left;
  await oweScrub(db);
  const channels = await ids(
    db,
    "SELECT id FROM channel WHERE json_extract(body, '$.platform') = ? AND json_extract(body, '$.server') = ?",
    platform,
    server,
  );
  const bindings = (await bodies<Binding>(db, 'SELECT body FROM binding')).map((row) => ({
    ...row,
    here: channels.includes(row.channel),
  }));
  const here = bindings.filter((row) => row.here);
  const gone = [...new Set(here.map((row) => row.session))].filter((id) => {
    const own = bindings.filter((row) => row.session === id);
    return own.every((row) => row.here) || own.some((row) => row.here && row.ordinal === 0);
  });
  const known = await ids(db, 'SELECT DISTINCT voter AS id FROM fact');
  for (const session of gone) await removeSession(db, session);
  for (const { session, channel } of here.filter((row) => !gone.includes(row.session)))
    await removeBinding(db, session, channel);
  for (const id of channels) {
    const place = await db.get<{ place: string }>(
      "SELECT json_extract(body, '$.platform') || ' ' || json_extract(body, '$.address') AS place FROM channel WHERE id = ?",
      id,
    );
    await db.run('DELETE FROM declined WHERE place = ?', place?.place ?? '');
    await db.run('DELETE FROM channel WHERE id = ?', id);
  }
  await removePeople(db, left, new Set(known));
  // What its admins set and did there without a session.
  await db.run('DELETE FROM community WHERE id = ?', `${platform}-${server}`);
  await db.run('DELETE FROM act WHERE session = ?', `@${platform}-${server}`);
  await db.run('DELETE FROM proposal WHERE server = ?', `${platform}-${server}`);
  // A refusal outlives it, or an invitation would undo it.
  const forgotten = "DELETE FROM server WHERE platform = ? AND server = ? AND standing <> 'refused'";
  await db.run(forgotten, platform, server);
  await db.run('DELETE FROM departure WHERE platform = ? AND server = ?', platform, server);
  // Nobody is left there whom they could be excluded from.
  await db.run(
    "DELETE FROM exclusion WHERE platform = ?1 AND NOT EXISTS (SELECT 1 FROM channel WHERE json_extract(body, '$.platform') = ?1)",
    platform,
  );
  const elsewhere = bindings.filter((row) => gone.includes(row.session) && !row.here);
  return { sessions: gone, elsewhere: elsewhere.map(({ platform, address }) => ({ platform, address })) };
}

/** Checkpoints that sessions of others branched from: they hold weights and nobody's name, and are kept. */
export async function branchedFrom(db: Connection, session: string): Promise<number[]> {
  const sessions = await bodies<Session>(db, 'SELECT body FROM session');
  return sessions.flatMap(({ origin }) => (origin?.session === session ? [origin.round] : []));
}

/** Deletes the rows of a session. */
export async function removeSession(db: Connection, session: string): Promise<void> {
  await removeBallots(db, await ids(db, 'SELECT id FROM ballot WHERE session = ?', session));
  await db.run('DELETE FROM image WHERE round IN (SELECT id FROM round WHERE session = ?)', session);
  for (const table of ['round', 'job', 'act', 'outbox', 'binding'])
    await db.run(`DELETE FROM ${table} WHERE session = ?`, session);
  await db.run('DELETE FROM session WHERE id = ?', session);
  await db.run('INSERT OR IGNORE INTO leftover (session) VALUES (?)', session);
}

/** A session of others goes on without the channel. */
async function removeBinding(db: Connection, session: string, channel: string): Promise<void> {
  const ballots = await ids(
    db,
    "SELECT id FROM ballot WHERE session = ? AND json_extract(body, '$.channel') = ?",
    session,
    channel,
  );
  for (const id of ballots) await db.run("DELETE FROM outbox WHERE json_extract(body, '$.ballot') = ?", id);
  await db.run(
    "DELETE FROM outbox WHERE session = ? AND json_extract(body, '$.channel') = ?",
    session,
    channel,
  );
  await removeBallots(db, ballots);
  await db.run('DELETE FROM binding WHERE session = ? AND channel = ?', session, channel);
}

async function removeBallots(db: Connection, ballots: readonly string[]): Promise<void> {
  for (const id of ballots) {
    await db.run('INSERT OR IGNORE INTO purging (ballot) VALUES (?)', id);
    await db.run('DELETE FROM fact WHERE ballot = ?', id);
    await db.run('DELETE FROM ballot WHERE id = ?', id);
    await db.run('DELETE FROM purging WHERE ballot = ?', id);
  }
}

/**
 * Whoever has a mark left is known from elsewhere. Of the others go those whose marks went, and those who
 * agreed before the bot was removed and never voted anywhere since.
 */
async function removePeople(
  db: Connection,
  { platform, at }: Departure,
  before: ReadonlySet<string>,
): Promise<void> {
  const left = new Set(await ids(db, 'SELECT DISTINCT voter AS id FROM fact'));
  for (const voter of await bodies<Voter>(db, 'SELECT body FROM voter')) {
    if (left.has(voter.key)) continue;
    const idle = voter.platform === platform && (voter.consentAt ?? 0) <= at;
    if (!before.has(voter.key) && !idle) continue;
    await db.run('UPDATE act SET by = NULL WHERE by = ?', voter.key);
    await db.run('DELETE FROM link_code WHERE voter = ?', voter.key);
    await db.run('DELETE FROM voter WHERE key = ?', voter.key);
  }
}

async function ids(db: Connection, sql: string, ...values: string[]): Promise<string[]> {
  return (await db.all<{ id: string }>(sql, ...values)).map(({ id }) => id);
}

async function bodies<T>(db: Connection, sql: string, ...values: string[]): Promise<T[]> {
  return (await db.all<{ body: string }>(sql, ...values)).map(({ body }) => JSON.parse(body) as T);
}
