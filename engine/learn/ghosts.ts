/**
 * What a learner makes of the pictures that nobody saw: those of the base model that the vote model likes
 * stand beside the goods that people named, by as much as it is sure. A handful of goods leaves out most of
 * what the base model can draw of what is liked, and what is left out fades; a hundred leave out little. They
 * are scored anew in every round, by all votes so far.
 */
import { counted, say, type Text } from '../../src/words/text.js';
import type { LearnerState } from '../io/learner-state.js';
import type { Ghost } from '../io/remembered.js';
import type { VoteModel } from '../io/vote-model.js';
import type { Item } from './guided-fit.js';
import { ghostVotes } from './vote-model/ghosts.js';

/** P(good) from which on a ghost is fitted: what is hardly liked teaches little, and is more often wrong. */
const LEAST_P = 0.8;
/** Ghosts of a session: as many liked ones as these hold are enough. */
const MOST = 256;

/** How many more are drawn beside a round of `count` pictures. */
export const ghostsDue = (perVoted: number, count: number, before: readonly Ghost[], round: number): number =>
  Math.max(
    0,
    Math.min(Math.round(perVoted * count), MOST - before.filter((ghost) => ghost.round !== round).length),
  );

/** Without those of a round that is learned again. */
export const mergeGhosts = (old: readonly Ghost[], added: readonly Ghost[], round: number): Ghost[] => [
  ...old.filter((ghost) => ghost.round !== round),
  ...added,
];

/** Those that are fitted, weighted 2 P - 1. `voted`: pictures that people voted on so far. */
export function likedGhosts(model: VoteModel | null, ghosts: readonly Ghost[], voted: number): Item[] {
  const byFeatures = new Map(ghosts.map((ghost) => [ghost.features, ghost]));
  const votes = ghostVotes(model, [...byFeatures.keys()], voted);
  return votes
    .filter(({ label }) => label >= LEAST_P)
    .map(({ features, weight }) => {
      const { latent, round } = byFeatures.get(features as Ghost['features'])!;
      return { latent, weight, round };
    });
}

/** Said to people. */
export const ghostWords = (liked: number): Text[] =>
  liked > 0
    ? [
        say('It learned also from {pictures} that nobody was shown and, by your votes, you would like.', {
          pictures: counted(liked, 'picture'),
        }),
      ]
    : [];

/** How many are liked by the votes that a session has. */
export const ghostGoods = ({ voteModel, ghosts = [], replay }: LearnerState): number =>
  likedGhosts(voteModel ?? null, ghosts, replay.length).length;
