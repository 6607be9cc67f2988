/**
 * The schema, forward only: each step runs in one transaction with the number that marks it done, so a
 * process killed at any point leaves the step whole or undone. Never edit a step that was released: add one.
 * Rows keep the columns that are searched and their whole body as JSON (src/domain/state/model.ts); the
 * ledger has columns for everything.
 */
import { AcclaimError } from '../errors.js';
import type { Connection } from './sqlite.js';

const entity = (name: string, columns: string, unique = 'id'): string => `
  CREATE TABLE ${name} (seq INTEGER PRIMARY KEY, ${columns}, body TEXT NOT NULL, UNIQUE (${unique}));`;

export const migrations: readonly string[] = [
  // 1: sessions and what hangs on them, the ledger, the audit, the outbox.
  [
    entity('community', 'id TEXT NOT NULL'),
    entity('channel', 'id TEXT NOT NULL, community TEXT NOT NULL'),
    entity('session', 'id TEXT NOT NULL, community TEXT NOT NULL'),
    entity('binding', 'session TEXT NOT NULL, channel TEXT NOT NULL', 'session, channel'),
    entity('round', 'id TEXT NOT NULL, session TEXT NOT NULL'),
    entity('image', 'id TEXT NOT NULL, round TEXT NOT NULL'),
    entity('ballot', 'id TEXT NOT NULL, session TEXT NOT NULL, round TEXT NOT NULL'),
    entity('voter', 'key TEXT NOT NULL, community TEXT NOT NULL', 'key'),
    entity('job', 'key TEXT NOT NULL, session TEXT NOT NULL', 'key'),
    `CREATE INDEX round_session ON round (session);
     CREATE INDEX image_round ON image (round);
     CREATE INDEX ballot_session ON ballot (session);
     CREATE INDEX voter_community ON voter (community);
     CREATE INDEX job_session ON job (session);

     CREATE TABLE outbox (
       seq INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, session TEXT NOT NULL, not_before INTEGER NOT NULL,
       body TEXT NOT NULL);

     CREATE TABLE fact (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, ballot TEXT NOT NULL, voter TEXT NOT NULL, emoji TEXT NOT NULL,
       present INTEGER NOT NULL CHECK (present IN (0, 1)), source TEXT NOT NULL, at INTEGER NOT NULL,
       late INTEGER NOT NULL CHECK (late IN (0, 1)));
     CREATE INDEX fact_ballot ON fact (ballot);
     CREATE INDEX fact_voter ON fact (voter);

     CREATE TABLE act (
       seq INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, at INTEGER NOT NULL, by TEXT, role TEXT NOT NULL,
       command TEXT NOT NULL, args TEXT NOT NULL, refused TEXT);
     CREATE INDEX act_session ON act (session);

     CREATE TABLE forgetting (voter TEXT PRIMARY KEY);
     CREATE TRIGGER fact_stays BEFORE DELETE ON fact
       BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
     CREATE TRIGGER fact_unchanged BEFORE UPDATE ON fact
       WHEN OLD.voter NOT IN (SELECT voter FROM forgetting) OR OLD.seq IS NOT NEW.seq OR OLD.ballot IS NOT NEW.ballot
         OR OLD.emoji IS NOT NEW.emoji OR OLD.present IS NOT NEW.present OR OLD.source IS NOT NEW.source
         OR OLD.at IS NOT NEW.at OR OLD.late IS NOT NEW.late
       BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;`,
  ].join('\n'),

  // A session in several channels, each with its community; accounts that are linked.
  `UPDATE session SET body = json_set(body, '$.invites', json('[]'));
   UPDATE binding SET body = json_set(body, '$.leftAt', NULL, '$.community',
     (SELECT s.community FROM session s WHERE s.id = binding.session));
   UPDATE voter SET body = json_set(body, '$.person', NULL);
   CREATE INDEX voter_person ON voter (json_extract(body, '$.person'));
   CREATE TABLE link_code (hash TEXT PRIMARY KEY, voter TEXT NOT NULL, until INTEGER NOT NULL);`,

  // Servers that the bot was removed from, what their purge has still to take off the disk, and check marks
  // on notices that mean nothing any more.
  `CREATE TABLE departure (
     seq INTEGER PRIMARY KEY, platform TEXT NOT NULL, server TEXT NOT NULL, at INTEGER NOT NULL, due INTEGER NOT NULL,
     UNIQUE (platform, server));
   CREATE TABLE leftover (session TEXT PRIMARY KEY);
   CREATE TABLE purging (ballot TEXT PRIMARY KEY);
   CREATE TABLE declined (place TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (place, hash));
   DROP TRIGGER fact_stays;
   CREATE TRIGGER fact_stays BEFORE DELETE ON fact WHEN OLD.ballot NOT IN (SELECT ballot FROM purging)
     BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;`,

  // No index by voter: its pages kept old keys in their gaps. Written anew once, and whenever somebody owes
  // it.
  `DROP INDEX fact_voter;
   CREATE TABLE unscrubbed (one INTEGER PRIMARY KEY);
   INSERT INTO unscrubbed (one) VALUES (1);`,

  // What members ask for while a moderator has not looked at it. Its number is never used twice.
  `CREATE TABLE proposal (seq INTEGER PRIMARY KEY AUTOINCREMENT, server TEXT NOT NULL, body TEXT NOT NULL);`,

  // How sessions that ended are found, which nobody holds in memory (lookups.ts).
  `CREATE INDEX session_end ON session (json_extract(body, '$.state'), json_extract(body, '$.endedAt'));
   CREATE INDEX session_model ON session (json_extract(body, '$.model'), json_extract(body, '$.endedAt'));
   CREATE INDEX round_state ON round (json_extract(body, '$.state'));
   CREATE INDEX binding_place ON binding (json_extract(body, '$.platform'), json_extract(body, '$.address'));
   CREATE INDEX ballot_message ON ballot (json_extract(body, '$.message'));`,

  // Who is excluded, whether or not a row of theirs is there (voter-key.ts).
  `CREATE TABLE exclusion (hash TEXT PRIMARY KEY, platform TEXT NOT NULL);`,

  // A refusal that is repeated is one row, so that nobody pushes what was done out of sight: how often, first
  // and last.
  `ALTER TABLE act ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE act ADD COLUMN first INTEGER;
   CREATE TRIGGER act_folded BEFORE INSERT ON act WHEN NEW.refused IS NOT NULL AND EXISTS (
     SELECT 1 FROM act WHERE session = NEW.session AND by IS NEW.by AND role = NEW.role AND command = NEW.command
       AND refused = NEW.refused AND ifnull(first, at) > NEW.at - 86400000)
   BEGIN
     UPDATE act SET times = times + NEW.times, first = ifnull(first, at), at = NEW.at, args = NEW.args WHERE seq = (
       SELECT max(seq) FROM act WHERE session = NEW.session AND by IS NEW.by AND role = NEW.role AND command = NEW.command
         AND refused = NEW.refused);
     SELECT RAISE(IGNORE);
   END;`,

  // What each server is to the host. The only one of a platform that sessions ran on is the host's own; of
  // several each goes on as it did, and none makes operators until it is claimed.
  `CREATE TABLE server (
     platform TEXT NOT NULL, server TEXT NOT NULL, standing TEXT NOT NULL, PRIMARY KEY (platform, server));
   INSERT INTO server (platform, server, standing)
     SELECT platform, server, iif(count(*) OVER (PARTITION BY platform) = 1, 'own', 'allowed') FROM (
       SELECT DISTINCT json_extract(body, '$.platform') AS platform, json_extract(body, '$.server') AS server FROM channel
       WHERE json_extract(body, '$.server') IS NOT NULL);`,

  // Invites that somebody used (invites.ts).
  `CREATE TABLE used_invite (id TEXT PRIMARY KEY, until INTEGER NOT NULL);`,

  // What is to be done about a failure is its hint. In a text within JSON the quotes are escaped, so that
  // only the name of the field is met.
  ['session', 'round', 'job', 'outbox']
    .map(
      (table) =>
        `UPDATE ${table} SET body = replace(body, '"mend":', '"hint":') WHERE body LIKE '%"mend":%';`,
    )
    .join('\n'),
];

