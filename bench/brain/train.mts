// What a way of training does to success and to what nobody voted about, on the miniature: 64 votes in two
// rounds of 32 (hand: 256 in eight), then pictures from noises that no vote has seen. One process, one
// thread; base pictures, fits and figures are kept, so that it can be stopped and run again, and nothing is
// drawn twice. Usage: npm run bench -- brain/train [--tasks hazard,cat] [--seeds 1,2] [--ways today,base-phi]
// [--count 128] [--out DIR]; with --table it prints means, standard errors and worst over the tasks and seeds
// that every way has.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stretches } from '../../engine/learn/early-stop.js';
import type { Label } from '../../engine/learn/feedback.js';
import { adapterSpec } from '../../engine/learn/hyperparameters.js';
import { stepsOf } from '../../engine/learn/steps.js';
import type { Moved } from '../../engine/learn/trainer.js';
import { effectiveCount } from '../../engine/learn/vote-model/replay-weights.js';
import { type AcclaimParams, learnerRegistry } from '../../src/config/learners.js';
import { projectPath } from '../../src/files/paths.js';
import { hashPurpose, Rng } from '../../src/rng.js';
import { type Compared, compare } from './compare.mjs';
import { basePictures, draw, judge, Kept, type Picture, ROUND } from './drawing.mjs';
import { fitted, minus, say } from './fits.mjs';
import { approvalOf, calledGood, ghostsOf, replayed } from './opinions.mjs';
import { type Way, ways } from './ways.mjs';

const { values: given } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'hazard,cat,rose' },
    seeds: { type: 'string', default: '1,2,3,4' },
    ways: { type: 'string', default: Object.keys(ways).join() },
    count: { type: 'string', default: '128' },
    out: { type: 'string', default: projectPath('bench/out/training') },
    table: { type: 'boolean', default: false },
  },
});
const COUNT = Number(given.count);
/** Base pictures that goods are compared with. */
const BASE: Readonly<Record<string, number>> = { hazard: 640, cat: 640, rose: 448, mountain: 512, hand: 448 };
const ROUNDS: Readonly<Record<string, number>> = { hand: 8 };
const base = new Kept(join(given.out, 'base'));
const fits = new Kept(join(given.out, 'fits'));

interface Row extends Compared {
  id: string;
  cell: string;
  task: string;
  seed: number;
  /** Of each round. */
  steps: number[];
  goods: number;
  seconds: number;
}

/** A vote as the learner takes it. */
const vote = (picture: Picture, index: number): Label => ({
  index,
  good: Number(calledGood(picture)),
  weight: 1,
});

/** The names of fits say how many steps they took. */
function besideSteps(settings: Partial<AcclaimParams>) {
  const { steps, stepsPerGood, fullUntil, firstFactor, stopAt, ...rest } = settings;
  return rest;
}

/** What names the fits of a way: all that they depend on but the number of steps. */
function keysOf({ replay = 'base', share = 0.5, lambda = 0, ...way }: Way) {
  const { ghosts, flips = 0, weigh = 0, doubt, learner = {}, late = {} } = way;
  const settings = [learner, late].map(besideSteps);
  return {
    tuned: JSON.stringify([
      // The third was once a choice: fits that are kept go on.
      ...[replay, share, false, ...settings, lambda ? 1 : 0],
      ...(ghosts ? [ghosts] : []),
      ...(flips || weigh ? [flips, weigh] : []),
      ...(doubt ? [doubt] : []),
    ]),
    // What was liked has no part in the drift adapter.
    drift: JSON.stringify([share, ...settings]),
  };
}

