/**
 * Slack as a ChatPlatform, over the real Bolt. Votes come from events and from reading a ballot again; messages, edits
 * and answers go over the Web API. Nothing that matters lives in this process only: keys in the messages and sweeps
 * bring it back.
 */
import type { App } from '@slack/bolt';
import { Gone } from '../../../src/chat/gone.js';
import { Spaced } from '../../../src/chat/pace.js';
import type {
  Account,
  Card,
  ChatEvent,
  ChatPlatform,
  MessageRef,
  NamedChannel,
} from '../../../src/chat/port.js';
import { dropRefusedMark, isUnreachable, notConnected, unreachable } from '../../../src/chat/refusals.js';
import { Turns } from '../../../src/chat/turns.js';
import { AcclaimError } from '../../../src/errors.js';
import { safely } from '../../../src/machine/safely.js';
import { SlackApi } from './api.js';
import { capabilities } from './capabilities.js';
import { Channels } from './channels.js';
import { type Line, makeLine, silent } from './client.js';
import { type Decoded, decode, type SlackEvent } from './decode.js';
import { canonical, hasTone, slackName } from './emoji.js';
import { isUninstalled, missingScopes, tokenInvalid, translate } from './errors.js';
import { SlackHistory } from './history.js';
import { Interactions, type Pressed, type Typed } from './interactions.js';
import { commandName, scopes } from './manifest.js';
import { ours } from './mark.js';
import { Messages } from './messages.js';
import { defaultPace, type Pace, type SlackOptions } from './options.js';
import { Newest, Seen } from './order.js';
import { People } from './people.js';
import { readReactions, stillThere } from './reactions.js';
import { whisper } from './render.js';
import { words } from './words.js';

/** What exists between start and stop. */
interface Running {
  line: Line;
  api: SlackApi;
  channels: Channels;
  people: People;
  history: SlackHistory;
  messages: Messages;
  interactions: Interactions;
  sink: (event: ChatEvent) => Promise<void>;
}

type Mark = Extract<ChatEvent, { kind: 'reaction' }>;

/** Between two tries, ms. */
const longest = 300_000;

/** A port of ours that cannot be had is no fault of Slack's. */
const transport = (error: unknown) =>
  (error as { syscall?: string }).syscall === 'listen' ? error : translate(error);

export class SlackPlatform implements ChatPlatform {
  readonly name = 'slack';
  readonly capabilities = capabilities;
  private running: Running | null = null;
  private readonly pace: Pace;
  private readonly primings: Spaced;
  private readonly seen = new Seen();
  private readonly newest = new Newest();
  private readonly turns = new Turns();
  private team = '';
  /** Channels where posts were refused, until they are taken again. */
  private readonly refusing = new Set<string>();
  /** Of the next look at them, where one had no answer. */
  private looking: NodeJS.Timeout | undefined;
  private readonly gone = new Gone((ref) => this.tellGone(ref));
  /** Marks made in a skin tone, "ts user emoji": their removal, or that of the plain twin, is looked at twice. */
  private readonly toned = new Set<string>();

  constructor(private readonly options: SlackOptions) {
    this.pace = { ...defaultPace, ...options.pace };
    this.primings = new Spaced(this.pace.prime);
  }

