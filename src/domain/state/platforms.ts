/**
 * The registry of chat platforms: what holds of each whether it is connected or not, a row each. Names,
 * words, quorum and limits derive from it. What a connected one can do stands in its own `capabilities.ts`.
 */

export interface PlatformFacts {
  /** As people are told of it. */
  label: string;
  /** Of a network away: where it is looked for. Its requests may fail, and are counted. */
  host?: string;
  /** People vote there, so its votes are measured. */
  voted: boolean;
  /**
   * What makes the quorum unless it is set otherwise: where votes are reactions nobody presses Done unasked.
   */
  quorumBy: 'marks' | 'done';
  /** Least time between two edits of a message, ms. */
  editMs: number;
  /**
   * A ballot's text says how many have finished: where people read the message itself, and no page that hears
   * of it live.
   */
  turnoutInText: boolean;
  /** It notifies people of each message: there what follows a close stands on one. */
  notifies: boolean;
  /**
   * Each picture is pressed itself, and has a star and a menu of its own; else marks are reactions below the
   * message.
   */
  marksOnPictures: boolean;
  /** A session gets a channel of its own; else it lives where it was asked for. */
  channelPerSession: boolean;
  /**
   * Anybody makes accounts at will there, so one tells nothing of who has it until somebody vouches for it.
   */
  accountsAtWill: boolean;
  /**
   * What a server is called there, the command that its admins' begin with, and the looks of its id; absent
   * where there is none.
   */
  server?: { word: string; admin: string; id: RegExp };
}

/** Where people read and react below messages, and are notified of each. */
const ofMessages = {
  voted: true,
  quorumBy: 'marks',
  editMs: 5000,
  turnoutInText: true,
  notifies: true,
  marksOnPictures: false,
  channelPerSession: false,
  accountsAtWill: false,
} as const;

const rows = {
  web: {
    label: 'the page',
    voted: true,
    quorumBy: 'done',
    editMs: 250,
    turnoutInText: false,
    notifies: false,
    marksOnPictures: true,
    channelPerSession: true,
    accountsAtWill: true,
  },
  discord: {
    ...ofMessages,
    label: 'Discord',
    host: 'discord.com',
    server: { word: 'server', admin: '/acclaim-admin', id: /^\d{15,20}$/ },
  },
  slack: {
    ...ofMessages,
    label: 'Slack',
    host: 'slack.com',
    server: { word: 'workspace', admin: '/acclaim', id: /^[TE][A-Z0-9]{6,20}$/ },
  },
  /** In memory, for tests and simulations. */
  fake: {
    ...ofMessages,
    label: 'another platform',
    voted: false,
    quorumBy: 'done',
    editMs: 0,
    turnoutInText: false,
    notifies: false,
  },
} satisfies Record<string, PlatformFacts>;

export type Platform = keyof typeof rows;

/** Those that are a network away. */
export type RemotePlatformName = {
  [Name in Platform]: (typeof rows)[Name] extends { host: string } ? Name : never;
}[Platform];

/** The one that is a page of ours: always there, and where sessions begin that nobody asked for elsewhere. */
export const page = 'web' satisfies Platform;

export const platforms: Readonly<Record<Platform, PlatformFacts>> = rows;

const isPlatform = (name: string): name is Platform => Object.hasOwn(platforms, name);

/** Of a name that is in no row (any more): undefined. */
export const factsOfPlatform = (name: string): PlatformFacts | undefined =>
  isPlatform(name) ? platforms[name] : undefined;

/** In the registry's order, those of which `is` holds. */
export const platformsThat = (is: (facts: PlatformFacts) => boolean): Platform[] =>
  Object.keys(platforms).filter((name): name is Platform => isPlatform(name) && is(platforms[name]));

const isRemote = (name: string): name is RemotePlatformName => factsOfPlatform(name)?.host !== undefined;

/** In the registry's order. */
export const remotePlatforms: readonly RemotePlatformName[] = Object.keys(rows).filter(isRemote);
