/**
 * The bot, put together from parts that it is handed: platforms tell it what people do, sessions decide, the outbox
 * carries out. On start it takes up every session where the store left it: open ballots are read again, what waits in the
 * outbox is carried out, and the clock goes on.
 */

import { join } from 'node:path';
import type { ChatPlatform, MessageRef, PlatformName } from '../src/chat/port.js';
import type { PromptPolicy } from '../src/chat/prompt-policy.js';
import { type Clock, SteadyClock } from '../src/clock.js';
import { communities } from '../src/domain/apply.js';
import type { RowChange } from '../src/domain/decision.js';
import type { Effect } from '../src/domain/effects.js';
import { forgetIn } from '../src/domain/forgotten.js';
import type { Place, Rules, SessionState } from '../src/domain/model.js';
import { roundTime } from '../src/domain/round-time.js';
import type { Steps } from '../src/domain/steps.js';
import { newestTime, type SessionStatus, sessionStatus } from '../src/domain/views.js';
import type { Log } from '../src/log.js';
import type { JobQueue } from '../src/queue/contract.js';
import type { Store } from '../src/store/store.js';
import { makeActions } from './actions.js';
import type { Actions, StartRequest } from './commands/command.js';
import { completions, type Typing } from './commands/complete.js';
import { runTyped } from './commands/table.js';
import { type Exported, type ExportFormat, type Exports, learnedRound } from './exports.js';
import { Cards } from './handlers/cards.js';
import { laneOf, makeCarrier, spacing } from './handlers/carriers.js';
import { Chat } from './handlers/chat.js';
import { Consents } from './handlers/consents.js';
import { Guards } from './handlers/guards.js';
import { type JobParts, Jobs } from './handlers/jobs.js';
import { Messenger } from './handlers/messenger.js';
import type { People } from './handlers/people.js';
import { Proposals } from './handlers/proposals.js';
import { Servers } from './handlers/servers.js';
import { Sweeps } from './handlers/sweeps.js';
import { Tidy, type TidyParts } from './handlers/tidy.js';
import { Time } from './handlers/time.js';
import { Outbox } from './outbox.js';
import type { DataPaths } from './paths.js';
import type { Pulls } from './pulls.js';
import { Resume } from './resume.js';
import { type NewSession, type Plan, Sessions } from './sessions.js';
import { spread } from './spread.js';
import { welcomeCard } from './views/notice.js';
import type { Watch } from './watch.js';

export interface AppParts {
  store: Store;
  queue: JobQueue;
  platforms: readonly ChatPlatform[];
  people: People;
  paths: DataPaths;
  clock: Clock;
  log: Log;
  resolveModel(model: string): string;
  safety: JobParts['safety'];
  /** A request by a person, or none, over the configuration -> what the session is run by. */
  specify(request: Partial<StartRequest>, platform: PlatformName): NewSession;
  plan(request: Partial<StartRequest>, platform: PlatformName): Plan;
  usualModel: string;
  policy: PromptPolicy;
  /** What makes a quorum on a platform. */
  quorum(platform: PlatformName): Pick<Rules, 'quorum' | 'quorumBy'>;
  newId(title: string): string;
  tasks: Actions['tasks'];
  models: Actions['models'];
  /** Rounds that may wait for engines before no session is opened any more. */
  mostWaiting: number;
  budgets: Actions['budgets'];
  /** Channels of the page where pictures that need care may be shown. */
  nsfwChannels: readonly string[];
  /** From the bot's removal from a server to the purge of its data, ms. */
  purgeAfterMs: number;
  modelsHere: Actions['modelsHere'];
  /** What becomes of old rounds, and of what is old in the bucket between bot and engines. */
  retention: TidyParts['retention'];
  bucket: TidyParts['bucket'];
  pulls: Pick<Pulls, 'ask' | 'lines'>;
  exports: Exports;
  watch: Watch;
  /** A moderator looks first at what members ask for, unless a server's admins say otherwise. */
  approval: boolean;
  /** The truth can no longer be written: say why and end the process. */
  fatal(error: unknown): void;
}

type Status = SessionStatus & { budget: number | null; adapter: boolean };

export class App {
  readonly sessions: Sessions;
  private readonly outbox: Outbox;
  private readonly messenger: Messenger;
  private readonly cards: Cards;
  private readonly chat: Chat;
  private readonly sweeps: Sweeps;
  private readonly guards: Guards;
  private readonly actions: Actions;
  private readonly servers: Servers;
  private readonly time: Time | null;
  private readonly tidy: Tidy;
  private readonly consents: Consents;
  private readonly resume: Resume;
  private readonly proposals: Proposals;
  private readonly platforms: ReadonlyMap<string, ChatPlatform>;
  /** Channel -> the server that it is on. */
  private readonly homes = new Map<string, string | null>();
  private readonly known = new WeakMap<SessionState, Status>();
  private resumed = false;
  private stopping = false;

