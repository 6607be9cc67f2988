// A child process that answers one JSON line for each JSON line it is sent: so two of them can take turns.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineWorker {
  #child;
  #lines;

  constructor(command, args) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', process.env.BENCH_DEBUG ? 2 : 'ignore'] });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  get pid() {
    return this.#child.pid;
  }

  async read() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('the worker ended; BENCH_DEBUG=1 shows its words');
    const answer = JSON.parse(value);
    if (answer.error_text) throw new Error(answer.error_text);
    return answer;
  }

  ask(op, options = {}) {
    this.#child.stdin.write(`${JSON.stringify({ op, ...options })}\n`);
    return this.read();
  }

  end() {
    this.#child.stdin.end();
  }
}
