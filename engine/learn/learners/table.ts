/** All learners by name: the one table that jobs, documents and tests read. */

import type { AdapterParams } from '../../../src/config/learner-params.js';
import type { Learner } from '../learner.js';
import { acclaim } from './acclaim.js';
import { d3po } from './d3po.js';
import { ddpo } from './ddpo.js';
import { hero } from './hero.js';
import { nft } from './nft.js';
import { papa } from './papa.js';

/** A learner with its own parameter type closed over: whoever takes one from the table parses what it hands in. */
type AnyLearner = Learner<AdapterParams>;

export const learners: Readonly<Record<Learner['name'], AnyLearner>> = {
  acclaim: acclaim as unknown as AnyLearner,
  hero: hero as unknown as AnyLearner,
  ddpo: ddpo as unknown as AnyLearner,
  d3po: d3po as unknown as AnyLearner,
  nft: nft as unknown as AnyLearner,
  papa: papa as unknown as AnyLearner,
};
