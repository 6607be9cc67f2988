/**
 * The bot, put together from parts that it is handed: platforms tell it what people do, sessions decide, the outbox
 * carries out. On start it takes up every session where the store left it: open ballots are read again, what waits in the
 * outbox is carried out, and the clock goes on.
 */

import { join } from 'node:path';
import type { ChatPlatform, PlatformName } from '../src/chat/port.js';
import { SteadyClock } from '../src/clock.js';
import { newestTime } from '../src/domain/sessions/views.js';
import { dayOf } from '../src/domain/state/budgets.js';
import type { SessionState } from '../src/domain/state/model.js';
import { toPlain } from '../src/errors.js';
import { lastBackup } from '../src/store/backup-note.js';
import type { AppParts } from './app-parts.js';
import type { Actions } from './commands/command.js';
import { completions, type Typing } from './commands/complete.js';
import { commandSpecs, runTyped } from './commands/table.js';
import { Carrying } from './effects/carrying.js';
import { Messenger } from './effects/messenger.js';
import { Turnouts } from './effects/turnouts.js';
import { CatchingUp } from './inbound/catching-up.js';
import { Chat } from './inbound/chat.js';
import { Connections } from './inbound/connections.js';
import { troubleOf } from './monitoring/readiness.js';
import { Statuses } from './monitoring/statuses.js';
import { makeActions } from './services/actions.js';
import type { Claim } from './services/claims.js';
import { Consents } from './services/consents.js';
import { Crowd } from './services/crowd.js';
import { type Exported, type ExportFormat, learnedRound } from './services/exports.js';
import { forgetVoter } from './services/forgetting.js';
import { Guests } from './services/guests.js';
import { Opening } from './services/opening.js';
import { Proposals } from './services/proposals.js';
import { Servers } from './services/servers.js';
import { Resume } from './sessions/resume.js';
import { Sessions } from './sessions/sessions.js';
import { Time } from './upkeep/clock-jumps.js';
import { Tidy } from './upkeep/retention.js';

export class App {
  readonly sessions: Sessions;
  readonly crowd: Crowd;
  private readonly carrying: Carrying;
  private readonly messenger: Messenger;
  private readonly chat: Chat;
  private readonly actions: Actions;
  private readonly servers: Servers;
  private readonly guests: Guests;
  private readonly time: Time | null;
  private readonly tidy: Tidy;
  private readonly consents: Consents;
  private readonly resume: Resume;
  private readonly connections: Connections;
  private readonly catching: CatchingUp;
  private readonly proposals: Proposals;
  private readonly opening: Opening;
  private readonly statuses: Statuses;
  private readonly turnouts: Turnouts;
  private readonly platforms: ReadonlyMap<string, ChatPlatform>;
  /** Channel -> the server that it is on. */
  private readonly homes = new Map<string, string | null>();
  private resumed = false;
  private stopping = false;

