/**
 * Job `learn`: (checkpoint n-1, round n, feedback n) -> checkpoint n. A pure function of files, seed and
 * settings: the same payload gives the same bytes (bitwise at one thread). A round that teaches nothing still
 * writes a checkpoint, which remembers its votes.
 */

import { mustSpareMinors } from '../../src/chat/prompt-policy.js';
import type { AdapterHyperparameters } from '../../src/config/learners.js';
import { AcclaimError } from '../../src/errors.js';
import { modelHash } from '../../src/models/model-hash.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import { type LearningPlan, learningPlanSchema } from '../../src/queue/plan-fields.js';
import type { Rng } from '../../src/rng.js';
import { durationInWords } from '../foretold-costs.js';
import { writeCheckpoint } from '../io/checkpoint.js';
import type { ReplayItem } from '../io/remembered.js';
import { portable, readRound } from '../io/round.js';
import type { VoteModel } from '../io/vote-model.js';
import { FitAhead } from '../learn/ahead.js';
import { PROBES, probeSteps } from '../learn/collapse-guard.js';
import { splitLabels } from '../learn/feedback.js';
import { adapterSpec, parseParams } from '../learn/hyperparameters.js';
import type { BatchPlan, WantedSteps } from '../learn/learner.js';
import { stateFor } from '../learn/learner.js';
import { learners } from '../learn/learners/table.js';
import { crossFittedOf, fitVoteModel, votesOf } from '../learn/vote-model/fit.js';
import { fitReasons, reasonedVotesOf } from '../learn/vote-model/reasons.js';
import { sessionVariety } from '../measures/session-variety.js';
import { encodePair } from '../models/prompt.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { dropPlan, keptPlan } from './kept-plan.js';
import { openCheckpoint } from './open-checkpoint.js';
import { paced, type Report } from './pace.js';
import { peakMemoryMb } from './peak-memory.js';
import { textsInTurn } from './texts.js';
import { planLearning } from './time-plan.js';
import { aheadKey, batchPlanOf, ghostsOf, learnStream } from './work-ahead.js';

type Payload = JobPayload<'learn'>;

/**
 * Learns a round and writes the checkpoint after it to `payload.out`. Errors: those of opening model,
 * checkpoint and round; config-invalid, usage, memory-short; cancelled.
 */
