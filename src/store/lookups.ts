/**
 * Questions that the database answers, because sessions that ended are not held in memory: which a start
 * needs, which is meant by a channel or a message, what they add up to. What was decided a moment ago and is
 * not durable yet is not in the answers: whoever holds sessions in memory asks those first.
 */
import type { Drawn } from '../domain/state/budgets.js';
import type { Binding, Channel, Platform, Session, SessionState } from '../domain/state/model.js';
import type { Ballot } from '../domain/state/round.js';
import type { TimedSession } from '../domain/state/round-time.js';
import { bodies, readRows } from './read-session.js';
import type { Connection } from './sqlite.js';

/** A session in a channel that was asked about. */
export interface SessionPlace {
  session: string;
  address: string;
  ended: boolean;
  /** The channel takes part, now or when the session ended. */
  here: boolean;
}

const ended = "json_extract(s.body, '$.state') = 'ended'";
const at = "json_extract(b.body, '$.platform') = ? AND json_extract(b.body, '$.address')";

/** Sessions of a model whose rounds tell how long the next takes, the newest of those that ended. */
const TIMED = 20;

/** Questions to the store that need no session whole. */
export class Lookups {
  constructor(private readonly db: Connection) {}

  /**
   * Sessions that go on, and those that ended with something left to carry out: what a start needs, in the
   * order they were opened.
   */
  unfinished(): Promise<string[]> {
    return this.ids(`SELECT id FROM session WHERE seq IN (
      SELECT s.seq FROM session s WHERE json_extract(s.body, '$.state') IN ('active', 'paused')
      UNION SELECT s.seq FROM outbox o JOIN session s ON s.id = o.session) ORDER BY seq`);
  }

  /** All there are, in the order they were opened. */
  sessions(): Promise<string[]> {
    return this.ids('SELECT id FROM session ORDER BY seq');
  }

  /** False before the first session was opened. */
  async any(): Promise<boolean> {
    return (await this.ids('SELECT id FROM session LIMIT 1')).length > 0;
  }

  /** The newest that ended while bound to the channel. */
  async newestIn(platform: Platform, address: string): Promise<Session | undefined> {
    const [found] = await bodies<Session>(
      this.db,
      `SELECT s.body FROM binding b JOIN session s ON s.id = b.session
       WHERE ${at} = ? AND json_extract(b.body, '$.leftAt') IS NULL AND ${ended}
       ORDER BY json_extract(s.body, '$.createdAt') DESC, s.seq LIMIT 1`,
      platform,
      address,
    );
    return found;
  }

  /** The ballot that hangs, or hung, as this message. */
  async ballotAt(platform: Platform, address: string, message: string): Promise<Ballot | undefined> {
    const [found] = await bodies<Ballot>(
      this.db,
      `SELECT t.body FROM ballot t
       JOIN binding b ON b.session = t.session AND b.channel = json_extract(t.body, '$.channel')
       WHERE json_extract(t.body, '$.message') = ? AND ${at} = ? LIMIT 1`,
      message,
      platform,
      address,
    );
    return found;
  }

  /** Channels of a platform that any session was ever bound to. */
  async addresses(platform: Platform): Promise<string[]> {
    const sql = `SELECT DISTINCT json_extract(b.body, '$.address') AS id FROM binding b
      WHERE json_extract(b.body, '$.platform') = ?`;
    return this.ids(sql, platform);
  }

  /**
   * Every session that was ever bound to one of the channels, in the order they were opened; of a session in
   * several each.
   */
  async boundTo(platform: Platform, addresses: readonly string[]): Promise<SessionPlace[]> {
    const rows = await this.db.all<{ session: string; address: string; ended: number; here: number }>(
      `SELECT b.session, json_extract(b.body, '$.address') AS address, ${ended} AS ended,
         json_extract(b.body, '$.leftAt') IS NULL AS here
       FROM binding b JOIN session s ON s.id = b.session
       WHERE ${at} IN (SELECT value FROM json_each(?)) ORDER BY s.seq, b.seq`,
      platform,
      JSON.stringify(addresses),
    );
    return rows.map((row) => ({ ...row, ended: row.ended === 1, here: row.here === 1 }));
  }

  /** Channels that take posts and whose server nobody has asked for: that of a branch, or of a pool. */
  async withoutServer(
    platforms: readonly string[],
  ): Promise<{ binding: Binding; session: Session; channel: Channel | null }[]> {
    const rows = await this.db.all<{ binding: string; session: string; channel: string | null }>(
      `SELECT b.body AS binding, s.body AS session, c.body AS channel
       FROM binding b JOIN session s ON s.id = b.session LEFT JOIN channel c ON c.id = b.channel
       WHERE json_extract(b.body, '$.platform') IN (SELECT value FROM json_each(?))
         AND json_extract(b.body, '$.canPost') AND json_extract(c.body, '$.server') IS NULL
       GROUP BY b.channel ORDER BY b.seq`,
      JSON.stringify(platforms),
    );
    return rows.map(({ binding, session, channel }) => ({
      binding: JSON.parse(binding) as Binding,
      session: JSON.parse(session) as Session,
      channel: channel === null ? null : (JSON.parse(channel) as Channel),
    }));
  }

