/**
 * What the web platform is handed: where to listen, where to keep its own things, and the few questions it
 * asks the app. It knows no session, no store and no engine.
 */
import type { CommandSpec } from '../../../src/chat/commands.js';
import type { Account } from '../../../src/chat/port.js';
import type { Bounds } from './streams.js';

/** Body of `GET /api/status`, read by scripts, monitors and the page's sidebar. */
export interface StatusBody {
  sessions: SessionStatus[];
}
export interface SessionStatus {
  id: string;
  channel: string;
  /** False: it is on other platforms alone. */
  onPage?: boolean;
  prompt: string;
  /** active | paused | ended */
  state: string;
  /** Number of the newest round; 0 before the first. */
  round: number;
  roundState: string;
  /** Live and closed ballots posted so far. */
  ballots: number;
  votes: number;
  voters: number;
  /**
   * Counts of people while the round is open: marked anything, finished, and how many more have to for it to
   * close.
   */
  turnout?: { round: number; voters: number; finished: number; missing: number } | null;
  /** Share of approval (0..1) of every closed round in which a picture was judged, in order. */
  approval: number[];
  /** The pictures behind each of them: liked of judged is the share. */
  judged: { round: number; pictures: number; judged: number; liked: number }[];
  title?: string;
  /** Rounds the session may take; null = no bound. */
  budget?: number | null;
  /** True once there is a LoRA to download. */
  adapter?: boolean;
}

/** A LoRA for diffusers or for other programs, or a whole model. */
export const learnedFormats = ['diffusers', 'kohya', 'merged'] as const;
export type LearnedFormat = (typeof learnedFormats)[number];

export interface Learned {
  /** File, or folder of a whole model, which is sent as a tar. */
  path: string;
  name: string;
  folder: boolean;
}

export interface Typing {
  path: readonly string[];
  /** Of the option. */
  name: string;
  channel: string;
  account: Account;
}

export interface Monitor {
  readiness(): Promise<{ ready: boolean }>;
  /** In Prometheus' text format. */
  scrape(): Promise<{ type: string; text: string }>;
}

export interface Crowd {
  /** True for an invite that is good, which is used up by this. */
  redeem(code: string): Promise<boolean>;
  /** Whether the person's marks wait, and the code under which moderators know them. */
  standing(account: Account): Promise<{ waits: boolean; code: string }>;
}

export interface WebOptions {
  host: string;
  /** 0 = any free port; `WebPlatform.url` tells which. */
  port: number;
  /** Needed when bound beyond loopback. Its holders are admins, all others members. */
  accessToken: string | null;
  /** Channels where pictures that are NSFW may be shown, to holders of a token. */
  nsfwChannels?: readonly string[];
  /** Lets its holders see those channels and vote there; null = admins only. */
  nsfwToken?: string | null;
  /**
   * Host names people may use to reach the page through a proxy, besides IP addresses and this host's name.
   */
  hostNames?: readonly string[];
  /** Addresses and networks of reverse proxies whose headers are believed. */
  trustProxy?: readonly string[];
  /** Folder of the web platform's own files: cookie secret and posted messages. Made when missing. */
  dir: string;
  commands: readonly CommandSpec[];
  /** Open pages, at most; as configured. */
  streams?: Bounds;
  /** Files and connections that this process may have open; else as the system says. */
  descriptors?: number;
  now: () => number;
  status: () => StatusBody | Promise<StatusBody>;
  /** What a session taught (up to its head, or to `round`); null when it is not there (yet). */
  adapter: (session: string, round: number | null, format: LearnedFormat) => Promise<Learned | null>;
  /** What could complete an option that somebody types; none = the option's own choices. */
  complete?: (typing: Typing) => Promise<readonly string[]>;
  /** Who counts: without it everybody does, as far as the page can tell. */
  crowd?: Crowd;
  /** `open`: every browser is a voter, though an access token is set. */
  voters?: 'invited' | 'open';
  /** What `/readyz` and `/metrics` answer; without it there is neither. */
  monitor?: Monitor;
  /** Told, in a line with its hint, what a proxy in front has wrong. */
  onWarning?: (line: { message: string; hint: string }) => void;
  /** Told of faults that no request can be blamed for. */
  onError?: (error: unknown) => void;
}
