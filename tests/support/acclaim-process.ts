/**
 * The built command line as a process of its own, over a temporary folder: what it says, when it is ready,
 * how it ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { projectPath } from '../../src/files/paths.js';
import { until } from './wait.js';

export interface Ended {
  code: number | null;
  signal: string | null;
}

export class AcclaimProcess {
  private said = { out: '', err: '' };
  readonly ended: Promise<Ended>;

  private constructor(readonly child: ChildProcess) {
    child.stdout!.on('data', (bytes) => (this.said.out += String(bytes)));
    child.stderr!.on('data', (bytes) => (this.said.err += String(bytes)));
    this.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  }

  static spawn(
    command: string,
    dir: string,
    set: readonly string[],
    env: Record<string, string> = {},
  ): AcclaimProcess {
    const args = [projectPath('dist/src/acclaim.js'), command, ...set.flatMap((one) => ['--set', one])];
    const options = { cwd: dir, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] } as const;
    return new AcclaimProcess(spawn(process.execPath, args, { ...options, stdio: [...options.stdio] }));
  }

  get err(): string {
    return this.said.err;
  }

  /** Of itself: that people can come, or that it takes jobs. */
  async ready(): Promise<this> {
    const ready = () => /is ready|takes jobs/.test(this.said.out);
    await until(() => ready() || this.gone, 'it to be ready');
    if (this.gone) throw new Error(`it ended: ${this.err}`);
    return this;
  }

  get gone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Its children (Linux). */
  children(): number[] {
    const { pid } = this.child;
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.trim().split(/\s+/).filter(Boolean).map(Number);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** However it goes. */
  async kill(): Promise<void> {
    if (!this.gone) this.signal('SIGKILL');
    await this.ended;
  }
}
