/** A web platform on a free port over a folder, for tests of this folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebPlatform } from '../../../../bot/platforms/web/adapter.js';
import type { WebOptions } from '../../../../bot/platforms/web/options.js';
import type { ChatEvent } from '../../../../src/chat/port.js';
import { ends } from '../../../support/chat.js';
import { commands } from '../../../support/web-app.js';

/** Goes with the test that runs. */
export function freshDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-web-'));
  ends(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

export async function startWeb(
  dir: string,
  sink: (event: ChatEvent) => Promise<void> = async () => {},
  options: Partial<WebOptions> = {},
): Promise<WebPlatform> {
  const platform = new WebPlatform({
    host: '127.0.0.1',
    port: 0,
    accessToken: null,
    dir,
    commands,
    now: Date.now,
    status: () => ({ sessions: [] }),
    adapter: async () => null,
    ...options,
  });
  await platform.start(sink);
  return platform;
}
