/**
 * How each kind of effect is carried out: one row a kind, total by type. Every row may run any number of times for the
 * same key, reads the newest state, and reports its end as an event; an effect whose rows are gone ends quietly.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../src/clock.js';
import type { Effect, EffectKind, EffectOf } from '../../src/domain/state/effects.js';
import type { Event } from '../../src/domain/state/events.js';
import type { Binding, SessionState } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';
import { AcclaimError } from '../../src/errors.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { Cards } from './cards.js';
import type { DataPaths } from './data-paths.js';
import type { Evaluations } from './evaluations.js';
import type { Jobs } from './jobs.js';
import type { Messenger } from './messenger.js';
import type { Guards } from './nsfw-guard.js';
import { isOvertaken } from './overtaken.js';
import type { Sweeps } from './sweeps.js';

export interface CarrierParts {
  clock: Clock;
  paths: DataPaths;
  queue: JobQueue;
  jobs: Jobs;
  evaluations: Evaluations;
  cards: Cards;
  messenger: Messenger;
  sweeps: Sweeps;
  guards: Guards;
  state(session: string): Promise<SessionState | undefined>;
  dispatch(session: string, event: Event): Promise<unknown>;
  /** Erases a voter's key from the ledger down to the file. */
  forget(voter: string): Promise<void>;
  /** True when a newer version of the effect waits. */
  superseded(key: string): boolean;
  /** What was decided later and is not carried out yet. */
  after(key: string): Iterable<Effect>;
}

type Carrier<K extends EffectKind> = (effect: EffectOf<K>, state: SessionState) => Promise<void>;
type Carriers = { [K in EffectKind]: Carrier<K> };

/** Runs the row of the effect's kind. */
export function makeCarrier(parts: CarrierParts): (effect: Effect) => Promise<void> {
  const rows = carriers(parts);
  return async (effect) => {
    const state = await parts.state(effect.session);
    if (!state) return;
    // The table is total by kind, so row and effect belong together; TypeScript cannot follow the pair.
    await (rows[effect.kind] as Carrier<EffectKind>)(effect, state).catch(async (error) => {
      if (!(await unguarded(effect, state, error))) throw error;
      // What waits of a round is posted when a moderator resumes the session; the rest is made anew then.
      const event = { kind: 'effect-done', effect: effect.key, at: parts.clock.now() } as const;
      if (!parts.superseded(effect.key)) await parts.dispatch(effect.session, event);
    });
  };

  /** The channel refused pictures that need care: true when it is really not (any more) where they may be shown. */
  async function unguarded(effect: Effect, state: SessionState, error: unknown) {
    const { session } = state;
    if (!session.nsfw || !(error instanceof AcclaimError && error.code === 'not-allowed')) return false;
    const channel = channelOf(effect, state);
    const to = state.bindings.find((b) => b.channel === channel);
    return to !== undefined && (await parts.guards.refusal(session.id, to)) !== null;
  }
}

