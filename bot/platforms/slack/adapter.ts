/**
 * Slack as a ChatPlatform, over the real Bolt. Votes come from events and from reading a ballot again;
 * messages, edits and answers go over the Web API. Nothing that matters lives in this process only: keys in
 * the messages and sweeps bring it back.
 */
import type { App } from '@slack/bolt';
import type { Account, ChatEvent, MessageRef, NamedChannel } from '../../../src/chat/port.js';
import { isUnreachable } from '../../../src/chat/refusals.js';
import { AcclaimError } from '../../../src/errors.js';
import type { Mark } from '../remote/marks.js';
import { type Connected, RemotePlatform } from '../remote/shell.js';
import { SlackApi } from './api.js';
import { capabilities } from './capabilities.js';
import { Channels } from './channels.js';
import { type Line, makeLine, silent } from './client.js';
import { type Decoded, decode, type SlackEvent } from './decode.js';
import { DoneFile } from './done.js';
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
interface Running extends Connected {
  line: Line;
  api: SlackApi;
  channels: Channels;
  people: People;
  history: SlackHistory;
  messages: Messages;
  interactions: Interactions;
  /** What was done lately, over restarts; null where nobody keeps it. */
  done: DoneFile | null;
}

type ChannelNews = Extract<ChatEvent, { kind: 'channel' }>;
type Consent = Extract<ChatEvent, { kind: 'consent' }>;

/** Slack over HTTP or Socket Mode: one bot token, one workspace. */
export class SlackPlatform extends RemotePlatform<Running, SlackOptions> {
  readonly name = 'slack';
  readonly capabilities = capabilities;
  private readonly pace: Pace;
  private readonly seen = new Seen(undefined, this.fault);
  private readonly newest = new Newest();
  private team = '';
  private locale: Promise<string | null> | null = null;

  constructor(options: SlackOptions) {
    const pace = { ...defaultPace, ...options.pace };
    super(options, { prime: pace.prime, again: pace.retry });
    this.pace = pace;
  }

  protected async prepare(sink: Connected['sink']): Promise<Running> {
    const { options, pace, fault: onError } = this;
    const calls = { ...options, logger: silent };
    const api = new SlackApi(calls, pace, (error) => this.fatal(error), options.onRequest);
    const self = await this.whoAmI(api, sink);
    const { roles, now } = options;
    const people = new People({ api, rules: roles, now, fresh: pace.people, onError, team: self.team });
    const channels = new Channels(api, people);
    const history = new SlackHistory(api, now, pace.history);
    history.self = self.user;
    const messages = new Messages({ api, channels, history, pace, onError, languageOf: this.languageOf });
    const unguarded = (channel: string) => this.unguarded(channel);
    const parts = { api, people, channels, options, life: pace.answer, pace, sink, unguarded };
    const interactions = new Interactions(parts);
    const line = makeLine({
      options,
      self,
      onGap: () => this.missed(),
      onLost: (why) => this.link(why),
      onBack: () => this.link(null),
      onDead: (error) => this.fatal(error as AcclaimError),
    });
    this.listen(line.app, interactions);
    const done = await this.openDone();
    return { line, api, channels, people, history, messages, interactions, sink, done };
  }

  /** Without the file what was done before this process may be done again; everything else goes on. */
  private async openDone(): Promise<DoneFile | null> {
    const { doneFile, now } = this.options;
    if (doneFile === undefined) return null;
    return DoneFile.open(doneFile, now).catch((error) => {
      this.fault(error);
      return null;
    });
  }

  /** Us, with all scopes that we need. */
  private async whoAmI(api: SlackApi, sink: Connected['sink']) {
    const self = await api.whoAmI().catch(async (error) => {
      // Taken off while nobody listened; a dead token does not say of which workspace.
      if (isUninstalled(error)) await sink(this.uninstalled(null));
      throw error;
    });
    this.team = self.team;
    const missing = scopes.filter((scope) => self.scopes?.includes(scope) === false);
    if (missing.length > 0) throw missingScopes(missing);
    return self;
  }

  protected connect({ line, done }: Running): Promise<void> {
    this.seen.kept = done;
    return line.start();
  }

  protected async disconnect({ line, done }: Running): Promise<void> {
    await line.stop();
    this.seen.kept = null;
    await done?.close();
  }

  /** A port of ours that cannot be had is no fault of Slack's. */
  protected refused(error: unknown): unknown {
    return (error as { syscall?: string }).syscall === 'listen' ? error : translate(error);
  }

  protected troubleOf({ line }: Running): string | null {
    return line.trouble();
  }

  /** Where Slack has to send events, commands and presses; null in Socket Mode. */
  get url(): string | null {
    return this.running?.line.url() ?? null;
  }

  protected lookOf(emoji: string): string | undefined {
    return slackName(emoji);
  }

  /** Slack counts them for the whole workspace. */
  protected laneOf(): string {
    return 'workspace';
  }

