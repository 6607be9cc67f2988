/**
 * Each rule of docs/deploy/alerts.yaml in promtool's rule tests, on what the program's own meters answer
 * before and after something happened to them: it fires when it should, from the very first failure on, and
 * else it is silent.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { Watch } from '../bot/monitoring/watch.js';
import { systemClock } from '../src/clock.js';
import type { Effect } from '../src/domain/state/effects.js';
import type { Round } from '../src/domain/state/round.js';
import { AcclaimError } from '../src/errors.js';
import { projectPath } from '../src/files/paths.js';
import { silentLog } from '../src/log.js';
import { watchDisk } from '../src/monitor/disk.js';
import { watchEngine } from '../src/monitor/engine.js';
import { Meter } from '../src/monitor/meter.js';
import { watchAside, watchStarved } from '../src/monitor/queue.js';
import { type Look, meterReadiness } from '../src/monitor/readiness.js';
import type { EngineEnd, EngineListener } from '../src/queue/local/engine-link.js';
import type { SetAside } from '../src/queue/matching/aside.js';
import { type Rule, rules, rulesFile } from './support/alert-rules.js';
import { Exposition } from './support/exposition.js';
import { promtool, Scrapes } from './support/promtool.js';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-alerts-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

/** A process with its meters, and what can happen to it. */
class Target {
  readonly meter: Meter;
  readonly watch: Watch;
  readonly looks: Look[] = ['database', 'disk', 'web', 'discord', 'engine'].map((name) => ({
    name,
    needed: name !== 'discord',
    look: () => (this.away.has(name) ? 'it is away' : null),
  }));
  readonly away = new Set<string>();
  readonly store = {
    dir,
    damage: null as AcclaimError | null,
    lookups: { states: async () => new Map<string, number>() },
  };
  starved = false;
  backup = 0;
  piled = 0;
  readonly aside: SetAside[] = [];
  private readonly engines: EngineListener[] = [];

  constructor(readonly half: 'bot' | 'engine') {
    this.meter = new Meter(half);
    this.meter.watchProcess();
    this.watch = new Watch({ meter: this.meter, log: silentLog, clock: systemClock });
    this.watch.begin([], {
      store: this.store,
      statuses: { live: async () => [] },
      effects: { kinds: () => new Map([['post-ballot', this.piled]]) },
      backups: { newest: async () => this.backup },
    });
    meterReadiness(this.meter, () => this.looks);
    watchDisk(this.meter, dir);
    watchStarved(this.meter, () => this.starved);
    watchAside(this.meter, async () => this.aside);
    const launcher = watchEngine(this.meter).launcher((listener) => {
      this.engines.push(listener);
      return { send: () => {}, kill: () => {} };
    });
    for (let n = 0; n < 4; n++) launcher({ message: () => {}, ended: () => {} });
  }

  roundFails(): void {
    const row = { id: 'r', session: 's', number: 1, state: 'failed', failure: null, outcome: null };
    this.watch.committed({ rows: [{ table: 'round', row: row as unknown as Round }] });
  }

  engineEnds(end: Partial<EngineEnd>): void {
    this.engines.pop()!.ended({ code: null, signal: null, rss: 0, ...end });
  }

  /** `over`: values of gauges and buckets that are there. */
  async scrape(over: Over = {}): Promise<Exposition> {
    const found = new Exposition((await this.meter.scrape()).text);
    for (const [name, value] of Object.entries(over)) {
      const samples = [...found.families.values()].flatMap((f) => f.samples).filter((s) => s.name === name);
      if (samples.length === 0) throw new Error(`there is no ${name} at the start`);
      for (const sample of samples) sample.value = value(sample.labels);
    }
    return found;
  }
}

type Labels = Record<string, string>;
/** Metric -> its value by labels and minute. */
type Over = Record<string, (labels: Labels, minute?: number) => number>;
const effect = { kind: 'post-ballot' } as Effect;

interface Case {
  name: string;
  half?: 'bot' | 'engine';
  /** What is scraped, a step a minute. */
  scrapes: (target: Target, scrapes: Scrapes) => Promise<unknown>;
  /** Minute at which Prometheus is asked. */
  at: number;
  /** Labels of the alerts that fire, beside the severity. */
  fires: Record<string, string>[];
}

