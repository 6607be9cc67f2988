/**
 * Job `generate`: noise -> latents -> images, written as a round folder.
 *   1. noise of every image
 *   2. sample in equal batches, or choose among more (picking.ts)
 *   3. decode
 *   4. look for what is held back, and draw anew in its place, from the next noise; then the pair row
 *   5. write, with provenance in each PNG
 * A learned session's round is drawn by two models, a share of it by the base model, so that there is more to
 * learn from that no training has narrowed. Each image's noises are of streams of its own: what one group is
 * changes nothing of the other. The noise of step k of image i comes from a stream of its own, so a batch
 * split changes rounding, never the draw.
 */

import { mustSpareMinors } from '../../src/chat/prompt-policy.js';
import { encodePng } from '../../src/images/png.js';
import { modelHash } from '../../src/models/model-hash.js';
import type { JobPayload, JobResult, SafetyMark } from '../../src/queue/jobs.js';
import { applied } from '../adapters/applied.js';
import { requireLikelihoods } from '../diffusion/likelihoods.js';
import { substitution } from '../diffusion/native.js';
import { schedule } from '../diffusion/schedulers.js';
import type { Origin } from '../io/remembered.js';
import {
  type FeatureMaps,
  featuresOf,
  imageName,
  portable,
  type RoundManifest,
  writeRound,
} from '../io/round.js';
import { adapterSpec, parseParams } from '../learn/hyperparameters.js';
import { stateFor } from '../learn/learner.js';
import { learners } from '../learn/learners/table.js';
import { beatsChance, scoreWith } from '../learn/vote-model/model.js';
import { featureFacts } from '../models/features.js';
import { branchesOf } from '../models/guidance.js';
import { f32, stackRows } from '../runtime/tensor.js';
import type { WorkerContext } from '../worker.js';
import { bounded } from './bounded-drawing.js';
import type { EngineContext } from './context.js';
import { type Drawing, type Drawn, drawImages } from './draw.js';
import { dropPlan } from './kept-plan.js';
import { openCheckpoint } from './open-checkpoint.js';
import { openDecoder } from './open-decoder.js';
import { paced, type Report } from './pace.js';
import { drawPair, pairPngs, pairResultOf } from './pair.js';
import { peakMemoryMb } from './peak-memory.js';
import { drawPicked, type PickedRound } from './picking.js';
import { type PickingPlan, planPicking } from './picking-plan.js';
import { previewer } from './preview.js';
import { RoundNoises } from './round-noises.js';
import { type Looked, lookOver, openSafety, type Safety } from './safety.js';
import { offerAhead } from './work-ahead.js';

type Payload = JobPayload<'generate'>;

/**
 * Draws a round and writes it to `payload.out`. Errors: those of opening model, checkpoint, decoder and
 * checker; config-invalid, not-learnable, memory-short, not-finite; cancelled.
 */
export async function generate(
  engine: EngineContext,
  asked: Payload,
  { signal, progress, fault = () => {} }: WorkerContext,
): Promise<JobResult<'generate'>> {
  const started = performance.now();
  const report = paced(progress);
  // Whoever sent it: what no session may ask for is not drawn.
  for (const prompt of [asked.prompt, ...(asked.prompts ?? [])])
    mustSpareMinors({ ...asked, prompt }, asked.safety?.nsfw);
  report('load', 0, 1);
  const opened = await open(engine, asked, fault);
  const { payload, planned } = opened;
  report('load', 1, 1);
  const safety = openSafety(engine, payload);
  const picking = pickingFor(payload, opened);
  const drawing = await drawingOf(engine, payload, opened, { report, signal, fault, picking, safety });

  // 1. to 4.
  const made = await drawRound(drawing, payload, opened, { picking, safety });

  const pair = await drawPair(drawing, payload, safety, fault);

  // 5.
  report('write', 0, 1);
  const manifest = {
    ...(await manifestOf(drawing, payload, opened, made, safety)),
    ...(pair && { pair: pair.said }),
    ...(planned && { plan: planned }),
  };
  const { drawn, looked, picks } = made;
  const chances = chancesOf(opened, made);
  const pngs = await Promise.all(
    drawn.pictures.map((picture, i) => encodePng(picture, provenance(manifest, i))),
  );
  const kept = pair && (await pairPngs(pair, provenance(manifest, null)));
  writeRound(payload.out, { manifest, ...drawn, features: made.features }, pngs, kept ?? []);
  const { noise, latents, trajectory } = drawn;
  const round = {
    manifest: { ...manifest, sampler: payload.sampler },
    ...{ noise, latents, trajectory },
  };
  offerAhead(engine, { ...opened, round });
  dropPlan(payload.out);
  report('write', 1, 1);
  return {
    images: made.origins.map((origin, index) => ({
      index,
      file: imageName(index),
      width: manifest.width,
      height: manifest.height,
      origin,
      ...(picks && { pick: picks.picked[index]!.pick }),
      ...(looked ? shownAs(looked[index]!.mark) : {}),
      ...chances[index],
    })),
    ...(picks && { draws: picks.draws }),
    ...(pair && { pair: pairResultOf(pair) }),
    ...(planned && { plan: planned }),
    notes: [substitution(opened.pipeline.scheduler, payload.sampler.scheduler)].filter(
      (note) => note !== null,
    ),
    seconds: (performance.now() - started) / 1000,
    memoryMb: peakMemoryMb(),
    device: engine.device,
  };
}

