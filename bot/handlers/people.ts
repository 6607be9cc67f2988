/**
 * From accounts to keyed hashes: the only thing of a person that goes into the ledger. The key of the hash is made once
 * for a data folder; without it nobody can tell whose votes they are.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Account } from '../../src/chat/port.js';
import type { Seen } from '../../src/domain/events.js';

export class People {
  constructor(private readonly secret: Buffer) {}

  key({ platform, id }: Pick<Account, 'platform' | 'id'>): string {
    return createHmac('sha256', this.secret).update(`${platform}\n${id}`).digest('base64url').slice(0, 32);
  }

  seen(account: Account): Seen {
    const { platform, bornAt, joinedAt, role } = account;
    return { key: this.key(account), platform, bornAt, joinedAt, role };
  }
}

/** The folder's secret, made when missing; written whole or not at all. */
export function voterSecret(dir: string): Buffer {
  const file = join(dir, 'voter-secret');
  try {
    const secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'hex');
    if (secret.length === 32) return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(32);
  writeFileSync(`${file}.new`, secret.toString('hex'), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secret;
}