const bot = { job: 'acclaim', instance: 'bot:8080' };
const engine = { job: 'acclaim-engine', instance: 'engine:9464' };

/** So many minutes as at the start, then something happens, then so many minutes more. */
const after =
  (before: number, happens: (target: Target) => void, then: number): Case['scrapes'] =>
  async (target, scrapes) => {
    scrapes.add(before, await target.scrape());
    happens(target);
    scrapes.add(then, await target.scrape());
  };

/** The same in every minute. */
const each =
  (minutes: number, happens: (target: Target, minute: number) => void, over: Over = {}): Case['scrapes'] =>
  async (target, scrapes) => {
    for (let minute = 0; minute < minutes; minute++) {
      happens(target, minute);
      const now = Object.entries(over).map(([name, value]) => [
        name,
        (labels: Labels) => value(labels, minute),
      ]);
      scrapes.add(1, await target.scrape(Object.fromEntries(now)));
    }
  };

/** So many minutes with other values. */
const valued =
  (minutes: number, over: Over): Case['scrapes'] =>
  async (target, scrapes) =>
    scrapes.add(minutes, await target.scrape(over));

const gone =
  (minutes: number): Case['scrapes'] =>
  async (target, scrapes) =>
    scrapes
      .add(10, await target.scrape())
      .add(minutes, null)
      .add(10, await target.scrape());

const away =
  (...names: string[]) =>
  (target: Target) => {
    for (const name of names) target.away.add(name);
  };
const times = (n: number, what: () => void) => {
  for (let i = 0; i < n; i++) what();
};
/** Votes that all take as long. */
const votesOf = (seconds: number): Over => ({
  acclaim_vote_seconds_bucket: ({ platform, le }, minute = 0) =>
    platform === 'discord' && (le === '+Inf' || Number(le) >= seconds) ? minute : 0,
});
const hours = 60;

