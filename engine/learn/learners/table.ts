/**
 * The learners of the registry (src/config/learners.ts) with what they do: one without a method does not
 * compile.
 */

import {
  type AdapterHyperparameters,
  type LearnerName,
  learnerNames,
  learnerRegistry,
  type ParamsOf,
} from '../../../src/config/learners.js';
import type { Learner, Method } from '../learner.js';
import { acclaim } from './acclaim.js';
import { d3po } from './d3po.js';
import { ddpo } from './ddpo.js';
import { hero } from './hero.js';
import { nft } from './nft.js';
import { papa } from './papa.js';

const methods: { readonly [N in LearnerName]: Method<ParamsOf<N>> } = {
  acclaim,
  hero,
  ddpo,
  d3po,
  nft,
  papa,
};

/** Whoever takes one parses the parameters that it hands in. */
const learnerOf = (name: LearnerName) =>
  ({ name, ...learnerRegistry[name], ...methods[name] }) as Learner<AdapterHyperparameters>;

export const learners = Object.fromEntries(learnerNames.map((name) => [name, learnerOf(name)])) as Readonly<
  Record<LearnerName, Learner>
>;
