/**
 * The home of onnxruntime-node: a compiled graph that maps feeds to fetches. `run` blocks its thread, so
 * executors live in the engine process only; one run is the grain of cancelling. Settings were measured: see
 * docs/engine.md.
 */
import ort from 'onnxruntime-node';
import { AcclaimError } from '../../src/errors.js';
import { prepacksWeights } from '../graph/compiled-bytes.js';
import type { Graph } from '../graph/graph.js';
import { type DeviceEmission, toOnnx } from '../graph/onnx.js';
import { sameShape } from '../graph/value.js';
import type { Tensor } from './tensor.js';

export interface ExecutorOptions {
  /** Threads of one operator; 1 is bitwise repeatable. 0 = all cores. */
  threads: number;
  device?: string;
  /** What the device has right, as its self-check found; default: as on the CPU. */
  emission?: DeviceEmission | undefined;
  /**
   * `memory`: weights stay mapped, nothing is re-laid. `speed`: private, re-laid weights. Default: by the
   * graph's weights.
   */
  profile?: 'memory' | 'speed' | undefined;
}

/**
 * How long a thread that waits for its fellow looks around before it sleeps. Threads that sleep at once are
 * often woken on the waker's core and then take turns on it instead of working side by side; longer spinning
 * takes time from the bot.
 */
const SPIN_US = 20;

export type Feeds = Record<string, Tensor>;

/** One compiled graph. `release` ends it; after that it cannot run. */
export class Executor {
  /** Called before each run. */
  onRun?: () => void;

  private constructor(
    private readonly session: ort.InferenceSession,
    private readonly expected: ReadonlyMap<string, { dtype: string; shape: readonly number[] }>,
  ) {}

  /** Compiles. Throws AcclaimError `device-unavailable` when the device cannot run it. */
  static async create(
    graph: Graph,
    { threads, device = 'cpu', emission, profile }: ExecutorOptions,
  ): Promise<Executor> {
    const speed = profile ? profile === 'speed' : prepacksWeights(graph);
    const options: ort.InferenceSession.SessionOptions = {
      executionProviders: [device],
      graphOptimizationLevel: speed ? 'all' : 'extended',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      enableMemPattern: false,
      enableCpuMemArena: true,
      logSeverityLevel: 3,
      extra: {
        // The order of the outputs' Identity nodes is the order in which they are made (onnx.ts).
        optimization: { disable_specified_optimizers: 'EliminateIdentity' },
        session: {
          model_external_initializers_file_folder_path: '/',
          disable_prepacking: speed ? '0' : '1',
          intra_op: { allow_spinning: '1', spin_duration_us: String(SPIN_US) },
          force_spinning_stop: '1',
        },
      },
    };
    try {
      const model = toOnnx(graph, {
        prepackWeights: speed,
        winograd: device === 'cpu' && !speed,
        ...emission,
      });
      const session = await ort.InferenceSession.create(model, options);
      return new Executor(
        session,
        new Map([...graph.inputs].filter(([name]) => session.inputNames.includes(name))),
      );
    } catch (cause) {
      if (device === 'cpu') throw cause;
      throw new AcclaimError(
        'device-unavailable',
        `${device}: ${(cause as Error).message}`,
        'Run `acclaim doctor` to see which devices work.',
        { cause },
      );
    }
  }

  /** Feeds by input name -> results by output name. Names everything that is missing or misshapen at once. */
  async run(feeds: Feeds): Promise<Record<string, Tensor>> {
    const faults: string[] = [];
    const given: Record<string, ort.Tensor> = {};
    for (const [name, { dtype, shape }] of this.expected) {
      const t = feeds[name];
      if (!t) faults.push(`${name} is missing (${dtype}[${shape}])`);
      else if (t.dtype !== dtype || !sameShape(t.shape, shape)) {
        faults.push(`${name} is ${t.dtype}[${t.shape}], not ${dtype}[${shape}]`);
      } else given[name] = new ort.Tensor(t.dtype, t.data, [...t.shape]);
    }
    if (faults.length) throw new Error(`feeds do not fit: ${faults.join('; ')}`);
    this.onRun?.();
    const fetched = await this.session.run(given);
    return Object.fromEntries(
      Object.entries(fetched).map(([name, t]) => [
        name,
        { dtype: t.type, shape: t.dims, data: t.data } as Tensor,
      ]),
    );
  }

  async release(): Promise<void> {
    await this.session.release();
  }
}