const cases: Record<string, Case[]> = {
  AcclaimDown: [
    { name: 'no answer', scrapes: gone(5), at: 14, fires: [bot] },
    { name: 'no target of that name', half: 'engine', scrapes: gone(0), at: 10, fires: [{ job: 'acclaim' }] },
    { name: 'a restart', scrapes: gone(1), at: 12, fires: [] },
  ],
  AcclaimNotReady: [
    { name: 'the database', scrapes: after(5, away('database'), 10), at: 12, fires: [bot] },
    { name: 'a platform', scrapes: after(5, away('discord'), 10), at: 12, fires: [] },
  ],
  AcclaimDatabaseCorrupt: [
    {
      name: 'found damaged',
      scrapes: after(5, (t) => (t.store.damage = new AcclaimError('file-corrupt', 'damaged', '')), 5),
      at: 6,
      fires: [bot],
    },
    { name: 'sound', scrapes: after(5, away('database'), 5), at: 6, fires: [] },
  ],
  AcclaimDiskFull: [
    {
      name: 'no space',
      scrapes: after(5, away('disk'), 5),
      at: 7,
      fires: [{ ...bot, check: 'disk' }],
    },
    {
      name: "no space on an engine's",
      half: 'engine',
      scrapes: after(5, away('disk'), 5),
      at: 7,
      fires: [{ ...engine, check: 'disk' }],
    },
    { name: 'something else', scrapes: after(5, away('database'), 5), at: 7, fires: [] },
  ],
  AcclaimDiskLow: [
    {
      name: '1 GB',
      scrapes: valued(15, { acclaim_disk_free_bytes: () => 1e9 }),
      at: 12,
      fires: [{ ...bot, folder: 'data' }],
    },
    { name: '3 GB', scrapes: valued(15, { acclaim_disk_free_bytes: () => 3e9 }), at: 12, fires: [] },
  ],
  AcclaimBackupOld: [
    { name: 'never', scrapes: after(1, () => {}, 60 * hours), at: 55 * hours, fires: [bot] },
    {
      name: 'two nights without',
      scrapes: after(10 * hours, (t) => (t.backup = 10 * 3600_000), 60 * hours),
      at: 65 * hours,
      fires: [bot],
    },
    {
      name: 'one night without',
      scrapes: after(10 * hours, (t) => (t.backup = 10 * 3600_000), 60 * hours),
      at: 50 * hours,
      fires: [],
    },
  ],
  AcclaimRestarts: [
    {
      name: 'three in half an hour',
      scrapes: each(20, () => {}, { process_start_time_seconds: (_, minute = 0) => Math.min(3, minute) }),
      at: 10,
      fires: [bot],
    },
    {
      name: 'two',
      scrapes: each(20, () => {}, { process_start_time_seconds: (_, minute = 0) => Math.min(2, minute) }),
      at: 10,
      fires: [],
    },
  ],
  AcclaimEngineDown: [
    { name: 'no answer', half: 'engine', scrapes: gone(8), at: 17, fires: [engine] },
    { name: 'a restart', half: 'engine', scrapes: gone(2), at: 11, fires: [] },
  ],
  AcclaimEngineNotReady: [
    { name: 'no device', half: 'engine', scrapes: after(5, away('engine'), 20), at: 20, fires: [engine] },
    { name: 'of a bot', scrapes: after(5, away('engine'), 20), at: 20, fires: [] },
  ],
  AcclaimNoEngine: [
    { name: 'jobs wait', scrapes: after(5, (t) => (t.starved = true), 20), at: 16, fires: [bot] },
    { name: 'an engine restarts', scrapes: after(5, (t) => (t.starved = true), 20), at: 14, fires: [] },
  ],
  AcclaimRoundsFail: [
    {
      name: 'the first one ever',
      scrapes: after(10, (t) => t.roundFails(), 10),
      at: 12,
      fires: [{ ...bot, state: 'failed' }],
    },
    {
      name: 'the first one, before the first scrape',
      scrapes: each(5, (t, minute) => minute === 0 && t.roundFails()),
      at: 3,
      fires: [{ ...bot, state: 'failed' }],
    },
    { name: 'one of long ago', scrapes: after(10, (t) => t.roundFails(), 80), at: 75, fires: [] },
    { name: 'none', scrapes: after(10, () => {}, 80), at: 75, fires: [] },
  ],
  AcclaimEngineDies: [
    {
      name: 'three in three ways',
      scrapes: after(
        10,
        (t) => [{ signal: 'SIGKILL' }, { code: 1 }, { error: 'no memory' }].map((how) => t.engineEnds(how)),
        10,
      ),
      at: 12,
      fires: [bot],
    },
    {
      name: 'three in one way',
      half: 'engine',
      scrapes: after(10, (t) => times(3, () => t.engineEnds({ signal: 'SIGKILL' })), 10),
      at: 12,
      fires: [engine],
    },
    {
      name: 'two',
      scrapes: after(10, (t) => times(2, () => t.engineEnds({ signal: 'SIGKILL' })), 10),
      at: 12,
      fires: [],
    },
    {
      name: 'those that were told to',
      scrapes: after(10, (t) => times(4, () => t.engineEnds({ code: 0 })), 10),
      at: 12,
      fires: [],
    },
  ],
  AcclaimEngineAside: [
    {
      name: 'one',
      scrapes: after(5, (t) => t.aside.push({ engine: 'gpu-1', why: 'another folder' }), 10),
      at: 12,
      fires: [bot],
    },
    { name: 'none', scrapes: after(5, () => {}, 10), at: 12, fires: [] },
  ],
  AcclaimVotesSlow: [
    { name: 'a second', scrapes: each(30, () => {}, votesOf(1)), at: 25, fires: [{}] },
    { name: 'a tenth of a second', scrapes: each(30, () => {}, votesOf(0.1)), at: 25, fires: [] },
  ],
  AcclaimOutboxStuck: [
    {
      name: 'many that fail',
      scrapes: each(40, (t) => {
        t.piled = 30;
        t.watch.fault(effect);
      }),
      at: 35,
      fires: [{}],
    },
    { name: 'many that get done', scrapes: each(40, (t) => (t.piled = 30)), at: 35, fires: [] },
    {
      name: 'many that fail, and none now and then',
      scrapes: each(40, (t, minute) => {
        t.piled = minute % 10 === 0 ? 0 : 30;
        t.watch.fault(effect);
      }),
      at: 35,
      fires: [],
    },
  ],
  AcclaimPlatformAway: [
    {
      name: 'Discord',
      scrapes: after(5, away('discord'), 20),
      at: 20,
      fires: [{ ...bot, check: 'discord' }],
    },
    { name: 'the page', scrapes: after(5, away('web'), 20), at: 20, fires: [] },
  ],
  AcclaimPlatformRefuses: [
    {
      name: 'half of them',
      scrapes: each(40, (t) => {
        for (const outcome of ['ok', 'limited']) t.watch.request('slack', outcome);
      }),
      at: 35,
      fires: [{ platform: 'slack' }],
    },
    {
      name: 'one of ten',
      scrapes: each(40, (t, minute) => t.watch.request('slack', minute % 10 === 0 ? 'failed' : 'ok')),
      at: 35,
      fires: [],
    },
  ],
  AcclaimEventLoopLags: [
    {
      name: 'a third of a second',
      scrapes: valued(15, { nodejs_eventloop_lag_p99_seconds: () => 0.3 }),
      at: 12,
      fires: [bot],
    },
    {
      name: 'of an engine, which computes',
      half: 'engine',
      scrapes: valued(15, { nodejs_eventloop_lag_p99_seconds: () => 3 }),
      at: 12,
      fires: [],
    },
  ],
};