/** What a migration did: from one version to another, and where the database from before lies. */
export interface Migrated {
  from: number;
  to: number;
  copy: string | null;
}

/**
 * Brings the schema up to date; refuses a database that a newer version has written. `keep` is asked for a
 * copy before an older one is changed. Null: there was nothing to do, or nothing there before.
 */
export async function migrate(
  db: Connection,
  steps: readonly string[] = migrations,
  keep: (version: number) => Promise<string | null> = async () => null,
): Promise<Migrated | null> {
  const row = await db.get<{ user_version: number }>('PRAGMA user_version');
  const version = row?.user_version ?? 0;
  if (version > steps.length) {
    throw new AcclaimError(
      'database-newer',
      `The database is of version ${version}; this program knows up to ${steps.length}.`,
      'Update Acclaim, or restore a backup made before the update.',
    );
  }
  const older = version > 0 && version < steps.length;
  const copy = older ? await keep(version) : null;
  for (const [done, sql] of steps.entries()) {
    if (done < version) continue;
    await db.exec('BEGIN IMMEDIATE');
    try {
      await db.exec(sql);
      await db.exec(`PRAGMA user_version = ${done + 1}`);
      await db.exec('COMMIT');
    } catch (error) {
      await db.exec('ROLLBACK').catch(() => {});
      throw error;
    }
  }
  return older ? { from: version, to: steps.length, copy } : null;
}
