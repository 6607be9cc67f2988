/**
 * The metrics of one process in Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/), and the one
 * home of prom-client, which is what Node programs use and keeps the format's rules. Names begin with `acclaim_` and end in their
 * unit; labels are few and known beforehand: no session, no channel, no person is ever one.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { version } from '../software.js';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** Upper bounds in seconds, by how long the thing takes. */
export const buckets = {
  /** A vote, from the platform's word to the disk. */
  write: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  /** Jobs and their stages: seconds on the miniature, hours on a big model without a GPU. */
  job: [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400],
  /** States of a round: a vote may be open for days. */
  state: [0.1, 1, 5, 15, 60, 300, 900, 3600, 14400, 43200, 86400, 259200, 604800],
} as const;

export class Meter {
  private readonly registry = new Registry();

  constructor(half: 'bot' | 'engine') {
    this.gauge('acclaim_build_info', 'Always 1; which program this is.', ['version', 'half']).set(
      { version: version(), half },
      1,
    );
  }

  /** Memory, processor, event loop lag and garbage collection of this process, under the names that Node programs share. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
    // Gauges under a counter's name, which `promtool check metrics` refuses.
    for (const kind of ['handles', 'requests', 'resources'])
      this.registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  }

  counter<L extends string = never>(name: string, help: string, labelNames: readonly L[] = []): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  /** `collect` is asked at each scrape. */
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
        collect() {
          return collect(this);
        },
      }),
    });
  }

  histogram<L extends string = never>(
    name: string,
    help: string,
    bounds: keyof typeof buckets,
    labelNames: readonly L[] = [],
  ): Histogram<L> {
    return new Histogram({
      name,
      help,
      labelNames,
      buckets: [...buckets[bounds]],
      registers: [this.registry],
    });
  }

  /** What a scrape is answered. */
  async scrape(): Promise<{ type: string; text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}
