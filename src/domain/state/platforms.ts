/**
 * The registry of chat platforms: what holds of each whether it is connected or not, a row each. Names, words, quorum and limits
 * derive from it. What a connected one can do stands in its own `capabilities.ts`.
 */

export interface PlatformFacts {
  /** As people are told of it. */
  label: string;
  /** A network away: its requests may fail, and are counted. */
  remote: boolean;
  /** People vote there, so its votes are measured. */
  voted: boolean;
  /** What makes the quorum unless it is set otherwise: where votes are reactions nobody presses Done unasked. */
  quorumBy: 'marks' | 'done';
  /** Least time between two edits of a message, ms. */
  editMs: number;
  /** A ballot's text says how many have finished: where people read the message itself, and no page that hears of it live. */
  turnoutInText: boolean;
  /** What a server is called there, the command that its admins' begin with, and the looks of its id; absent where there is none. */
  server?: { word: string; admin: string; id: RegExp };
}

export const platforms = {
  web: { label: 'the page', remote: false, voted: true, quorumBy: 'done', editMs: 250, turnoutInText: false },
  discord: {
    label: 'Discord',
    remote: true,
    voted: true,
    quorumBy: 'marks',
    editMs: 5000,
    turnoutInText: true,
    server: { word: 'server', admin: '/acclaim-admin', id: /^\d{15,20}$/ },
  },
  slack: {
    label: 'Slack',
    remote: true,
    voted: true,
    quorumBy: 'marks',
    editMs: 5000,
    turnoutInText: true,
    server: { word: 'workspace', admin: '/acclaim', id: /^[TE][A-Z0-9]{6,20}$/ },
  },
  /** In memory, for tests and simulations. */
  fake: {
    label: 'another platform',
    remote: false,
    voted: false,
    quorumBy: 'done',
    editMs: 0,
    turnoutInText: false,
  },
} satisfies Record<string, PlatformFacts>;

export type Platform = keyof typeof platforms;

const isPlatform = (name: string): name is Platform => Object.hasOwn(platforms, name);

/** Of a name that is in no row (any more): undefined. */
export const factsOfPlatform = (name: string): PlatformFacts | undefined =>
  isPlatform(name) ? platforms[name] : undefined;

/** In the registry's order, those of which `is` holds. */
export const platformsThat = (is: (facts: PlatformFacts) => boolean): Platform[] =>
  Object.keys(platforms).filter((name): name is Platform => isPlatform(name) && is(platforms[name]));
