/**
 * The one truth: SQLite in WAL mode, written by one connection, read by another. `commit` makes rows and effects
 * durable together (synchronous FULL); `load` gives back the very state that `apply` had made of them.
 */
import { join } from 'node:path';
import { apply, communities, emptyState } from '../domain/apply.js';
import type { RowChange } from '../domain/decision.js';
import type { Effect } from '../domain/effects.js';
import { Facts } from '../domain/facts.js';
import type { Forgotten } from '../domain/forgotten.js';
import type {
  Act,
  Channel,
  Community,
  Departure,
  Fact,
  Session,
  SessionState,
  Voter,
} from '../domain/model.js';
import { PersistentMap } from '../domain/persistent-map.js';
import type { Proposal } from '../domain/proposals.js';
import type { Settings } from '../domain/settings.js';
import { asDataError } from './faults.js';
import { makeFolder } from './folder.js';
import { forgetVoter, type Marks, marksOf } from './forget.js';
import { accountsOf, keepCode, type Linked, linkByCode, unlinkAccount } from './links.js';
import { DataLock } from './lock.js';
import { migrate } from './migrations.js';
import { Patience, type PatienceOptions } from './patience.js';
import { branchedFrom, type Purged, purgeServer } from './purge.js';
import { finishRestore } from './restore.js';
import { emptyLog, scrub, scrubWhatIsOwed } from './scrub.js';
import { Connection } from './sqlite.js';
import { upsert, writeAll } from './tables.js';
import { readSecret, voterKey } from './voter-key.js';
import { type Unit, Writer } from './writer.js';

/** Everything that is held about a person. */
export interface PersonalData {
  voter: Omit<Voter, 'key'> | null;
  marks: {
    session: string;
    round: string;
    ballot: string;
    emoji: string;
    present: boolean;
    at: number;
    late: boolean;
  }[];
  acts: { session: string; command: string; at: number }[];
  /** Sessions that the person asked for and no moderator has decided on. */
  proposals: { number: number; wish: Proposal['wish']; at: number }[];
}

export class Store {
  private constructor(
    readonly dir: string,
    readonly secret: Buffer,
    readonly lock: DataLock,
    readonly writer: Writer,
    readonly reader: Connection,
    private readonly patience: Patience | null,
  ) {}