  async start(sink: (event: ChatEvent) => Promise<void>): Promise<void> {
    const { options, pace } = this;
    const onError = (error: unknown) => this.fault(error);
    const api = new SlackApi(
      { ...options, logger: silent },
      pace,
      (error) => this.fatal(error),
      options.onRequest,
    );
    const self = await api.whoAmI().catch(async (error) => {
      // Taken off while nobody listened; a dead token does not say of which workspace.
      if (isUninstalled(error)) await sink(this.uninstalled(null));
      throw error;
    });
    this.team = self.team;
    const missing = scopes.filter((scope) => self.scopes?.includes(scope) === false);
    if (missing.length > 0) throw missingScopes(missing);
    const people = new People(api, options.roles, options.now, pace.people, onError, self.team);
    const channels = new Channels(api, people);
    const history = new SlackHistory(api, options.now, pace.history);
    history.self = self.user;
    const messages = new Messages({ api, channels, history, pace, onError });
    const unguarded = (channel: string) => this.unguarded(channel);
    const parts = { api, people, channels, options, life: pace.answer, pace, sink, unguarded };
    const interactions = new Interactions(parts);
    const line = makeLine({
      options,
      self,
      onGap: () => this.gap(),
      onLost: (why) => this.options.onLink?.(unreachable('Slack', 'slack.com', why)),
      onBack: () => this.options.onLink?.(null),
      onDead: (error) => this.fatal(error as AcclaimError),
    });
    this.listen(line.app, interactions);
    const running = { line, api, channels, people, history, messages, interactions, sink };
    this.running = running;
    try {
      await line.start();
    } catch (error) {
      this.running = null;
      throw transport(error);
    }
  }

  trouble(): string | null {
    return this.running ? this.running.line.trouble() : 'not connected';
  }

  async stop(): Promise<void> {
    const { running } = this;
    this.running = null;
    await running?.line.stop();
  }

  /** Where Slack has to send events, commands and presses; null in Socket Mode. */
  get url(): string | null {
    return this.running?.line.url() ?? null;
  }

  async post(channel: string, card: Card): Promise<MessageRef> {
    return this.unlessLost(channel, () => this.here.messages.post(channel, card));
  }

  watch(channel: string): void {
    this.refusing.add(channel);
    this.aside(this.lookAgain());
  }

