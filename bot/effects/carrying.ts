/** What was decided is carried out: the outbox with all that its effects need, from the engine's jobs to a channel's cards. */
import type { MessageRef, PlatformName } from '../../src/chat/port.js';
import type { Effect } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { isDiskFull } from '../../src/store/faults.js';
import type { AppParts } from '../app-parts.js';
import { aboutEffect } from '../monitoring/watch.js';
import type { Sessions } from '../sessions/sessions.js';
import { Cards } from './cards.js';
import { laneOf, makeCarrier, platformOf, spacing } from './carriers.js';
import { Evaluations } from './evaluations.js';
import { Jobs } from './jobs.js';
import type { Messenger } from './messenger.js';
import { Guards } from './nsfw-guard.js';
import { Outbox, type Verdict } from './outbox.js';
import { Sweeps } from './sweeps.js';
import { verdictOf } from './verdicts.js';

type Shared = Pick<
  AppParts,
  | 'clock'
  | 'log'
  | 'paths'
  | 'queue'
  | 'people'
  | 'resolveModel'
  | 'safety'
  | 'safetyMeasure'
  | 'decoder'
  | 'watch'
  | 'reach'
  | 'patience'
>;

export interface CarryingParts extends Shared {
  sessions: Sessions;
  messenger: Messenger;
  forget(voter: string): Promise<void>;
  stopping(): boolean;
}

export class Carrying {
  readonly outbox: Outbox;
  readonly cards: Cards;
  readonly sweeps: Sweeps;
  readonly guards: Guards;
  readonly evaluations: Evaluations;

  constructor(private readonly parts: CarryingParts) {
    const { clock, log, sessions, watch } = parts;
    const dispatch: Sessions['dispatch'] = (id, event) => sessions.dispatch(id, event);
    const jobs = new Jobs({ ...parts, dispatch });
    this.cards = new Cards(parts.paths, (job) => jobs.preview(job));
    this.sweeps = new Sweeps({ ...parts, dispatch });
    this.guards = new Guards({ ...parts, dispatch });
    const state = (id: string) => sessions.find(id);
    this.evaluations = new Evaluations({ ...parts, dispatch, state });
    const carry = makeCarrier({
      ...parts,
      jobs,
      cards: this.cards,
      sweeps: this.sweeps,
      guards: this.guards,
      evaluations: this.evaluations,
      state,
      dispatch,
      superseded: (key) => this.outbox.superseded(key),
      after: (key) => this.outbox.after(key),
    });
    this.outbox = new Outbox({
      carry,
      judge: (effect, error) => this.judge(effect, error),
      giveUp: (effect) => this.giveUp(effect),
      lane: (effect) => laneOf(effect, sessions.get(effect.session)),
      spacing: (effect) => spacing(effect, sessions.get(effect.session)),
      clock,
      log,
      onFault: (effect) => watch.fault(effect),
      onWait: (effect, error) => this.waits(effect, error),
      onWaited: (effect) => this.waited(effect),
      retryMs: parts.patience.retryMs,
      mostMs: parts.patience.mostMs,
    });
  }

  /** The platform answers again, as far as is known: what waits for it is tried now. */
  wake(platform: PlatformName): void {
    this.outbox.wake((effect) => this.platformOf(effect) === platform);
  }

  private judge(effect: Effect, error: unknown): Verdict {
    const platform = this.platformOf(effect);
    // Whoever took its token away let its channels go: the others of a pool are not held up by them.
    const off = platform !== undefined && !this.parts.messenger.names().includes(platform);
    return off && effect.kind === 'sweep' ? 'final' : verdictOf(effect, error);
  }

  private waits(effect: Effect, error: unknown): void {
    const platform = this.platformOf(effect);
    if (platform !== undefined) this.parts.reach.waits(platform, effect.key, error);
    else if (!isDiskFull(error))
      this.parts.log.warn({ ...aboutEffect(effect), error: String(error) }, 'effect waits');
  }

  /** One that waited is carried out: for the others it may be time as well. */
  private waited(effect: Effect): void {
    const platform = this.platformOf(effect);
    if (platform !== undefined && this.parts.reach.goesOn(platform, effect.key)) this.wake(platform);
  }

  private platformOf(effect: Effect): PlatformName | undefined {
    return platformOf(effect, this.parts.sessions.get(effect.session));
  }

  /** Progress is shown as it comes; only its last word is an effect that outlives the process. */
  showProgress(state: SessionState, round: number): void {
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

  /** The session is gone. True where something of it was being computed beside its rounds. */
  drop(session: string): boolean {
    this.outbox.drop(session);
    return this.evaluations.callOff(session);
  }

  /** A ballot is on its way to the message's channel, and not only planned for the end of quiet hours. */
  posting(ref: MessageRef): boolean {
    return this.outbox.some((effect) => this.postsTo(effect, ref));
  }

  private postsTo(effect: Effect, { platform, channel }: MessageRef): boolean {
    if (effect.kind !== 'post-ballot' || effect.notBefore > this.parts.clock.now()) return false;
    const state = this.parts.sessions.get(effect.session);
    const of = state?.ballots.get(effect.ballot)?.channel;
    const to = state?.bindings.find((row) => row.channel === of);
    return to?.platform === platform && to.address === channel;
  }

  private async giveUp(effect: Effect): Promise<void> {
    const ballot = effect.kind === 'post-ballot' ? effect.ballot : null;
    const event = { kind: 'effect-failed', effect: effect.key, ballot, at: this.parts.clock.now() } as const;
    await this.parts.sessions.dispatch(effect.session, event);
  }
}
