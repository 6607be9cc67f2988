/** What the bot needs to serve people, and what it only misses: the rows of its `/readyz`. */
import type { ChatPlatform } from '../src/chat/port.js';
import type { Look } from '../src/monitor/readiness.js';
import type { Store } from '../src/store/store.js';

export function botLooks(store: Store, platforms: readonly ChatPlatform[]): Look[] {
  return [
    { name: 'database', needed: true, look: () => store.reader.get('SELECT 1').then(() => null) },
    ...platforms.map((platform) => ({
      name: platform.name,
      // One that is away leaves the page and the others at work.
      needed: platform.name === 'web',
      look: () => platform.trouble?.() ?? null,
    })),
  ];
}
