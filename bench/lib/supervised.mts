// The processes of a run, each in a process group of its own and kept up as systemd would keep it: one that
// ends is started again, at once or when the fault is over. What ended without being told to is noted. None
// outlives the run, however that ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync, type WriteStream } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Between an end that nobody asked for and the next start, ms. */
const RESTART_MS = 300;
/** For the shell, which becomes the command; beside it waits who ends the group when our end of the pipe is gone. */
const GUARD = [
  '-c',
  'exec 3<&0; (cat <&3 >/dev/null 2>&1; kill -9 -$$) & exec "$@" </dev/null 3<&-',
  'guard',
];

export class Supervised {
  /** Ends that no fault of ours explains: "code" or "signal". */
  readonly ends: string[] = [];
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  #child: ChildProcess | null = null;
  #up = false;
  readonly #log: WriteStream;
  #starts: NodeJS.Timeout | undefined;

  constructor(
    readonly name: string,
    readonly command: readonly string[],
    { dir, env = {} }: { dir: string; env?: Readonly<Record<string, string>> },
  ) {
    this.dir = dir;
    this.env = env;
    this.#log = createWriteStream(join(dir, `${name}.log`), { flags: 'a' });
  }

  start(): void {
    this.#up = true;
    const args = [...GUARD, ...this.command];
    const { PATH, HOME, TMPDIR } = process.env;
    const env = { PATH, HOME, ...(TMPDIR ? { TMPDIR } : {}), ...this.env };
    const child = spawn('sh', args, {
      cwd: this.dir,
      env,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    child.stdin.on('error', () => {});
    child.once('exit', (code, signal) => {
      child.stdin.end();
      this.#log.write(`-- ${this.name} ended: ${code ?? signal}\n`);
      if (this.#child !== child) return;
      this.#child = null;
      if (!this.#up) return;
      this.ends.push(String(code ?? signal));
      this.#starts = setTimeout(() => this.start(), RESTART_MS);
    });
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** kill -9 of the whole group, and another start after a time. */
  async kill(downMs: number): Promise<void> {
    await this.end();
    await wait(downMs);
    this.start();
  }

  /** kill -9 of the child that computes for it, if it has one now. */
  killChild(): void {
    if (this.pid === null) return;
    const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8').trim();
    for (const pid of text.split(/\s+/).filter(Boolean)) {
      const command = `/proc/${pid}/cmdline`;
      if (existsSync(command) && readFileSync(command, 'utf8').includes('engine/main.js'))
        process.kill(Number(pid), 'SIGKILL');
    }
  }

  async freeze(ms: number): Promise<void> {
    this.#signal('SIGSTOP');
    await wait(ms);
    this.#signal('SIGCONT');
  }

  /** SIGTERM to the process alone, as systemd says it; resolves with how it ended, and it stays down. */
  async leave(): Promise<number | NodeJS.Signals> {
    this.#up = false;
    clearTimeout(this.#starts);
    const child = this.#child!;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    const [code, signal] = await gone;
    return code ?? signal;
  }

  /** Down for good, unless it is started again. */
  async end(): Promise<void> {
    this.#up = false;
    clearTimeout(this.#starts);
    const child = this.#child;
    if (!child) return;
    const gone = once(child, 'exit');
    this.#signal('SIGKILL');
    await gone;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.pid === null) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
