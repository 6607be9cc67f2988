/**
 * An engine as a child process of the bot, over Node's IPC channel. The path of its main file is handed in:
 * the bot knows that there is an engine, not what is in it. The child ends by itself when the channel closes,
 * so a bot that is killed leaves no engine behind. It gets no secret of the bot's: no token, no password, no
 * key.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { engineEnvironment } from '../../config/env.js';
import { toPlain } from '../../errors.js';
import { type Log, silentLog } from '../../log.js';
import { safely } from '../../machine/safely.js';
import { fromEngineSchema, type ToEngine } from '../messages.js';
import type { EngineEnd, EngineLauncher, EngineLink, EngineListener } from './engine-link.js';

export interface ChildEngineOptions {
  /** Absolute path of the compiled engine main. */
  main: string;
  /** 0 = let the engine choose. */
  threads: number;
  /** Tried in this order. */
  devices: readonly string[];
  /** auto, fp32 or fp16; auto when missing. */
  precision?: string;
  /** Data folder, where devices' verdicts are kept; none are without it. */
  dataDir?: string;
  /** What its cached executors may hold. */
  memoryMb: number;
  /** What one run may take; null = a share of the machine's memory. */
  runMb: number | null;
  /** Added to the bot's niceness, so that the bot stays responsive while the engine computes. */
  nice: number;
  /** Of the engine's own lines on stderr; warn when missing. */
  logLevel?: string;
  /** Hears of what of the engine's is not taken. */
  log?: Log;
}

/**
 * Building graphs makes short-lived objects: a small nursery (MB) keeps 20 MB out of the engine's peak at no
 * cost in time.
 */
export const EXEC_ARGV = ['--max-semi-space-size=2'];

/** Starts engine processes with these options, one each time that it is called. */
export function childEngine(options: ChildEngineOptions): EngineLauncher {
  return (listener) => new ChildEngine(options, listener);
}

function argumentsOf({
  threads,
  devices,
  precision = 'auto',
  dataDir,
  memoryMb,
  runMb,
  nice,
  logLevel = 'warn',
}: ChildEngineOptions): string[] {
  const args = [
    `--threads=${threads}`,
    `--devices=${devices}`,
    `--precision=${precision}`,
    `--memory=${memoryMb}`,
    `--nice=${nice}`,
    `--log-level=${logLevel}`,
  ];
  if (dataDir !== undefined) args.push(`--data=${dataDir}`);
  if (runMb !== null) args.push(`--run=${runMb}`);
  return args;
}

class ChildEngine implements EngineLink {
  readonly #child: ChildProcess;
  /** Most memory that it told of, bytes. */
  #rss = 0;
  #over = false;
  /** Why it was ended from here. */
  #hung: string | undefined;

  constructor(
    options: ChildEngineOptions,
    private readonly listener: EngineListener,
  ) {
    const { log = silentLog } = options;
    // The engine's own words go to stderr: stdout belongs to whoever asked for figures.
    const child = fork(options.main, argumentsOf(options), {
      stdio: ['ignore', 2, 2, 'ipc'],
      execArgv: EXEC_ARGV,
      env: engineEnvironment(),
    });
    this.#child = child;
    const fault = (error: unknown) => log.warn(toPlain(error), 'a word of the engine is not taken');
    child.on(
      'message',
      safely((raw: unknown) => this.#receive(raw), fault),
    );
    // It ends by itself when the channel closes, unless it is stopped or amid a step.
    const orphan = safely(() => child.kill('SIGKILL'), fault);
    process.once('exit', orphan);
    child.once(
      'exit',
      safely(() => process.off('exit', orphan), fault),
    );
    child.on(
      'error',
      safely((error) => this.#end({ code: null, signal: null, error: error.message }), fault),
    );
    child.on(
      'exit',
      safely((code, signal) => this.#end({ code, signal }), fault),
    );
  }

  send(message: ToEngine): void {
    // A send to a dying child fails here and its exit is what tells: nothing else to do about it.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  kill(why?: string): void {
    this.#hung ??= why;
    this.#child.kill('SIGKILL');
  }

  #receive(raw: unknown): void {
    const parsed = fromEngineSchema.safeParse(raw);
    if (parsed.success) {
      if (parsed.data.type === 'alive') this.#rss = Math.max(this.#rss, parsed.data.rss);
      if (!this.#over) this.listener.message(parsed.data);
      return;
    }
    // Progress is no part of the work: what nobody can read of it is dropped, and the work goes on.
    if (!isProgress(raw)) this.#child.kill('SIGKILL');
    throw parsed.error;
  }

  #end(how: Omit<EngineEnd, 'rss'>): void {
    if (this.#over) return;
    this.#over = true;
    const hung = this.#hung;
    this.listener.ended({ ...how, rss: this.#rss, ...(hung === undefined ? {} : { hung }) });
  }
}

const isProgress = (raw: unknown): boolean => (raw as { type?: unknown } | null)?.type === 'progress';
