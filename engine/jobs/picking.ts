/**
 * A round chosen among more noises than it has pictures (engine/learn/picks.ts says how):
 *   1. the first steps of the round's own noises
 *   2. of more noises, as many as are needed and paid for
 *   3. what is expected of them is looked at, and the least promising are dropped
 *   4. the others are finished and looked at
 *   5. chosen
 * What is drawn at a place whose noise nobody chooses is what a round without picks draws there: same noise,
 * same streams.
 */
import type { JobResult } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { type Halfway, sample } from '../diffusion/sampler.js';
import { batchOf } from '../io/latents.js';
import type { Origin } from '../io/remembered.js';
import type { FeatureMaps } from '../io/round.js';
import { featuresOf } from '../io/round.js';
import {
  type Candidate,
  choose,
  drawsOf,
  finishedFor,
  moreNoises,
  mostBegun,
  type Pick,
  promising,
  unpickedPlaces,
} from '../learn/picks.js';
import { type Opinion, scoreWith } from '../learn/vote-model/model.js';
import { type FloatTensor, f32, rows, stackRows } from '../runtime/tensor.js';
import {
  batchesOf,
  type Drawing,
  type Drawn,
  develop,
  foretell,
  mostAtATime,
  requestOf,
  seen,
  stepNoiseOf,
} from './draw.js';
import type { PickingPlan } from './picking-plan.js';
import type { RoundNoises } from './round-noises.js';

/** Why a picture is in the round, and what the vote model thought of it. */
export interface Picked extends Partial<Opinion> {
  pick: Pick;
}

export interface PickedRound {
  drawn: Drawn;
  picked: Picked[];
  draws: NonNullable<JobResult<'generate'>['draws']>;
}

/** A noise that was begun. */
interface Begun {
  origin: Origin;
  /** The place in the round that is its own; null = it was begun beside them. */
  place: number | null;
  noise: Float32Array;
  /** Of its steps. */
  rng: Rng;
  /** After the steps taken. */
  x: Float32Array | null;
  before: Float32Array | null;
  /** x_0 as it is expected, then as it is. */
  latent: Float32Array;
  features: FeatureMaps | null;
  opinion: Opinion | null;
}

/** One picture a place of `origins`. Errors: those of sampling and decoding. */
export async function drawPicked(
  drawing: Drawing,
  picking: PickingPlan,
  noises: RoundNoises,
  origins: readonly Origin[],
): Promise<PickedRound> {
  return new Picker(drawing, picking, noises, origins).drawn();
}

class Picker {
  private readonly unpicked: ReadonlySet<number>;
  /** Places that are picked for, of an origin. */
  private readonly places: Record<Origin, number[]>;
  private readonly unsure: Record<Origin, number>;
  /** Steps of single images: taken, and to be taken at most. */
  private taken = 0;
  private total = 0;
  private microBatch = 1;
  private batch = 1;

  constructor(
    private readonly drawing: Drawing,
    private readonly picking: PickingPlan,
    private readonly noises: RoundNoises,
    private readonly origins: readonly Origin[],
  ) {
    const { rule, seed, round } = picking;
    this.unpicked = unpickedPlaces(origins, rule.unpickedShare, new Rng(seed, round, 'picks'));
    const placesOf = (origin: Origin) =>
      origins.flatMap((of, i) => (of === origin && !this.unpicked.has(i) ? [i] : []));
    this.places = { base: placesOf('base'), tuned: placesOf('tuned') };
    const picked = this.places.base.length + this.places.tuned.length;
    const unsure = Math.min(picked, Math.round(rule.unsureShare * origins.length));
    // What the tuned model draws is liked already: what is worth asking lies among the base model's, as far
    // as there are places.
    const base = Math.min(unsure, this.places.base.length);
    this.unsure = { base, tuned: unsure - base };
  }

