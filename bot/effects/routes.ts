/**
 * Where an effect goes: its channel, its platform, what it must not overtake, and how often it may be done.
 */
import type { Effect } from '../../src/domain/state/effects.js';
import type { Binding, SessionState } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';

/** Where the effect is carried out: the channel's id; undefined for one that needs no platform. */
export function channelOf(effect: Effect, state: SessionState | undefined): string | undefined {
  if ('channel' in effect) return effect.channel;
  return 'ballot' in effect ? state?.ballots.get(effect.ballot)?.channel : undefined;
}

/** The platform that it needs; undefined for one that needs none, or whose session is not held. */
export function platformOf(effect: Effect, state: SessionState | undefined): Binding['platform'] | undefined {
  const channel = channelOf(effect, state);
  return state?.bindings.find((row) => row.channel === channel)?.platform;
}

/** Effects about one channel's messages go one after the other; jobs have their own queue: null. */
export function orderingKeyOf(effect: Effect, state: SessionState | undefined): string | null {
  switch (effect.kind) {
    case 'generate':
    case 'learn':
    case 'evaluate':
    case 'strengths':
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
    case 'delete-pair':
    case 'forget':
    case 'stop-session':
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
