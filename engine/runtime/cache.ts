/**
 * Executors by the spec that their graph is built from, compiled once, the least recently used released when
 * their number or what they hold passes its bound. What a graph's run will take is known before it is
 * compiled, and it keeps that for its next run: more than a run may have is refused. The process's own memory
 * says little of it: what is released is seldom given back, and mapped weights count in it. What else is
 * worked out once a process is kept beside them (results.ts).
 */
import type { Graph } from '../graph/graph.js';
import { predictedBytes } from '../graph/memory.js';
import { doesNotFit } from './budget.js';
import { Executor, type ExecutorOptions } from './executor.js';
import { compileSeconds, runSeconds, workOf } from './foretell.js';
import { canonical, type GraphSpec } from './graph-spec.js';

export interface CacheLimits {
  /** Executors kept at most. */
  executors: number;
  /** Bytes that all of them may hold, by prediction; the one that is asked for stays, however large. */
  memory: number;
  /** Bytes that one run may take beside the weights; default: no bound. */
  run?: number;
}

interface Held {
  executor: Promise<Executor>;
  /** Predicted. */
  bytes: number;
}

/** What jobs compute with: one in each engine process. */
export class ExecutorCache {
  private readonly held = new Map<string, Held>();
  private readonly inUse = new Set<string>();
  private readonly kinds: object[] = [];
  private largest = 0;
  /** Floating-point operations a second of this machine, once they were measured (rate.ts). */
  speed: number | undefined;
  /** Called before the thread is taken, for a run or to compile, with the seconds that are foretold. */
  onAhead?: (seconds: number) => void;
  /** Called before a run that will take more than every one before it, with its predicted peak in bytes. */
  onLarger?: (bytes: number) => void;
  /** Since the cache was made, for who watches it. */
  readonly counts = { hits: 0, compiled: 0, released: 0 };

  constructor(
    readonly options: ExecutorOptions,
    private readonly limits: CacheLimits = { executors: 16, memory: 2 ** 31 },
  ) {}

  /**
   * The executor of `spec`, compiled from `build(spec)` the first time. Ask again for every use: a later
   * `get` may release it.
   * @throws AcclaimError `memory-short` where its run would take more than `runBytes`; `device-unavailable`.
   */
  async get<S extends GraphSpec>(spec: S, build: (spec: S) => Graph): Promise<Executor> {
    const key = canonical(spec);
    let held = this.held.get(key);
    this.counts[held ? 'hits' : 'compiled'] += 1;
    if (!held) {
      const graph = build(spec);
      held = { bytes: this.checked(graph), executor: this.compile(graph) };
      held.executor.catch(() => this.held.delete(key));
    }
    this.held.delete(key);
    this.held.set(key, held);
    await held.executor;
    await this.evict(key);
    return held.executor;
  }

  /**
   * Runs `work` with the executor of `spec`, which stays until `work` ends, whatever else is asked for
   * meanwhile. Errors: as `get`.
   */
  async use<S extends GraphSpec, T>(
    spec: S,
    build: (spec: S) => Graph,
    work: (executor: Executor) => Promise<T>,
  ): Promise<T> {
    const key = canonical(spec);
    if (this.inUse.has(key)) throw new Error(`executor ${key} is in use`);
    const executor = await this.get(spec, build);
    this.inUse.add(key);
    try {
      return await work(executor);
    } finally {
      this.inUse.delete(key);
    }
  }

  /** Lets go of the executor of `spec`, unless it is in use. */
  async release(spec: GraphSpec): Promise<void> {
    const key = canonical(spec);
    if (!this.inUse.has(key)) await this.drop(key);
  }

  /** What was worked out before of this kind: one instance of the class in each cache. */
  results<R extends object>(kind: new () => R): R {
    const before = this.kinds.find((one): one is R => one instanceof kind);
    if (before) return before;
    const made = new kind();
    this.kinds.push(made);
    return made;
  }

  /** Bytes that one run may take beside the weights. */
  get runBytes(): number {
    return this.limits.run ?? Number.POSITIVE_INFINITY;
  }

  /** Predicted peak of the largest run so far, in bytes. */
  get predicted(): number {
    return this.largest;
  }

  private async compile(graph: Graph): Promise<Executor> {
    const work = workOf(graph);
    this.onAhead?.(compileSeconds(work));
    const executor = await Executor.create(graph, this.options);
    executor.onRun = () => this.onAhead?.(runSeconds(work, this.speed));
    return executor;
  }

  /** What its run takes, bytes. Errors: memory-short. */
  private checked(graph: Graph): number {
    const bytes = predictedBytes(graph);
    const hint =
      'Make smaller pictures, use a machine with more memory, or set engine.runMb to what this one can spare.';
    if (bytes > this.runBytes) throw doesNotFit('This run', bytes, this.runBytes, hint);
    if (bytes > this.largest) this.onLarger?.(bytes);
    this.largest = Math.max(this.largest, bytes);
    return bytes;
  }

  get size(): number {
    return this.held.size;
  }

  async clear(): Promise<void> {
    for (const key of [...this.held.keys()]) await this.drop(key);
  }

  private async evict(keep: string): Promise<void> {
    for (const key of [...this.held.keys()]) {
      const bytes = [...this.held.values()].reduce((sum, held) => sum + held.bytes, 0);
      if (this.held.size <= this.limits.executors && bytes <= this.limits.memory) return;
      if (key === keep || this.inUse.has(key)) continue;
      await this.drop(key);
    }
  }

  private async drop(key: string): Promise<void> {
    const held = this.held.get(key);
    if (!held) return;
    this.held.delete(key);
    this.counts.released += 1;
    await (await held.executor).release();
  }
}
