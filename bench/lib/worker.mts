// A child process that answers one JSON line for each JSON line it is sent: so two of them can take turns.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineWorker {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    const errors = process.env.BENCH_DEBUG ? 'inherit' : 'ignore';
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', errors] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async read<Answer>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the worker ended; BENCH_DEBUG=1 shows its words');
    const answer = JSON.parse(value);
    if (answer.error_text) throw new Error(answer.error_text);
    return answer;
  }

  ask<Answer>(op: string, options: object = {}): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify({ op, ...options })}\n`);
    return this.read<Answer>();
  }

  end(): void {
    this.#child.stdin!.end();
  }
}