/** A session by a way, up to the figures of what is drawn with its last adapter. */
async function play(task: string, seed: number, way: Way): Promise<Omit<Row, 'id' | 'cell' | 'seconds'>> {
  const session = new Played(task, seed, way);
  for (let round = 0; round < (way.rounds ?? ROUNDS[task] ?? 2); round++) await session.next(round);
  const { goods, steps, adapted } = session;
  const reference = { task, seed: hashPurpose(`reference of ${task}`), round: 0 };
  const test = { task, seed: hashPurpose(`test of ${task}`), round: 7 };
  const voted = judge.config.goals[task]!.map(([head]) => head);
  const figures = compare(
    await basePictures(base, reference, BASE[task]!),
    await draw(test, 0, COUNT, adapted()),
    Object.keys(judge.config.heads).filter((head) => !voted.includes(head)),
  );
  return { task, seed, steps, goods: goods.length, ...figures };
}

class Played {
  readonly goods: Picture[] = [];
  /** Optimiser steps of each round. */
  readonly steps: number[] = [];
  /** What the base model drew, and what was voted on. */
  private readonly shown: Picture[] = [];
  private readonly votes: Picture[] = [];
  private tuned: Moved | null = null;
  private drift: Moved | null = null;
  private readonly turned: Rng;
  private readonly keys: ReturnType<typeof keysOf>;

  constructor(
    private readonly task: string,
    private readonly seed: number,
    private readonly way: Way,
  ) {
    this.turned = new Rng(seed, 0, 'flips');
    this.keys = keysOf(way);
  }

  /** With what was learned so far. */
  readonly adapted = () => {
    const { tuned, drift } = this;
    const { lambda = 0, until = 1 } = this.way;
    const spec = adapterSpec(this.paramsOf(0));
    const adapter = lambda
      ? minus(spec, tuned!.adapter, drift!.adapter, lambda)
      : { spec, tensors: tuned!.adapter };
    return { adapter, until };
  };

  /** Draws a round, casts its votes, and learns from them. */
  async next(round: number): Promise<void> {
    const { task, seed, way } = this;
    const stream = { task, seed, round };
    const labels = (await this.drawn(round)).map(vote);
    const params = this.paramsOf(round);
    const fit = [...this.goods, ...(await ghostsOf(base, stream, this.votes, way))];
    const heard = way.weigh ? await replayed(stream, this.votes, way) : new Map<Picture, number>();
    const items = fit.map((p) => ({ latent: p.z, weight: p.weight ?? heard.get(p) ?? 1 }));
    const approval = params.stopAt < 1 ? await approvalOf(stream, this.votes) : null;
    const [before, drift, past] = [this.tuned, this.drift, [...this.steps]];
    const first = before === null;
    const goods = effectiveCount(items.map(({ weight }) => weight));
    const most = stepsOf(params, approval ? null : labels, goods, first);
    for (const steps of approval ? stretches(most, first) : [most]) {
      this.steps[round] = steps;
      const name = this.name(this.keys.tuned, 't', past, round);
      this.tuned = await fitted(fits, { name, stream, params, before, items, steps });
      if (way.lambda) await this.learnDrift(stream, params, drift, past, steps);
      const p = await approval?.(this.adapted().adapter);
      if (p === undefined) continue;
      say(`  ${task} ${seed} after ${this.steps} steps: P(good) ${p.toFixed(3)}`);
      if (p >= params.stopAt) break;
    }
  }

  private async learnDrift(
    stream: { task: string; seed: number; round: number },
    params: AcclaimParams,
    before: Moved | null,
    past: readonly number[],
    steps: number,
  ): Promise<void> {
    const { driftBatch } = this.way;
    const name = this.name(this.keys.drift, driftBatch ? `p${driftBatch}x` : 'p', past, stream.round);
    const own = driftBatch ? { ...params, batch: driftBatch } : params;
    const items = this.shown.map((p) => ({ latent: p.z, weight: 1 }));
    this.drift = await fitted(fits, { name, stream, params: own, before, items, steps });
  }

