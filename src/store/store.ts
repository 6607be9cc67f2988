/**
 * The one truth: SQLite in WAL mode, written by one connection, read by another. `commit` makes rows and
 * effects durable together (synchronous FULL); `load` gives back the very state that `apply` had made of
 * them.
 */
import { join } from 'node:path';
import { type Clock, systemClock } from '../clock.js';
import type { Proposal } from '../domain/moderation/proposals.js';
import type { RowChange } from '../domain/state/decision.js';
import type { Effect } from '../domain/state/effects.js';
import type { Forgotten } from '../domain/state/forgotten.js';
import type { Channel, Community, Departure, SessionState, Voter } from '../domain/state/model.js';
import type { AcclaimError } from '../errors.js';
import { type AuditRow, readActs, readActsOf } from './audit.js';
import { asDataError } from './faults.js';
import { makeFolder } from './folder.js';
import { forgetVoter, type Marks, marksOf } from './forget.js';
import { readInvite, useInvite } from './invites.js';
import { accountsOf, keepCode, type Linked, linkByCode, tryCode, unlinkAccount } from './links.js';
import { DataLock } from './lock.js';
import { Lookups } from './lookups.js';
import { type Migrated, migrate, migrations } from './migrations.js';
import { Patience, type PatienceOptions } from './patience.js';
import { knowsPeople, type PersonalData, readPersonalData, readProposals, readVoter } from './personal.js';
import { mergeCommunity, Places } from './places.js';
import { branchedFrom, type Purged, purgeServer } from './purge.js';
import { bodies, type KnownVoters, readSession, readVoters, votersOnce } from './read-session.js';
import { finishRestore } from './restore.js';
import { emptyLog, scrub, scrubWhatIsOwed } from './scrub.js';
import { Connection } from './sqlite.js';
import { Standings } from './standings.js';
import { upsert, writeAll } from './tables.js';
import { dropAllCopies, dropCopies, keepCopy } from './upgrade-copies.js';
import { exclusionHash, readSecret, voterKey } from './voter-key.js';
import { type Unit, Writer } from './writer.js';

export interface UpgradeOptions {
  /** False: an upgrade keeps no copy of the database from before. */
  keepCopies?: boolean;
  clock?: Clock;
}

/** A folder that is locked, and a database in it that is sound and of this version. */
interface Opened {
  dir: string;
  secret: Buffer;
  lock: DataLock;
  writer: Writer;
  reader: Connection;
  patience: Patience | null;
  migrated: Migrated | null;
}

/** The data folder's database and its secret, held by one process. */
export class Store {
  readonly places: Places;
  readonly standings: Standings;
  readonly lookups: Lookups;

  readonly dir: string;
  readonly secret: Buffer;
  readonly writer: Writer;
  readonly reader: Connection;
  /** What opening it had to bring up to date. */
  readonly migrated: Migrated | null;
  private readonly lock: DataLock;
  private readonly patience: Patience | null;