  /**
   * The sessions in which some accounts have ever left a mark, in the order they were opened. It reads the
   * whole ledger.
   */
  votedIn(keys: readonly string[]): Promise<string[]> {
    return this.ids(
      `SELECT id FROM session WHERE id IN (
         SELECT DISTINCT b.session FROM fact f CROSS JOIN ballot b ON b.id = f.ballot
         WHERE f.voter IN (SELECT value FROM json_each(?))) ORDER BY seq`,
      JSON.stringify(keys),
    );
  }

  /** Channels in whose ballots an account has ever left a mark. It reads the whole ledger. */
  channelsMarkedBy(key: string): Promise<string[]> {
    const sql = `SELECT DISTINCT json_extract(b.body, '$.channel') AS id
      FROM fact f CROSS JOIN ballot b ON b.id = f.ballot WHERE f.voter = ?`;
    return this.ids(sql, key);
  }

  /** Agreed to be known. */
  async agreed(key: string): Promise<boolean> {
    const sql = "SELECT key AS id FROM voter WHERE key = ? AND json_extract(body, '$.consentAt') IS NOT NULL";
    return (await this.ids(sql, key)).length > 0;
  }

  /** Those that ended last, so many at most. */
  lastEnded(most: number): Promise<string[]> {
    const sql = `SELECT s.id FROM session s WHERE ${ended} ORDER BY json_extract(s.body, '$.endedAt') DESC LIMIT ?`;
    return this.ids(sql, most);
  }

  /** When the last of them ended; 0 where none has. */
  async newestEnd(): Promise<number> {
    const sql = `SELECT max(json_extract(s.body, '$.endedAt')) AS at FROM session s WHERE ${ended}`;
    return (await this.db.get<{ at: number | null }>(sql))?.at ?? 0;
  }

  /** What those have drawn that ended since: budgets of the day ask for it. */
  async drawnUntilEnd(since: number): Promise<Drawn[]> {
    const rows = await this.db.all<Omit<Drawn, 'rounds'> & { rounds: string }>(
      `SELECT b.session, b.channel, json_extract(b.body, '$.platform') AS platform, (
         SELECT json_group_array(json_object('createdAt', json_extract(r.body, '$.createdAt'),
           'count', json_extract(r.body, '$.count'))) FROM round r WHERE r.session = s.id) AS rounds
       FROM session s JOIN binding b ON b.session = s.id
       WHERE ${ended} AND json_extract(s.body, '$.endedAt') >= ?
         AND b.seq = (SELECT min(seq) FROM binding WHERE session = s.id)`,
      since,
    );
    return rows.map((row) => ({ ...row, rounds: JSON.parse(row.rounds) as Drawn['rounds'] }));
  }

  /** The session, its channels and rounds, and nothing else of it. */
  outline(id: string): Promise<SessionState | undefined> {
    return readRows(this.db, id, ['binding', 'round']);
  }

  /** The session, its rounds and pictures, and nothing else of it. */
  pictures(id: string): Promise<SessionState | undefined> {
    return readRows(this.db, id, ['round', 'image']);
  }

  /** How long rounds of a model took in the sessions that ended last. */
  async timed(model: string): Promise<TimedSession[]> {
    const rows = await this.db.all<{ session: string; rounds: string }>(
      `SELECT s.body AS session, (
         SELECT json_group_array(json_object('id', r.id, 'createdAt', json_extract(r.body, '$.createdAt'),
           'count', json_extract(r.body, '$.count'), 'drawn', json_extract(r.body, '$.drawn'),
           'learned', json_extract(r.body, '$.learned')) ORDER BY r.seq)
         FROM round r WHERE r.session = s.id AND json_extract(r.body, '$.drawn') IS NOT NULL) AS rounds
       FROM session s WHERE json_extract(s.body, '$.model') = ? AND json_extract(s.body, '$.endedAt') IS NOT NULL
       ORDER BY json_extract(s.body, '$.endedAt') DESC LIMIT ${TIMED}`,
      model,
    );
    return rows.map(({ session, rounds }) => ({
      session: JSON.parse(session) as Session,
      rounds: JSON.parse(rounds) as TimedSession['rounds'],
    }));
  }

  /** How many there are in each state. */
  async states(table: 'session' | 'round'): Promise<Map<string, number>> {
    const sql = `SELECT json_extract(body, '$.state') AS state, count(*) AS n FROM ${table} GROUP BY 1`;
    const rows = await this.db.all<{ state: string; n: number }>(sql);
    return new Map(rows.map(({ state, n }) => [state, n]));
  }

  private async ids(sql: string, ...values: (string | number)[]): Promise<string[]> {
    return (await this.db.all<{ id: string }>(sql, ...values)).map(({ id }) => id);
  }
}
