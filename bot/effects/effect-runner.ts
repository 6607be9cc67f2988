/**
 * What was decided is carried out: the outbox, the handlers that it runs, and what becomes of what fails. It
 * listens to sessions: effects that are durable are added, and those that a decision says are done leave.
 */
import type { MessageRef, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Effect, EffectKind } from '../../src/domain/state/effects.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Log } from '../../src/log.js';
import { isDiskFull } from '../../src/store/faults.js';
import type { Reach } from '../monitoring/reach.js';
import { aboutEffect, type Watch } from '../monitoring/watch.js';
import type { CommitListener, Committed, Keeper } from '../sessions/listeners.js';
import { failureKind } from './failure-kinds.js';
import { EffectHandlers, type HandlerParts } from './handlers.js';
import { type EffectWork, type FailureKind, Outbox } from './outbox.js';
import type { Patience } from './patience.js';
import type { Platforms } from './platforms.js';
import { orderingKeyOf, platformOf, spacing } from './routes.js';

export interface EffectRunnerParts extends Omit<HandlerParts, 'outbox'> {
  clock: Clock;
  log: Log;
  platforms: Platforms;
  watch: Watch;
  reach: Reach;
  patience: Patience;
}

/** Runs what sessions decide, and says how it stands. */
export class EffectRunner implements EffectWork, CommitListener, Keeper {
  private readonly outbox: Outbox;
  private readonly handlers: EffectHandlers;

  constructor(private readonly parts: EffectRunnerParts) {
    const { clock, log, patience } = parts;
    const { retryMs, mostMs } = patience;
    this.outbox = new Outbox({ work: this, clock, log, retryMs, mostMs });
    this.handlers = new EffectHandlers({ ...parts, outbox: this.outbox });
  }

  /** Decisions that are durable: their effects begin, and what they say is done is over. */
  committed({ session, rows, effects, done }: Committed): void {
    for (const key of done) this.outbox.done(key);
    this.outbox.add(effects);
    const state = this.parts.sessions.get(session);
    for (const row of rows)
      if (state && row.table === 'job' && row.row.state === 'running')
        this.showProgress(state, row.row.round);
  }

  /** Also what no decision asked for, which may be lost. */
  add(effects: readonly Effect[]): void {
    this.outbox.add(effects);
  }

  /** Effects of the session wait until it is released. */
  hold(session: string): void {
    this.outbox.hold(session);
  }

  release(session: string): void {
    this.outbox.release(session);
  }

  isBusyWith(session: string): boolean {
    return this.outbox.some((effect) => effect.session === session);
  }

  /** How many of each kind are not done. */
  kinds(): ReadonlyMap<EffectKind, number> {
    return this.outbox.kinds();
  }

  /**
   * The session is gone. True where something of it was being computed beside its rounds, which is called
   * off.
   */
  drop(session: string): boolean {
    this.outbox.drop(session);
    const { evaluations, strengths } = this.parts;
    return [evaluations.callOff(session), strengths.callOff(session)].includes(true);
  }

  /** The platform answers again, as far as is known: what waits for it is tried now. */
  wake(platform: PlatformName): void {
    this.outbox.wake((effect) => this.platformOf(effect) === platform);
  }

  /**
   * Resolves once a ballot that is on its way to the message's channel hangs there, or could not be posted;
   * null where none is on its way. One that is only planned for the end of quiet hours is not.
   */
  ballotPosted(ref: MessageRef): Promise<void> | null {
    return this.outbox.nextEnd((effect) => this.postsTo(effect, ref));
  }

  /** Resolves when what is under way is over. */
  stop(): Promise<void> {
    return this.outbox.stop();
  }

  run(effect: Effect): Promise<void> {
    return this.handlers.run(effect);
  }

  failureKind(effect: Effect, error: unknown): FailureKind {
    const platform = this.platformOf(effect);
    // Whoever took its token away let its channels go: the others of a pool are not held up by them.
    const off = platform !== undefined && !this.parts.platforms.has(platform);
    return off && effect.kind === 'sweep' ? 'final' : failureKind(effect, error);
  }

  async giveUp(effect: Effect): Promise<void> {
    const ballot = effect.kind === 'post-ballot' ? effect.ballot : null;
    const event = { kind: 'effect-failed', effect: effect.key, ballot, at: this.parts.clock.now() } as const;
    await this.parts.sessions.dispatch(effect.session, event);
  }

  orderingKey(effect: Effect): string | null {
    return orderingKeyOf(effect, this.parts.sessions.get(effect.session));
  }

  spacing(effect: Effect): number {
    return spacing(effect, this.parts.sessions.get(effect.session));
  }

  failed(effect: Effect): void {
    this.parts.watch.fault(effect);
  }

  waits(effect: Effect, error: unknown): void {
    const platform = this.platformOf(effect);
    if (platform !== undefined) this.parts.reach.waits(platform, effect.key, error);
    else if (!isDiskFull(error))
      this.parts.log.warn({ ...aboutEffect(effect), error: String(error) }, 'effect waits');
  }

  /** One that waited is carried out: for the others it may be time as well. */
  goesOn(effect: Effect): void {
    const platform = this.platformOf(effect);
    if (platform !== undefined && this.parts.reach.goesOn(platform, effect.key)) this.wake(platform);
  }

  private platformOf(effect: Effect): PlatformName | undefined {
    return platformOf(effect, this.parts.sessions.get(effect.session));
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

  private postsTo(effect: Effect, { platform, channel }: MessageRef): boolean {
    if (effect.kind !== 'post-ballot' || effect.notBefore > this.parts.clock.now()) return false;
    const state = this.parts.sessions.get(effect.session);
    const of = state?.ballots.get(effect.ballot)?.channel;
    const to = state?.bindings.find((row) => row.channel === of);
    return to?.platform === platform && to.address === channel;
  }
}