  async drawn(): Promise<PickedRound> {
    const { origins, picking, noises } = this;
    const { before, steps, costs, rule } = picking;
    const shown = origins.length;
    const finish = this.unpicked.size + this.finishing('base') + this.finishing('tuned');
    const most = mostBegun(costs, shown, finish, rule.draws);
    this.total = most * before + finish * (steps - before);

    // 1.
    const own = noises.own().map((noise, i) => this.begin(noise, origins[i]!, i, noises.steps(i)));
    await this.advance(own, 0, before, []);
    await this.look(own);
    // 2.
    const groups = (['base', 'tuned'] as const).map((origin) => this.group(own, origin));
    const [base, tuned] = moreNoises(groups, most - shown) as [number, number];
    const more = [...this.beginMore('base', base), ...this.beginMore('tuned', tuned)];
    this.total -= (most - shown - more.length) * before;
    await this.advance(more, 0, before, own);
    await this.look(more);
    // 3.
    const begun = [...own, ...more];
    const finished = begun.filter((one) => this.isUnpicked(one));
    for (const origin of ['base', 'tuned'] as const) finished.push(...this.promising(begun, origin));
    this.total = this.taken + finished.length * (steps - before);
    // 4.
    await this.advance(finished, before, steps, []);
    await this.look(finished);
    // 5.
    const { chosen, picked } = this.choose(finished);
    const latents = this.rows(chosen.map(({ latent }) => latent));
    return {
      drawn: {
        noise: this.rows(chosen.map(({ noise }) => noise)),
        latents,
        trajectory: null,
        features: joined(chosen.map(({ features }) => features!)),
        pictures: await develop(this.drawing, latents),
        batch: this.batch,
        microBatch: this.microBatch,
      },
      picked,
      draws: {
        begun: begun.length,
        finished: finished.length,
        shown,
        cost: drawsOf(costs, begun.length, finished.length, shown),
      },
    };
  }

  private rows(list: readonly Float32Array[]): FloatTensor {
    return batchOf(list, this.drawing.latent);
  }

  private finishing(origin: Origin): number {
    return finishedFor(this.places[origin].length);
  }

  private isUnpicked({ place }: Begun): boolean {
    return place !== null && this.unpicked.has(place);
  }

  private begin(noise: Float32Array, origin: Origin, place: number | null, rng: Rng): Begun {
    const nothing = { x: null, before: null, features: null, opinion: null };
    return { origin, place, noise, rng, latent: noise, ...nothing };
  }

  private beginMore(origin: Origin, n: number): Begun[] {
    const { seed, round } = this.picking;
    const streamOf = (i: number) => new Rng(seed, round, `steps.more.${origin}.${i}`);
    return this.noises.more(origin, n).map((noise, i) => this.begin(noise, origin, null, streamOf(i)));
  }

  private group(own: readonly Begun[], of: Origin) {
    const ours = own.filter(({ origin }) => origin === of);
    const sum = ours.reduce((total, { opinion }) => total + (opinion?.p ?? 0), 0);
    const begun = ours.filter((one) => !this.isUnpicked(one)).length;
    return { begun, places: this.places[of].length, approval: ours.length > 0 ? sum / ours.length : 0 };
  }

  private promising(begun: readonly Begun[], of: Origin): Begun[] {
    const list = begun.filter((one) => one.origin === of && !this.isUnpicked(one));
    return promising(list, { finish: this.finishing(of), unsure: this.unsure[of] }).map((i) => list[i]!);
  }

