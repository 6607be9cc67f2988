/** A command: its spec (words, arguments, role, help) and what it does. What it may touch is its context. */
import type { CommandSpec, Values } from '../../src/chat/commands.js';
import type { Account, NamedChannel, Picture, PlatformName } from '../../src/chat/port.js';
import type { Proposal } from '../../src/domain/moderation/proposals.js';
import { ruleSettings, type Settings } from '../../src/domain/sessions/settings.js';
import type { Budgets } from '../../src/domain/state/budgets.js';
import type { Refusal } from '../../src/domain/state/decision.js';
import type { Act, Seen } from '../../src/domain/state/events.js';
import type { Act as ActRow, Place, PromptReading, SessionState } from '../../src/domain/state/model.js';
import type { Ballot } from '../../src/domain/state/round.js';
import type { RoundTime } from '../../src/domain/state/round-time.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { AcclaimError, inSentences } from '../../src/errors.js';
import type { Linked } from '../../src/store/links.js';
import type { SessionPlace } from '../../src/store/lookups.js';
import type { PersonalData } from '../../src/store/personal.js';
import type { Standing } from '../../src/store/standings.js';
import type { AuditRow } from '../../src/store/store.js';
import type { Under } from '../effects/evaluations.js';
import type { Export, Exported } from '../services/exports.js';
import type { Answer } from '../views/notice.js';

export type { Answer };

export interface StartRequest {
  prompt: string;
  /** Several, drawn a round each in turn, `prompt` the first. */
  prompts?: string[] | undefined;
  title?: string | undefined;
  negative?: string | undefined;
  /** What makes a picture good. */
  criterion?: string | undefined;
  learner?: string | undefined;
  model?: string | undefined;
  images?: number | undefined;
  rounds?: number | undefined;
  ballots?: Rules['ballots'] | undefined;
  seed?: number | undefined;
  /** A session that reduces unsafe images. */
  nsfw?: boolean | undefined;
  /** It begins with what the safety checker marks, before anybody votes. */
  warmStart?: boolean | undefined;
  createdBy: string | null;
}

export type Asker = Pick<CommandContext, 'account' | 'by' | 'channel' | 'replyTo'>;