  constructor(private readonly parts: AppParts) {
    const { clock, log, paths, people, queue, store } = parts;
    this.platforms = new Map(parts.platforms.map((p) => [p.name, p]));
    const dispatch: Sessions['dispatch'] = (id, event) => this.sessions.dispatch(id, event);
    this.sessions = new Sessions({
      clock,
      serverOf: (channel) => this.homes.get(channel) ?? null,
      commit: async (rows, effects) => {
        await store.commit(rows, effects);
        parts.watch.committed(rows);
      },
      onCommitted: (effects, done) => {
        for (const key of done) this.outbox.done(key);
        this.outbox.add(effects);
        for (const { session } of effects) this.resume.hurry(session);
      },
      onProgress: (state, round) => this.showProgress(state, round),
      fatal: parts.fatal,
    });
    this.messenger = new Messenger(this.platforms, () => this.resumed);
    this.proposals = new Proposals({ store, log, messenger: this.messenger });
    const jobs = new Jobs({
      queue,
      paths,
      clock,
      log,
      resolveModel: parts.resolveModel,
      safety: parts.safety,
      dispatch,
      stopping: () => this.stopping,
    });
    this.cards = new Cards(paths, (job) => jobs.preview(job));
    this.sweeps = new Sweeps({ clock, log, messenger: this.messenger, people, dispatch });
    this.guards = new Guards({ clock, log, messenger: this.messenger, dispatch });
    const carry = makeCarrier({
      clock,
      paths,
      queue,
      jobs,
      cards: this.cards,
      messenger: this.messenger,
      sweeps: this.sweeps,
      guards: this.guards,
      state: (id) => this.sessions.get(id),
      dispatch,
      forget: (voter) => this.forgetVoter(voter),
      superseded: (key) => this.outbox.superseded(key),
    });
    this.outbox = new Outbox({
      carry,
      giveUp: (effect) => this.giveUp(effect),
      lane: (effect) => laneOf(effect, this.sessions.get(effect.session)),
      spacing: (effect) => spacing(effect, this.sessions.get(effect.session)),
      clock,
      log,
      onFault: (effect) => parts.watch.fault(effect),
    });
    this.resume = new Resume({ takeUp: (session) => this.takeUp(session) });
    this.consents = new Consents({
      ...parts,
      sessions: this.sessions,
      messenger: this.messenger,
      purgeDays: parts.purgeAfterMs / 86_400_000,
      forget: (voter) => this.forgetVoter(voter),
      agree: (account, channel, at) =>
        this.chat.receive({ kind: 'consent', channel, account, given: true, at }),
    });
    this.servers = new Servers({
      clock,
      log,
      store,
      queue,
      paths,
      sessions: this.sessions,
      platforms: this.platforms,
      delayMs: parts.purgeAfterMs,
      drop: (session) => this.outbox.drop(session),
      purged: () => this.proposals.load(),
    });
    this.time =
      clock instanceof SteadyClock
        ? new Time({
            clock,
            log,
            sessions: () => this.sessions.all(),
            dispatch,
            postpone: (by) => this.servers.postpone(by),
          })
        : null;
    this.tidy = new Tidy({
      ...parts,
      sessions: () => this.sessions.all(),
      state: (id) => this.sessions.get(id),
    });
    this.actions = makeActions({
      ...parts,
      guards: this.guards,
      sessions: this.sessions,
      platforms: this.platforms,
      messenger: this.messenger,
      cards: this.cards,
      pool: {
        ensurePlace: (place, state) => this.ensurePlace(place, state.session),
        quorum: parts.quorum,
        guarded: (place) => this.guards.allows(place),
        welcome: (state) => this.welcome(state),
      },
      chat: () => this.chat,
      personal: (voter) => store.personalData(voter),
      open: (...asked) => this.open(...asked),
      proposals: this.proposals,
    });
    this.chat = new Chat({
      clock,
      people,
      messenger: this.messenger,
      sessions: () => this.sessions.all(),
      ballotAt: (ref) => this.sessions.ballotAt(ref.platform, ref.channel, ref.message),
      posting: (ref) => this.outbox.some((effect) => this.postsTo(effect, ref)),
      dispatch,
      heard: (event, take) => parts.watch.heard(event, take),
      gap: (platform) => this.caughtUp(platform),
      consented: async (account) => {
        await this.consents.given(account);
        const { sweeps } = this.messenger.platform(account.platform).capabilities;
        if (sweeps) this.sweeps.soon(account.platform, () => this.sessions.all());
      },
      withdrawn: (account) => this.consents.withdrawn(account),
      server: (platform, server, present) => this.servers.heard(platform, server, present),
      consentBeforeAll: (voter, given, at) => this.consents.beforeAll(voter, given, at),
      command: (text, account, channel, replyTo) =>
        runTyped(text, { account, by: people.seen(account), channel, replyTo }, this.actions),
    });
  }