  protected prime({ channel, message }: MessageRef, name: string): Promise<void> {
    return this.here.api.react(channel, message, name);
  }

  protected async read({ channel, message }: MessageRef): Promise<Map<string, Account[]>> {
    const { api, history, people } = this.here;
    const found = await readReactions(api, channel, message, history.self);
    if (!history.isNotice(channel, message)) return found;
    // Who agrees is looked at closer than who marks: a bot cannot.
    const agreed = await Promise.all((found.get('done') ?? []).map(({ id }) => people.look(id)));
    return new Map([['done', agreed.flatMap(({ account, bot }) => (bot ? [] : [account]))]]);
  }

  protected stillThere({ ref, emoji, account }: Mark): Promise<boolean> {
    return stillThere(this.here.api, ref.channel, ref.message, emoji, account.id);
  }

  sees({ id }: Account, channel: string): Promise<boolean> {
    return this.here.channels.sees(id, channel);
  }

  async mustGuard(channel: string): Promise<void> {
    return this.here.channels.mustBeGuarded(channel);
  }

  async channelsOf(): Promise<NamedChannel[]> {
    const found: NamedChannel[] = [];
    for await (const channel of this.here.api.channels()) found.push(channel);
    return found;
  }

  async serverOf(): Promise<string | null> {
    return this.team;
  }

  /** A workspace's own cannot be asked for: its bot has been given it like every new member. */
  async localeOf(): Promise<string | null> {
    const { api, history } = this.here;
    this.locale ??= api.person(history.self).then((own) => own?.locale ?? null);
    this.locale.catch(() => {
      this.locale = null;
    });
    return this.locale;
  }

  /** One token, one workspace. */
  async servers(): Promise<ReadonlySet<string>> {
    return new Set([(await this.here.api.whoAmI()).team]);
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
      this.aside(this.seen.atMostOnce(typed.trigger_id, run));
    });
    app.action(ours, async ({ ack, body, action, respond }) => {
      await ack();
      const pressed = { ...body, action } as unknown as Pressed;
      this.aside(this.seen.atMostOnce(pressed.trigger_id, () => interactions.press(pressed, respond)));
    });
    app.error(async (error) => {
      this.fault((error as { original?: unknown }).original ?? error);
      throw error;
    });
  }

  /**
   * An app that was installed on several workspaces is sent what happens in each; we have the token of one.
   */
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
    if (!decoded || !this.isNewest(decoded)) return;
    if (decoded.event.kind === 'channel') return this.changed(decoded.event, running);
    await this.hand({ event: decoded.event, twin: hasTone(decoded.mark?.reaction ?? '') }, running);
  }

  /** Slack does not keep the order of events: of a person's reaction an older word is dropped. */
  private isNewest({ event, mark }: Decoded): boolean {
    if (!mark || (event.kind !== 'reaction' && event.kind !== 'consent')) return true;
    const place = event.kind === 'reaction' ? event.ref.message : `consent ${event.channel}`;
    return this.newest.take(`${place} ${event.account.id} ${mark.reaction}`, mark.ts);
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
    await messages.takeDown(channel).catch(this.fault);
    const at = this.options.now();
    await sink({ kind: 'channel', platform: this.name, channel, canPost: true, nsfw: false, at });
  }

  /** A check mark on a message of ours that this process does not know may be somebody's consent. */
  private async recognise({ reaction, item, item_user }: SlackEvent, history: SlackHistory): Promise<void> {
    if (canonical(reaction ?? '') !== 'done' || (item_user ?? history.self) !== history.self) return;
    if (item?.channel && item.ts) await history.lookUp(item.channel, item.ts);
  }

  private async changed(event: ChannelNews, { channels, sink }: Running): Promise<void> {
    const { channel, canPost } = event;
    this.lost.told(channel, canPost);
    const nsfw = canPost && (await channels.isGuarded(channel));
    return sink({ ...event, nsfw });
  }

  /** Who agrees is looked up: a bot cannot. */
  protected override async agree(event: Consent, { people, sink }: Running): Promise<void> {
    const { account, bot } = await people.look(event.account.id);
    if (!bot) await sink({ ...event, account });
  }

  /** Nobody may have told that the bot is in channels again. */
  private missed(): void {
    if (!this.running) return;
    this.aside(this.gap(this.running));
    this.lost.lookAgain();
  }

  protected async look(channel: string) {
    const { api, channels } = this.here;
    const { isMember, isArchived } = await api.channel(channel).catch((error) => {
      if (isUnreachable(error)) throw error;
      return { isMember: false, isArchived: true };
    });
    if (!isMember || isArchived) return { takes: false } as const;
    return { takes: true, nsfw: await channels.isGuarded(channel) } as const;
  }

  private uninstalled(server: string | null): ChatEvent {
    return { kind: 'server', platform: this.name, server, present: false, at: this.options.now() };
  }

  protected override lastWord(error: AcclaimError): ChatEvent | null {
    return isUninstalled(error) ? this.uninstalled(this.team) : null;
  }
}