  constructor(private readonly parts: AppParts) {
    const { clock, log, people, store } = parts;
    this.platforms = new Map(parts.platforms.map((p) => [p.name, p]));
    const dispatch: Sessions['dispatch'] = (id, event) => this.sessions.dispatch(id, event);
    const forget = async (voter: string) => {
      // Its marks are taken back everywhere before they can no longer be told to be theirs.
      await this.chat.toldAll(voter);
      const { sessions, platforms, consents, proposals } = this;
      return forgetVoter({ store, clock, sessions, platforms, consents, proposals }, voter);
    };
    this.sessions = new Sessions({
      clock,
      serverOf: (channel) => this.homes.get(channel) ?? null,
      commit: async (rows, effects) => {
        await store.commit(rows, effects);
        parts.watch.committed(rows);
      },
      onCommitted: (effects, done) => {
        for (const key of done) this.carrying.outbox.done(key);
        this.carrying.outbox.add(effects);
        for (const { session } of effects) this.resume.hurry(session);
      },
      onWritten: (session, rows) => this.turnouts.written(session, rows),
      onVoters: () => this.turnouts.voters(),
      onProgress: (state, round) => this.carrying.showProgress(state, round),
      fatal: parts.fatal,
      fault: (error) => log.debug(toPlain(error), 'a tick failed'),
      ended: {
        load: (id, known) => store.load(id, known),
        newestIn: (platform, address) => store.lookups.newestIn(platform, address),
        busy: (id) => this.carrying.outbox.some(({ session }) => session === id),
        onRead: (state) => {
          parts.watch.know(state);
          this.statuses.changing(state.session.id);
        },
        onLetGo: (state) => parts.watch.letGo(state),
      },
    });
    this.turnouts = new Turnouts({
      platforms: this.platforms,
      state: (id) => this.sessions.get(id),
      live: () => this.sessions.live(),
      carry: (effects) => this.carrying.outbox.add(effects),
      fault: (error) => log.error(toPlain(error), 'who has finished could not be told'),
    });
    this.statuses = new Statuses({ sessions: this.sessions, store });
    this.messenger = new Messenger(this.platforms, () => this.resumed);
    this.proposals = new Proposals({
      store,
      log,
      messenger: this.messenger,
      unshown: (platform) => this.catching.soon(platform),
    });
    this.carrying = new Carrying({
      ...parts,
      sessions: this.sessions,
      messenger: this.messenger,
      forget,
      stopping: () => this.stopping,
    });
    this.catching = new CatchingUp({ ...parts, read: (platform) => this.readMissed(platform) });
    this.connections = new Connections({
      ...parts,
      sink: async (event) => this.chat.receive(await this.guests.admit(event)),
      late: (platform) => this.connectedLate(platform),
    });
    this.resume = new Resume({ takeUp: (session) => this.takeUp(session) });
    this.consents = new Consents({
      ...parts,
      sessions: this.sessions,
      messenger: this.messenger,
      purgeDays: parts.purgeAfterMs / 86_400_000,
      forget,
      agree: (account, channel, at) =>
        this.chat.receive({ kind: 'consent', channel, account, given: true, at }),
    });
    this.servers = new Servers({
      ...parts,
      sessions: this.sessions,
      platforms: this.platforms,
      bucket: parts.bucket,
      delayMs: parts.purgeAfterMs,
      drop: (session) => this.carrying.drop(session),
      serves: (platform, server) => this.guests.serves(platform, server),
      purged: async () => {
        await this.proposals.load();
        await this.guests.load();
      },
    });
    this.guests = new Guests({
      clock,
      log,
      rules: parts.guests,
      secret: store.secret,
      standings: store.standings,
      platforms: this.platforms,
      connected: (name) => this.connections.has(name) && !this.platforms.get(name)?.trouble?.(),
      setPosts: (...to) => this.servers.setPosts(...to),
    });
    this.time =
      clock instanceof SteadyClock
        ? new Time({
            clock,
            log,
            sessions: () => this.sessions.live(),
            dispatch,
            postpone: (by) => this.servers.postpone(by),
          })
        : null;
    this.tidy = new Tidy({
      ...parts,
      dropCopies: (now) => store.dropCopies(parts.copiesForMs, now),
      sessions: () => store.lookups.sessions(),
      rounds: async (id) => this.sessions.get(id) ?? store.lookups.pictures(id),
    });
    this.opening = new Opening({
      store,
      log,
      sessions: this.sessions,
      servers: this.servers,
      consents: this.consents,
      messenger: this.messenger,
      unsaid: (platform) => this.catching.soon(platform),
      homes: this.homes,
    });
    this.crowd = new Crowd({ store, clock, people, platforms: this.platforms });
    this.actions = makeActions({
      ...parts,
      homes: this.homes,
      guards: this.carrying.guards,
      sessions: this.sessions,
      platforms: this.platforms,
      messenger: this.messenger,
      cards: this.carrying.cards,
      evaluations: this.carrying.evaluations,
      pool: {
        ensurePlace: (place, state) => this.opening.ensurePlace(place, state.session),
        quorum: parts.quorum,
        guarded: (place) => this.carrying.guards.allows(place),
        welcome: (state) => this.opening.welcome(state),
      },
      chat: () => this.chat,
      personal: (voter) => store.personalData(voter),
      consented: (event) => this.consents.beforeAll(event),
      timeOf: (kind) => this.opening.roundTime(kind),
      open: (...asked) => this.opening.open(...asked),
      proposals: this.proposals,
      guests: this.guests,
      invite: () => this.crowd.invite(),
    });
    this.chat = new Chat({
      clock,
      people,
      messenger: this.messenger,
      sessions: () => this.sessions.holding(),
      session: (id) => this.sessions.find(id),
      ballotAt: (ref) => this.sessions.ballotAt(ref.platform, ref.channel, ref.message),
      oldBallotAt: async ({ platform, channel, message }) => {
        const ballot = await store.lookups.ballotAt(platform, channel, message);
        return ballot && { session: ballot.session, ballot };
      },
      posting: (ref) => this.carrying.posting(ref),
      dispatch,
      heard: (event, take) => parts.watch.heard(event, take),
      gap: (platform) => {
        // It is told by a connection that is new: what waits for an answer may get one.
        this.carrying.wake(platform);
        return this.catching.ask(platform);
      },
      consented: async (account) => {
        await this.consents.given(account);
        const { sweeps } = this.messenger.platform(account.platform).capabilities;
        if (sweeps) this.carrying.sweeps.soon(account.platform, () => this.sessions.live());
      },
      withdrawn: (account) => this.consents.withdrawn(account),
      admit: (act, { account, known, channel }) =>
        parts.limits.admit(act, { account, known, server: this.serverOf(account.platform, channel) }),
      readNotices: (platform, inMs) => this.consents.readLater(platform, inMs),
      known: async (voter) => this.sessions.knows(voter) || (await store.lookups.agreed(voter)),
      server: (platform, server, present) => this.servers.heard(platform, server, present),
      servers: (platform, servers) => this.servers.present(platform, servers),
      excluded: (voter) => store.excluded(voter),
      consentBeforeAll: (event) => this.consents.beforeAll(event),
      command: (text, account, channel, replyTo) =>
        runTyped(text, { account, by: people.seen(account), channel, replyTo }, this.actions),
    });
  }

