/**
 * The bot, put together from parts that it is handed: platforms tell it what people do, sessions decide, the outbox
 * carries out. On start it takes up every session where the store left it: what waits in the outbox is carried out,
 * open ballots are read again, and the clock goes on.
 */

import type { Account, ChatPlatform } from '../src/chat/port.js';
import type { Clock } from '../src/clock.js';
import type { Effect } from '../src/domain/effects.js';
import type { Seen } from '../src/domain/events.js';
import type { Binding, SessionState } from '../src/domain/model.js';
import type { SessionSpec } from '../src/domain/open.js';
import { sessionStatus } from '../src/domain/views.js';
import { AcclaimError } from '../src/errors.js';
import type { Log } from '../src/log.js';
import type { JobQueue } from '../src/queue/contract.js';
import type { Store } from '../src/store/store.js';
import type { Actions, StartRequest } from './commands/command.js';
import { runTyped } from './commands/table.js';
import { Cards } from './handlers/cards.js';
import { laneOf, makeCarrier, spacing } from './handlers/carriers.js';
import { Chat } from './handlers/chat.js';
import { Jobs } from './handlers/jobs.js';
import { Messenger } from './handlers/messenger.js';
import type { People } from './handlers/people.js';
import { Outbox } from './outbox.js';
import type { DataPaths } from './paths.js';
import { Sessions } from './sessions.js';
import { welcomeCard } from './views/notice.js';

export type NewSession = Omit<SessionSpec, 'id' | 'community' | 'createdBy'>;

export interface AppParts {
  store: Store;
  queue: JobQueue;
  platforms: readonly ChatPlatform[];
  people: People;
  paths: DataPaths;
  clock: Clock;
  log: Log;
  resolveModel(model: string): string;
  /** A request by a person, or none, over the configuration -> what the session is run by. */
  specify(request: Partial<StartRequest>): NewSession;
  newId(title: string): string;
  tasks: Actions['tasks'];
  models: Actions['models'];
  /** The truth can no longer be written: say why and end the process. */
  fatal(error: unknown): void;
}

type Place = Omit<Binding, 'session' | 'ordinal' | 'canPost'>;

export class App {
  readonly sessions: Sessions;
  private readonly outbox: Outbox;
  private readonly messenger: Messenger;
  private readonly cards: Cards;
  private readonly chat: Chat;
  private readonly platforms: ReadonlyMap<string, ChatPlatform>;
  private resumed = false;
  private stopping = false;

  constructor(private readonly parts: AppParts) {
    const { clock, log, paths, people, queue, store } = parts;
    this.platforms = new Map(parts.platforms.map((p) => [p.name, p]));
    const dispatch: Sessions['dispatch'] = (id, event) => this.sessions.dispatch(id, event);
    this.sessions = new Sessions({
      clock,
      commit: (rows, effects) => store.commit(rows, effects),
      onCommitted: (effects, done) => {
        for (const key of done) this.outbox.done(key);
        this.outbox.add(effects);
      },
      onProgress: (state, round) => this.showProgress(state, round),
      fatal: parts.fatal,
    });
    this.messenger = new Messenger(this.platforms, () => this.resumed);
    this.cards = new Cards(paths);
    const jobs = new Jobs({
      queue,
      paths,
      clock,
      resolveModel: parts.resolveModel,
      dispatch,
      stopping: () => this.stopping,
    });
    const carry = makeCarrier({
      clock,
      paths,
      queue,
      jobs,
      cards: this.cards,
      messenger: this.messenger,
      people,
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
    });
    this.chat = new Chat({
      clock,
      people,
      messenger: this.messenger,
      sessions: () => this.sessions.all(),
      ballotAt: (ref) => this.sessions.ballotAt(ref.platform, ref.channel, ref.message),
      posting: () => this.outbox.waiting('post-ballot'),
      dispatch,
      consentBeforeAll: (voter, given, at) => this.consentBeforeAll(voter, given, at),
      command: (text, account, channel) =>
        runTyped(text, { account, by: people.seen(account), channel }, this.actions),
    });
  }

