/**
 * The metrics of one process in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), and the one home of prom-client, which is
 * what Node programs use and keeps the format's rules. Names begin with `acclaim_` and end in their unit;
 * labels are few and known beforehand: no session, no channel, no person is ever one. Every series of a
 * counter is there with 0 from the start: `increase()` of one that begins at 1 is 0, and the first failure
 * would pass unseen.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../machine/software.js';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** Label -> all values that it can have. */
export type Labels<L extends string> = Readonly<Record<L, readonly string[]>>;

/** A scrape waits so long for what has to be looked up, ms: one thing that hangs must not hide all others. */
const PATIENCE_MS = 3000;

/** Upper bounds in seconds, by how long the thing takes. */
export const buckets = {
  /** A vote, from the platform's word to the disk. */
  write: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  /** Jobs and their stages: seconds on the miniature, hours on a big model without a GPU. */
  job: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400],
  /** States of a round: a vote may be open for days. */
  state: [0.1, 1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400, 259200, 604800],
} as const;

/** The metrics of this process, in the form that Prometheus reads. */
export class Meter {
  private readonly registry = new Registry();

  constructor(half: 'bot' | 'engine') {
    this.gauge('acclaim_build_info', 'Always 1; which program this is.', ['version', 'half']).set(
      { version: version(), half },
      1,
    );
  }

  /**
   * Memory, processor, event loop lag and garbage collection of this process, under the names that Node
   * programs share.
   */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    // Gauges under a counter's name, which `promtool check metrics` refuses.
    for (const kind of ['handles', 'requests', 'resources'])
      this.registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }

  counter<L extends string = never>(
    name: string,
    help: string,
    labels: Labels<L> = {} as Labels<L>,
  ): Counter<L> {
    const labelNames = Object.keys(labels) as L[];
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    for (const series of combinations(labels)) counter.inc(series, 0);
    return counter;
  }

  /**
   * `collect` is asked at each scrape. Where it fails or hangs, the gauge tells nothing (NaN without labels),
   * and the others all the same.
   */
  gauge<L extends string = never>(
    name: string,
    help: string,
    labelNames: readonly L[] = [],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L> {
    return new Gauge<L>({
      name,
      help,
      labelNames,
      registers: [this.registry],
      ...(collect && {
        async collect() {
          if (await inTime(async () => collect(this))) return;
          this.reset();
          if (labelNames.length === 0) (this as Gauge).set(Number.NaN);
        },
      }),
    });
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    bounds: keyof typeof buckets,
    labelNames: readonly L[] = [],
    /** Series that are there with 0 from the start: those that an alert reads. */
    from: Labels<L> | null = null,
  ): Histogram<L> {
    const histogram = new Histogram({
      name,
      help,
      labelNames,
      buckets: [...buckets[bounds]],
      registers: [this.registry],
    });
    if (from) for (const series of combinations(from)) histogram.zero(series);
    return histogram;
  }

  /** What a scrape is answered. */
  async scrape(): Promise<{ type: string; text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}

/** Every combination of the labels' values. */
function combinations<L extends string>(labels: Labels<L>): Record<L, string>[] {
  return Object.entries<readonly string[]>(labels).reduce<Record<string, string>[]>(
    (sets, [label, values]) => sets.flatMap((set) => values.map((value) => ({ ...set, [label]: value }))),
    [{}],
  ) as Record<L, string>[];
}

/** Whether it was done without a fault, and soon enough. */
async function inTime(task: () => Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), PATIENCE_MS);
  });
  const done = task().then(
    () => true,
    () => false,
  );
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
