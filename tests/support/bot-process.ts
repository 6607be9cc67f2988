/**
 * Starts the built bot (bot-main.mjs) and tells its address; `died` resolves when it is gone, however it
 * went.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { projectPath } from '../../src/files/paths.js';

export interface Crash {
  /** State that round 1 is moved into. */
  state: string;
  when: 'before' | 'after';
}

export class BotProcess {
  private constructor(
    readonly child: ChildProcess,
    readonly url: string,
    readonly died: Promise<{ code: number | null; signal: string | null }>,
    readonly stderr: () => string,
  ) {}

  /** Undefined when it died before anyone could come. */
  static async start(
    dir: string,
    settings: readonly string[],
    crash?: Crash,
    more: Record<string, string> = {},
  ) {
    const main = projectPath('dist/tests/support/bot-main.mjs');
    const args = [main, dir, JSON.stringify(settings), JSON.stringify(crash ?? null)];
    const env = { ...process.env, ...more };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (bytes) => (errors += String(bytes)));
    const died = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
    const line = new Promise<string>((resolve) =>
      child.stdout.once('data', (d) => resolve(String(d).trim())),
    );
    const url = await Promise.race([line, died.then(() => undefined)]);
    return {
      bot: url === undefined ? undefined : new BotProcess(child, url, died, () => errors),
      died,
      stderr: () => errors,
    };
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Process ids of its children (Linux). */
  children(): number[] {
    const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8');
    return text.trim().split(/\s+/).filter(Boolean).map(Number);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.died;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
