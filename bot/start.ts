/**
 * `acclaim start`: everything in one go on this machine. The bot with the page here, an engine as a child process, and
 * a first session that opens by itself where there is none yet. Constructs; decides nothing.
 */
import { join } from 'node:path';
import type { Config } from '../src/config/schema.js';
import { loadTask } from '../src/config/tasks.js';
import { toPlain } from '../src/errors.js';
import { createLog, type Log } from '../src/log.js';
import { commandSpecs } from './commands/table.js';
import { buildHouse, type House, newId, specify } from './house.js';
import { WebPlatform } from './platforms/web/adapter.js';

export interface StartOptions {
  config: Config;
  /** Task or prompt of the session that opens by itself; without both, the configuration's task. */
  task?: string | undefined;
  prompt?: string | undefined;
  /** Seed of that session; drawn when missing. */
  seed?: number | undefined;
  log?: Log;
  /** Told once people can come. */
  onReady?: (url: string) => void;
  /** Ends everything politely. */
  signal: AbortSignal;
}

/** Resolves when `signal` is aborted and all is put away; rejects when the truth can no longer be written. */
export async function startCommand(options: StartOptions): Promise<void> {
  const { config, signal } = options;
  const log = options.log ?? createLog(config.logLevel);
  let fail: (error: unknown) => void = () => {};
  const broken = new Promise<never>((_, reject) => {
    fail = reject;
  });
  broken.catch(() => {});
  let web: WebPlatform | undefined;
  const house = await buildHouse({
    config,
    log,
    fatal: (error) => fail(error),
    platforms: (app, paths) => {
      web = new WebPlatform({
        ...config.server,
        dir: join(paths.root, 'web'),
        commands: commandSpecs,
        now: () => Date.now(),
        status: () => app().status(),
        adapter: async (session, round) => app().adapter(session, round),
        onError: (error) => log.error(toPlain(error), 'web'),
      });
      return [web];
    },
  });
  try {
    await house.app.start();
    options.onReady?.(web!.url);
    await openFirst(house, options);
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([aborted, broken]);
  } catch (error) {
    // What went wrong first is what people must hear, whatever stopping adds to it.
    await house.stop().catch((more) => log.error(toPlain(more), 'stopping'));
    throw error;
  }
  await house.stop();
}

/** A named task or prompt opens a session unless one for it goes on already; else one opens only on the first start. */
async function openFirst({ app }: House, { config, task, prompt, seed }: StartOptions): Promise<void> {
  const asked = task !== undefined || prompt !== undefined;
  const name = task ?? (prompt === undefined ? config.session.task : null);
  const wanted = name !== null && name !== undefined ? loadTask(name) : undefined;
  const words = wanted?.prompt ?? prompt;
  if (words === undefined) return;
  const sessions = app.sessions.all();
  const same = sessions.some(({ session }) => session.prompt === words && session.state !== 'ended');
  if (asked ? same : sessions.length > 0) return;
  const spec = specify(config, { prompt: words, title: wanted?.name, negative: wanted?.negative, seed });
  const id = newId(spec.title);
  await app.open(spec, id, { channel: `web-${id}`, platform: 'web', address: id, sweeps: false }, null);
}