/** What the payload names, opened and held against one another. */
type Opened = Awaited<ReturnType<typeof open>>;

async function open(engine: EngineContext, asked: Payload, fault: Settings['fault']) {
  const learner = learners[asked.learner.name];
  // Likelihoods are compared with those of the network that learns, to a ten-thousandth.
  const pipeline = await (learner.comparesLikelihoods
    ? engine.pipeline(asked.model)
    : engine.drawing(asked.model));
  const sha256 = await modelHash(asked.model);
  const params = parseParams(learner, asked.learner);
  // A round that its learner cannot learn from is not worth sampling.
  const whole = schedule(pipeline.scheduler, asked.sampler);
  if (learner.comparesLikelihoods) requireLikelihoods(whole, asked.sampler);
  const checkpoint = openCheckpoint(asked.checkpoint, sha256, adapterSpec(params));
  const latent = pipeline.latentShape(asked.width, asked.height);
  const decoder = openDecoder(engine, asked, pipeline, fault);
  const tiny = asked.decoder?.rounds ? decoder : undefined;
  const opened = { pipeline, sha256, learner, params, checkpoint, latent, decoder, tiny };
  const draws = pickingFor(asked, { ...opened, plan: whole })?.rule.draws ?? 1;
  const { payload, planned } = await bounded(engine, asked, { ...opened, draws });
  const plan = schedule(pipeline.scheduler, payload.sampler);
  return { ...opened, plan, payload, planned };
}

const pickingFor = (
  payload: Payload,
  {
    pipeline,
    learner,
    params,
    plan,
    checkpoint,
  }: Pick<Opened, 'pipeline' | 'learner' | 'params' | 'plan' | 'checkpoint'>,
): PickingPlan | null =>
  planPicking(payload, {
    ...{ learner, params, checkpoint },
    steps: plan.steps.length,
    branches: branchesOf(pipeline.unetConfig, payload.sampler.guidance),
  });

interface Settings {
  report: Report;
  signal: AbortSignal;
  fault: (error: unknown) => void;
  picking: PickingPlan | null;
  safety: Safety | null;
}

/** By which models the round is drawn, and who is told meanwhile. */
async function drawingOf(
  engine: EngineContext,
  payload: Payload,
  { pipeline, learner, params, checkpoint, latent, decoder, tiny }: Opened,
  { report, signal, fault, picking, safety }: Settings,
): Promise<Drawing> {
  const adapter =
    checkpoint && checkpoint.state.optimiser.step > 0 && !payload.untuned
      ? applied(checkpoint.manifest.adapter, stateFor(learner, checkpoint.state))
      : undefined;
  const sheet = picking ? Math.ceil(payload.count * picking.rule.draws * 1.5) : payload.count;
  // What is looked over before people see it is not shown half done.
  const preview =
    payload.preview && !safety ? await previewer(pipeline, engine.cache, sheet, fault, decoder) : undefined;
  return {
    engine,
    pipeline,
    latent,
    payload,
    adapter,
    until: checkpoint ? learner.drawing?.(params, checkpoint.state).until : undefined,
    microBatch: checkpoint?.manifest.part,
    report,
    preview,
    tiny,
    signal,
  };
}

/** A round's images, and all that is known of them. */
interface Made {
  origins: Origin[];
  drawn: Drawn;
  /** Where the round was chosen among more noises. */
  picks: Pick<PickedRound, 'picked' | 'draws'> | null;
  /** Where somebody looks. */
  looked: Looked[] | null;
  features: FeatureMaps;
}

