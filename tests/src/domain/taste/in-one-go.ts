/** The guards over plain lists of votes, each run to its end: what most tests want. */
import { finish } from '../../../../src/domain/state/steps.js';
import { columns, type Votes } from '../../../../src/domain/voting/taste/ballot-box.js';
import * as bridges from '../../../../src/domain/voting/taste/bridging.js';
import * as clusters from '../../../../src/domain/voting/taste/clusters.js';
import * as skene from '../../../../src/domain/voting/taste/dawid-skene.js';
import * as labels from '../../../../src/domain/voting/taste/labels.js';
import * as caps from '../../../../src/domain/voting/taste/newcomers.js';
import type { WeightedVote } from '../../../support/taste-reference/ballot-box.js';

type List = readonly WeightedVote[];

/** With the weight that guards have given so far. */
const box = (votes: List): Votes => finish(columns([votes.map((vote) => ({ ...vote, weight: vote.w }))]));
const reweighed = (votes: List, { w }: Votes): WeightedVote[] =>
  votes.map((vote, v) => ({ ...vote, w: w[v]! }));

export const timingClusters = (votes: List, guards: Parameters<typeof clusters.timingClusters>[1]) =>
  finish(clusters.timingClusters(box(votes), guards));
export const shareWithinClusters = (votes: List, found: ReadonlyMap<string, string>) =>
  reweighed(votes, clusters.shareWithinClusters(box(votes), found));
export const capNewcomers = (votes: List, isNewcomer: (voter: string) => boolean, share: number) =>
  reweighed(votes, caps.capNewcomers(box(votes), isNewcomer, share));
export const dawidSkene = (votes: List) => finish(skene.dawidSkene(box(votes)));
export const oppositeShare = (votes: List, coins: skene.DawidSkene['voters']) =>
  labels.oppositeShare(box(votes), coins);
export const bridging = (votes: List) => finish(bridges.bridging(box(votes))).p;
export const label = (ballots: labels.LabelInput, guards: Parameters<typeof labels.label>[1]) =>
  finish(labels.label(ballots, guards));
