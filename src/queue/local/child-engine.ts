/**
 * An engine as a child process of the bot, over Node's IPC channel. The path of its main file is handed in: the bot
 * knows that there is an engine, not what is in it. The child ends by itself when the channel closes, so a bot that
 * is killed leaves no engine behind. It gets no secret of the bot's: no token, no password, no key.
 */
import { fork } from 'node:child_process';
import { engineEnvironment } from '../../config/env.js';
import { toPlain } from '../../errors.js';
import { type Log, silentLog } from '../../log.js';
import { safely } from '../../machine/safely.js';
import { fromEngineSchema } from '../messages.js';
import type { EngineEnd, EngineLauncher } from './engine-link.js';

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

/** Building graphs makes short-lived objects: a small nursery (MB) keeps 20 MB out of the engine's peak at no cost in time. */
export const EXEC_ARGV = ['--max-semi-space-size=2'];

export function childEngine(options: ChildEngineOptions): EngineLauncher {
  return (listener) => {
    const {
      threads,
      devices,
      precision = 'auto',
      dataDir,
      memoryMb,
      runMb,
      nice,
      logLevel = 'warn',
      log = silentLog,
    } = options;
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
    // The engine's own words go to stderr: stdout belongs to whoever asked for figures.
    const child = fork(options.main, args, {
      stdio: ['ignore', 2, 2, 'ipc'],
      execArgv: EXEC_ARGV,
      env: engineEnvironment(),
    });
    let rss = 0;
    let over = false;
    let hung: string | undefined;
    const end = (how: Omit<EngineEnd, 'rss'>) => {
      if (over) return;
      over = true;
      listener.ended({ ...how, rss, ...(hung === undefined ? {} : { hung }) });
    };
    const fault = (error: unknown) => log.warn(toPlain(error), 'a word of the engine is not taken');
    const receive = (raw: unknown) => {
      const parsed = fromEngineSchema.safeParse(raw);
      if (parsed.success) {
        if (parsed.data.type === 'alive') rss = Math.max(rss, parsed.data.rss);
        if (!over) listener.message(parsed.data);
        return;
      }
      // Progress is no part of the work: what nobody can read of it is dropped, and the work goes on.
      if (!isProgress(raw)) child.kill('SIGKILL');
      throw parsed.error;
    };
    child.on('message', safely(receive, fault));
    // It ends by itself when the channel closes, unless it is stopped or amid a step.
    const orphan = safely(() => child.kill('SIGKILL'), fault);
    process.once('exit', orphan);
    child.once(
      'exit',
      safely(() => process.off('exit', orphan), fault),
    );
    child.on(
      'error',
      safely((error) => end({ code: null, signal: null, error: error.message }), fault),
    );
    child.on(
      'exit',
      safely((code, signal) => end({ code, signal }), fault),
    );
    return {
      send: (message) => {
        // A send to a dying child fails here and its exit is what tells: nothing else to do about it.
        if (child.connected) child.send(message, () => {});
      },
      kill: (why) => {
        hung ??= why;
        child.kill('SIGKILL');
      },
    };
  };
}

const isProgress = (raw: unknown): boolean => (raw as { type?: unknown } | null)?.type === 'progress';