async function drawRound(
  drawing: Drawing,
  payload: Payload,
  { learner, params, checkpoint, latent }: Opened,
  { picking, safety }: Pick<Settings, 'picking' | 'safety'>,
): Promise<Made> {
  const tuned = drawing.adapter !== undefined;
  const share = (checkpoint && learner.drawing?.(params, checkpoint.state).baseShare) ?? 0;
  const origins = originsOf(payload.count, tuned ? (payload.noise === 'learner' ? share : 0) : 1);
  const size = latent[0] * latent[1] * latent[2];
  const noises = new RoundNoises(payload, checkpoint, size, origins, tuned);
  const picks = picking && (await drawPicked(drawing, picking, noises, origins));
  const drawn = picks?.drawn ?? (await drawImages(drawing, noises.own(), (i) => noises.steps(i), origins));
  const redraw = (held: readonly number[], attempt: number): Promise<Drawn> => {
    // Nobody chose what is drawn anew.
    if (picks) for (const i of held) picks.picked[i] = { pick: 'unpicked' };
    const own = held.map((i) => origins[i]!);
    const stream = (i: number) => noises.steps(held[i], attempt);
    return drawImages(drawing, noises.again(held, attempt), stream, own);
  };
  const looked = safety && (await lookOver(drawing, safety, drawn, redraw));
  const clip = looked && stackRows(looked.map(({ embedding: e }) => f32([1, e.length], e)));
  return { origins, drawn, picks, looked, features: { ...drawn.features, ...(clip && { clip }) } };
}

async function manifestOf(
  { engine, pipeline, tiny }: Drawing,
  payload: Payload,
  { sha256, checkpoint, latent }: Opened,
  { origins, drawn, picks, looked, features }: Made,
  safety: Safety | null,
): Promise<RoundManifest> {
  const { width, height } = drawn.pictures[0]!;
  return {
    format: 'acclaim-round',
    version: 1,
    round: payload.round,
    seed: payload.seed,
    model: { sha256, family: pipeline.family },
    prompt: payload.prompt,
    ...(payload.prompts && { prompts: payload.prompts }),
    negative: payload.negative,
    sampler: portable(payload.sampler),
    width,
    height,
    count: payload.count,
    latent,
    noise: payload.noise,
    checkpoint: checkpoint?.hash ?? null,
    batch: drawn.batch,
    part: drawn.microBatch,
    threads: engine.threads,
    device: engine.device,
    precision: pipeline.int8 ? 'int8' : engine.precision,
    software: engine.software,
    images: origins.map((origin, i) => ({ origin, ...picks?.picked[i] })),
    ...(tiny && { decoder: await modelHash(tiny.dir) }),
    ...(picks && { draws: picks.draws }),
    ...(safety && looked && { safety: { bound: safety.bound, images: looked.map(({ mark }) => mark) } }),
    features: featureFacts(pipeline.scheduler, features),
  };
}

/** What the vote model thinks of each picture, where it is known to tell more than chance. */
function chancesOf({ checkpoint }: Opened, { origins, features }: Made): { chance?: number }[] {
  const model = checkpoint?.state.voteModel ?? null;
  if (!beatsChance(model)) return [];
  const opinions = scoreWith(
    model,
    origins.map((_, i) => featuresOf(features, i)),
  );
  return opinions.map((opinion) => (opinion ? { chance: opinion.p } : {}));
}

/** Which images the base model draws: a share of them, spread over the round so that every sheet has some. */
export function originsOf(count: number, baseShare: number): Origin[] {
  const base = Math.round(baseShare * count);
  const before = (i: number) => Math.floor((i * base) / count);
  return Array.from({ length: count }, (_, i) => (before(i + 1) > before(i) ? 'base' : 'tuned'));
}

const shownAs = (safety: SafetyMark) => ({
  safety,
  held: safety.held,
  ...(safety.barred && { barred: true }),
});

/** What an image carries of its origin; `index` null: one of the pair row, which adds its own. */
function provenance(m: RoundManifest, index: number | null): Record<string, string> {
  return {
    Software: m.software,
    prompt: m.prompt,
    negative_prompt: m.negative,
    sampler: JSON.stringify(m.sampler),
    seed: String(m.seed),
    round: String(m.round),
    ...(index === null ? {} : { image: String(index) }),
    ...(index !== null && m.safety?.images[index]?.redrawn
      ? { redrawn: String(m.safety.images[index].redrawn) }
      : {}),
    model_sha256: m.model.sha256,
    checkpoint_sha256: m.checkpoint ?? 'none',
    device: m.device,
    precision: m.precision,
  };
}