/** The cases of a rule as promtool reads them. */
async function ruleTest({ alert, expr, labels, annotations }: Rule, one: Case): Promise<object> {
  const { half = 'bot' } = one;
  const scrapes = new Scrapes(half === 'bot' ? bot : engine, (name) =>
    new RegExp(`\\b${name}\\b`).test(expr),
  );
  await one.scrapes(new Target(half), scrapes);
  const filled = (own: Labels) =>
    annotations.summary.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => own[label] ?? '');
  return {
    name: `${alert}: ${one.name}`,
    interval: '1m',
    input_series: scrapes.input(),
    alert_rule_test: [
      {
        eval_time: `${one.at}m`,
        alertname: alert,
        exp_alerts: one.fires.map((own) => ({
          exp_labels: { ...own, severity: labels.severity },
          exp_annotations: { summary: filled(own) },
        })),
      },
    ],
  };
}

describe('the alert rules', () => {
  it('are all tried, when they fire and when they do not, and say how urgent they are', () => {
    expect(rules.map(({ alert }) => alert)).toEqual(Object.keys(cases));
    for (const [alert, tried] of Object.entries(cases)) {
      expect(
        tried.some(({ fires }) => fires.length > 0),
        alert,
      ).toBe(true);
      expect(
        tried.some(({ fires }) => fires.length === 0),
        alert,
      ).toBe(true);
    }
    for (const { alert, labels } of rules) expect(['critical', 'warning'], alert).toContain(labels?.severity);
  });

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    '%s fires when it should',
    async (alert, rule) => {
      const tests = await Promise.all(cases[alert]!.map((one) => ruleTest(rule, one)));
      // Days are not gone through minute by minute.
      const every = Math.max(...cases[alert]!.map(({ at }) => at)) > 10 * hours ? '30m' : '1m';
      const path = join(dir, `${alert}.yaml`);
      writeFileSync(path, stringify({ rule_files: [rulesFile], evaluation_interval: every, tests }));
      promtool(['test', 'rules', path]);
    },
  );
});

it('every series of a counter is there with 0 before anything has happened', async () => {
  const { families } = await new Target('bot').scrape();
  const ours = [...families.values()].filter(({ name }) => /^acclaim_.*_total$/.test(name));
  expect(ours.length).toBeGreaterThan(5);
  for (const { name, samples } of ours) {
    expect(samples.length, name).toBeGreaterThan(0);
    for (const { value } of samples) expect(value, name).toBe(0);
  }
});

it('promtool takes the rules, the configuration, and what a process answers', async () => {
  promtool(['check', 'rules', rulesFile]);
  promtool(['check', 'config', '--syntax-only', projectPath('docs/deploy/prometheus.yaml')]);
  promtool(['check', 'metrics'], (await new Target('bot').meter.scrape()).text);
});