  async start(): Promise<void> {
    const { store, platforms } = this.parts;
    await this.actions.loadSettings();
    const states = await store.loadSessions();
    this.watch(states);
    this.resumed = states.length > 0;
    if (this.parts.clock instanceof SteadyClock)
      this.parts.clock.notBefore(Math.max(newestTime(states), await store.newestVote()));
    for (const { id, server } of await store.places.channels()) this.homes.set(id, server);
    this.sessions.load(states);
    for (const { session } of states) this.outbox.hold(session.id);
    for (const platform of platforms) await platform.start((event) => this.chat.receive(event));
    for (const { bindings } of states)
      for (const to of bindings) if (!to.canPost) this.platforms.get(to.platform)?.watch?.(to.address);
    await this.proposals.start();
    await this.guards.lookAll(states);
    this.outbox.add(await store.pendingEffects());
    this.resume.begin(states);
    await this.servers.start();
    this.time?.start();
    this.tidy.start();
  }

  /** After what was missed (who agreed, what was marked) it goes on where it stood. */
  private async takeUp(id: string): Promise<void> {
    const state = this.sessions.get(id);
    if (state && state.session.state !== 'ended') {
      await this.welcome(state);
      await this.sweeps.sweepOpen([state]);
    }
    this.outbox.release(id);
    this.sessions.startTicks(id);
  }

  /** Nothing is lost by stopping at any point; this only does it politely. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.sweeps.stop();
    this.sessions.stopTicks();
    await this.time?.stop();
    await this.resume.stop();
    await this.servers.stop();
    await this.tidy.stop();
    await this.parts.queue.close();
    await Promise.all(this.parts.platforms.map((p) => p.stop()));
    await this.outbox.stop();
    this.sessions.stop();
    await this.parts.store.close();
  }

  private watch(states: readonly SessionState[]): void {
    this.parts.watch.begin(states, {
      sessions: () => this.sessions.all(),
      statuses: async () => (await this.status()).sessions,
      outbox: () => this.outbox.kinds(),
      database: join(this.parts.store.dir, 'acclaim.sqlite'),
    });
  }

  /** Opens a session in a channel. */
  async open(
    spec: NewSession,
    id: string,
    place: Place,
    createdBy: string | null,
    also: readonly RowChange[] = [],
  ): Promise<SessionState> {
    const { store } = this.parts;
    const { community } = place;
    await this.ensurePlace(place, spec);
    const known = this.sessions.all().find((s) => communities(s).has(community))?.voters;
    const voters = known
      ? new Map([...known].filter(([, voter]) => voter.community === community))
      : await store.loadVoters(community);
    // Nothing of a person is stored before they agree, not even that a session is theirs.
    const by = createdBy !== null && voters.get(createdBy)?.consentAt != null ? createdBy : null;
    const state = await this.sessions.open({ ...spec, id, community, createdBy: by }, place, voters, also);
    await this.welcome(state);
    return state;
  }

  private async ensurePlace(
    place: Place,
    { title, nsfw }: Pick<NewSession, 'title' | 'nsfw'>,
  ): Promise<void> {
    const { channel, community, platform, address } = place;
    const server = await this.servers.of(platform, address);
    this.homes.set(channel, server);
    await this.parts.store.ensureChannel(
      { id: community, platform, name: community },
      { id: channel, community, platform, address, server, name: title, nsfw },
    );
  }

  /** What could complete an option that somebody types. */
  complete(typing: Typing): Promise<string[]> {
    return completions(typing, this.actions);
  }

  /** What scripts, monitors and the page read. */
  async status() {
    return { sessions: await spread(this.statuses()) };
  }

  /** What a session's head, or a round, taught: made before by a command, but for the LoRA itself. Null where there is none. */
  async adapter(session: string, round: number | null, format: ExportFormat): Promise<Exported | null> {
    const state = this.sessions.get(session);
    const number = round ?? state?.session.head ?? null;
    if (!state || number === null) return null;
    try {
      return await this.parts.exports.found({ session, round: learnedRound(state, number), format });
    } catch {
      return null;
    }
  }