  /** Ends early where it is stopped meanwhile. */
  async start(): Promise<void> {
    const { store, clock } = this.parts;
    await this.actions.loadSettings();
    const states = await store.loadUnfinished();
    this.watch(states);
    this.resumed = await this.hasSessions();
    if (clock instanceof SteadyClock)
      clock.notBefore(
        Math.max(newestTime(states), await store.newestVote(), await store.lookups.newestEnd()),
      );
    for (const { id, server } of await store.places.channels()) this.homes.set(id, server);
    this.sessions.load(states);
    this.sessions.recall(await store.lookups.drawnUntilEnd(dayOf(clock.now())));
    for (const { session } of states) this.carrying.outbox.hold(session.id);
    await this.servers.load();
    await this.guests.load();
    await this.guests.begin(await this.servers.all());
    await this.connections.start();
    if (this.stopping) return;
    const there = [...this.platforms.values()].filter(({ name }) => this.connections.has(name));
    for (const { name } of there) this.watchLost(name);
    await this.proposals.start();
    for (const { name } of there)
      if (!(await this.carrying.guards.lookAll(states, name))) this.catching.soon(name);
    if (this.stopping) return;
    this.carrying.outbox.add(await store.pendingEffects());
    this.resume.begin(states);
    for (const { name } of there) await this.servers.look(name);
    if (this.stopping) return;
    this.servers.begin();
    this.time?.start();
    this.tidy.start();
  }

  /** After what was missed (who agreed, what was marked) it goes on where it stood. */
  private async takeUp(id: string): Promise<void> {
    const state = this.sessions.get(id);
    if (state && state.session.state !== 'ended') {
      await this.opening.welcome(state);
      const read = await this.carrying.sweeps.sweepOpen([state]);
      for (const { platform } of read ? [] : state.bindings) this.catching.soon(platform);
    }
    this.carrying.outbox.release(id);
    this.sessions.startTicks(id);
    this.turnouts.soon(id);
  }

