/**
 * Invites to vote on the page: a code for one person, good once and for some days. It is signed with a key of
 * its own, made from the data folder's secret, so that making one writes nothing, and the command line can
 * beside a running bot. What was used is remembered until it would have ended, by the code's number: nobody
 * is named.
 */
import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Connection } from './sqlite.js';

export interface Invite {
  /** Of this invite alone. */
  id: string;
  /** Epoch ms, to the minute. */
  until: number;
}

const MINUTE = 60_000;
const [numberBytes, bodyBytes, signBytes] = [8, 12, 12];

/** A signed code that is good once, until then (epoch ms). */
export function newInvite(secret: Buffer, until: number): string {
  const body = Buffer.concat([randomBytes(numberBytes), Buffer.alloc(bodyBytes - numberBytes)]);
  body.writeUInt32BE(Math.floor(until / MINUTE), numberBytes);
  return Buffer.concat([body, sign(secret, body)]).toString('base64url');
}

/** Undefined for what is none of ours. */
export function readInvite(secret: Buffer, code: string): Invite | undefined {
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length !== bodyBytes + signBytes || bytes.toString('base64url') !== code) return undefined;
  const body = bytes.subarray(0, bodyBytes);
  if (!timingSafeEqual(bytes.subarray(bodyBytes), sign(secret, body))) return undefined;
  return {
    id: body.subarray(0, numberBytes).toString('base64url'),
    until: body.readUInt32BE(numberBytes) * MINUTE,
  };
}

/** False where it was used before. */
export async function useInvite(db: Connection, { id, until }: Invite, now: number): Promise<boolean> {
  await db.run('DELETE FROM used_invite WHERE until <= ?', now);
  return (await db.run('INSERT OR IGNORE INTO used_invite (id, until) VALUES (?, ?)', id, until)) === 1;
}

function sign(secret: Buffer, body: Buffer): Buffer {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'acclaim invite', 32));
  return createHmac('sha256', key).update(body).digest().subarray(0, signBytes);
}
