/**
 * Job `learn`: (checkpoint n-1, round n, feedback n) -> checkpoint n. A pure function of files, seed and settings: the
 * same payload gives the same bytes (bitwise at one thread). A round that teaches nothing still writes a checkpoint,
 * which remembers its votes.
 */

import { mustSpareMinors } from '../../src/chat/prompt-policy.js';
import { AcclaimError } from '../../src/errors.js';
import { modelHash } from '../../src/models/model-hash.js';
import type { JobPayload, JobResult } from '../../src/queue/jobs.js';
import type { Rng } from '../../src/rng.js';
import { durationInWords } from '../foretold-costs.js';
import { writeCheckpoint } from '../io/checkpoint.js';
import type { ReplayItem } from '../io/remembered.js';
import { readRound } from '../io/round.js';
import { FitAhead } from '../learn/ahead.js';
import { splitLabels } from '../learn/feedback.js';
import { adapterSpec, parseParams } from '../learn/hyperparameters.js';
import { stateFor } from '../learn/learner.js';
import { learners } from '../learn/learners/table.js';
import { crossFittedOf, fitVoteModel, votesOf } from '../learn/vote-model/fit.js';
import type { VoteModel } from '../learn/vote-model/model.js';
import { fitReasons, reasonedVotesOf } from '../learn/vote-model/reasons.js';
import { sessionVariety } from '../measures/session-variety.js';
import { encodePair } from '../models/prompt.js';
import { rate } from '../runtime/rate.js';
import type { WorkerContext } from '../worker.js';
import type { EngineContext } from './context.js';
import { openCheckpoint } from './open-checkpoint.js';
import { paced } from './pace.js';
import { peakMemoryMb } from './peak-memory.js';
import { textsInTurn } from './texts.js';
import { aheadKey, fitOf, ghostsOf, learnStream } from './work-ahead.js';

export async function learn(
  engine: EngineContext,
  payload: JobPayload<'learn'>,
  { signal, progress }: WorkerContext,
): Promise<JobResult<'learn'>> {
  const started = performance.now();
  const report = paced(progress);
  mustSpareMinors(payload);
  report('load', 0, 1);
  const { seed, prompt, negative } = payload;
  const learner = learners[payload.learner.name];
  const params = parseParams(learner, payload.learner);
  const pipeline = await engine.pipeline(payload.model);
  const sha256 = await modelHash(payload.model);
  const checkpoint = openCheckpoint(payload.checkpoint, sha256, adapterSpec(params));
  const round = readRound(payload.roundDir);
  if (round.manifest.model.sha256 !== sha256)
    throw new AcclaimError(
      'usage',
      `${payload.roundDir} was made with another model`,
      'Learn a round with the model that generated it.',
    );
  const judged = splitLabels(payload.feedback, round.manifest.count);
  const text = await encodePair(pipeline, engine.cache, { negative, prompt }, round.manifest.latent);
  const textOf = await textsInTurn(pipeline, engine.cache, round.manifest);
  report('load', 1, 1);

  const streams = new Map<string, Rng>();
  const speed = await rate(engine.cache);
  const chosen = checkpoint ? fitOf(checkpoint.manifest) : null;
  const key = aheadKey(round, params, checkpoint);
  const stream = (purpose: string): Rng => {
    const own = learnStream(seed, payload.round, purpose);
    streams.set(purpose, own);
    return own;
  };
  let fit = chosen;
  /** Seconds of one executor call. */
  let each: number | undefined;
  /** Of every learner, and of all votes of the session; told once. */
  let fittedModel: { of: VoteModel | null } | undefined;
  const voteModelOf = (replay: readonly ReplayItem[]): VoteModel | null => {
    fittedModel ??= {
      of: params.reasons
        ? fitReasons(reasonedVotesOf(replay), stream('votes'), params)
        : fitVoteModel(votesOf(replay), stream('votes'), params),
    };
    return fittedModel.of;
  };
  // Its manifest names the files of a stack, and says not where they are here.
  const drawnAs = { ...round, manifest: { ...round.manifest, sampler: payload.sampler } };
  const due = learner.ghosts?.(params, round, checkpoint?.state ?? null) ?? 0;
  const outcome = await learner.learn({
    pipeline,
    cache: engine.cache,
    params,
    sampler: payload.sampler,
    round,
    judged,
    state: checkpoint && stateFor(learner, checkpoint.state),
    text,
    textOf,
    rng: stream,
    chosen,
    ahead: (steps) => engine.ahead.found(key, FitAhead)?.best(steps),
    voteModel: voteModelOf,
    crossFitted: (replay) => crossFittedOf(votesOf(replay), stream('votes')),
    ...(due > 0 && {
      ghosts: () =>
        ghostsOf(engine, pipeline, drawnAs, checkpoint, key, due).all(signal, (done, all) =>
          report('sample', done, all),
        ),
    }),
    fitted(taken, flops) {
      fit = taken;
      each = flops / speed;
      engine.onForetold?.(
        each,
        `a learning step takes about ${durationInWords(each)} for each ${taken.rows} of its rows`,
      );
    },
    progress(stage, done, total, calls) {
      const foretold = calls && each && calls * each * (total - done);
      report(stage, done, total, undefined, foretold);
    },
    signal,
  });

  const voteModel = voteModelOf(outcome.state.replay) ?? undefined;
  const own = outcome.state.replay.filter(({ round }) => textOf?.(round) === textOf?.(payload.round));
  const variety = varietyOf(own, payload.round);
  report('write', 0, 1);
  writeCheckpoint(
    payload.out,
    { ...outcome.state, voteModel },
    {
      learner: learner.name,
      params: { ...params },
      round: payload.round,
      seed,
      model: { sha256, family: pipeline.family },
      prompt,
      negative,
      ...(payload.criterion !== undefined && { criterion: payload.criterion }),
      adapter: adapterSpec(params),
      latent: round.manifest.latent,
      random: Object.fromEntries([...streams].sort().map(([purpose, stream]) => [purpose, stream.blocks])),
      parent: checkpoint?.hash ?? null,
      batch: fit?.rows ?? params.microBatch,
      ...(fit ? { recompute: fit.recompute } : {}),
      ...partOf(checkpoint?.manifest ?? round.manifest),
      threads: engine.threads,
      device: engine.device,
      precision: engine.precision,
      software: engine.software,
      ...variety,
    },
  );
  report('write', 1, 1);
  engine.ahead.drop(key);
  return {
    steps: outcome.losses.length,
    losses: outcome.losses,
    learned: outcome.learned,
    notes: outcome.notes,
    ...variety,
    seconds: (performance.now() - started) / 1000,
    memoryMb: peakMemoryMb(),
    device: engine.device,
  };
}

function varietyOf(replay: readonly ReplayItem[], round: number) {
  const liked = replay.filter(({ label, weight }) => label > 0.5 && weight > 0);
  const variety = sessionVariety(liked, round);
  return variety ? { variety } : {};
}

/** The session's first round decides; later ones are drawn as the checkpoint says. */
const partOf = ({ part }: { part?: number | undefined }) => (part === undefined ? {} : { part });
