/** A command: its spec (words, arguments, role, help) and what it does. What it may touch is its context. */
import type { CommandSpec, Values } from '../../src/chat/commands.js';
import { ruleSettings, type Settings } from '../../src/domain/sessions/settings.js';
import type { Act } from '../../src/domain/state/events.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { AcclaimError, inSentences } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Asker, Asking } from '../services/requests.js';
import type { Services } from '../services/services.js';
import type { Answer } from '../views/notice.js';
import type { CommandActs } from './acts.js';

export type { Answer };

/** What a command is run with: who asks and where, what they gave, and what it may work with. */
export interface CommandContext extends Asker {
  services: Services;
  /** Puts acts to sessions and into the audit. */
  acts: CommandActs;
  values: Values;
  specs: readonly CommandSpec[];
}

/** A command of the chat. Registration, help, completion and roles follow from its spec. */
export interface ChatCommand {
  spec: CommandSpec;
  /** Also on servers that the bot is not there for. */
  everywhere?: boolean;
  /** True where it only tells something: that is no act, whoever may ask for it. */
  reads?(values: Values): boolean;
  run(context: CommandContext): Promise<Answer>;
}

/**
 * The session that this channel is about: the newest that has not ended, else the newest. Throws
 * `session-not-found`.
 */
export async function theSession({ services, account, channel }: CommandContext): Promise<SessionState> {
  const found = await services.sessions.ofChannel(account.platform, channel);
  if (found) return found;
  throw new AcclaimError(
    'session-not-found',
    say('There is no session in this channel.'),
    say('**/acclaim session start PROMPT** opens one.'),
  );
}

/** Does one act on the channel's session; a refusal is the answer. */
export async function doAct(context: CommandContext, act: Act, said: Answer): Promise<Answer> {
  const { session } = await theSession(context);
  const refusal = await context.acts.act(session.id, act, context);
  return refusal ? { title: say('Not done'), text: inSentences(refusal) } : said;
}

/** Somebody of another server too. */
export const notTheirs = () =>
  new AcclaimError(
    'not-allowed',
    say('That person is not of this server alone.'),
    say('A moderator of the server of whoever runs this decides on them.'),
  );

/**
 * Accounts are one on all servers of a platform: a guest's moderators decide on nobody who votes elsewhere
 * too.
 */
export async function mustBeTheirs(
  { services, account, channel }: CommandContext,
  voter: string,
): Promise<void> {
  const guest = await services.guests.guestAt(account, channel);
  if (guest !== null && !(await services.channels.haveAllMarksOf(voter, guest))) throw notTheirs();
}

/** Sessions that run follow at once; what went back to the configuration holds from the next session on. */
export async function tellSessions(
  context: CommandContext,
  change: Settings,
  whole: string | undefined,
  but: ReadonlySet<string> = new Set(),
): Promise<void> {
  const rules = ruleSettings(change);
  if (Object.keys(rules).length === 0) return;
  const { services, acts, by } = context;
  for (const { session, address, ended } of await services.serverSessions.all(context))
    if (!ended && !but.has(session))
      await acts.act(session, { name: 'settings', rules, whole }, { by, channel: address });
}

/** Ids of the server's sessions that whoever asks may be told of. */
export async function sessionsInSight(
  { serverSessions, sight }: Services,
  asking: Asking,
): Promise<string[]> {
  const all = (await serverSessions.all(asking)).map(({ session }) => session);
  const seen = await Promise.all(all.map((id) => sight.ofSession(asking, id)));
  return all.filter((_, i) => seen[i]);
}

/**
 * Where the audit of this channel stands: its session's first, then that of the session that was split into
 * it, then that of its server.
 */
export async function placesOf(context: CommandContext): Promise<string[]> {
  const { services, account, channel } = context;
  const state = await services.sessions.ofChannel(account.platform, channel);
  const { id, split } = state?.session ?? {};
  const sessions = [id, split?.parent].filter((one) => one !== undefined);
  return [...new Set(sessions), await serverPlace(context)];
}

/** Where the audit of this channel's server stands. */
export async function serverPlace(context: CommandContext): Promise<string> {
  const { services, account } = context;
  // A channel that the bot may not even look at is of no server it knows; a refusal is written down all the
  // same.
  const server = await services.settings.serverOf(context).catch(() => account.platform);
  return `@${server}`;
}
