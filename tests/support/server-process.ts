/**
 * A server that a test starts as a child process over a folder of its own; it can go without a word, and come
 * back.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';

export abstract class ServerProcess {
  protected child: ChildProcess | undefined;

  protected constructor(
    readonly port: number,
    protected readonly dir: string,
  ) {}

  /** Resolves once it answers. */
  abstract up(): Promise<void>;

  /** Gone without a word. */
  async down(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** SIGSTOP: it holds every line and says nothing, until SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
