/**
 * Voters are stored as keyed hashes: HMAC-SHA256 of platform and account under a secret that lies in the data
 * directory and nowhere else. Without it a key tells nothing of the account; losing it makes everyone a new
 * voter.
 */
import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { count } from '../domain/state/count.js';
import { AcclaimError } from '../errors.js';

const putBack = 'Put back that of your newest backup; `acclaim restore` puts the whole folder back.';

/** Bytes of a whole secret, at the least. */
const WHOLE = 32;

export const isWholeSecret = (bytes: Uint8Array): boolean => bytes.length >= WHOLE;

/**
 * The folder's secret, made where there is none. `wanted`: people are known by one already, so none is made.
 * Errors: file-corrupt where it is cut short, file-not-found where it is wanted: with another, everybody's
 * votes would be nobody's.
 */
export async function readSecret(dir: string, wanted = false): Promise<Buffer> {
  const file = join(dir, 'secret.key');
  const found = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found && isWholeSecret(found)) return found;
  if (found)
    throw new AcclaimError(
      'file-corrupt',
      `${file} holds ${count(found.length, 'byte')} and is cut short`,
      putBack,
    );
  if (wanted)
    throw new AcclaimError(
      'file-not-found',
      `${file} is not there, and people's votes are kept under names made with it`,
      putBack,
    );
  const secret = randomBytes(WHOLE);
  const temporary = `${file}.new`;
  try {
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(secret);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return secret;
}

/** 27 characters that stand for (platform, account). */
export function voterKey(secret: Buffer, platform: string, account: string): string {
  return createHmac('sha256', secret).update(`${platform}\0${account}`).digest('base64url').slice(0, 27);
}

/**
 * What stays of somebody who is excluded when they are forgotten: made by a key of its own, so that nobody
 * can tell whose it is by any other row, and found again only from the account itself.
 */
export function exclusionHash(secret: Buffer, voter: string): string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'acclaim exclusion', 32));
  return createHmac('sha256', key).update(voter).digest('base64url').slice(0, 27);
}

/**
 * A name that leads nowhere. As long as a key, so that it takes a key's place in the ledger without moving
 * anything.
 */
export function pseudonym(): string {
  return `~${randomBytes(19).toString('base64url')}`;
}