/** What the app offers to commands. */
export interface Actions {
  /** False: nothing is done for whoever acts there, but what is said to be for everywhere. */
  served(account: Account, channel: string): Promise<boolean>;
  whyNotServed(account: Account, channel: string): Promise<string>;
  /** Makes the server where it is said the host's own, and gives its id; throws `not-allowed` for a code that is not good. */
  claimServer(code: string, from: { account: Account; by: Seen; channel: string }): Promise<string>;
  /** Those that are known, and what they are to the host. */
  servers(): { platform: PlatformName; server: string; standing: Standing }[];
  /** An operator's word on one. */
  decideServer(platform: PlatformName, server: string, standing: 'allowed' | 'refused'): Promise<void>;
  /** Wherever it is: also one that ended. */
  session(id: string): Promise<SessionState | undefined>;
  /** Those that whoever asks here may be told of: of the same platform, there of the same server, and in their sight. Of one that ended its rounds and nothing below. */
  sessionsNear(account: Account, channel: string): Promise<SessionState[]>;
  /** May whoever asks here be told of what is in another channel? */
  seesChannel(account: Account, channel: string, address: string): Promise<boolean>;
  seesSession(account: Account, channel: string, session: string): Promise<boolean>;
  /** Those that an act here reaches, in their asker's sight or not: bound to a channel of the same server, named with it. */
  sessionsOfServer(account: Account, channel: string): Promise<SessionPlace[]>;
  /** False on guests' servers. */
  isOwnServer(account: Account, channel: string): Promise<boolean>;
  /** On the host's own servers of everybody; elsewhere of those who voted on that server and nowhere else. */
  mayDecideOn(voter: string, account: Account, channel: string): Promise<boolean>;
  /** The session that this channel is about. */
  sessionOf(account: Account, channel: string): Promise<SessionState | undefined>;
  /** Ids of the sessions in which some accounts have ever left a mark. */
  votedIn(keys: readonly string[]): Promise<string[]>;
  /** `channel`: where it was asked for, one of the session's. */
  act(session: string, act: Act, by: Seen, channel: string): Promise<Refusal | null>;
  start(request: StartRequest, account: Account, channel: string): Promise<SessionState>;
  /** Where a new session of this platform goes when it is asked for in `channel`. */
  placeFor(session: string, account: Account, channel: string, nsfw: boolean): Place;
  /** A code for another channel to join by: told once, kept as its hash. */
  joinCode(goodForMs: number): { code: string; hash: string; until: number };
  /** Binds the channel to the session of the code; throws what is wrong. */
  join(code: string, from: { account: Account; by: Seen; channel: string }): Promise<SessionState>;
  /** A link by which one person's marks on the page count; null where there is no page. */
  invite(): string | null;
  /** Null for somebody who has not agreed to be known. */
  linkCode(by: Seen): Promise<string | null>;
  link(code: string, from: { account: Account; by: Seen }): Promise<Linked>;
  unlink(by: Seen): Promise<boolean>;
  /** Keys of all accounts of the person. */
  accounts(by: Seen): Promise<readonly string[]>;
  /** Throws `not-allowed` where pictures that need care may not be shown. */
  mustGuard(account: Account, address: string): Promise<void>;
  /** The same before such a session goes on, for all of its channels. */
  mustResume(state: SessionState): Promise<void>;
  /** The server, workspace or page that a channel is of: settings and acts without a session are kept by it. */
  serverOf(account: Account, channel: string): Promise<string>;
  /** What admins set for the server of this channel. */
  settings(account: Account, channel: string): Promise<Settings>;
  /** The channels of that server by name; null where their names are their addresses. */
  channelsOf(account: Account, channel: string): Promise<NamedChannel[] | null>;
  changeSettings(account: Account, channel: string, settings: Settings): Promise<void>;
  loadSettings(): Promise<void>;
  /** Writes an act into the audit that no session decided. */
  record(act: Omit<ActRow, 'at'>): Promise<void>;
  /** The audit of sessions and places, newest first. */
  acts(places: readonly string[], limit: number): Promise<AuditRow[]>;
  /** Rows of one act, oldest first, as far as they stand in the audit of these sessions and places. */
  actsOf(whole: string, places: readonly string[]): Promise<(ActRow & { seq: number })[]>;
  /** By this the rows of one act are known for each other's: the server that it is done on, and a code. */
  oneAct(account: Account, channel: string): Promise<string>;
  voterKey(platform: string, id: string): string;
  /** A ballot's picture before it is posted. */
  look(state: SessionState, ballot: Ballot): Promise<Picture | null>;
  showStory(session: string): Promise<void>;
  /** What an evaluation under way does now; undefined while none is. */
  evaluationUnder(session: string): Under | undefined;
  /** Sheets of what the newest evaluation drew: absolute paths. */
  evaluationSheets(state: SessionState): Promise<string[]>;
  forget(account: Account): Promise<void>;
  /** All that is held about a voter. */
  personal(voter: string): Promise<PersonalData>;
  /** False where nothing is kept of the person. */
  setName(voter: Seen, name: string | null): Promise<boolean>;
  /** A text as the policy of prompts takes it; throws `prompt-refused`. */
  allow(text: string, nsfw: boolean): string;
  /** What a model cannot make of a prompt; null where it reads all of it. */
  reading(model: string, prompt: string): PromptReading | null;
  newId(title: string): string;
  tasks(): { name: string; prompt: string; criterion: string }[];
  models(): { name: string; title: string; about: string; licence: string }[];
  /** A moderator must look first at what this person would open here. */
  mustAsk(account: Account, channel: string): Promise<boolean>;
  /** Keeps it and shows moderators a card; throws what would keep it from being opened. */
  propose(request: StartRequest, from: Asker): Promise<Proposal>;
  /** Those that wait on the server of this channel, in the asker's sight. */
  proposals(account: Account, channel: string): Promise<Proposal[]>;
  /** One of them; throws `not-allowed`. */
  proposal(number: number, account: Account, channel: string): Promise<Proposal>;
  /** Resolves with the session's id. */
  openProposal(number: number, account: Account, channel: string): Promise<string>;
  refuseProposal(number: number, account: Account, channel: string, reason: string): Promise<void>;
  /** Names of the models that are on this machine. */
  modelsHere(): string[];
  /** What the next session in the channel would use, by name. */
  modelInUse(account: Account, channel: string): Promise<string>;
  /** How long a round of such a session takes here; null while nobody knows. */
  roundTime(
    request: Pick<StartRequest, 'model' | 'learner' | 'images'>,
    platform: PlatformName,
  ): Promise<RoundTime | null>;
  /** What this host lets be drawn. */
  budgets(): Budgets;
  /** What holds where an admin has set nothing. */
  usualSettings(account: Account): Record<string, unknown>;
  /** Fetches a model, and says where that stands. */
  pull(model: string): string;
  /** Where each pull stands. */
  pulls(): string[];
  /** An export that is at hand, or null. */
  findExport(what: Export): Promise<Exported | null>;
  makeExport(state: SessionState, what: Export): Promise<Exported>;
  /** Where each export stands that is being made. */
  exports(account: Account, channel: string): Promise<string[]>;
  /** Largest file that an answer can carry there. */
  mostFileBytes(account: Account): number;
}