export async function learn(
  engine: EngineContext,
  payload: Payload,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'learn'>> {
  const started = performance.now();
  const report = paced(progress);
  mustSpareMinors(payload);
  report('load', 0, 1);
  const opened = await open(engine, payload);
  report('load', 1, 1);

  const streams = new Streams(payload);
  const votes = new SessionVotes(opened.params, streams);
  const key = aheadKey(opened.round, opened.params, opened.checkpoint);
  const training = await trainingOf(engine, payload, opened, report);
  const { learner, params, pipeline, checkpoint, round } = opened;
  const outcome = await learner.learn({
    pipeline,
    cache: engine.cache,
    params,
    sampler: opened.sampler,
    round,
    judged: opened.judged,
    state: checkpoint && stateFor(learner, checkpoint.state),
    text: opened.text,
    textOf: opened.textOf,
    rng: (purpose) => streams.of(purpose),
    chosen: training.fit,
    ahead: (steps) => engine.ahead.found(key, FitAhead)?.best(steps),
    voteModel: (replay) => votes.model(replay),
    crossFitted: (replay) => crossFittedOf(votesOf(replay), streams.of('votes'), opened.params),
    ...ghostsFor(engine, opened, { key, report, signal }),
    fitted: training.fitted,
    progress: training.progress,
    ...training.bounded,
    signal,
  });

  const voteModel = votes.model(outcome.state.replay) ?? undefined;
  const variety = varietyOf(outcome.state.replay, payload.round, opened.textOf);
  report('write', 0, 1);
  const random = streams.blocks();
  const { fit, plan } = training;
  const facts = factsOf(engine, payload, opened, { random, fit, plan });
  writeCheckpoint(payload.out, { ...outcome.state, voteModel }, { ...facts, ...variety });
  report('write', 1, 1);
  engine.ahead.drop(key);
  dropPlan(payload.out);
  return {
    steps: outcome.losses.length,
    losses: outcome.losses,
    learned: outcome.learned,
    notes: outcome.notes,
    ...variety,
    ...(plan && { plan }),
    seconds: (performance.now() - started) / 1000,
    memoryMb: peakMemoryMb(),
    device: engine.device,
  };
}

/** What the payload names, opened and held against one another. */
type Opened = Awaited<ReturnType<typeof open>>;

async function open(engine: EngineContext, payload: Payload) {
  const learner = learners[payload.learner.name];
  const params = parseParams(learner, payload.learner);
  const round = readRound(payload.roundDir);
  // What is drawn beside the round is drawn as it was.
  const pipeline = await (round.manifest.precision === 'int8'
    ? engine.drawing(payload.model)
    : engine.pipeline(payload.model));
  const sha256 = await modelHash(payload.model);
  const checkpoint = openCheckpoint(payload.checkpoint, sha256, adapterSpec(params));
  const { manifest } = round;
  if (manifest.model.sha256 !== sha256)
    throw new AcclaimError(
      'usage',
      `${payload.roundDir} was made with another model`,
      'Learn a round with the model that generated it.',
    );
  const judged = splitLabels(payload.feedback, manifest.count);
  const text = await encodePair(pipeline, engine.cache, payload, manifest.latent);
  const textOf = await textsInTurn(pipeline, engine.cache, manifest);
  // As it was drawn: its minutes may have had room for fewer steps.
  const { steps } = manifest.plan ?? payload.sampler;
  const sampler = { ...payload.sampler, steps };
  return { learner, params, pipeline, sha256, checkpoint, round, judged, text, textOf, sampler };
}

/** The streams of a round's learning, by purpose; what was drawn of each stands in the checkpoint. */
class Streams {
  private readonly drawn = new Map<string, Rng>();

  constructor(private readonly at: Pick<Payload, 'seed' | 'round'>) {}

  of(purpose: string): Rng {
    const own = learnStream(this.at.seed, this.at.round, purpose);
    this.drawn.set(purpose, own);
    return own;
  }

  blocks(): Record<string, number> {
    return Object.fromEntries([...this.drawn].sort().map(([purpose, stream]) => [purpose, stream.blocks]));
  }
}

/**
 * The voters' model: of every learner, and of all votes of the session; fitted once, to the first that asks.
 */
class SessionVotes {
  private fitted: { readonly model: VoteModel | null } | undefined;

  constructor(
    private readonly params: AdapterHyperparameters,
    private readonly streams: Streams,
  ) {}

  model(replay: readonly ReplayItem[]): VoteModel | null {
    this.fitted ??= { model: this.fit(replay, this.streams.of('votes')) };
    return this.fitted.model;
  }

  private fit(replay: readonly ReplayItem[], rng: Rng): VoteModel | null {
    const { params } = this;
    return params.reasons
      ? fitReasons(reasonedVotesOf(replay), rng, params)
      : fitVoteModel(votesOf(replay), rng, params);
  }
}

/**
 * How the training fits, as the session chose before or as the learner tells; with that, how long it will
 * take.
 */
async function trainingOf(engine: EngineContext, payload: Payload, opened: Opened, report: Report) {
  const { checkpoint, params } = opened;
  const { minutes } = params as { minutes?: number };
  const speed = await engine.rate();
  /** Seconds of one executor call. */
  let each: number | undefined;
  const training = {
    plan: undefined as LearningPlan | undefined,
    bounded: minutes === undefined ? {} : { afford },
    fit: checkpoint ? batchPlanOf(checkpoint.manifest) : null,
    fitted(taken: BatchPlan, flops: number) {
      training.fit = taken;
      each = flops / speed;
      const rows = `each ${taken.rows} of its rows`;
      engine.onForetold?.(each, `a learning step takes about ${durationInWords(each)} for ${rows}`);
    },
    progress(stage: 'embed' | 'train', done: number, total: number, calls?: number) {
      report(stage, done, total, undefined, calls && each && calls * each * (total - done));
    },
  };
  function afford(wanted: WantedSteps): LearningPlan {
    training.plan = planOf(payload, opened, { minutes: minutes!, call: each! }, wanted);
    return training.plan;
  }
  return training;
}

/** How much is learned in the minutes; `call`: seconds of one executor call. Decided once in a job. */
function planOf(
  { out }: Payload,
  { round, params, checkpoint, sampler }: Opened,
  { minutes, call }: { minutes: number; call: number },
  wanted: WantedSteps,
): LearningPlan {
  const work = { ...wanted, probes: PROBES, probeSteps: probeSteps(sampler) };
  const about = [minutes, work, aheadKey(round, params, checkpoint)];
  return keptPlan(out, about, learningPlanSchema, () => {
    const { seconds, ...planned } = planLearning(minutes, { ...work, call });
    const { steps, batch, probes } = work;
    return { minutes, ...planned, wanted: { steps, batch, probes }, seconds: Math.round(seconds) };
  });
}

/** The round's ghosts, where the learner wants any. */
function ghostsFor(
  engine: EngineContext,
  { learner, params, pipeline, checkpoint, round, sampler }: Opened,
  { key, report, signal }: { key: string; report: Report; signal: AbortSignal },
) {
  const due = learner.ghosts?.(params, round, checkpoint?.state ?? null) ?? 0;
  if (due === 0) return {};
  // Its manifest names the files of a stack, and says not where they are here.
  const drawnAs = { ...round, manifest: { ...round.manifest, sampler } };
  const ghosts = () =>
    ghostsOf(engine, { pipeline, round: drawnAs, checkpoint }, key, due).all(signal, (done, all) =>
      report('sample', done, all),
    );
  return { ghosts };
}

/** What was decided while the round was learned. */
interface Decided {
  random: Record<string, number>;
  fit: BatchPlan | null;
  plan: LearningPlan | undefined;
}

/** What the checkpoint's manifest says beside what the state decides. */
function factsOf(
  engine: EngineContext,
  payload: Payload,
  { learner, params, pipeline, sha256, checkpoint, round }: Opened,
  { random, fit, plan }: Decided,
) {
  return {
    learner: learner.name,
    params: { ...params },
    round: payload.round,
    seed: payload.seed,
    model: { sha256, family: pipeline.family },
    prompt: payload.prompt,
    negative: payload.negative,
    ...(payload.criterion !== undefined && { criterion: payload.criterion }),
    adapter: adapterSpec(params),
    ...stackOf(portable(payload.sampler)),
    latent: round.manifest.latent,
    random,
    ...(plan && { plan }),
    parent: checkpoint?.hash ?? null,
    batch: fit?.rows ?? params.microBatch,
    ...(fit ? { recompute: fit.recompute } : {}),
    ...partOf(checkpoint?.manifest ?? round.manifest),
    threads: engine.threads,
    device: engine.device,
    precision: engine.precision,
    software: engine.software,
  };
}

/** Of what was liked under this round's prompt. */
function varietyOf(replay: readonly ReplayItem[], round: number, textOf: Opened['textOf']) {
  const own = replay.filter((item) => textOf?.(item.round) === textOf?.(round));
  const liked = own.filter(({ label, weight }) => label > 0.5 && weight > 0);
  const variety = sessionVariety(liked, round);
  return variety ? { variety } : {};
}

const stackOf = ({ stack = [] }: Payload['sampler']) => (stack.length > 0 ? { stack } : {});

/** The session's first round decides; later ones are drawn as the checkpoint says. */
const partOf = ({ part }: { part?: number | undefined }) => (part === undefined ? {} : { part });