  private constructor({ dir, secret, lock, writer, reader, patience, migrated }: Opened) {
    this.dir = dir;
    this.secret = secret;
    this.lock = lock;
    this.writer = writer;
    this.reader = reader;
    this.patience = patience;
    this.migrated = migrated;
    this.places = new Places(reader, (unit) => this.#write(unit));
    this.standings = new Standings(reader, (unit) => this.#write(unit));
    this.lookups = new Lookups(reader);
  }

  /**
   * With `whenFull` commits wait for room on a full disk; else they are refused. Throws `data-locked`,
   * `data-unwritable`, `disk-full`, `database-newer` or `file-corrupt`.
   */
  static async open(
    dir: string,
    whenFull?: PatienceOptions,
    { keepCopies = true, clock = systemClock }: UpgradeOptions = {},
  ): Promise<Store> {
    const file = join(dir, 'acclaim.sqlite');
    const opened: { close(): Promise<void> }[] = [];
    try {
      await makeFolder(dir);
      const lock = await DataLock.take(dir);
      opened.push({ close: () => lock.release() });
      await finishRestore(dir);
      const db = await Connection.open(file, 'write');
      opened.push(db);
      await db.checkSound();
      await db.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA recursive_triggers = ON; PRAGMA busy_timeout = 5000',
      );
      const keep = (version: number) =>
        keepCopies ? keepCopy(db, dir, version, clock.now()) : Promise.resolve(null);
      const migrated = await migrate(db, migrations, keep);
      const secret = await readSecret(dir, await knowsPeople(db));
      // A process that was killed while forgetting left the old bytes in the log.
      await scrubWhatIsOwed(db);
      const reader = await Connection.open(file, 'read');
      opened.push(reader);
      await reader.exec('PRAGMA busy_timeout = 5000');
      const patience = whenFull ? new Patience(file, whenFull) : null;
      const writer = new Writer(db, patience ? (fault, tries) => patience.wait(fault, tries) : undefined);
      return new Store({ dir, secret, lock, writer, reader, patience, migrated });
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

  /** What a statement found that read damaged pages; null while none has. It does not heal by itself. */
  get damage(): AcclaimError | null {
    return this.writer.db.damage ?? this.reader.damage;
  }

  /** Reads what stands in the file, unlike `SELECT 1`; throws what keeps it from being read. */
  async readable(): Promise<void> {
    await this.#read('SELECT count(*) FROM sqlite_master');
  }

  /** What was asked for waits for room on the disk. */
  get full(): boolean {
    return this.patience?.full ?? false;
  }

  /** The key under which a person is stored. */
  voterKey(platform: string, account: string): string {
    return voterKey(this.secret, platform, account);
  }

  /** All or nothing; resolves when it would survive a power cut. */
  commit(rows: readonly RowChange[], effects: readonly Effect[]): Promise<void> {
    if (rows.length === 0 && effects.length === 0) return Promise.resolve();
    const hashed = rows.map((change) =>
      change.table === 'exclusion' ? { ...change, voter: exclusionHash(this.secret, change.voter) } : change,
    );
    return this.#write((db) => writeAll(db, hashed, effects));
  }

  /** See invites.ts. False for a code that is none, was used or has ended. */
  async useInvite(code: string, now: number): Promise<boolean> {
    const invite = readInvite(this.secret, code);
    if (!invite || invite.until <= now) return false;
    return this.#write((db) => useInvite(db, invite, now));
  }

  /** A moderator excluded the account, whatever was forgotten since. */
  async excluded(key: string): Promise<boolean> {
    const sql = 'SELECT 1 FROM exclusion WHERE hash = ?';
    return (await this.#read(sql, exclusionHash(this.secret, key))).length > 0;
  }

  /** The place a session is opened in; called again it updates names and marks. */
  ensureChannel(community: Community, channel: Channel): Promise<void> {
    return this.#write(async (db) => {
      await db.run(mergeCommunity, community.id, JSON.stringify(community));
      const text = upsert('channel', ['id', 'community']);
      await db.run(text, channel.id, channel.community, JSON.stringify(channel));
    });
  }

  /**
   * Time of the newest of the last votes; 0 without any. They are written in about the order of their times.
   */
  async newestVote(): Promise<number> {
    const sql = 'SELECT max(at) AS at FROM (SELECT at FROM fact ORDER BY seq DESC LIMIT 1000)';
    const [row] = await this.#read<{ at: number | null }>(sql);
    return row?.at ?? 0;
  }

  /** Sessions whole: all that there are, or those of some ids. */
  async loadSessions(ids?: readonly string[]): Promise<SessionState[]> {
    const states: SessionState[] = [];
    const voters = votersOnce(this.reader);
    for (const id of ids ?? (await this.lookups.sessions())) {
      const state = await readSession(this.reader, id, voters);
      if (state) states.push(state);
    }
    return states;
  }

  /**
   * What has to be held in memory, once all that was asked for is written: for whoever lets nothing be asked
   * for meanwhile.
   */
  async loadSettled(): Promise<SessionState[]> {
    await this.writer.idle();
    return this.loadUnfinished();
  }

  /** Sessions that go on, and those that ended with something left to carry out. */
  async loadUnfinished(): Promise<SessionState[]> {
    return this.loadSessions(await this.lookups.unfinished());
  }

  /** Everyone who agreed to be known in communities, and the pseudonyms there. */
  loadVoters(...communities: string[]): Promise<SessionState['voters']> {
    return readVoters(this.reader, communities);
  }

  /**
   * The session whole, as `decide` sees it; undefined when there is none of that id. `known` gives voters
   * that need not be read.
   */
  load(id: string, known: KnownVoters = () => undefined): Promise<SessionState | undefined> {
    return readSession(this.reader, id, (those) => known(those) ?? readVoters(this.reader, those));
  }

  /** The outbox: effects that were committed and are not settled yet, oldest first. */
  async pendingEffects(): Promise<Effect[]> {
    return bodies<Effect>(this.reader, 'SELECT body FROM outbox ORDER BY seq');
  }

  /**
   * The audit of sessions (or of places without one), newest first, each act with its number; of refusals a
   * quarter more.
   */
  acts(sessions: string | readonly string[], limit = 100): Promise<AuditRow[]> {
    return readActs(this.reader, [sessions].flat(), limit);
  }

  /** The rows of one act in these, oldest first. */
  actsOf(whole: string, sessions: readonly string[]): Promise<AuditRow[]> {
    return readActsOf(this.reader, whole, sessions);
  }

  voter(key: string): Promise<Voter | undefined> {
    return readVoter(this.reader, key);
  }

  personalData(key: string): Promise<PersonalData> {
    return readPersonalData(this.reader, key);
  }

  /** The account and those linked with it; none where nothing is kept of it. */
  accountsOf(key: string): Promise<Voter[]> {
    return accountsOf(this.reader, key);
  }

  /** See links.ts. False: the account has not agreed to be known. */
  keepLinkCode(hash: string, key: string, until: number, at: number): Promise<boolean> {
    return this.#write((db) => keepCode(db, hash, key, { at, until }));
  }

  /** What a link by the code would come to; writes nothing. */
  tryLink(hash: string, key: string, at: number): Promise<Linked> {
    return tryCode(this.reader, hash, key, at);
  }

  /** See links.ts. States held in memory must be told of the accounts' rows afterwards; so after `unlink`. */
  link(hash: string, key: string, at: number): Promise<Linked> {
    return this.#write((db) => linkByCode(db, hash, key, at));
  }

  /** False: the account was not linked. */
  unlink(key: string): Promise<boolean> {
    return this.#write((db) => unlinkAccount(db, this.secret, key));
  }

  /** All marks of accounts up to now: looking through the ledger takes a while, and holds nobody up. */
  marksOf(keys: readonly string[]): Promise<Marks> {
    return marksOf(this.reader, keys);
  }

  /**
   * See forget.ts; `found`: marks looked up beforehand. Resolves with what has to happen to states held in
   * memory.
   */
  async forget(key: string, at: number, found?: Marks): Promise<Forgotten> {
    await dropAllCopies(this.dir);
    const gone = await this.#write((db) => forgetVoter(db, this.secret, key, at, found));
    await this.writer.between(emptyLog);
    return gone;
  }

  /** Kept until it is decided; resolves with its number. */
  propose(proposal: Omit<Proposal, 'number'>): Promise<number> {
    const sql = 'INSERT INTO proposal (server, body) VALUES (?, ?) RETURNING seq';
    return this.#write(
      async (db) => (await db.get<{ seq: number }>(sql, proposal.server, JSON.stringify(proposal)))!.seq,
    );
  }

  /** Those that wait, oldest first. */
  proposals(): Promise<Proposal[]> {
    return readProposals(this.reader);
  }

  /** See purge.ts. States held in memory must be loaded anew afterwards. */
  async purge(left: Departure): Promise<Purged> {
    await dropAllCopies(this.dir);
    const purged = await this.#write((db) => purgeServer(db, left));
    await this.writer.between(scrub);
    return purged;
  }

  /** Copies from before an upgrade that are older; resolves with how many went. */
  dropCopies(olderThanMs: number, now: number): Promise<number> {
    return dropCopies(this.dir, olderThanMs, now);
  }

  /** Sessions that are gone but for their folder, and rounds of theirs whose checkpoint others build on. */
  async leftovers(): Promise<{ session: string; keep: number[] }[]> {
    const rows = await this.#read<{ session: string }>('SELECT session FROM leftover');
    return Promise.all(
      rows.map(async ({ session }) => ({ session, keep: await branchedFrom(this.reader, session) })),
    );
  }

  cleared(session: string): Promise<void> {
    return this.#write(async (db) => {
      await db.run('DELETE FROM leftover WHERE session = ?', session);
    });
  }

  async #write<T>(unit: Unit<T>): Promise<T> {
    try {
      const value = await this.writer.write(unit);
      this.patience?.written();
      return value;
    } catch (error) {
      throw asDataError(error, join(this.dir, 'acclaim.sqlite'));
    }
  }

  #read<T>(sql: string, ...values: (string | number)[]): Promise<T[]> {
    return this.reader.all<T>(sql, ...values);
  }
}