  private *statuses(): Steps<Status[]> {
    const all: Status[] = [];
    for (const { session } of this.sessions.all()) {
      const state = this.sessions.get(session.id);
      if (state) all.push(this.statusOf(state));
      yield;
    }
    return all;
  }

  /** Counted once for each state: most sessions have not changed since somebody asked. */
  private statusOf(state: SessionState): Status {
    const known = this.known.get(state);
    if (known) return known;
    const status = sessionStatus(state);
    const whole = {
      ...status,
      channel: (onPage(state) ?? state.bindings[0])?.address ?? '',
      budget: state.session.rules.budgetRounds,
      adapter: state.rounds.some((r) => r.learned?.learned === true && r.state === 'done'),
    };
    this.known.set(state, whole);
    return whole;
  }

  /** The first words in a channel; by key, so that a crash in between neither loses nor doubles them. */
  private async welcome({ session, bindings }: SessionState): Promise<void> {
    const { model, rules, sampler, learner } = session;
    const kind = { model, images: rules.imagesPerRound, steps: sampler.steps, learner: learner.name };
    const time = roundTime(this.sessions.all(), kind);
    for (const to of bindings.filter((row) => row.leftAt === null)) {
      const first = async () => {
        await this.consents.ask(to);
        await this.messenger.post(to, welcomeCard(`${session.id}.welcome`, session, time));
      };
      await first().catch((error) =>
        this.parts.log.warn({ session: session.id, error: String(error) }, 'no welcome'),
      );
    }
  }

  /** Events were missed: of those who agreed, and of open ballots. */
  private async caughtUp(platform: PlatformName): Promise<void> {
    await this.consents.readAll(platform);
    await this.sweeps.sweepOpen(this.sessions.all(), platform);
  }

  /** Progress is shown as it comes; only its last word is an effect that outlives the process. */
  private showProgress(state: SessionState, round: number): void {
    this.outbox.add(
      state.bindings
        .filter((row) => row.canPost && row.leftAt === null)
        .map(({ channel, ordinal }) => ({
          kind: 'card',
          card: 'progress',
          key: `${state.session.id}.${round}.progress.${ordinal}`,
          session: state.session.id,
          notBefore: 0,
          channel,
          round,
        })),
    );
  }

  /** A ballot is on its way to the channel, and not only planned for the end of quiet hours. */
  private postsTo(effect: Effect, { platform, channel }: MessageRef): boolean {
    if (effect.kind !== 'post-ballot' || effect.notBefore > this.parts.clock.now()) return false;
    const state = this.sessions.get(effect.session);
    const of = state?.ballots.get(effect.ballot)?.channel;
    const to = state?.bindings.find((row) => row.channel === of);
    return to?.platform === platform && to.address === channel;
  }

  private async giveUp(effect: Effect): Promise<void> {
    // Forgetting is a promise: it is tried until it is done.
    if (effect.kind === 'forget') return;
    const ballot = effect.kind === 'post-ballot' ? effect.ballot : null;
    const event = { kind: 'effect-failed', effect: effect.key, ballot, at: this.parts.clock.now() } as const;
    await this.sessions.dispatch(effect.session, event);
  }

  /**
   * The ledger swaps the key for pseudonyms, and those of linked accounts; what is held in memory follows before
   * anything else is decided. First go the platforms' own notes, and what still hangs on notices is marked as no consent:
   * once the keys are gone nobody could tell whose they are.
   */
  private async forgetVoter(voter: string): Promise<void> {
    const { store, clock } = this.parts;
    const accounts = await store.accountsOf(voter);
    const keys = new Set([voter, ...accounts.map(({ key }) => key)]);
    await this.consents.decline(accounts);
    for (const platform of this.platforms.values())
      await platform.forget?.((id) => keys.has(store.voterKey(platform.name, id)));
    const found = await store.marksOf([...keys]);
    await this.sessions.hold(async () => {
      const gone = await store.forget(voter, clock.now(), found);
      return forgetIn(this.sessions.all(), gone);
    });
    // Where no mark hangs there is nothing to remember.
    for (const name of this.platforms.keys()) await this.consents.readAll(name as PlatformName);
    await this.proposals.load();
  }
}

/** Where the page shows the session; undefined where it is only elsewhere. */
function onPage({ bindings }: SessionState) {
  return bindings.find((row) => row.platform === 'web' && row.leftAt === null);
}
