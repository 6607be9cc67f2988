/**
 * What every chat platform offers the bot, and what it tells the bot. Platform types end at the adapters:
 * payload -> ChatEvent in `decode.ts`, Card -> payload in `render.ts`. tests/contracts/platform.ts is the
 * suite that web, Discord, Slack and the in-memory fake all pass.
 */

import type { Platform, Role } from '../domain/state/model.js';
import type { Turnout } from '../domain/voting/turnout.js';
import type { Text } from '../words/text.js';

export type PlatformName = Platform;

/** A channel as people name it, and the platform's own id of it. */
export interface NamedChannel {
  name: string;
  address: string;
}

/** A card in one language. */
export type ToldCard = Card<string>;

/** A message of ours on a platform. `message` is opaque (Slack's ts stays a string). */
export interface MessageRef {
  platform: PlatformName;
  channel: string;
  message: string;
}

/** A person as the platform knows them; kept only as a keyed hash beyond the adapter. */
export interface Account {
  platform: PlatformName;
  id: string;
  displayName: string;
  /** Epoch ms, null where the platform does not tell. */
  bornAt: number | null;
  joinedAt: number | null;
  /**
   * What the platform and the configuration say of them there; what that is worth on this host the bot
   * decides.
   */
  role: Role;
  /** Network that a request came from, where the platform tells; kept nowhere but in counts of minutes. */
  from?: string | null;
  /** On the page: holds a token that lets them into the channels that are marked. */
  holder?: boolean;
  /** In which they want to be answered, as their client says; absent where it says nothing. */
  language?: string;
  /** Server where they act, as the platform says with the act; absent where it says nothing. */
  server?: string;
  /** Anybody could have made it, and nobody has vouched for it: it counts once somebody does. */
  waits?: boolean;
}
export type { Role };

export interface Picture<T = Text> {
  /** Absolute path of a PNG, JPEG or WebP. */
  file: string;
  alt: T;
  spoiler: boolean;
}

/** A file that goes along with a private answer. */
export interface Attachment {
  name: string;
  /** Media type. */
  type: string;
  /** Its text, or the absolute path of what lies on the disk already. */
  content: { text: string } | { file: string };
  bytes: number;
  /** Where the page serves it; null = nowhere. */
  url: string | null;
}

export interface Button<T = Text> {
  id: string;
  label: T;
  /** Comes back with a press; of the flag button it is the ballot's cells. */
  value?: string;
  /** It shows what holds, and is pressed already. */
  on?: boolean;
}

/**
 * A message, platform-neutral. Views make cards of texts; adapters render them in the language of who reads
 * them: `T` is `Text` until then, and words after.
 */
export interface Card<T = Text> {
  kind: 'ballot' | 'progress' | 'outcome' | 'story' | 'notice' | 'reply';
  /** Stable key: posting the same key twice adopts the first message. */
  key: string;
  title: T;
  /** Plain text with **bold** only. */
  text: T;
  pictures: Picture<T>[];
  /** Reactions to prime, in order, as canonical names (see src/domain/state/emoji.ts). */
  reactions: string[];
  buttons: Button<T>[];
  /**
   * Of whoever reads it: the channel's, or the asker's. A platform on which each reader has one of their own
   * needs none.
   */
  language?: string;
  /** 0..1 for progress cards; null otherwise. */
  progress: number | null;
  /**
   * A picture of what is being made, as a data address, for platforms that can show it in passing; never
   * stored.
   */
  preview?: string;
  /** Only in private answers. */
  files?: Attachment[];
  /** What a rich client may show beside the text (the web page draws cells and plots from it). */
  data?: Record<string, unknown>;
}

