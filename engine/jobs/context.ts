/**
 * What every job is handed: compiled graphs, the device, and opened models. One per engine process; device
 * and precision decide the rounding of what a job computes, nothing in it more than that.
 */
import { coresHere } from '../../src/machine/cores.js';
import { checkUnchanged, type ModelStamp, modelStamp } from '../../src/models/model-hash.js';
import { Ahead } from '../learn/ahead.js';
import { loadPipeline, type Pipeline } from '../models/pipeline.js';
import { openSafetyChecker, type SafetyChecker } from '../models/safety-checker.js';
import { openTinyVae, type TinyVae } from '../models/tiny-vae.js';
import type { Precision } from '../nn/precision.js';
import type { ExecutorCache } from '../runtime/cache.js';
import { rate } from '../runtime/rate.js';

export interface EngineOptions {
  cache: ExecutorCache;
  /** Threads of one operator; 0 = one a core. */
  threads: number;
  device: string;
  /** What networks are computed in; fp32 when missing. */
  precision?: Precision | undefined;
  /** Name and version that stand in what is written. */
  software: string;
  /** Floating-point operations a second; measured when it is missing. */
  speed?: number | undefined;
}

/** Models are opened once and stay open. */
export class EngineContext {
  readonly cache: ExecutorCache;
  readonly threads: number;
  readonly device: string;
  readonly precision: Precision;
  readonly software: string;
  /** What can be done while nothing is asked for. */
  readonly ahead = new Ahead();
  /**
   * Called before work begins, with the seconds of its unit (an image, a call of a learning step), and in
   * words.
   */
  onForetold?: (seconds: number, text: string) => void;
  private readonly opened = new Map<string, Promise<{ pipeline: Pipeline; stamp: ModelStamp }>>();
  private readonly checkers = new Map<string, SafetyChecker>();
  private readonly decoders = new Map<string, TinyVae>();
  private readonly speed: number | undefined;

  constructor({ cache, threads, device, precision = 'fp32', software, speed }: EngineOptions) {
    this.cache = cache;
    this.speed = speed;
    this.threads = threads || coresHere();
    this.device = device;
    this.precision = precision;
    this.software = software;
  }

  /** A model is opened once, and looked at before every use. Errors: those of loadPipeline; model-changed. */
  async pipeline(path: string): Promise<Pipeline> {
    let opened = this.opened.get(path);
    if (!opened) {
      opened = loadPipeline(path, this.precision).then((pipeline) => ({ pipeline, stamp: modelStamp(path) }));
      opened.catch(() => this.opened.delete(path));
      this.opened.set(path, opened);
    }
    const { pipeline, stamp } = await opened;
    checkUnchanged(path, stamp);
    return pipeline;
  }

  /** Floating-point operations a second that this machine is planned by. */
  async rate(): Promise<number> {
    return this.speed ?? rate(this.cache);
  }

  /** How many are open. */
  get models(): number {
    return this.opened.size;
  }

  /** Of `openTinyVae`. */
  tinyVae(dir: string): TinyVae {
    const tiny = this.decoders.get(dir) ?? openTinyVae(dir);
    this.decoders.set(dir, tiny);
    return tiny;
  }

  /** `dir` holds `safety_checker/`. */
  safetyChecker(dir: string): SafetyChecker {
    const checker = this.checkers.get(dir) ?? openSafetyChecker(dir);
    this.checkers.set(dir, checker);
    return checker;
  }
}