  /** The round's pictures that its steps are told by: those of the adapter, where there are any. */
  private async drawn(round: number): Promise<Picture[]> {
    const { task, seed, way } = this;
    const fresh = round === 0 ? ROUND : Math.round((way.share ?? 0.5) * ROUND);
    const stream = { task, seed, round };
    const own = fresh ? this.cast((await basePictures(base, stream, ROUND)).slice(0, fresh)) : [];
    const rest =
      fresh < ROUND
        ? this.cast(await draw({ ...stream, round: 1000 + round }, 0, ROUND - fresh, this.adapted()))
        : [];
    this.shown.push(...own);
    this.goods.push(...own.filter(calledGood));
    if (way.replay === 'all') this.goods.push(...rest.filter(calledGood));
    this.votes.push(...own, ...rest);
    return rest.length ? rest : own;
  }

  /** Some votes are turned round. */
  private cast(pictures: Picture[]): Picture[] {
    const { flips = 0 } = this.way;
    return flips
      ? pictures.map((picture) => ({ ...picture, flip: this.turned.uniform() < flips }))
      : pictures;
  }

  private paramsOf(round: number): AcclaimParams {
    const { learner, late } = this.way;
    return learnerRegistry.acclaim.params.parse(round > 0 ? { ...learner, ...late } : (learner ?? {}));
  }

  private name(key: string, part: string, before: readonly number[], round: number) {
    const steps = before.map((n) => `${n},`).join('');
    const head = `${this.task}-${this.seed}-${hashPurpose(key).toString(16)}-${part}${steps}`;
    return [head, `-${round}.safetensors`] as const;
  }
}
function readRows(path: string): Row[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line));
}

/**
 * Of each two ways that share tasks and seeds the same are compared: the first named way's partners stand in
 * its own rows.
 */
function printTable(rows: readonly Row[]): void {
  const wanted = given.ways.split(',').filter((way) => rows.some((row) => row.cell === way));
  const runs = (way: string) =>
    rows.filter((row) => row.cell === way).map(({ task, seed }) => `${task} ${seed}`);
  const shared = runs(wanted[0] ?? '').filter((run) => wanted.every((way) => runs(way).includes(run)));
  console.log(`${shared.length} runs: ${shared.join(', ')}\n`);
  const figures = ['success', 'dgood', 'border', 'centre', 'latent', 'floor'] as const;
  console.log(`| way | ${figures.join(' | ')} |\n| --- |${' --- |'.repeat(figures.length)}`);
  for (const way of wanted) {
    const own = rows.filter((row) => row.cell === way && shared.includes(`${row.task} ${row.seed}`));
    console.log(
      `| ${way} | ${figures
        .map((name) =>
          told(
            own.map((row) => row[name]),
            name,
          ),
        )
        .join(' | ')} |`,
    );
  }
}

function told(values: readonly number[], name: keyof Compared): string {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
  const error = Math.sqrt(spread / values.length);
  const worst = name === 'success' || name === 'dgood' ? Math.min(...values) : Math.max(...values);
  if (name === 'floor') return mean.toFixed(2);
  return `${mean.toFixed(3)} ± ${error.toFixed(3)} (${worst.toFixed(2)})`;
}

const file = join(given.out, 'results.jsonl');
if (given.table) printTable(readRows(file));
else await playAll();

async function playAll(): Promise<void> {
  const done = new Set(readRows(file).map(({ id }) => id));
  for (const seed of given.seeds.split(',').map(Number))
    for (const task of given.tasks.split(','))
      for (const cell of given.ways.split(',')) {
        const id = `${cell}|${task}|${seed}|${COUNT}`;
        const way = ways[cell];
        if (!way) throw new Error(`--ways are some of ${Object.keys(ways).join(', ')}`);
        if (done.has(id)) continue;
        const began = performance.now();
        const figures = await play(task, seed, way);
        const seconds = Math.round((performance.now() - began) / 1000);
        appendFileSync(file, `${JSON.stringify({ id, cell, ...figures, seconds })}\n`);
        const { success, dgood, border, centre, latent, floor } = figures;
        const told = [success, dgood, border, centre, latent, floor].map((v) => v.toFixed(3));
        say(`${id} ${told.join(' ')} ${figures.steps} ${seconds} s`);
      }
}
