/**
 * store-writer.mjs as a process: writes without end, tells the counter of each commit once it is durable, and
 * is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectPath } from '../../src/files/paths.js';

const script = projectPath('dist/tests/support/store-writer.mjs');

export class StoreWriting {
  private said = '';
  private readonly exited: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    private readonly from: number,
  ) {
    child.stdout!.on('data', (chunk) => {
      this.said += chunk;
    });
    this.exited = once(child, 'exit');
  }

  /** Resolves once it writes. */
  static async start(dir: string, from: number): Promise<StoreWriting> {
    const child = spawn(process.execPath, [script, dir, `${from}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    const writing = new StoreWriting(child, from);
    while (!writing.said.includes('ready')) {
      const [gone] = await Promise.race([once(child.stdout!, 'data'), writing.exited.then(() => [null])]);
      if (gone === null) throw new Error('the writer ended before it wrote');
    }
    return writing;
  }

  /** The last counter that it called durable. */
  get acknowledged(): number {
    return this.said.split('\n').slice(1, -1).map(Number).at(-1) ?? this.from - 1;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
