/**
 * What every job is handed: compiled graphs, the device, and opened models. One per engine process; device
 * and precision decide the rounding of what a job computes, nothing in it more than that.
 */
import { coresHere } from '../../src/machine/cores.js';
import { checkUnchanged, type ModelStamp, modelHash, modelStamp } from '../../src/models/model-hash.js';
import { observe } from '../diffusion/observe.js';
import { Ahead } from '../learn/ahead.js';
import { int8Unet } from '../models/int8/unet.js';
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
  /** Rounds are drawn with large linear layers in int8; where their weights are kept. */
  int8?: Int8Cache | undefined;
  /** Name and version that stand in what is written. */
  software: string;
  /** Floating-point operations a second; measured when it is missing. */
  speed?: number | undefined;
}

export interface Int8Cache {
  folder: string;
  /** Channels that a layer reads and gives, at least. */
  least?: number;
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
  private readonly int8: Int8Cache | undefined;
  private readonly drawn = new Map<Pipeline, Promise<Pipeline>>();

  constructor({ cache, threads, device, precision = 'fp32', int8, software, speed }: EngineOptions) {
    this.cache = cache;
    this.int8 = int8;
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

  /**
   * The model as its rounds are drawn, in int8 where that is asked for and gains: its weights are made at
   * first (Stable Diffusion 1.5: a minute or two), later opened. Errors: those of `pipeline`; disk-full.
   */
  async drawing(path: string): Promise<Pipeline> {
    const pipeline = await this.pipeline(path);
    if (!this.int8) return pipeline;
    const { folder, least } = this.int8;
    let made = this.drawn.get(pipeline);
    if (!made) {
      made = modelHash(path)
        .then((hash) =>
          int8Unet(pipeline, hash, {
            folder,
            least,
            observe: (unet, seen) => observe(pipeline, this.cache, unet, seen),
          }),
        )
        .then((int8) => (int8.choice.taken > 0 ? { ...pipeline, int8 } : pipeline));
      made.catch(() => this.drawn.delete(pipeline));
      this.drawn.set(pipeline, made);
    }
    return made;
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
