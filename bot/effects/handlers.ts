/**
 * How each kind of effect is carried out: one row a kind, total by type. Every row may run any number of
 * times for the same key, reads the newest state, and reports its end as an event; an effect whose rows are
 * gone ends quietly.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChatPlatform, MessageRef } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Effect, EffectKind, EffectOf } from '../../src/domain/state/effects.js';
import type { Seen } from '../../src/domain/state/events.js';
import type { Binding, SessionState } from '../../src/domain/state/model.js';
import type { Ballot } from '../../src/domain/state/round.js';
import { AcclaimError } from '../../src/errors.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Cards } from './cards.js';
import type { DataPaths } from './data-paths.js';
import type { Evaluations } from './evaluations.js';
import type { Jobs } from './jobs.js';
import type { Messenger } from './messenger.js';
import type { Guards } from './nsfw-guard.js';
import type { Outbox } from './outbox.js';
import { isOvertaken } from './overtaken.js';
import { channelOf } from './routes.js';
import type { StrengthRuns } from './strengths.js';
import type { Sweeps } from './sweeps.js';

/** Forgets people: a service, which is made before effects are carried out and knows nothing of them. */
export interface ForgetsPeople {
  /** Erases a voter's key, with those of linked accounts, from the ledger down to the file. */
  forget(voter: string): Promise<void>;
}

/** What the handlers work with. */
export interface HandlerParts {
  clock: Clock;
  paths: DataPaths;
  queue: JobQueue;
  sessions: Sessions;
  jobs: Jobs;
  evaluations: Evaluations;
  strengths: StrengthRuns;
  cards: Cards;
  messenger: Messenger;
  sweeps: Sweeps;
  guards: Guards;
  forgetting: ForgetsPeople;
  /** That they are run by: it knows what was decided since. */
  outbox: Outbox;
}

type Handler<K extends EffectKind> = (effect: EffectOf<K>, state: SessionState) => Promise<void>;

/** A ballot and where its message is. */
interface Posted {
  ballot: Ballot;
  ref: MessageRef;
  platform: ChatPlatform;
}

/** The table of handlers, and what they have in common. */
export class EffectHandlers {
  private readonly rows: { [K in EffectKind]: Handler<K> } = {
    generate: (effect, state) => this.parts.jobs.generate(state, effect),
    learn: (effect, state) => this.parts.jobs.learn(state, effect),
    evaluate: (effect, state) => this.parts.evaluations.run(state, effect),
    strengths: (effect, state) => this.parts.strengths.run(state, effect),
    'cancel-job': (effect) => this.cancelJob(effect),
    'post-ballot': (effect, state) => this.postBallot(effect, state),
    'edit-ballot': (effect, state) => this.editBallot(effect, state),
    'prime-ballot': (effect, state) => this.primeBallot(effect, state),
    'remove-ballot': (effect, state) => this.removeBallot(effect, state),
    'take-down': (effect, state) => this.takeDown(effect, state),
    sweep: (effect, state) => this.sweep(effect, state),
    card: (effect, state) => this.card(effect, state),
    notice: (effect, state) => this.notice(effect, state),
    'delete-image': (effect, state) => this.deleteImage(effect, state),
    'delete-pair': (effect, state) => this.deletePair(effect, state),
    'stop-session': (effect) => this.stopSession(effect),
    forget: (effect, state) => this.forget(effect, state),
  };

  constructor(private readonly parts: HandlerParts) {}

  /** Runs the row of the effect's kind. Throws what the platform, the queue or the disk says. */
  async run(effect: Effect): Promise<void> {
    await this.afterFirstWords(effect);
    const state = await this.parts.sessions.find(effect.session);
    if (!state) return;
    // The table is total by kind, so row and effect belong together; TypeScript cannot follow the pair.
    await (this.rows[effect.kind] as Handler<EffectKind>)(effect, state).catch(async (error) => {
      if (!(await this.isUnguarded(effect, state, error))) throw error;
      // What waits of a round is posted when a moderator resumes the session; the rest is made anew then.
      await this.done(effect);
    });
  }

  /** What adds a message to a channel stands below the session's first words there. */
  private async afterFirstWords(effect: Effect): Promise<void> {
    if (!['card', 'notice', 'post-ballot'].includes(effect.kind)) return;
    const { sessions, messenger } = this.parts;
    const state = sessions.get(effect.session);
    const channel = channelOf(effect, state);
    const to = state?.bindings.find((row) => row.channel === channel);
    if (to) await messenger.firstWords.mayFollow(to);
  }

  /**
   * The channel refused pictures that are NSFW: true when it is really not (any more) where they may be
   * shown.
   */
  private async isUnguarded(effect: Effect, state: SessionState, error: unknown): Promise<boolean> {
    const { session } = state;
    if (!session.nsfw || !(error instanceof AcclaimError && error.code === 'not-allowed')) return false;
    const channel = channelOf(effect, state);
    const to = state.bindings.find((b) => b.channel === channel);
    return to !== undefined && (await this.parts.guards.refusal(session.id, to)) !== null;
  }

  /** A newer version of it that waits is reported when that one is done. */
  private async done(effect: Effect): Promise<void> {
    const { outbox, sessions, clock } = this.parts;
    if (outbox.superseded(effect.key)) return;
    await sessions.dispatch(effect.session, { kind: 'effect-done', effect: effect.key, at: clock.now() });
  }

  private async cancelJob(effect: EffectOf<'cancel-job'>): Promise<void> {
    await this.parts.queue.cancel(effect.job);
    await this.done(effect);
  }

