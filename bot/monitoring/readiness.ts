/** What the bot needs to serve people, and what it only misses: the rows of its `/readyz`. */
import type { ChatPlatform } from '../../src/chat/port.js';
import { platforms as facts } from '../../src/domain/state/platforms.js';
import type { Look } from '../../src/monitor/readiness.js';
import type { Store } from '../../src/store/store.js';
import type { Reach } from './reach.js';

/** Whichever of its connection and of its answers is away. */
export function troubleOf(platform: ChatPlatform, reach: Reach): string | null {
  return reach.trouble(platform.name) ?? platform.trouble?.() ?? null;
}

/** The database, the disk, and each platform. */
export function botChecks(store: Store, disk: Look, platforms: Iterable<ChatPlatform>, reach: Reach): Look[] {
  return [
    { name: 'database', needed: true, look: () => databaseTrouble(store) },
    disk,
    ...[...platforms].map((platform) => ({
      name: platform.name,
      // One that is away leaves the page and the others at work.
      needed: facts[platform.name].host === undefined,
      look: () => troubleOf(platform, reach),
    })),
  ];
}

async function databaseTrouble(store: Store): Promise<string | null> {
  await store.readable().catch((error) => {
    if (!store.damage) throw error;
  });
  return store.damage && 'the database is damaged: restore the newest backup';
}
