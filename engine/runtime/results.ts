/**
 * Results that are worked out once a process, by the spec of what they depend on; the most recently used are
 * kept. They lie with the executors (cache.ts) that made them, since what a machine computes depends on its
 * device and threads.
 */
import { canonical, type Plain } from './graph-spec.js';

/** One kind of result: a class of its own that extends this one, by which the cache finds it. */
export abstract class Results<T> {
  private readonly kept = new Map<string, T>();

  /** `most`: how many are kept. */
  constructor(private readonly most: number) {}

  /**
   * The result of `work`, done where none is kept for an equal spec. Work that throws, or rejects, is done
   * again when asked for.
   */
  of(spec: Plain, work: () => T): T {
    const key = canonical(spec);
    const before = this.kept.get(key);
    const result = before ?? work();
    if (before === undefined && result instanceof Promise) result.catch(() => this.kept.delete(key));
    this.kept.delete(key);
    this.kept.set(key, result);
    if (this.kept.size > this.most) this.kept.delete(this.kept.keys().next().value!);
    return result;
  }
}