export type ChatEvent =
  | { kind: 'reaction'; ref: MessageRef; account: Account; emoji: string; present: boolean; at: number }
  | { kind: 'cleared'; ref: MessageRef; emoji: string | null; at: number }
  | { kind: 'message-gone'; ref: MessageRef; at: number }
  /** Events may have been missed: open ballots must be read again. */
  | { kind: 'gap'; platform: PlatformName; at: number }
  /** What the platform says of a channel that we post in has changed. */
  | {
      kind: 'channel';
      platform: PlatformName;
      channel: string;
      canPost: boolean;
      /** It was deleted, and not only shut. */
      gone?: boolean;
      nsfw: boolean;
      at: number;
    }
  /**
   * The bot was taken off a server or workspace (null: of the one whose name is not known now), or is on it
   * (again).
   */
  | { kind: 'server'; platform: PlatformName; server: string | null; present: boolean; at: number }
  /** All servers that the bot is on, as a new connection says. */
  | { kind: 'servers'; platform: PlatformName; servers: ReadonlySet<string>; at: number }
  | { kind: 'consent'; channel: string; account: Account; given: boolean; at: number }
  | {
      kind: 'button';
      ref: MessageRef;
      account: Account;
      button: string;
      value: string | null;
      at: number;
      replyTo: string;
    }
  | { kind: 'command'; channel: string; account: Account; text: string; at: number; replyTo: string };

export interface Capabilities {
  /** False: facts are written as they happen and there is nothing to sweep (web). */
  sweeps: boolean;
  editsOldMessages: boolean;
  privateReplies: boolean;
  spoilers: boolean;
  maxPictures: number;
  /** Largest file that an answer can carry. */
  maxFileBytes: number;
  /**
   * True where people agree by a standing notice in the channel; false where the platform asks them itself
   * (web).
   */
  asksConsent: boolean;
  /** True where others can put the bot on servers of theirs. */
  invited: boolean;
}

export interface ChatPlatform {
  /** Where people open it, of a platform that is a page of ours. */
  address?(): string;
  readonly name: PlatformName;
  readonly capabilities: Capabilities;
  /**
   * Begins delivering events; resolves when the platform can post. Awaits of `sink` make the event durable.
   */
  start(sink: (event: ChatEvent) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
  /** Why the platform cannot be reached now, for who watches; null = it can. Absent where it always can. */
  trouble?(): string | null;
  /** Exactly once by `card.key`: an earlier message with the key is returned instead of a second post. */
  post(channel: string, card: Card): Promise<MessageRef>;
  edit(ref: MessageRef, card: Card): Promise<void>;
  remove(ref: MessageRef): Promise<void>;
  react(ref: MessageRef, emoji: string): Promise<void>;
  /** Emoji -> accounts, the bot itself left out. */
  fetchReactions(ref: MessageRef): Promise<Map<string, Account[]>>;
  /**
   * How many have finished with the round that is open in a channel, where people see it live; absent where a
   * ballot's text says it.
   */
  showTurnout?(channel: string, turnout: Turnout & { session: string }): void;
  /** Private answer to a button or command. */
  reply(replyTo: string, card: Card): Promise<void>;
  /**
   * A channel that took no posts when it was last heard of: tells by a `channel` event once it does again.
   */
  watch?(channel: string): void;
  /**
   * May the person be told of what is in a channel, where they ask from another? Looked up on the platform,
   * as it is now. Absent where all channels are everybody's.
   */
  sees?(account: Account, channel: string, from: string): Promise<boolean>;
  /** Are two channels on one server? Absent where a platform has only one place. */
  sameServer?(one: string, other: string): Promise<boolean>;
  /**
   * Throws `not-allowed`, with the hint, where pictures that are NSFW may not be shown; looked up anew each
   * time.
   */
  mustGuard(channel: string): Promise<void>;
  /**
   * Takes every picture that is NSFW out of the channel's messages; the messages stay, and so do their
   * votes.
   */
  takeDown(channel: string): Promise<void>;
  /**
   * Drops what the platform itself keeps of the people whom `is` names; absent where that is not in our
   * hands.
   */
  forget?(is: (account: string) => boolean): Promise<void>;
  /** The same of all in a channel. */
  forgetChannel?(channel: string): Promise<void>;
  /**
   * The channels (as far as the bot sees them) of the server that a channel is of; absent where names are
   * addresses.
   */
  channelsOf?(near: string): Promise<NamedChannel[]>;
  /** Server or workspace of a channel; absent where there is no such thing. */
  serverOf?(channel: string): Promise<string | null>;
  /**
   * Language of the server that a channel is of, as a tag such as `ja`; absent where readers have their own.
   */
  localeOf?(channel: string): Promise<string | null>;
  /** All that the bot is on, asked of the platform anew. */
  servers?(): Promise<ReadonlySet<string>>;
}
