/**
 * kill -9 of the bot over Redis between a drawn round and its posts, at the sizes that people have: the
 * restart posts it once, whatever the engine had answered.
 */
import { afterAll, describe, expect, it, vi } from 'vitest';
import { BotProcess, type Crash } from '../support/bot-process.js';
import { folder, removeFolders, settings } from '../support/crash-round.js';
import { TestRedis } from '../support/redis.js';
import { large, largePreviews, usual } from '../support/sizes.js';
import { Visitor } from '../support/visitor.js';

afterAll(removeFolders);

/** Of a session: what is added to the settings, the letters of a round's sheets, the engine's environment. */
interface Size {
  settings: readonly string[];
  sheets: string;
  env?: Record<string, string>;
}

describe('kill -9', () => {
  it.each<[string, Size]>([
    ['18 images in 20 steps', { settings: usual, sheets: 'AB' }],
    ['64 images as of 512x512', { settings: large, sheets: 'ABCDEFGH', env: largePreviews }],
  ])(
    'of the bot over Redis before a round of %s is posted: it is posted once',
    async (_, size) => {
      const redis = await TestRedis.start();
      try {
        const settings = [...size.settings, `queue.redis=${redis.settings.url}`, 'queue.lostSeconds=3'];
        expect(await drawn({ ...size, settings }, { state: 'posting', when: 'before' })).toBe(1);
      } finally {
        await redis.stop();
      }
    },
    400_000,
  );
});

/** WaitingJobs for round 1 to open, through one death; how often the bot died. */
async function drawn({ settings: more, sheets, env }: Size, crash: Crash): Promise<number> {
  const dir = folder();
  for (let deaths = 0; ; deaths++) {
    const { bot, died, stderr } = await BotProcess.start(
      dir,
      [...settings, ...more],
      deaths ? undefined : crash,
      env,
    );
    const visitor = new Visitor(bot?.url ?? '');
    const opened = async () => {
      const { sessions } = await visitor.json('/api/status');
      return sessions[0]?.roundState === 'open';
    };
    const open = bot
      ? vi.waitUntil(() => opened().catch(() => false), { timeout: 200_000, interval: 50 })
      : died;
    const first = await Promise.race([died, open]);
    if (typeof first === 'object') {
      expect(first.signal, stderr()).toBe('SIGKILL');
      continue;
    }
    const ballots = (await visitor.messages()).filter((m) => m.kind === 'ballot').map((m) => m.data.sheet);
    expect(ballots.sort()).toEqual([...sheets]);
    await bot!.kill('SIGTERM');
    return deaths;
  }
}