  async start(): Promise<void> {
    const { store, platforms } = this.parts;
    const states = await store.loadSessions();
    this.resumed = states.length > 0;
    this.sessions.load(states);
    for (const platform of platforms) await platform.start((event) => this.chat.receive(event));
    for (const state of states) if (state.session.state !== 'ended') await this.welcome(state);
    await this.sweepOpen();
    this.outbox.add(await store.pendingEffects());
    this.sessions.startTicks();
  }

  /** Nothing is lost by stopping at any point; this only does it politely. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.sessions.stopTicks();
    await this.parts.queue.close();
    await Promise.all(this.parts.platforms.map((p) => p.stop()));
    await this.outbox.stop();
    this.sessions.stop();
    await this.parts.store.close();
  }

  /** Opens a session in a channel. */
  async open(spec: NewSession, id: string, place: Place, createdBy: string | null): Promise<SessionState> {
    const { store } = this.parts;
    const { channel, platform, address } = place;
    await store.ensureChannel(
      { id: platform, platform, name: platform },
      { id: channel, community: platform, platform, address, name: spec.title, nsfw: spec.nsfw },
    );
    const voters = this.sessions.all().find((s) => s.session.community === platform)?.voters;
    const state = await this.sessions.open(
      { ...spec, id, community: platform, createdBy },
      place,
      voters ?? (await store.loadVoters(platform)),
    );
    await this.welcome(state);
    return state;
  }

  /** What scripts, monitors and the page read. */
  status() {
    return { sessions: this.sessions.all().map((state) => this.statusOf(state)) };
  }

  /** The LoRA of a session's head, or of a round; null while nothing was learned. */
  adapter(session: string, round: number | null): { file: string; name: string } | null {
    const state = this.sessions.get(session);
    const number = round ?? state?.session.head ?? null;
    const learned = state?.rounds.some(
      (r) => r.number === number && r.learned !== null && r.state !== 'failed',
    );
    if (!state || number === null || !learned) return null;
    const file = `${this.parts.paths.checkpoint(session, number)}/adapter.safetensors`;
    return { file, name: `${session}-round-${number}.safetensors` };
  }

  readonly actions: Actions = {
    sessions: () => this.sessions.all(),
    sessionOf: (account, channel) => this.sessions.ofChannel(account.platform, channel),
    act: (session, act, by) =>
      this.sessions.dispatch(session, { kind: 'command', act, by, at: this.parts.clock.now() }),
    start: async (request, account, channel) => {
      const spec = this.parts.specify(request);
      const id = this.parts.newId(spec.title);
      return this.open(spec, id, this.actions.placeFor(id, account, channel), request.createdBy);
    },
    placeFor: (session, account, channel) => this.placeFor(session, account, channel),
    showStory: async (session) => {
      const state = this.sessions.get(session)!;
      for (const to of state.bindings) {
        const rounds = state.rounds.filter((r) => r.outcome).length;
        const key = `${session}.story.${rounds}.${to.ordinal}`;
        await this.messenger.show(to, await this.cards.story(state, key));
      }
    },
    forget: async (account) => {
      await this.chat.receive({
        kind: 'consent',
        channel: '',
        account,
        given: false,
        at: this.parts.clock.now(),
      });
      await this.platforms.get(account.platform)?.forget?.(account);
    },
    newId: (title) => this.parts.newId(title),
    tasks: () => this.parts.tasks(),
    models: () => this.parts.models(),
  };

  /** The page has a channel for each session; elsewhere a session lives where it was asked for, one at a time. */
  private placeFor(session: string, account: Account, channel: string): Place {
    const { platform } = account;
    const { sweeps } = this.platforms.get(platform)!.capabilities;
    if (platform === 'web') return { channel: `web-${session}`, platform, address: session, sweeps };
    const here = this.sessions.ofChannel(platform, channel);
    if (here && here.session.state !== 'ended')
      throw new AcclaimError(
        'not-allowed',
        'A session runs in this channel.',
        'Stop it first, or use another channel.',
      );
    return { channel: `${platform}-${channel}`, platform, address: channel, sweeps };
  }

