// A script of ours in a process of its own that is asked things: { ask, ... } -> answer.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a child answers, by name: its own table, as a type. */
// biome-ignore lint/suspicious/noExplicitAny: each takes what it names, and answers what it likes
export type Requests = Record<string, (rest: any) => unknown>;

export interface Asking {
  id: number;
  ask: string;
}

type Said = { ready: true } | { id: number; answer?: unknown; error?: string };

interface Waiting {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

/** `R`: the child's requests; `Hello`: what it says of itself once it is ready. */
export class Asked<R extends Requests, Hello extends object = object> {
  #next = 1;

  /** Resolves when it says that it is ready. */
  static async start<R extends Requests, Hello extends object = object>(
    file: string,
    args: readonly string[] = [],
    execArgv: string[] = [],
  ): Promise<Asked<R, Hello>> {
    const child = fork(file, args, { execArgv, serialization: 'advanced' });
    const waiting = new Map<number, Waiting>();
    const gone = once(child, 'exit').then(([code, signal]) => {
      const error = new Error(`${file} ended (${code ?? signal})`);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      return error;
    });
    const ready = new Promise<Hello>((resolve) =>
      child.on('message', (said: Said) =>
        'ready' in said ? resolve(said as unknown as Hello) : take(waiting, said),
      ),
    );
    const hello = await Promise.race([ready, gone]);
    if (hello instanceof Error) throw hello;
    return new Asked<R, Hello>(child, hello, gone, waiting);
  }

  private constructor(
    private readonly child: ChildProcess,
    readonly hello: Hello,
    /** Resolves with how it ended. */
    readonly gone: Promise<Error>,
    private readonly waiting: Map<number, Waiting>,
  ) {}

  get pid(): number {
    return this.child.pid!;
  }

  ask<K extends keyof R & string>(ask: K, ...[rest]: Parameters<R[K]>): Promise<Awaited<ReturnType<R[K]>>> {
    const id = this.#next++;
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.child.send({ id, ask, ...rest });
    return answer as Promise<Awaited<ReturnType<R[K]>>>;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.gone;
  }
}

function take(
  waiting: Map<number, Waiting>,
  { id, answer, error }: { id: number; answer?: unknown; error?: string },
) {
  const one = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) one?.resolve(answer);
  else one?.reject(new Error(error));
}
