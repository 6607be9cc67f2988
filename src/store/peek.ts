/** A look at the sessions beside a running Acclaim: read only, and without the lock of the one writer. */
import { join } from 'node:path';
import type { Binding, Session } from '../domain/state/model.js';
import type { Image, Round } from '../domain/state/round.js';
import { AcclaimError } from '../errors.js';
import { mustBeReadable } from '../files/reading.js';
import { Connection } from './sqlite.js';
import { readStandings, type ServerStanding } from './standings.js';

/** In the order they were opened. */
export function peekSessions(dataDir: string): Promise<Session[]> {
  return peek(dataDir, async (db) => {
    const rows = await db.all<{ body: string }>('SELECT body FROM session ORDER BY seq');
    return rows.map(({ body }) => JSON.parse(body) as Session);
  });
}

/** Where sessions live that have not ended. */
export async function peekChannels(dataDir: string): Promise<Binding[]> {
  const sessions = await peekSessions(dataDir);
  const live = new Set(sessions.filter((s) => s.state !== 'ended').map((s) => s.id));
  return peek(dataDir, async (db) => {
    const rows = await db.all<{ body: string }>('SELECT body FROM binding');
    return rows.map(({ body }) => JSON.parse(body) as Binding).filter(({ session }) => live.has(session));
  });
}

/** What servers and workspaces are to the host. */
export function peekStandings(dataDir: string): Promise<ServerStanding[]> {
  return peek(dataDir, readStandings);
}

/** Every session with its rounds, in their order, and their pictures by id of the round. */
export function peekRounds(
  dataDir: string,
): Promise<{ session: Session; rounds: Round[]; images: Map<string, Image[]> }[]> {
  return peek(dataDir, async (db) => {
    const read = async <R>(table: string): Promise<R[]> => {
      const rows = await db.all<{ body: string }>(`SELECT body FROM ${table} ORDER BY seq`);
      return rows.map(({ body }) => JSON.parse(body) as R);
    };
    const rounds = grouped(await read<Round>('round'), (round) => round.session);
    const images = grouped(await read<Image>('image'), (image) => image.round);
    return (await read<Session>('session')).map((session) => ({
      session,
      rounds: rounds.get(session.id) ?? [],
      images,
    }));
  });
}

function grouped<T>(rows: readonly T[], by: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(by(row));
    if (group) group.push(row);
    else groups.set(by(row), [row]);
  }
  return groups;
}

async function peek<T>(dataDir: string, look: (db: Connection) => Promise<T>): Promise<T> {
  const file = join(dataDir, 'acclaim.sqlite');
  mustBeReadable(file, { message: `there is no ${file}`, hint: 'Name the data folder: --data DIR.' });
  const db = await Connection.open(file, 'read');
  try {
    await db.exec('PRAGMA busy_timeout = 5000');
    return await look(db);
  } catch (cause) {
    if (cause instanceof AcclaimError) throw cause;
    const why = (cause as Error).message;
    throw new AcclaimError('file-corrupt', `${file}: ${why}`, 'Is it the database of an Acclaim?', { cause });
  } finally {
    await db.close();
  }
}