  /** Runs it; a channel that turns out to be lost is told, once, and looked at again after a gap. */
  private async unlessLost<T>(channel: string, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      const lost = error instanceof AcclaimError && error.code === 'channel-lost';
      if (lost && !this.refusing.has(channel)) {
        this.refusing.add(channel);
        this.aside(this.tellChannel(channel, false));
      }
      throw error;
    }
  }

  /** Nobody may have told that the bot is in them again: where posts were refused they may be taken. Without an answer it is asked later. */
  private async lookAgain(wait = this.pace.retry): Promise<void> {
    const { running } = this;
    clearTimeout(this.looking);
    try {
      for (const channel of [...this.refusing]) await this.look(channel);
    } catch (error) {
      if (!isUnreachable(error) || this.running !== running) throw error;
      const again = () =>
        this.running === running ? this.lookAgain(Math.min(wait * 2, longest)) : undefined;
      clearTimeout(this.looking);
      this.looking = setTimeout(
        safely(again, (fault) => this.fault(fault)),
        wait,
      ).unref();
    }
  }

  private async look(channel: string): Promise<void> {
    const { api, channels } = this.here;
    const { isMember, isArchived } = await api.channel(channel).catch((error) => {
      if (isUnreachable(error)) throw error;
      return { isMember: false, isArchived: true };
    });
    if (!isMember || isArchived) return;
    const nsfw = await channels.isGuarded(channel);
    if (this.refusing.delete(channel)) await this.tellChannel(channel, true, nsfw);
  }

  private async tellChannel(channel: string, canPost: boolean, nsfw = false): Promise<void> {
    const { sink } = this.here;
    await sink({ kind: 'channel', platform: 'slack', channel, canPost, nsfw, at: this.options.now() });
  }

  async edit(ref: MessageRef, card: Card): Promise<void> {
    const edit = () => this.here.messages.edit(ref, card);
    return this.unlessLost(ref.channel, () => this.gone.unlessGone(ref, edit));
  }

  async remove(ref: MessageRef): Promise<void> {
    this.gone.removing(ref);
    const remove = () => this.here.messages.remove(ref);
    return this.unlessLost(ref.channel, () => this.gone.unlessGone(ref, remove));
  }

  async react(ref: MessageRef, emoji: string): Promise<void> {
    const name = slackName(emoji);
    // `star-3` and the like have no look of their own: they are said by command here.
    if (name === undefined) return;
    const { api } = this.here;
    return this.gone.unlessGone(ref, () =>
      this.primings.run('workspace', () => api.react(ref.channel, ref.message, name)),
    );
  }

  /** An empty answer would withdraw every vote: a ballot that is gone is news, not a sweep. */
  async fetchReactions(ref: MessageRef): Promise<Map<string, Account[]>> {
    const { api, history, people } = this.here;
    const { channel, message } = ref;
    const read = () => readReactions(api, channel, message, history.self);
    const found = await this.unlessLost(channel, () => this.gone.telling(ref, read));
    if (!history.isNotice(channel, message)) return found;
    // Who agrees is looked at closer than who marks: a bot cannot.
    const agreed = await Promise.all((found.get('done') ?? []).map(({ id }) => people.look(id)));
    return new Map([['done', agreed.flatMap(({ account, bot }) => (bot ? [] : [account]))]]);
  }

  async reply(replyTo: string, card: Card): Promise<void> {
    return this.here.interactions.reply(replyTo, card);
  }

  sees({ id }: Account, channel: string): Promise<boolean> {
    return this.here.channels.sees(id, channel);
  }

  async mustGuard(channel: string): Promise<void> {
    return this.here.channels.mustBeGuarded(channel);
  }

  async takeDown(channel: string): Promise<void> {
    return this.here.messages.takeDown(channel);
  }

  async channelsOf(): Promise<NamedChannel[]> {
    const found: NamedChannel[] = [];
    for await (const channel of this.here.api.channels()) found.push(channel);
    return found;
  }

  async serverOf(): Promise<string | null> {
    return this.team;
  }

  /** One token, one workspace. */
  async servers(): Promise<ReadonlySet<string>> {
    return new Set([(await this.here.api.whoAmI()).team]);
  }

  private get here(): Running {
    if (!this.running) throw notConnected('Slack', 'slack.com');
    return this.running;
  }

  private listen(app: App, interactions: Interactions): void {
    // Awaited: over HTTP Slack is answered when the event is kept, and sends it again when it was not.
    app.event(/.*/, async ({ event, body }) => {
      const { running } = this;
      if (!running) throw new AcclaimError('cancelled', 'Slack is not connected');
      if (!this.isOurs(body)) return;
      await this.seen.once(body.event_id, () => this.receive(event as SlackEvent, running));
    });
    app.command(commandName, async ({ ack, command, respond }) => {
      await ack();
      const typed = command as unknown as Typed;
      const run = () =>
        this.isOurs(command)
          ? interactions.command(typed, respond)
          : respond(whisper(words.otherWorkspace)).then(() => {});
      this.aside(this.seen.once(typed.trigger_id, run));
    });
    app.action(ours, async ({ ack, body, action, respond }) => {
      await ack();
      const pressed = { ...body, action } as unknown as Pressed;
      this.aside(this.seen.once(pressed.trigger_id, () => interactions.press(pressed, respond)));
    });
    app.error(async (error) => {
      this.fault((error as { original?: unknown }).original ?? error);
      throw error;
    });
  }

  /** An app that was installed on several workspaces is sent what happens in each; we have the token of one. */
  private isOurs(told: { team_id?: string; authorizations?: { team_id?: string | null }[] | null }): boolean {
    const teams = told.authorizations?.map(({ team_id }) => team_id) ?? [told.team_id];
    return teams.some((team) => team == null || team === this.team);
  }

  private async receive(event: SlackEvent, running: Running): Promise<void> {
    const { history } = running;
    if (event.type === 'app_uninstalled' || (event.tokens?.bot?.length ?? 0) > 0) {
      await running.sink(this.uninstalled(this.team));
      return running.api.revoked(tokenInvalid());
    }
    if (event.type === 'member_joined_channel' && event.user !== history.self)
      return this.joined(event.channel ?? '', running);
    await this.recognise(event, history);
    const decoded = decode(event, {
      self: history.self,
      now: this.options.now(),
      isNotice: (channel, ts) => history.isNotice(channel, ts),
    });
    if (decoded) await this.hand(decoded, running);
  }

  /** Somebody came who may not see what is shown there. */
  private async joined(channel: string, { history, channels }: Running): Promise<void> {
    await history.load(channel);
    const careful = history.all(channel).some(({ buttons }) => buttons.has('reveal'));
    if (!careful || (await channels.isGuarded(channel))) return;
    await this.unguarded(channel);
  }

  private async unguarded(channel: string): Promise<void> {
    const { messages, sink } = this.here;
    // What cannot be taken down now is taken down once the session has heard of it.
    await messages.takeDown(channel).catch((error) => this.fault(error));
    const at = this.options.now();
    await sink({ kind: 'channel', platform: 'slack', channel, canPost: true, nsfw: false, at });
  }

  /** A check mark on a message of ours that this process does not know may be somebody's consent. */
  private async recognise({ reaction, item, item_user }: SlackEvent, history: SlackHistory): Promise<void> {
    if (canonical(reaction ?? '') !== 'done' || (item_user ?? history.self) !== history.self) return;
    if (item?.channel && item.ts) await history.lookUp(item.channel, item.ts);
  }

  private async hand({ event, mark }: Decoded, running: Running): Promise<void> {
    const { history, channels, people, sink } = running;
    if (event.kind === 'message-gone') {
      const { channel, message } = event.ref;
      history.forget(channel, message);
      return this.gone.isNews(event.ref) ? sink(event) : undefined;
    }
    if (event.kind === 'channel') {
      const { channel, canPost } = event;
      if (canPost) this.refusing.delete(channel);
      else this.refusing.add(channel);
      const nsfw = canPost && (await channels.isGuarded(channel));
      return sink({ ...event, nsfw });
    }
    if (event.kind !== 'reaction' && event.kind !== 'consent') return sink(event);
    const place = event.kind === 'reaction' ? event.ref.message : `consent ${event.channel}`;
    const key = `${place} ${event.account.id}`;
    return this.turns.one(place, event.account.id, async () => {
      if (mark && !this.newest.take(`${key} ${mark.reaction}`, mark.ts)) return;
      if (event.kind === 'reaction') return this.mark(event, mark?.reaction ?? '', running);
      const { account, bot } = await people.look(event.account.id);
      if (!bot) await sink({ ...event, account }).catch(dropRefusedMark);
    });
  }

  private async mark(event: Mark, reaction: string, { api, sink }: Running): Promise<void> {
    const { channel, message } = event.ref;
    const key = `${message} ${event.account.id} ${event.emoji}`;
    if (hasTone(reaction)) this.toned.add(key);
    // A plain and a brown thumb are two reactions and one mark: it is withdrawn with the last of them.
    if (!event.present && this.toned.has(key)) {
      if (await stillThere(api, channel, message, event.emoji, event.account.id)) return;
      this.toned.delete(key);
    }
    return sink(event).catch(dropRefusedMark);
  }

  private tellGone(ref: MessageRef): void {
    const { running } = this;
    if (!running) return;
    running.history.forget(ref.channel, ref.message);
    this.aside(running.sink({ kind: 'message-gone', ref, at: this.options.now() }));
  }

  private gap(): void {
    const { running } = this;
    if (!running) return;
    running.history.stale();
    this.aside(running.sink({ kind: 'gap', platform: 'slack', at: this.options.now() }));
    this.aside(this.lookAgain());
  }

  /** Work that nobody waits for. */
  private aside(job: Promise<void>): void {
    job.catch((error) => this.fault(error));
  }

  private fault(error: unknown): void {
    this.options.onError?.(error);
  }

  private uninstalled(server: string | null): ChatEvent {
    return { kind: 'server', platform: 'slack', server, present: false, at: this.options.now() };
  }

  private fatal(error: AcclaimError): void {
    const { running } = this;
    if (!running) return;
    this.aside(this.stop());
    // No event need have told that the app was removed; it is stored before the process ends.
    const told = isUninstalled(error) ? running.sink(this.uninstalled(this.team)) : null;
    if (told) this.aside(told.finally(() => this.options.onFatal(error)));
    else this.options.onFatal(error);
  }
}
