/** A command: its spec (words, arguments, role, help) and what it does. What it may touch is its context. */
import type { CommandSpec, Values } from '../../src/chat/commands.js';
import type { Account } from '../../src/chat/port.js';
import type { Refusal } from '../../src/domain/decision.js';
import type { Act, Seen } from '../../src/domain/events.js';
import type { Binding, SessionState } from '../../src/domain/model.js';
import { AcclaimError } from '../../src/errors.js';

export interface Answer {
  title: string;
  text: string;
  data?: Record<string, unknown>;
}

export interface StartRequest {
  prompt: string;
  title?: string | undefined;
  negative?: string | undefined;
  learner?: string | undefined;
  images?: number | undefined;
  rounds?: number | undefined;
  seed?: number | undefined;
  createdBy: string | null;
}

/** What the app offers to commands. */
export interface Actions {
  sessions(): SessionState[];
  /** The session that this channel is about. */
  sessionOf(account: Account, channel: string): SessionState | undefined;
  act(session: string, act: Act, by: Seen): Promise<Refusal | null>;
  start(request: StartRequest, account: Account, channel: string): Promise<SessionState>;
  /** Where a new session of this platform goes when it is asked for in `channel`. */
  placeFor(
    session: string,
    account: Account,
    channel: string,
  ): Omit<Binding, 'session' | 'ordinal' | 'canPost'>;
  showStory(session: string): Promise<void>;
  forget(account: Account): Promise<void>;
  newId(title: string): string;
  tasks(): { name: string; prompt: string; goal: string }[];
  models(): { name: string; title: string; about: string; licence: string }[];
}

export interface CommandContext {
  actions: Actions;
  account: Account;
  by: Seen;
  channel: string;
  values: Values;
  specs: readonly CommandSpec[];
}

export interface ChatCommand {
  spec: CommandSpec;
  run(context: CommandContext): Promise<Answer>;
}

export function theSession({ actions, account, channel }: CommandContext): SessionState {
  const found = actions.sessionOf(account, channel);
  if (found) return found;
  throw new AcclaimError(
    'session-not-found',
    'There is no session in this channel.',
    '**/acclaim session start PROMPT** opens one.',
  );
}

/** Does one act on the channel's session; a refusal is the answer. */
export async function doAct(context: CommandContext, act: Act, said: Answer): Promise<Answer> {
  const refusal = await context.actions.act(theSession(context).session.id, act, context.by);
  return refusal ? { title: 'Not done', text: `${refusal.message} ${refusal.mend}`.trim() } : said;
}