function carriers(parts: CarrierParts): Carriers {
  const { clock, cards, messenger, dispatch } = parts;

  const done = async (effect: Effect) => {
    if (parts.superseded(effect.key)) return;
    await dispatch(effect.session, { kind: 'effect-done', effect: effect.key, at: clock.now() });
  };
  const channel = (state: SessionState, id: string): Binding => {
    const found = state.bindings.find((b) => b.channel === id);
    if (!found) throw new Error(`session ${state.session.id} is not bound to ${id}`);
    return found;
  };
  /** The ballot and where its message is; undefined when there is none (any more). */
  const posted = (state: SessionState, id: string) => {
    const ballot = state.ballots.get(id);
    if (!ballot || ballot.message === null) return undefined;
    const to = channel(state, ballot.channel);
    return { ballot, to, ref: messenger.ref(to, ballot.message), platform: messenger.platform(to.platform) };
  };
  const whole = {
    outcome: (state: SessionState, effect: EffectOf<'card'>) => cards.outcome(state, effect),
    story: (state: SessionState, { key }: EffectOf<'card'>) => cards.story(state, key),
    safety: (state: SessionState, effect: EffectOf<'card'>) => cards.safety(state, effect),
  };
  return {
    generate: (effect, state) => parts.jobs.generate(state, effect),
    learn: (effect, state) => parts.jobs.learn(state, effect),
    evaluate: (effect, state) => parts.evaluations.run(state, effect),
    'cancel-job': async (effect) => {
      await parts.queue.cancel(effect.job);
      await done(effect);
    },
    'post-ballot': async (effect, state) => {
      const ballot = state.ballots.get(effect.ballot);
      if (ballot?.state !== 'planned') return done(effect);
      const to = channel(state, ballot.channel);
      const { message } = await messenger.post(to, await cards.ballot(state, ballot));
      const event = { kind: 'ballot-posted', ballot: ballot.id, effect: effect.key, message } as const;
      await dispatch(effect.session, { ...event, at: clock.now() });
    },
    'edit-ballot': async (effect, state) => {
      const at = posted(state, effect.ballot);
      if (at) await at.platform.edit(at.ref, await cards.ballot(state, at.ballot));
      await done(effect);
    },
    'prime-ballot': async (effect, state) => {
      const at = posted(state, effect.ballot);
      // Late, after the round has closed, there is nothing to be voted on.
      if (at?.ballot.state === 'live')
        for (const emoji of effect.reactions) await at.platform.react(at.ref, emoji);
      await done(effect);
    },
    'remove-ballot': async (effect, state) => {
      const at = posted(state, effect.ballot);
      if (at) await at.platform.remove(at.ref);
      await done(effect);
    },
    'take-down': async (effect, state) => {
      const to = channel(state, effect.channel);
      // Put right meanwhile: what hangs there may be seen again.
      if (!(await parts.guards.allows(to))) await messenger.platform(to.platform).takeDown(to.address);
      await done(effect);
    },
    sweep: async (effect, state) => {
      const ballot = state.ballots.get(effect.ballot);
      if (!ballot || ballot.message === null) return done(effect);
      await parts.sweeps.sweep(state, ballot, effect.key);
    },
    card: async (effect, state) => {
      const to = channel(state, effect.channel);
      const closed = effect.card === 'progress' ? cards.closed(state, effect) : null;
      if (closed) await messenger.show(to, closed);
      else if (effect.card === 'progress') {
        const drawn = cards.drawn(state, effect);
        // The round has moved on: the bar of drawing is filled once before the bar of learning appears.
        if (drawn && !messenger.shown(to, `${effect.key}.learn`)) await messenger.show(to, drawn);
        await messenger.show(to, cards.progress(state, effect));
      } else {
        const card = await whole[effect.card](state, effect);
        if (card) await messenger.show(to, card);
      }
      await done(effect);
    },
    notice: async (effect, state) => {
      if (isOvertaken(effect, state, parts.after(effect.key))) return done(effect);
      await messenger.post(channel(state, effect.channel), cards.notice(state, effect));
      await done(effect);
    },
    'delete-image': async (effect, state) => {
      const round = state.rounds.find((r) => r.number === effect.round);
      const image = round && state.images.get(round.id)?.find((m) => m.index === effect.index);
      if (image) await rm(join(parts.paths.round(effect.session, effect.round), image.file), { force: true });
      if (round) await cards.forget(state, round, effect.index);
      await done(effect);
    },
    forget: async (effect, state) => {
      // Every session that heard of it asks; once one has been answered there is nobody of that key.
      if (state.voters.has(effect.voter)) await parts.forget(effect.voter);
      await done(effect);
    },
  };
}

/** Where the effect is carried out: the channel's id; undefined for one that needs no platform. */
export function channelOf(effect: Effect, state: SessionState | undefined): string | undefined {
  if ('channel' in effect) return effect.channel;
  return 'ballot' in effect ? state?.ballots.get(effect.ballot)?.channel : undefined;
}

export function platformOf(effect: Effect, state: SessionState | undefined): Binding['platform'] | undefined {
  const channel = channelOf(effect, state);
  return state?.bindings.find((row) => row.channel === channel)?.platform;
}

/** Effects about one channel's messages go one after the other; jobs have their own queue. */
export function laneOf(effect: Effect, state: SessionState | undefined): string | null {
  switch (effect.kind) {
    case 'generate':
    case 'learn':
    case 'evaluate':
    case 'cancel-job':
      return null;
    case 'card':
    case 'notice':
    case 'take-down':
      return `${effect.session} ${effect.channel}`;
    case 'post-ballot':
    case 'edit-ballot':
    case 'prime-ballot':
    case 'remove-ballot':
    case 'sweep':
      return `${effect.session} ${state?.ballots.get(effect.ballot)?.channel ?? ''}`;
    case 'delete-image':
    case 'forget':
      return `${effect.session} files`;
  }
}

/** Least time between two edits of a message, ms. */
export function spacing(effect: Effect, state: SessionState | undefined): number {
  const edits = effect.kind === 'card' || effect.kind === 'edit-ballot';
  if (!edits) return 0;
  const id = effect.kind === 'card' ? effect.channel : state?.ballots.get(effect.ballot)?.channel;
  const binding = state?.bindings.find((b) => b.channel === id);
  return binding ? platforms[binding.platform].editMs : 0;
}
