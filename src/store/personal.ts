/** Everything that is held about a person, read out of every table that may hold it. */

import type { Proposal } from '../domain/moderation/proposals.js';
import type { Voter } from '../domain/state/model.js';
import { bodies } from './read-session.js';
import type { Connection } from './sqlite.js';

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

/** All that is kept of an account, as it is handed to the person. */
export async function readPersonalData(db: Connection, key: string): Promise<PersonalData> {
  const voter = await readVoter(db, key);
  type Mark = Omit<PersonalData['marks'][number], 'present' | 'late'> & { present: number; late: number };
  const marks = await db.all<Mark>(
    `SELECT b.session, b.round, f.ballot, f.emoji, f.present, f.at, f.late
     FROM fact f JOIN ballot b ON b.id = f.ballot WHERE f.voter = ? ORDER BY f.seq`,
    key,
  );
  const acts = await db.all<PersonalData['acts'][number]>(
    'SELECT session, command, at FROM act WHERE by = ? ORDER BY seq',
    key,
  );
  const { key: _, ...person } = voter ?? { key: '' };
  const own = (await readProposals(db)).filter(({ by }) => by === key);
  return {
    proposals: own.map(({ number, wish, at }) => ({ number, wish, at })),
    voter: voter ? (person as PersonalData['voter']) : null,
    marks: marks.map((mark) => ({ ...mark, present: mark.present === 1, late: mark.late === 1 })),
    acts,
  };
}

/** Somebody is known by a key: the secret that it was made with must be there. */
export async function knowsPeople(db: Connection): Promise<boolean> {
  const real = "SELECT 1 AS one FROM voter WHERE NOT ifnull(json_extract(body, '$.pseudonym'), 0) LIMIT 1";
  return (await db.get(real)) !== undefined;
}

/** The row of an account; undefined where nothing is kept of it. */
export async function readVoter(db: Connection, key: string): Promise<Voter | undefined> {
  return (await bodies<Voter>(db, 'SELECT body FROM voter WHERE key = ?', key))[0];
}

/** Those that wait, oldest first. */
export async function readProposals(db: Connection): Promise<Proposal[]> {
  const rows = await db.all<{ seq: number; body: string }>('SELECT seq, body FROM proposal ORDER BY seq');
  return rows.map(({ seq, body }) => ({ ...(JSON.parse(body) as Omit<Proposal, 'number'>), number: seq }));
}