  /**
   * The noises' steps `from` up to `to`, in batches of one origin; `beside` is what a preview shows besides.
   */
  private async advance(
    list: readonly Begun[],
    from: number,
    to: number,
    beside: readonly Begun[],
  ): Promise<void> {
    const { drawing, picking } = this;
    const { latent, report, preview } = drawing;
    const plan = batchesOf(
      list.map(({ origin }) => origin),
      mostAtATime(latent),
    );
    for (const { origin, images, size } of plan) {
      const own = images.map((i) => list[i]!);
      // What fills a last batch up is drawn and dropped.
      const filling = (i: number) => new Rng(picking.seed, picking.round, `steps.fill.${from}.${i}`);
      const padded = Array.from({ length: size }, (_, i) => own[Math.min(i, own.length - 1)]!);
      const streams = padded.map((one, i) => (i < own.length ? one.rng : filling(i)));
      const done = this.taken;
      const samples = await sample({
        ...requestOf(drawing, origin),
        noise: this.rows(padded.map(({ noise }) => noise)),
        stepNoise: stepNoiseOf(streams, latent),
        range: { from, to },
        ...(from > 0 && { halfway: this.halfway(padded) }),
        ...(done === 0 && {
          onBegin: (flops: number) => foretell(drawing, flops, this.total / picking.steps, this.total),
        }),
        onStep: async (step, _, expected) => {
          this.taken = done + (step - from) * own.length;
          const others = [...beside, ...list].filter((one) => !own.includes(one) && one.x !== null);
          const now = () => rows(expected(), 0, own.length);
          report(
            'sample',
            this.taken,
            this.total,
            await preview?.(others.length > 0 ? [this.rows(others.map((one) => one.latent))] : [], now),
          );
        },
      });
      this.microBatch = samples.microBatch;
      this.batch = Math.max(this.batch, size);
      const { x, before } = samples.halfway;
      for (const [i, one] of own.entries()) {
        one.x = row(x, i);
        one.before = before && row(before, i);
        one.latent = row(samples.latents, i);
      }
    }
  }

  private halfway(list: readonly Begun[]): Halfway {
    const before = list.every((one) => one.before) ? this.rows(list.map((one) => one.before!)) : null;
    return { x: this.rows(list.map((one) => one.x!)), before };
  }

  private async look(list: readonly Begun[]): Promise<void> {
    if (list.length === 0) return;
    const maps = await seen(this.drawing, this.rows(list.map(({ latent }) => latent)), this.microBatch);
    const features = list.map((_, i) => featuresOf(maps, i));
    const { model, means } = this.picking;
    const opinions = scoreWith(
      model,
      features.map((own) => ({ ...means, ...own })),
    );
    for (const [i, one] of list.entries()) {
      one.opinion = opinions[i]!;
      one.features = Object.fromEntries(
        Object.entries(features[i]!).map(([map, data]) => [map, f32([1, data.length], data)]),
      );
    }
  }

  /**
   * A noise of the round's own that is chosen stays at its place; the others fill the places that are left.
   */
  private choose(finished: readonly Begun[]): { chosen: Begun[]; picked: Picked[] } {
    const chosen: Begun[] = [];
    const picked: Picked[] = [];
    const put = (place: number, one: Begun, pick: Pick) => {
      chosen[place] = one;
      picked[place] = { pick, ...one.opinion };
    };
    for (const one of finished) if (this.isUnpicked(one)) put(one.place!, one, 'unpicked');
    for (const origin of ['base', 'tuned'] as const) {
      const places = this.places[origin];
      const list = finished.filter((one) => one.origin === origin && !this.isUnpicked(one));
      const shown = chosen.flatMap(({ latent }) => [latent]);
      const candidates: Candidate[] = list;
      const picks = choose(candidates, { places: places.length, unsure: this.unsure[origin] }, shown);
      const at = (index: number) => list[index]!;
      for (const { index, pick } of picks)
        if (at(index).place !== null) put(at(index).place!, at(index), pick);
      const free = places.filter((place) => !chosen[place]);
      for (const { index, pick } of picks.filter(({ index }) => at(index).place === null))
        put(free.shift()!, at(index), pick);
    }
    return { chosen, picked };
  }
}

const row = (x: FloatTensor, i: number): Float32Array => Float32Array.from(rows(x, i, i + 1).data);

/** The maps that all of them have. */
function joined(list: readonly FeatureMaps[]): FeatureMaps {
  const maps = Object.keys(list[0]!).filter((map) => list.every((features) => features[map]));
  return Object.fromEntries(maps.map((map) => [map, stackRows(list.map((features) => features[map]!))]));
}
