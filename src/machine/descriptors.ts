/**
 * How many connections a server here may hold: of the descriptors that the process may open, those that
 * votes, rounds and the database need are never given to whoever connects. Linux; elsewhere the limit cannot
 * be read and nothing is bounded by it.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * For the database, the engine, the platforms and what a round reads and writes. Measured: 45 idle, 60 while
 * a round is drawn.
 */
const KEPT = 80;
/** Of a server that only a platform calls. */
const PLATFORM_SHARE = 0.25;

/**
 * Descriptors that this process may have open; null where that cannot be read. `root`: where the machine's
 * files are.
 */
export function descriptorLimit(root = '/'): number | null {
  try {
    const limits = readFileSync(join(root, 'proc/self/limits'), 'utf8');
    const soft = Number(/^Max open files\s+(\S+)/m.exec(limits)?.[1]);
    return Number.isFinite(soft) ? soft : null;
  } catch {
    return null;
  }
}

export interface Room {
  /** Connections of the page, in all. */
  page: number;
  /** Of these, such as stay open to follow what happens. */
  streams: number;
  /** Connections of a server that a chat platform calls. */
  platform: number;
}

/** Connections that the page, its streams and a platform may hold. */
export function roomFor(limit = descriptorLimit()): Room {
  if (limit === null) return { page: Infinity, streams: Infinity, platform: Infinity };
  const free = Math.max(8, limit - KEPT);
  const platform = Math.max(2, Math.floor(free * PLATFORM_SHARE));
  const page = Math.max(4, free - platform);
  return { page, streams: Math.floor(page / 2), platform };
}
