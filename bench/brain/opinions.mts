// What the votes of a session say of pictures, by the vote model: of those that were voted on, of base
// pictures that nobody saw, and of what an adapter draws.

import { batchOf } from '../../engine/io/latents.js';
import type { ReplayItem } from '../../engine/io/remembered.js';
import type { Round } from '../../engine/io/round.js';
import { type Approval, approvalBy } from '../../engine/learn/early-stop.js';
import { crossFitted, fitVoteModel, type VoteExample } from '../../engine/learn/vote-model/fit.js';
import { mayVote } from '../../engine/learn/vote-model/ghosts.js';
import { type PictureFeatures, scoreWith, tells } from '../../engine/learn/vote-model/model.js';
import { replayWeightsBy } from '../../engine/learn/vote-model/replay-weights.js';
import { features } from '../../engine/models/features.js';
import { rows } from '../../engine/runtime/tensor.js';
import { loadTask } from '../../src/config/tasks.js';
import { Rng } from '../../src/rng.js';
import {
  basePictures,
  cache,
  type Kept,
  latent,
  type Picture,
  pipeline,
  ROUND,
  type Stream,
  sampler,
} from './drawing.mjs';
import { say } from './fits.mjs';
import type { Way } from './ways.mjs';

/** Some votes are turned round. */
export const calledGood = ({ good, flip = false }: Pick<Picture, 'good' | 'flip'>): boolean => good !== flip;

/** What the model sees in pictures; kept in memory alone, it costs a tenth of a drawing. */
const seenIn = new Map<Float32Array, PictureFeatures>();

async function see(task: string, pictures: readonly Picture[]): Promise<PictureFeatures[]> {
  const fresh = pictures.filter(({ z }) => !seenIn.has(z));
  for (let at = 0; at < fresh.length; at += ROUND) {
    const part = fresh.slice(at, at + ROUND);
    const padded = Array.from({ length: ROUND }, (_, i) => part[Math.min(i, part.length - 1)]!.z);
    const maps = await features(pipeline, cache, loadTask(task).prompt, batchOf(padded, latent), ROUND);
    for (const [i, { z }] of part.entries()) {
      const own = Object.entries(maps).map(([name, map]) => [name, map && rows(map, i, i + 1).data] as const);
      seenIn.set(z, Object.fromEntries(own.map(([name, row]) => [name, Float32Array.from(row!)])));
    }
  }
  return pictures.map(({ z }) => seenIn.get(z)!);
}

async function examplesOf(task: string, votes: readonly Picture[]): Promise<VoteExample[]> {
  const seen = await see(task, votes);
  return votes.map((vote, i) => ({ features: seen[i]!, label: calledGood(vote) ? 1 : 0, weight: 1 }));
}

const votesRng = ({ seed, round }: Stream) => new Rng(seed, round, 'learn.votes');

/** Of each voted good: what weighted replay makes of it at the way's temperature. */
export async function replayed(
  stream: Stream,
  votes: readonly Picture[],
  { weigh = 0, doubt }: Way,
): Promise<Map<Picture, number>> {
  const examples = await examplesOf(stream.task, votes);
  const p = crossFitted(examples, votesRng(stream), doubt) ?? votes.map(() => null);
  const weights = replayWeightsBy(
    fitVoteModel(examples, votesRng(stream), doubt),
    p.filter((_, i) => calledGood(votes[i]!)),
    weigh,
  );
  return new Map(votes.filter(calledGood).map((vote, i) => [vote, weights[i]!]));
}

/** Base pictures that nobody voted on and that the vote model likes, with how sure it is of it. */
export async function ghostsOf(
  kept: Kept,
  stream: Stream,
  votes: readonly Picture[],
  { ghosts, doubt }: Way,
): Promise<Picture[]> {
  if (!ghosts) return [];
  const model = fitVoteModel(await examplesOf(stream.task, votes), votesRng(stream), doubt);
  if (!model || !(doubt ? mayVote(model) : tells(model, 0.8))) return [];
  const drawn: Picture[] = [];
  for (let of = 0; of <= stream.round; of++)
    drawn.push(...(await basePictures(kept, { ...stream, round: 500 + of }, ghosts.pictures)));
  const opinions = scoreWith(model, await see(stream.task, drawn));
  const liked = drawn.flatMap((picture, i) => {
    const p = opinions[i]?.p ?? 0;
    return p > ghosts.least ? [{ ...picture, weight: 2 * p - 1 }] : [];
  });
  const good = liked.filter((picture) => picture.good).length;
  say(`  ghosts: ${liked.length} of ${drawn.length}, ${good} good, AUC ${model.auc.toFixed(3)}`);
  return liked;
}

/** By the votes so far: how much of what an adapter draws would be liked; null where they do not tell. */
export async function approvalOf(stream: Stream, votes: readonly Picture[]): Promise<Approval | null> {
  const { task, seed, round } = stream;
  const examples = await examplesOf(task, votes);
  const { prompt, negative } = loadTask(task);
  const drawn = { manifest: { prompt, negative, latent } } as Round;
  const rng = (purpose: string) => new Rng(seed, round, `learn.${purpose}`);
  const { signal } = new AbortController();
  return approvalBy(
    { pipeline, cache, round: drawn, sampler, rng, signal },
    fitVoteModel(examples, votesRng(stream)),
    examples as unknown as ReplayItem[],
  );
}