  /** Nothing is lost by stopping at any point; this only does it politely. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.guests.claims.stop();
    this.connections.stop();
    this.carrying.sweeps.stop();
    this.turnouts.stop();
    this.consents.stop();
    this.sessions.stopTicks();
    await this.time?.stop();
    await this.resume.stop();
    this.catching.stop();
    await this.servers.stop();
    await this.tidy.stop();
    await this.parts.queue.close();
    await Promise.all(this.parts.platforms.map((p) => p.stop()));
    await this.carrying.outbox.stop();
    this.sessions.stop();
    await this.parts.store.close();
  }

  private watch(states: readonly SessionState[]): void {
    const { store } = this.parts;
    this.parts.watch.begin(states, {
      states: (of) => store.lookups.states(of),
      statuses: () => this.statuses.live(),
      outbox: () => this.carrying.outbox.kinds(),
      database: join(store.dir, 'acclaim.sqlite'),
      damaged: () => store.damage !== null,
      lastBackup: () => lastBackup(store.dir),
    });
  }

  connected(): PlatformName[] {
    return this.troubles().flatMap(({ name, trouble }) => (trouble === null ? [name] : []));
  }

  readonly open: Opening['open'] = (...asked) => this.opening.open(...asked);

  /** What could complete an option that somebody types. */
  async complete(typing: Typing): Promise<string[]> {
    const { account, channel } = typing;
    const { people, limits } = this.parts;
    const known = this.sessions.knows(people.seen(account).key);
    try {
      await limits.admit('typing', { account, known, server: this.serverOf(account.platform, channel) });
    } catch {
      return [];
    }
    if (!(await this.guests.servesAt(account, channel))) return [];
    return completions(
      { ...typing, account: await this.guests.at(account, channel) },
      this.actions,
      commandSpecs,
    );
  }

  /** Tells codes by which the host's own servers are claimed, while it has none: good once, for a while. */
  tellClaims(tell: (claim: Claim) => void): void {
    const { log } = this.parts;
    this.guests.claims.begin(tell, (error) => log.error(toPlain(error), 'a code could not be told'));
  }

  /** As limits are kept: the page is one place, and so is a channel whose server is not known yet. */
  private serverOf(platform: PlatformName, channel: string): string {
    return platform === 'web'
      ? platform
      : `${platform} ${this.homes.get(`${platform}-${channel}`) ?? channel}`;
  }

  /** What scripts, monitors and the page read. */
  async status() {
    return { sessions: await this.statuses.all(), platforms: this.troubles() };
  }

  /** Platforms, and why one cannot be reached; null where all is well. */
  troubles(): { name: PlatformName; trouble: string | null }[] {
    const { platforms, reach } = this.parts;
    return platforms.map((of) => ({ name: of.name, trouble: troubleOf(of, reach) }));
  }

  /** False before the first was opened. */
  hasSessions(): Promise<boolean> {
    return this.parts.store.lookups.any();
  }

  /** What a session's head, or a round, taught: made before by a command, but for the LoRA itself. Null where there is none. */
  async adapter(session: string, round: number | null, format: ExportFormat): Promise<Exported | null> {
    const state = await this.sessions.find(session);
    const number = round ?? state?.session.head ?? null;
    if (!state || number === null) return null;
    try {
      return await this.parts.exports.found({ session, round: learnedRound(state, number), format });
    } catch {
      return null;
    }
  }

  /** A platform that the start went on without. */
  private connectedLate(name: PlatformName): void {
    this.watchLost(name);
    this.carrying.wake(name);
    this.catching.soon(name);
  }

  /** Channels that took no posts when they were last heard of. */
  private watchLost(name: PlatformName): void {
    for (const { bindings } of this.sessions.live())
      for (const to of bindings)
        if (to.platform === name && !to.canPost) this.platforms.get(name)?.watch?.(to.address);
  }

  /** Events were missed: of servers, of who may see what, of those who agreed, and of open ballots. */
  private async readMissed(platform: PlatformName): Promise<void> {
    if (!this.messenger.names().includes(platform)) return;
    await this.servers.look(platform);
    const guarded = await this.carrying.guards.lookAll(this.sessions.live(), platform);
    await this.opening.welcomeUnsaid();
    await this.proposals.showUnshown(platform);
    await this.consents.readAll(platform);
    const swept = await this.carrying.sweeps.sweepOpen(this.sessions.live(), platform);
    if (guarded && swept) return;
    throw new Error(`${platform} gives no answer`);
  }
}
