// A script of ours in a process of its own that is asked things: { ask, ... } -> answer.
import { fork } from 'node:child_process';
import { once } from 'node:events';

export class Asked {
  #child;
  #next = 1;
  #waiting = new Map();

  /** Resolves when it says that it is ready. */
  static async start(file, args = [], execArgv = []) {
    const child = fork(file, args, { execArgv, serialization: 'advanced' });
    const asked = new Asked(child);
    asked.gone = once(child, 'exit').then(([code, signal]) => {
      const error = new Error(`${file} ended (${code ?? signal})`);
      for (const { reject } of asked.#waiting.values()) reject(error);
      asked.#waiting.clear();
      return error;
    });
    const ready = new Promise((resolve) =>
      child.on('message', (m) => (m.ready ? resolve(m) : asked.#take(m))),
    );
    const first = await Promise.race([ready, asked.gone]);
    if (first instanceof Error) throw first;
    asked.hello = first;
    return asked;
  }

  constructor(child) {
    this.#child = child;
  }

  get pid() {
    return this.#child.pid;
  }

  ask(ask, rest = {}) {
    const id = this.#next++;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.#child.send({ id, ask, ...rest });
    return answer;
  }

  async kill(signal = 'SIGKILL') {
    this.#child.kill(signal);
    await this.gone;
  }

  #take({ id, answer, error }) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }
}
