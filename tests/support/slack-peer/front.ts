/**
 * What stands between the bot and the emulator: it keeps a record of every call, makes calls go wrong, holds
 * messages against Slack's bounds, and adds what the emulator lacks: user groups, files that take their time,
 * shortened lists of people, metadata only for those who ask, bounds of time in a channel's history.
 */
import type { webApi } from '@slack/bolt';
import { Gates } from '../wait.js';
import { Faults } from './faults.js';
import { type Body, filesIn, objections } from './rules.js';

export interface Call {
  method: string;
  at: number;
  args: Record<string, unknown>;
  ok: boolean;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

type Args = Record<string, unknown>;
type Reply = Record<string, unknown> & { ok: boolean; error?: string };

export class Front {
  readonly faults = new Faults();
  /** Where calls are held back: at names such as `chat.postMessage`. */
  readonly gates = new Gates();
  /** While it is set no call is answered otherwise: an HTTP status. */
  outage: number | null = null;
  readonly calls: Call[] = [];
  /** What Slack would have against messages. */
  readonly objections: string[] = [];
  /** False: the bot's token was revoked. */
  tokenValid = true;
  appTokenValid = true;
  /** Scopes that Slack says the bot has; null = it does not say. */
  scopes: readonly string[] | null = null;
  /** Looks at a file before Slack has finished with it. */
  fileLooks = 0;
  /** Channels that the bot was removed from. */
  readonly removedFrom = new Set<string>();
  /** User id -> what users.info says beside the emulator; null = it knows nobody. */
  readonly people = new Map<string, Record<string, unknown> | null>();
  readonly groups = new Map<string, string[]>();
  paidPlan = true;
  private readonly looks = new Map<string, number>();

  constructor(
    private readonly emulator: string,
    readonly botToken: string,
    readonly appToken: string,
    private readonly socketUrl: () => string,
  ) {}

  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }

  argsOf(method: string): Args[] {
    return this.calls.filter((call) => call.method === method).map((call) => call.args);
  }

  /** A call by someone else than the bot, without a record. */
  async ask<T = Reply>(method: string, token: string, args: Args): Promise<T> {
    const body = JSON.stringify(args);
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const response = await fetch(`${this.emulator}/api/${method}`, { method: 'POST', headers, body });
    return (await response.json()) as T;
  }

  async serve(method: string, token: string, form: Args): Promise<Answer> {
    const args = Object.fromEntries(Object.entries(form).map(([key, value]) => [key, parsed(value)]));
    const call: Call = { method, at: Date.now(), args, ok: false };
    this.calls.push(call);
    if (this.outage !== null) return { status: this.outage, headers: {}, body: {} };
    await this.gates.pass(method);
    const fault = this.faults.take(method);
    if (fault && !fault.done) return faulty(fault);
    const body = await this.answer(method, token, args);
    if (fault) return faulty(fault);
    call.ok = body.ok;
    const scopes = this.scopes === null ? {} : { 'x-oauth-scopes': this.scopes.join(',') };
    return { status: 200, headers: scopes as Record<string, string>, body };
  }