  private async postBallot(effect: EffectOf<'post-ballot'>, state: SessionState): Promise<void> {
    const { messenger, cards, sessions, clock } = this.parts;
    const ballot = state.ballots.get(effect.ballot);
    if (ballot?.state !== 'planned') return this.done(effect);
    const to = bindingOf(state, ballot.channel);
    const { message } = await messenger.post(to, await cards.ballot(state, ballot));
    const event = { kind: 'ballot-posted', ballot: ballot.id, effect: effect.key, message } as const;
    await sessions.dispatch(effect.session, { ...event, at: clock.now() });
  }

  private async editBallot(effect: EffectOf<'edit-ballot'>, state: SessionState): Promise<void> {
    const at = this.posted(state, effect.ballot);
    if (at) await at.platform.edit(at.ref, await this.parts.cards.ballot(state, at.ballot));
    await this.done(effect);
  }

  private async primeBallot(effect: EffectOf<'prime-ballot'>, state: SessionState): Promise<void> {
    const at = this.posted(state, effect.ballot);
    // Late, after the round has closed, there is nothing to be voted on.
    if (at?.ballot.state === 'live')
      for (const emoji of effect.reactions) await at.platform.react(at.ref, emoji);
    await this.done(effect);
  }

  private async removeBallot(effect: EffectOf<'remove-ballot'>, state: SessionState): Promise<void> {
    const at = this.posted(state, effect.ballot);
    if (at) await at.platform.remove(at.ref);
    await this.done(effect);
  }

  private async takeDown(effect: EffectOf<'take-down'>, state: SessionState): Promise<void> {
    const { guards, messenger } = this.parts;
    const to = bindingOf(state, effect.channel);
    // Put right meanwhile: what hangs there may be seen again.
    if (!(await guards.allows(to))) await messenger.platform(to.platform).takeDown(to.address);
    await this.done(effect);
  }

  private async sweep(effect: EffectOf<'sweep'>, state: SessionState): Promise<void> {
    const ballot = state.ballots.get(effect.ballot);
    if (!ballot || ballot.message === null) return this.done(effect);
    await this.parts.sweeps.sweep(state, ballot, effect.key);
  }

  private async card(effect: EffectOf<'card'>, state: SessionState): Promise<void> {
    if (effect.card === 'progress') await this.progress(effect, state);
    else {
      const card = await this.parts.cards.whole(effect.card, state, effect);
      if (card) await this.parts.messenger.show(bindingOf(state, effect.channel), card);
    }
    await this.done(effect);
  }

  private async progress(effect: EffectOf<'card'>, state: SessionState): Promise<void> {
    const { cards, messenger } = this.parts;
    const to = bindingOf(state, effect.channel);
    const closed = await cards.closed(state, effect);
    if (closed) return messenger.show(to, closed);
    const drawn = cards.drawn(state, effect);
    // The round has moved on: the bar of drawing is filled once before the bar of learning appears.
    if (drawn && !messenger.shown(to, `${effect.key}.learn`)) await messenger.show(to, drawn);
    await messenger.show(to, cards.progress(state, effect));
  }

  private async notice(effect: EffectOf<'notice'>, state: SessionState): Promise<void> {
    const { outbox, messenger, cards } = this.parts;
    if (isOvertaken(effect, state, outbox.after(effect.key))) return this.done(effect);
    await messenger.post(bindingOf(state, effect.channel), cards.notice(state, effect));
    await this.done(effect);
  }

  private async deleteImage(effect: EffectOf<'delete-image'>, state: SessionState): Promise<void> {
    const { paths, cards } = this.parts;
    const round = state.rounds.find((r) => r.number === effect.round);
    const image = round && state.images.get(round.id)?.find((m) => m.index === effect.index);
    if (image) await rm(join(paths.round(effect.session, effect.round), image.file), { force: true });
    if (round) await cards.forget(state, round, effect.index);
    await this.done(effect);
  }

  private async deletePair(effect: EffectOf<'delete-pair'>, state: SessionState): Promise<void> {
    const { paths, cards } = this.parts;
    for (const { number, pair = [] } of state.rounds)
      for (const { file, state: is } of pair)
        if (is === 'hidden' && file)
          await rm(join(paths.round(effect.session, number), file), { force: true });
    if (state.session.pairHidden)
      await rm(paths.strength(effect.session, ''), { recursive: true, force: true });
    await cards.forgetPairs(state);
    await this.done(effect);
  }

  private async stopSession(effect: EffectOf<'stop-session'>): Promise<void> {
    const { sessions, clock } = this.parts;
    const other = await sessions.find(effect.stops);
    if (other && other.session.state !== 'ended') {
      const by: Seen = { ...nobody, platform: other.bindings[0]!.platform };
      const event = { kind: 'command', act: { name: 'stop' }, by, from: null, at: clock.now() } as const;
      await sessions.dispatch(effect.stops, event);
    }
    await this.done(effect);
  }

  private async forget(effect: EffectOf<'forget'>, state: SessionState): Promise<void> {
    // Every session that heard of it asks; once one has been answered there is nobody of that key.
    if (state.voters.has(effect.voter)) await this.parts.forgetting.forget(effect.voter);
    await this.done(effect);
  }

  /** Undefined when there is no message (any more). */
  private posted(state: SessionState, id: string): Posted | undefined {
    const { messenger } = this.parts;
    const ballot = state.ballots.get(id);
    if (!ballot || ballot.message === null) return undefined;
    const to = bindingOf(state, ballot.channel);
    return { ballot, ref: messenger.ref(to, ballot.message), platform: messenger.platform(to.platform) };
  }
}

/** The program itself. */
const nobody = { key: '', bornAt: null, joinedAt: null, role: 'operator' } as const;

function bindingOf(state: SessionState, channel: string): Binding {
  const found = state.bindings.find((b) => b.channel === channel);
  if (!found) throw new Error(`session ${state.session.id} is not bound to ${channel}`);
  return found;
}