export interface CommandContext {
  actions: Actions;
  account: Account;
  by: Seen;
  channel: string;
  /** Where the asker is answered, for those who are told more later. */
  replyTo: string;
  values: Values;
  specs: readonly CommandSpec[];
}

export interface ChatCommand {
  spec: CommandSpec;
  /** Also on servers that the bot is not there for. */
  everywhere?: boolean;
  /** True where it only tells something: that is no act, whoever may ask for it. */
  reads?(values: Values): boolean;
  run(context: CommandContext): Promise<Answer>;
}

export async function theSession({ actions, account, channel }: CommandContext): Promise<SessionState> {
  const found = await actions.sessionOf(account, channel);
  if (found) return found;
  throw new AcclaimError(
    'session-not-found',
    'There is no session in this channel.',
    '**/acclaim session start PROMPT** opens one.',
  );
}

/** Does one act on the channel's session; a refusal is the answer. */
export async function doAct(context: CommandContext, act: Act, said: Answer): Promise<Answer> {
  const { session } = await theSession(context);
  const refusal = await context.actions.act(session.id, act, context.by, context.channel);
  return refusal ? { title: 'Not done', text: inSentences(refusal) } : said;
}

export const notTheirs = () =>
  new AcclaimError(
    'not-allowed',
    'That person is not of this server alone.',
    'A moderator of the server of whoever runs this decides on them.',
  );

/** Accounts are one on all servers of a platform: a guest's moderators decide on nobody who votes elsewhere too. */
export async function mustBeTheirs(
  { actions, account, channel }: CommandContext,
  voter: string,
): Promise<void> {
  if (!(await actions.mayDecideOn(voter, account, channel))) throw notTheirs();
}

/** Sessions that run follow at once; what went back to the configuration holds from the next session on. */
export async function tellSessions(
  { actions, account, by, channel }: CommandContext,
  change: Settings,
  whole: string | undefined,
  but: ReadonlySet<string> = new Set(),
): Promise<void> {
  const rules = ruleSettings(change);
  if (Object.keys(rules).length === 0) return;
  for (const { session, address, ended } of await actions.sessionsOfServer(account, channel))
    if (!ended && !but.has(session))
      await actions.act(session, { name: 'settings', rules, whole }, by, address);
}

/** Ids of the server's sessions that whoever asks may be told of. */
export async function sessionsInSight({
  actions,
  account,
  channel,
}: Pick<CommandContext, 'actions' | 'account' | 'channel'>): Promise<string[]> {
  const all = (await actions.sessionsOfServer(account, channel)).map(({ session }) => session);
  const seen = await Promise.all(all.map((id) => actions.seesSession(account, channel, id)));
  return all.filter((_, i) => seen[i]);
}

/** Where the audit of this channel stands: its session's first, then that of its server. */
export async function placesOf({ actions, account, channel }: CommandContext): Promise<string[]> {
  const state = await actions.sessionOf(account, channel);
  // A channel that the bot may not even look at is of no server it knows; a refusal is written down all the same.
  const server = await actions.serverOf(account, channel).catch(() => account.platform);
  return [...(state ? [state.session.id] : []), `@${server}`];
}