  /** With `whenFull` commits wait for room on a full disk; else they are refused. Throws `data-locked`, `data-unwritable`, `disk-full`, `database-newer` or `file-corrupt`. */
  static async open(dir: string, whenFull?: PatienceOptions): Promise<Store> {
    const file = join(dir, 'acclaim.sqlite');
    const opened: { close(): Promise<void> }[] = [];
    try {
      await makeFolder(dir);
      const lock = await DataLock.take(dir);
      opened.push({ close: () => lock.release() });
      await finishRestore(dir);
      const secret = await readSecret(dir);
      const db = await Connection.open(file, 'write');
      opened.push(db);
      await db.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON; PRAGMA busy_timeout = 5000',
      );
      await migrate(db);
      // A process that was killed while forgetting left the old bytes in the log.
      await scrubWhatIsOwed(db);
      const reader = await Connection.open(file, 'read');
      opened.push(reader);
      await reader.exec('PRAGMA busy_timeout = 5000');
      const patience = whenFull ? new Patience(file, whenFull) : null;
      const writer = new Writer(db, patience ? (fault, tries) => patience.wait(fault, tries) : undefined);
      return new Store(dir, secret, lock, writer, reader, patience);
    } catch (error) {
      for (const one of opened.reverse()) await one.close().catch(() => {});
      throw asDataError(error, file);
    }
  }

  async close(): Promise<void> {
    this.patience?.end();
    await this.writer.idle();
    await this.reader.close();
    await this.writer.db.close();
    await this.lock.release();
  }

  /** The key under which a person is stored. */
  voterKey(platform: string, account: string): string {
    return voterKey(this.secret, platform, account);
  }

  /** All or nothing; resolves when it would survive a power cut. */
  commit(rows: readonly RowChange[], effects: readonly Effect[]): Promise<void> {
    if (rows.length === 0 && effects.length === 0) return Promise.resolve();
    return this.#write((db) => writeAll(db, rows, effects));
  }

  /** The place a session is opened in; called again it updates names and marks. */
  ensureChannel(community: Community, channel: Channel): Promise<void> {
    return this.#write(async (db) => {
      await db.run(mergeCommunity, community.id, JSON.stringify(community));
      const text = upsert('channel', ['id', 'community']);
      await db.run(text, channel.id, channel.community, JSON.stringify(channel));
    });
  }

  /** What admins set, by server: `discord-<guild>`, `slack-<workspace>`, `web`. */
  async settings(): Promise<Map<string, Settings>> {
    const rows = await this.#bodies<Community & { settings?: Settings }>('SELECT body FROM community');
    return new Map(rows.flatMap(({ id, settings }) => (settings ? [[id, settings] as const] : [])));
  }

  /** `settings` whole: what is not in it is as the configuration says. */
  setSettings(community: Community, settings: Settings): Promise<void> {
    const body = JSON.stringify({ ...community, settings: null });
    return this.#write(async (db) => {
      await db.run(mergeCommunity, community.id, body);
      const sql = "UPDATE community SET body = json_set(body, '$.settings', json(?)) WHERE id = ?";
      await db.run(sql, JSON.stringify(settings), community.id);
    });
  }

  channels(): Promise<Channel[]> {
    return this.#bodies('SELECT body FROM channel ORDER BY seq');
  }

  /** Time of the newest of the last votes; 0 without any. They are written in about the order of their times. */
  async newestVote(): Promise<number> {
    const sql = 'SELECT max(at) AS at FROM (SELECT at FROM fact ORDER BY seq DESC LIMIT 1000)';
    const [row] = await this.#read<{ at: number | null }>(sql);
    return row?.at ?? 0;
  }

  /** In the order they were opened. */
  sessions(): Promise<Session[]> {
    return this.#bodies('SELECT body FROM session ORDER BY seq');
  }

  /** All of them whole: what a start needs. */
  async loadSessions(): Promise<SessionState[]> {
    const states: SessionState[] = [];
    const voters = this.#votersOnce();
    for (const { id } of await this.sessions()) {
      const state = await this.load(id, voters);
      if (state) states.push(state);
    }
    return states;
  }

  /** Voters by their communities, read once for all sessions that share them. */
  #votersOnce() {
    const read = new Map<string, Promise<SessionState['voters']>>();
    return (those: ReadonlySet<string>) => {
      const circle = [...those].sort().join(' ');
      const voters = read.get(circle) ?? this.loadVoters(...those);
      read.set(circle, voters);
      return voters;
    };
  }

  /** The same once all that was asked for is written: for whoever lets nothing be asked for meanwhile. */
  async loadSettled(): Promise<SessionState[]> {
    await this.writer.idle();
    return this.loadSessions();
  }

  /** Everyone who agreed to be known in communities, and the pseudonyms there. */
  async loadVoters(...communities: string[]): Promise<SessionState['voters']> {
    const voters = await this.#bodies<Voter>(
      'SELECT body FROM voter WHERE community IN (SELECT value FROM json_each(?)) ORDER BY seq',
      JSON.stringify(communities),
    );
    return PersistentMap.from(new Map(voters.map((voter) => [voter.key, voter])));
  }

  /** The session whole, as `decide` sees it; undefined when there is none of that id. `votersOf` reads its communities'. */
  async load(
    id: string,
    votersOf = (those: ReadonlySet<string>) => this.loadVoters(...those),
  ): Promise<SessionState | undefined> {
    const [session] = await this.#bodies<Session>('SELECT body FROM session WHERE id = ?', id);
    if (!session) return undefined;
    const rows: RowChange[] = [];
    const read = async <T extends 'binding' | 'round' | 'image' | 'ballot' | 'job'>(
      table: T,
      where: string,
      value: string,
    ): Promise<void> => {
      const bodies = await this.#bodies(`SELECT t.body FROM ${table} t ${where} ORDER BY t.seq`, value);
      for (const row of bodies) rows.push({ table, row } as RowChange);
    };
    await read('binding', 'WHERE session = ?', id);
    await read('round', 'WHERE session = ?', id);
    await read('image', 'JOIN round r ON r.id = t.round WHERE r.session = ?', id);
    await read('ballot', 'WHERE session = ?', id);
    await read('job', 'WHERE session = ?', id);
    const state = apply(emptyState(session), rows);
    const voters = await votersOf(communities(state));
    return { ...state, voters, facts: await this.#facts(id, voters) };
  }

  /** The outbox: effects that were committed and are not settled yet, oldest first. */
  async pendingEffects(): Promise<Effect[]> {
    return this.#bodies<Effect>('SELECT body FROM outbox ORDER BY seq');
  }

  /** The audit of sessions (or of places without one), newest first, each act with its number. */
  async acts(sessions: string | readonly string[], limit = 100): Promise<(Act & { seq: number })[]> {
    const ids = [sessions].flat();
    const marks = ids.map(() => '?').join(', ');
    const rows = await this.#read<Omit<Act, 'args'> & { args: string; seq: number }>(
      `SELECT seq, session, at, by, role, command, args, refused FROM act WHERE session IN (${marks}) ORDER BY seq DESC LIMIT ?`,
      ...ids,
      limit,
    );
    return rows.map((row) => ({ ...row, args: JSON.parse(row.args) as Act['args'] }));
  }

  async personalData(key: string): Promise<PersonalData> {
    const [voter] = await this.#bodies<Voter>('SELECT body FROM voter WHERE key = ?', key);
    const marks = await this.#read<
      Omit<PersonalData['marks'][number], 'present' | 'late'> & { present: number; late: number }
    >(
      `SELECT b.session, b.round, f.ballot, f.emoji, f.present, f.at, f.late
       FROM fact f JOIN ballot b ON b.id = f.ballot WHERE f.voter = ? ORDER BY f.seq`,
      key,
    );
    const acts = await this.#read<PersonalData['acts'][number]>(
      'SELECT session, command, at FROM act WHERE by = ? ORDER BY seq',
      key,
    );
    const { key: _, ...person } = voter ?? { key: '' };
    const own = (await this.proposals()).filter(({ by }) => by === key);
    return {
      proposals: own.map(({ number, wish, at }) => ({ number, wish, at })),
      voter: voter ? (person as PersonalData['voter']) : null,
      marks: marks.map((mark) => ({ ...mark, present: mark.present === 1, late: mark.late === 1 })),
      acts,
    };
  }

  /** The account and those linked with it; none where nothing is kept of it. */
  accountsOf(key: string): Promise<Voter[]> {
    return accountsOf(this.reader, key);
  }

  /** See links.ts. False: the account has not agreed to be known. */
  async keepLinkCode(hash: string, key: string, until: number): Promise<boolean> {
    let kept = false;
    await this.#write(async (db) => {
      kept = await keepCode(db, hash, key, until);
    });
    return kept;
  }

  /** See links.ts. States held in memory must be loaded anew afterwards; so after `unlink`. */
  async link(hash: string, key: string, at = Date.now()): Promise<Linked> {
    let done: Linked = 'no-code';
    await this.#write(async (db) => {
      done = await linkByCode(db, hash, key, at);
    });
    return done;
  }

  /** False: the account was not linked. */
  async unlink(key: string): Promise<boolean> {
    let done = false;
    await this.#write(async (db) => {
      done = await unlinkAccount(db, key);
    });
    return done;
  }

  /** All marks of accounts up to now: looking through the ledger takes a while, and holds nobody up. */
  marksOf(keys: readonly string[]): Promise<Marks> {
    return marksOf(this.reader, keys);
  }

  /** See forget.ts; `found`: marks looked up beforehand. Resolves with what has to happen to states held in memory. */
  async forget(key: string, at = Date.now(), found?: Marks): Promise<Forgotten> {
    let gone: Forgotten = { keys: new Set(), names: new Map(), standIns: [] };
    await this.#write(async (db) => {
      gone = await forgetVoter(db, key, at, found);
    });
    await this.writer.between(emptyLog);
    return gone;
  }

  /** Hashes of those whose check mark on the place's notice is no consent. */
  async declined(place: string): Promise<string[]> {
    const rows = await this.#read<{ hash: string }>('SELECT hash FROM declined WHERE place = ?', place);
    return rows.map(({ hash }) => hash);
  }

  decline(place: string, hash: string): Promise<void> {
    return this.#write((db) =>
      db.run('INSERT OR IGNORE INTO declined (place, hash) VALUES (?, ?)', place, hash),
    );
  }

  undecline(place: string, hash: string): Promise<void> {
    return this.#write((db) => db.run('DELETE FROM declined WHERE place = ? AND hash = ?', place, hash));
  }

  /** Kept until it is decided; resolves with its number. */
  async propose(proposal: Omit<Proposal, 'number'>): Promise<number> {
    let number = 0;
    await this.#write(async (db) => {
      const sql = 'INSERT INTO proposal (server, body) VALUES (?, ?) RETURNING seq';
      number = (await db.get<{ seq: number }>(sql, proposal.server, JSON.stringify(proposal)))!.seq;
    });
    return number;
  }

  /** Those that wait, oldest first. */
  async proposals(): Promise<Proposal[]> {
    const rows = await this.#read<{ seq: number; body: string }>(
      'SELECT seq, body FROM proposal ORDER BY seq',
    );
    return rows.map(({ seq, body }) => ({ ...(JSON.parse(body) as Omit<Proposal, 'number'>), number: seq }));
  }

  /** Servers that the bot was removed from, until they are purged or it returns. */
  departures(): Promise<Departure[]> {
    return this.#read<Departure>('SELECT platform, server, at, due FROM departure ORDER BY seq');
  }

  /** Told again it keeps its time. */
  depart({ platform, server, at, due }: Departure): Promise<void> {
    return this.#write((db) =>
      db.run(
        'INSERT OR IGNORE INTO departure (platform, server, at, due) VALUES (?, ?, ?, ?)',
        platform,
        server,
        at,
        due,
      ),
    );
  }

  postponePurges(by: number): Promise<void> {
    return this.#write((db) => db.run('UPDATE departure SET due = due + ?', Math.round(by)));
  }

  comeBack(platform: string, server: string): Promise<void> {
    return this.#write((db) =>
      db.run('DELETE FROM departure WHERE platform = ? AND server = ?', platform, server),
    );
  }

  /** See purge.ts. States held in memory must be loaded anew afterwards. */
  async purge(left: Departure): Promise<Purged> {
    let purged: Purged = { sessions: [], elsewhere: [] };
    await this.#write(async (db) => {
      purged = await purgeServer(db, left);
    });
    await this.writer.between(scrub);
    return purged;
  }

  /** Sessions that are gone but for their folder, and rounds of theirs whose checkpoint others build on. */
  async leftovers(): Promise<{ session: string; keep: number[] }[]> {
    const rows = await this.#read<{ session: string }>('SELECT session FROM leftover');
    return Promise.all(
      rows.map(async ({ session }) => ({ session, keep: await branchedFrom(this.reader, session) })),
    );
  }

  cleared(session: string): Promise<void> {
    return this.#write((db) => db.run('DELETE FROM leftover WHERE session = ?', session));
  }

  /** Each ballot's as one text: rows of their own would have to be made one by one. */
  async #facts(session: string, voters: SessionState['voters']): Promise<SessionState['facts']> {
    const rows = await this.#read<{ ballot: string; rows: string }>(
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

  async #write(unit: Unit): Promise<void> {
    try {
      await this.writer.write(unit);
      this.patience?.written();
    } catch (error) {
      throw asDataError(error, join(this.dir, 'acclaim.sqlite'));
    }
  }

  #read<T>(sql: string, ...values: (string | number)[]): Promise<T[]> {
    return this.reader.all<T>(sql, ...values);
  }

  async #bodies<T>(sql: string, ...values: string[]): Promise<T[]> {
    const rows = await this.#read<{ body: string }>(sql, ...values);
    return rows.map(({ body }) => JSON.parse(body) as T);
  }
}

/** A community's row keeps what was set for it when its name changes. */
const mergeCommunity = `INSERT INTO community (id, body) VALUES (?, ?)
  ON CONFLICT (id) DO UPDATE SET body = json_patch(community.body, excluded.body)`;
