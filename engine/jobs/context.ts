/**
 * What every job is handed: compiled graphs, the device, and opened models. One per engine process; nothing in it
 * changes what a job computes, only how fast.
 */
import { availableParallelism } from 'node:os';
import { loadPipeline, type Pipeline } from '../models/pipeline.js';
import { openSafetyChecker, type SafetyChecker } from '../models/safety-checker.js';
import type { ExecutorCache } from '../runtime/cache.js';

export interface EngineOptions {
  cache: ExecutorCache;
  /** Threads of one operator; 0 = one a core. */
  threads: number;
  device: string;
  /** Name and version that stand in what is written. */
  software: string;
}

export class EngineContext {
  readonly cache: ExecutorCache;
  readonly threads: number;
  readonly device: string;
  readonly software: string;
  private readonly pipelines = new Map<string, Promise<Pipeline>>();
  private readonly checkers = new Map<string, SafetyChecker>();

  constructor({ cache, threads, device, software }: EngineOptions) {
    this.cache = cache;
    this.threads = threads || availableParallelism();
    this.device = device;
    this.software = software;
  }

  /** Folders never change in place, so a model is opened once. */
  pipeline(dir: string): Promise<Pipeline> {
    let opened = this.pipelines.get(dir);
    if (!opened) {
      opened = loadPipeline(dir);
      opened.catch(() => this.pipelines.delete(dir));
      this.pipelines.set(dir, opened);
    }
    return opened;
  }

  /** `dir` holds `safety_checker/`. */
  safetyChecker(dir: string): SafetyChecker {
    const checker = this.checkers.get(dir) ?? openSafetyChecker(dir);
    this.checkers.set(dir, checker);
    return checker;
  }
}
