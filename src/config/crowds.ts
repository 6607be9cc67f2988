/**
 * Crowds: how the voters of a simulation behave, honest people and those who attack; one file each in
 * config/crowds/, or a file of one's own. The people follow PEBBLE's simulated teachers (2106.05091: a noisy,
 * mistaken, skipping teacher who cannot always tell) with what ballots add to that: leniency, downs that
 * nobody reports, the place on a sheet, factions, bursts.
 */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { AcclaimError } from '../errors.js';
import { projectPath } from '../files/paths.js';
import { checked, readYaml, yamlNames } from './files.js';

const share = z.number().min(0).max(1);
const people = z.strictObject({
  /** People who vote in the community, attackers left out. */
  count: z.number().int().min(1).max(2000),
  /** Chance that one comes to a round. */
  active: share.default(0.4),
  /**
   * How sharply they tell good from bad: P(up) = 1/(1 + exp(-beta (quality + leniency))); quality is some
   * -4..4.
   */
  beta: z.number().positive().default(1),
  /** Chance that a judgement comes out the wrong way round. */
  mistake: share.default(0.1),
  /** Chance that a sheet is passed by. */
  skip: share.default(0.1),
  /** Chance that somebody cannot tell, and leaves a picture unmarked. */
  equal: share.default(0.1),
  /** Standard deviation between people of what they add to every quality. */
  leniency: z.number().min(0).default(0.3),
  /** Chance that who finds nothing good on a sheet says so. */
  downs: share.default(1),
  /** Share of the attention that is lost from one picture to the next. */
  position: share.default(0),
  /** Chance that somebody stars what they like best. */
  stars: share.default(0.5),
  /** Shares of the camps of taste; each likes other ones of the pictures that divide people. */
  factions: z.array(share).max(4).default([]),
  /** Share of people who vote only where they dislike something, and then say what is wrong. */
  dislikers: share.default(0),
  /** Share of people who join during the session, half of them with a new account. */
  joining: share.default(0),
  /** Chance that somebody's marks come after the close. */
  late: share.default(0),
  /** Hours over which people come. */
  hours: z.number().positive().default(20),
  /** This share of them comes within so many seconds of the posting. */
  burst: z.strictObject({ share, seconds: z.number().positive() }).default({ share: 0, seconds: 60 }),
});

const attack = z
  .strictObject({
    /** Attackers, as a number ... */
    count: z.number().int().min(1).max(2000).optional(),
    /** ... or as a share of all who vote in a round, on average. */
    share: z.number().min(0).max(0.9).optional(),
    /** new: made days ago. aged: as old as anybody's, and seen here before. */
    accounts: z.enum(['new', 'aged']),
    /** Minutes within which all of them vote. */
    minutes: z.number().positive(),
    /** Round from which they attack; before it they vote as people do. */
    from: z.number().int().min(1).default(1),
    /**
     * stuff: they mark and star the attacked picture alone. promote: they vote as people do beside it, and
     * star it. invert: they say the opposite of what is so, and star the attacked picture.
     */
    does: z.enum(['stuff', 'promote', 'invert']),
    /** Chance that one takes part in a round. */
    active: share.default(1),
  })
  .refine(({ count, share: part }) => (count === undefined) !== (part === undefined), {
    message: 'attack: give count or share',
  });

/** A value of some of the judge's heads, by their names. */
const taste = z.record(z.string(), z.union([z.string(), z.number()]));

const crowdSchema = z.strictObject({
  /** What it is there for, in a sentence. */
  about: z.string().min(1),
  people,
  attack: attack.nullable().default(null),
  /** Pictures where none are drawn: how many a round, the chance that one is good, that it divides people. */
  pictures: z
    .strictObject({ count: z.number().int().min(2).max(256), good: share, divided: share.default(0) })
    .default({ count: 18, good: 0.4, divided: 0 }),
  /** What each of two factions likes of drawn pictures, in place of what the task asks for. */
  tastes: z.tuple([taste, taste]).nullable().default(null),
});

export interface Crowd extends z.infer<typeof crowdSchema> {
  name: string;
}
export type People = Crowd['people'];
export type Attack = NonNullable<Crowd['attack']>;

const folder = 'config/crowds';

/** Names of the crowds in config/crowds, sorted. */
export function crowdNames(): string[] {
  return yamlNames(projectPath(folder));
}

/** A name of config/crowds/ or a file. Throws config-invalid for what is neither, or is no crowd. */
export function loadCrowd(what: string): Crowd {
  const named = /^[\w-]+$/.test(what) ? projectPath(folder, `${what}.yaml`) : what;
  if (!existsSync(named))
    throw new AcclaimError(
      'config-invalid',
      `there is no crowd "${what}"`,
      `Name a file, or one of: ${crowdNames().join(', ')}.`,
    );
  const crowd = checked(crowdSchema, readYaml(named), named, 'See the crowds in config/crowds/.');
  if (crowd.tastes && crowd.people.factions.length !== 2)
    throw new AcclaimError(
      'config-invalid',
      `${named}: tastes are of two factions`,
      'Give people.factions two shares.',
    );
  return { name: what, ...crowd };
}
