/**
 * What is wrong with a Redis, and what to do about it: of a line that does not come about, of a server that
 * answers and will not, and of one that takes jobs and may lose them. Words of Redis 6.2 to 8 and of Valkey,
 * which says the same. Pure.
 */
import { AcclaimError } from '../errors.js';

/** Rights of its user (ACL SETUSER), for all that bot and engines do there. */
export const rights = (prefix: string): string => `+@all -@dangerous -@admin +info ~${prefix}* &${prefix}*`;

/**
 * The server is there and serves no more, or not yet: after a failover another one does, at the same address.
 */
const elsewhere = /(^|[\s-])(READONLY|LOADING|MASTERDOWN) /;
/** The server says that another is the one to ask. */
export const servesElsewhere = (error: Error): boolean => elsewhere.test(error.message);

/** It answers, and says no; as ioredis tells it. */
export const refuses = (error: unknown): error is Error =>
  error instanceof Error && (error.name === 'ReplyError' || servesElsewhere(error));

interface Where {
  tls: boolean;
  prefix: string;
}

interface Fault {
  said: RegExp;
  /** Of a line over TLS, or of one in the clear; either when missing. */
  tls?: boolean;
  hint: string | ((where: Where) => string);
}

const faults: readonly Fault[] = [
  {
    said: /NOPERM/,
    hint: ({ prefix }) => `Give its user the rights that are needed: ACL SETUSER NAME ${rights(prefix)}`,
  },
  {
    said: /NOAUTH|WRONGPASS|invalid username-password|without any password/i,
    hint: 'Put the user and password into REDIS_URL: redis://USER:PASSWORD@HOST:PORT.',
  },
  {
    said: /READONLY/,
    hint: 'It is a replica: name the master in REDIS_URL, or the address that follows it.',
  },
  { said: /MASTERDOWN/, hint: 'It is a replica without its master: name the master in REDIS_URL.' },
  { said: /LOADING/, hint: 'It reads its data after a start: try again when it has.' },
  {
    said: /\bOOM\b/,
    hint: 'Its memory is full: give it more (maxmemory), or take out what others keep there.',
  },
  {
    said: /MISCONF/,
    hint: 'It cannot save to its disk, and takes nothing until it can: its own log says why.',
  },
  { said: /NOREPLICAS/, hint: 'It waits for its replicas (min-replicas-to-write): start them.' },
  {
    said: /DENIED/,
    hint: 'It is in protected mode: set a password (requirepass), and put it into REDIS_URL.',
  },
  { said: /max number of clients/, hint: 'Let it take more connections (maxclients).' },
  { said: /MOVED|CLUSTERDOWN|CROSSSLOT/, hint: 'It is part of a cluster: use a Redis that is none.' },
  {
    said: /ALTNAME_INVALID/,
    tls: true,
    hint: 'Write the host in REDIS_URL as the certificate has it, or give Redis a certificate for that name.',
  },
  {
    said: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    tls: true,
    hint: "Renew Redis's certificate, or set this machine's clock.",
  },
  {
    said: /UNABLE_TO|SELF_SIGNED|CERT_|certificate/i,
    tls: true,
    hint: "Set REDIS_CA to the PEM file of the authority that signed Redis's certificate.",
  },
  {
    said: /EPROTO|WRONG_VERSION|SSL|ETIMEDOUT|disconnected before secure/i,
    tls: true,
    hint: 'If Redis is there, that port speaks no TLS: use its tls-port, or redis:// on a line that nobody else can read.',
  },
  {
    said: /Command timed out/,
    hint: 'Something is there that takes the line and says nothing: look whether Redis is stopped or busy.',
  },
  {
    said: /Connection is closed|ECONNRESET|EPIPE|Protocol error/i,
    tls: false,
    hint: 'If Redis speaks TLS on that port, write rediss:// in REDIS_URL.',
  },
];

const usual = 'Start Redis, or mend REDIS_URL (rediss:// for TLS).';

/** The error `redis-unreachable`, with the hint that fits what was met. */
export function unreachable(url: string, prefix: string, error: Error): AcclaimError {
  const address = url.replace(/\/\/[^@/]*@/, '//');
  const { code = '' } = error as NodeJS.ErrnoException;
  const said = `${code} ${error.message}`;
  const where = { tls: url.startsWith('rediss:'), prefix };
  const { hint = usual } =
    faults.find((fault) => fault.said.test(said) && (fault.tls ?? where.tls) === where.tls) ?? {};
  const text = typeof hint === 'string' ? hint : hint(where);
  return new AcclaimError('redis-unreachable', `Redis at ${address}: ${error.message}`, text);
}

export interface RedisFacts {
  /** Redis, or what speaks like it. */
  product: string;
  version: string;
  /** What it throws away when its memory is full; null where it does not tell. */
  policy: string | null;
}

/** Of the reply to INFO. Valkey names itself beside the version of Redis that it stands for. */
export function readInfo(text: string): RedisFacts {
  const fields = new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
  for (const [product, key] of products) {
    const version = fields.get(key);
    if (version) return { product, version, policy: fields.get('maxmemory_policy') ?? null };
  }
  return { product: 'Redis', version: 'unknown', policy: fields.get('maxmemory_policy') ?? null };
}

const products = [
  ['Valkey', 'valkey_version'],
  ['Dragonfly', 'dragonfly_version'],
  ['Redis', 'redis_version'],
] as const;

export interface Doubt {
  found: string;
  hint: string;
}

/** The oldest version that the queue is tried with. */
const OLDEST = [6, 2] as const;

/** What lets a Redis that answers lose jobs, or fail later. */
export function doubts({ product, version, policy }: RedisFacts): Doubt[] {
  const found: Doubt[] = [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (product === 'Redis' && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])))
    found.push({ found: `version ${version} is older than 6.2`, hint: 'Install a newer Redis.' });
  if (policy !== null && policy !== 'noeviction')
    found.push({
      found: `its maxmemory-policy is ${policy}: when its memory is full it throws away what it holds, jobs too`,
      hint: 'Set maxmemory-policy to noeviction in redis.conf, or with CONFIG SET.',
    });
  return found;
}