  private statusOf(state: SessionState) {
    const status = sessionStatus(state);
    return {
      ...status,
      channel: state.bindings[0]?.address ?? '',
      budget: state.session.rules.budgetRounds,
      adapter: state.rounds.some((r) => r.learned?.learned === true && r.state === 'done'),
    };
  }

  /** The first words in a channel; by key, so that a crash in between neither loses nor doubles them. */
  private async welcome({ session, bindings }: SessionState): Promise<void> {
    for (const to of bindings) {
      const post = this.messenger.post(to, welcomeCard(`${session.id}.welcome`, session));
      await post.catch((error) =>
        this.parts.log.warn({ session: session.id, error: String(error) }, 'no welcome'),
      );
    }
  }

  /** What people did while the bot was away: every ballot that takes votes is read again, the nearest deadline first. */
  private async sweepOpen(): Promise<void> {
    const { clock, people, log } = this.parts;
    const open = this.sessions.all().flatMap((state) =>
      [...state.ballots.values()].flatMap((ballot) => {
        const round = state.rounds.find((r) => r.id === ballot.round);
        const swept = ballot.state === 'live' && ballot.sweeps && ballot.message !== null;
        return swept ? [{ state, ballot, deadline: round?.deadline ?? Number.POSITIVE_INFINITY }] : [];
      }),
    );
    open.sort((a, b) => a.deadline - b.deadline);
    for (const { state, ballot } of open) {
      try {
        const to = state.bindings.find((b) => b.channel === ballot.channel)!;
        const beganAt = clock.now();
        const ref = this.messenger.ref(to, ballot.message!);
        const found = await this.messenger.platform(to.platform).fetchReactions(ref);
        const marks = [...found].flatMap(([emoji, accounts]) =>
          accounts.map((account) => ({ voter: people.seen(account), emoji })),
        );
        const event = {
          kind: 'swept',
          ballot: ballot.id,
          effect: null,
          beganAt,
          marks,
          at: clock.now(),
        } as const;
        await this.sessions.dispatch(state.session.id, event);
      } catch (error) {
        // The closing sweep reads it again: no round closes unswept.
        log.warn({ ballot: ballot.id, error: String(error) }, 'sweep failed');
      }
    }
  }

  /** Progress is shown as it comes; only its last word is an effect that outlives the process. */
  private showProgress(state: SessionState, round: number): void {
    this.outbox.add(
      state.bindings.map(({ channel, ordinal }) => ({
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

  private async giveUp(effect: Effect): Promise<void> {
    const ballot = effect.kind === 'post-ballot' ? effect.ballot : null;
    const event = { kind: 'effect-failed', effect: effect.key, ballot, at: this.parts.clock.now() } as const;
    await this.sessions.dispatch(effect.session, event);
  }

  private async consentBeforeAll(voter: Seen, given: boolean, at: number): Promise<void> {
    const { store } = this.parts;
    if (!given) return store.forget(voter.key, at);
    const { key, platform, bornAt, joinedAt } = voter;
    const person = { key, community: platform, platform, bornAt, joinedAt, consentAt: at, name: null };
    const row = { ...person, rounds: 0, excluded: false, trusted: voter.role !== 'member', pseudonym: false };
    await store.commit([{ table: 'voter', row }], []);
  }

  /** The ledger swaps the key for pseudonyms; what is held in memory is read anew before anything else is decided. */
  private async forgetVoter(voter: string): Promise<void> {
    const { store, clock } = this.parts;
    await this.sessions.hold(async () => {
      await store.forget(voter, clock.now());
      return store.loadSessions();
    });
  }
}
