/**
 * One engine as the queue sees it: a two-way line of messages that ends once. What carries them (a child
 * process, a fake in tests) is the launcher's business.
 */
import type { FromEngine, ToEngine } from '../messages.js';

/** How an engine ended: by exit code, by signal, or because it could not be started. */
export interface EngineEnd {
  code: number | null;
  signal: string | null;
  /** Peak resident memory last reported, in bytes; 0 when nothing was reported. */
  rss: number;
  error?: string;
  /** Why it was taken for hung, where it was killed for that. */
  hung?: string;
}

export interface EngineLink {
  send(message: ToEngine): void;
  /** Ends the engine at once; `hung`: because it was taken for that, and why. */
  kill(hung?: string): void;
}

export interface EngineListener {
  message(message: FromEngine): void;
  /** Called exactly once; nothing follows it. */
  ended(end: EngineEnd): void;
}

export type EngineLauncher = (listener: EngineListener) => EngineLink;

/** What people are told when an engine ended in the middle of a job, with the hint. */
export function describeEnd(end: EngineEnd): { message: string; hint: string } {
  const memory = end.rss > 0 ? ` It last used ${Math.round(end.rss / 1048576)} MB.` : '';
  if (end.error) return { message: `the engine did not start: ${end.error}`, hint: 'Run `acclaim doctor`.' };
  if (end.hung)
    return {
      message: `the engine was killed, because ${end.hung}.`,
      hint: 'Where it was only slow, set engine.hungFactor or engine.hungSeconds to more; else its log and `acclaim doctor` say more.',
    };
  if (end.signal === 'SIGKILL')
    return {
      message: `the engine was killed.${memory}`,
      hint: 'Most often memory ran out: set learner.recompute to on, learner.microBatch to less, engine.runMb to what the machine can spare, or make smaller pictures.',
    };
  if (end.signal === 'SIGBUS')
    return {
      message: 'the engine lost a model file while reading it.',
      hint: 'Do not change or truncate a model folder in place: put new versions beside it.',
    };
  const how = end.signal ? `by ${end.signal}` : `with exit code ${end.code}`;
  return {
    message: `the engine ended ${how}.${memory}`,
    hint: 'Its messages above say more; `acclaim doctor` checks the device.',
  };
}