  private async answer(method: string, token: string, args: Args): Promise<Reply> {
    if (method === 'apps.connections.open') {
      const known = token === this.appToken && this.appTokenValid;
      const open: webApi.AppsConnectionsOpenResponse = known
        ? { ok: true, url: this.socketUrl() }
        : { ok: false, error: 'invalid_auth' };
      return open as Reply;
    }
    // The emulator takes tokens that it does not know for an admin's.
    if (token !== this.botToken) return { ok: false, error: 'invalid_auth' };
    if (!this.tokenValid) return { ok: false, error: 'token_revoked' };
    const channel = String(args.channel ?? '');
    if (this.removedFrom.has(channel)) return { ok: false, error: 'not_in_channel' };
    switch (method) {
      case 'chat.postMessage':
      case 'chat.update':
      case 'chat.postEphemeral': {
        const wrong = objections(args as Body);
        this.objections.push(...wrong.map((text) => `${method}: ${text}`));
        const unready = filesIn(args as Body).some((file) => (this.looks.get(file) ?? 0) <= this.fileLooks);
        if (wrong.length > 0 || unready) return { ok: false, error: 'invalid_blocks' };
        // Nothing is built on what the answer says of the message beside its name.
        const { message: _, ...answer } = await this.ask(method, token, args);
        return answer as Reply;
      }
      case 'usergroups.users.list': {
        if (!this.paidPlan) return { ok: false, error: 'plan_upgrade_required' };
        const users = this.groups.get(String(args.usergroup));
        const list: webApi.UsergroupsUsersListResponse = users
          ? { ok: true, users }
          : { ok: false, error: 'no_such_subteam' };
        return list as Reply;
      }
      case 'users.info':
        return this.person(token, args);
      case 'files.info':
        return this.file(token, args);
      case 'reactions.get':
        return this.reactions(token, args);
      case 'conversations.history':
        return this.history(token, args);
      default:
        return this.ask(method, token, args);
    }
  }

  private async person(token: string, args: Args): Promise<Reply> {
    const more = this.people.get(String(args.user));
    if (more === null) return { ok: false, error: 'user_not_found' };
    const found = await this.ask<Reply & { user?: object }>('users.info', token, args);
    const user: Record<string, unknown> = { ...found.user, ...more };
    // Told to whoever asks for it alone.
    if (String(args.include_locale) !== 'true') delete user.locale;
    return found.ok ? { ...found, user } : found;
  }

  private async file(token: string, args: Args): Promise<Reply> {
    const found = await this.ask<Reply & { file?: object }>('files.info', token, args);
    if (!found.ok) return found;
    const id = String(args.file);
    const looks = (this.looks.get(id) ?? 0) + 1;
    this.looks.set(id, looks);
    return looks <= this.fileLooks ? { ...found, file: { ...found.file, mimetype: '' } } : found;
  }

  /** Without `full` the list of people is cut short; the count is not. */
  private async reactions(token: string, args: Args): Promise<Reply> {
    type Found = Reply & { message: { reactions?: { users: string[] }[] } };
    const found = await this.ask<Found>('reactions.get', token, args);
    if (!found.ok || String(args.full) === 'true') return found;
    const reactions = found.message.reactions?.map((r) => ({ ...r, users: r.users.slice(0, 2) }));
    return { ...found, message: { ...found.message, reactions } };
  }

  private async history(token: string, args: Args): Promise<Reply> {
    type Found = Reply & { messages: { ts: string; metadata?: unknown }[] };
    const all = await this.ask<Found>('conversations.history', token, { channel: args.channel, limit: 1000 });
    if (!all.ok) return all;
    const { oldest = '0', latest = '9999999999.9', limit = 100, inclusive, cursor } = args;
    const within = all.messages.filter(({ ts }) => {
      const [low, high] = [compare(ts, String(oldest)), compare(ts, String(latest))];
      return String(inclusive) === 'true' ? low >= 0 && high <= 0 : low > 0 && high < 0;
    });
    const from = cursor ? Number(cursor) : 0;
    const page = within.slice(from, from + Number(limit));
    const next = from + Number(limit) < within.length ? String(from + Number(limit)) : '';
    const asked = String(args.include_all_metadata) === 'true';
    const messages = page.map(({ metadata, ...rest }) => (asked && metadata ? { ...rest, metadata } : rest));
    return { ok: true, messages, has_more: next !== '', response_metadata: { next_cursor: next } };
  }
}

function faulty({
  status = 200,
  error,
  headers = {},
  body,
}: {
  status?: number;
  error?: string;
  headers?: Record<string, string>;
  body?: Record<string, unknown>;
}): Answer {
  return { status, headers, body: { ok: false, error: error ?? 'broken', ...body } };
}

function compare(a: string, b: string): number {
  const [x, y] = [a.padEnd(17, '0'), b.padEnd(17, '0')];
  return x === y ? 0 : x > y ? 1 : -1;
}

/** The client sends what is not a word as JSON. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
