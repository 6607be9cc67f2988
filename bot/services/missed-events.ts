/**
 * What a platform did not tell is asked of it: of servers, of who may see what, of those who agreed, and of
 * open ballots. And what there is to do when a platform is there that a start had gone on without.
 */
import type { PlatformName } from '../../src/chat/port.js';
import type { EffectRunner } from '../effects/effect-runner.js';
import type { Guards } from '../effects/nsfw-guard.js';
import type { Platforms } from '../effects/platforms.js';
import type { Sweeps } from '../effects/sweeps.js';
import type { Sessions } from '../sessions/sessions.js';
import type { CatchingUp, ReadsMissed } from './catching-up.js';
import type { Notices } from './notices.js';
import type { Opening } from './opening.js';
import type { Proposals } from './proposals.js';
import type { Servers } from './servers.js';

export interface MissedEventParts {
  platforms: Platforms;
  sessions: Sessions;
  servers: Servers;
  guards: Guards;
  opening: Opening;
  proposals: Proposals;
  notices: Notices;
  sweeps: Sweeps;
  effects: EffectRunner;
  catchingUp: CatchingUp;
}

/** Knows the order in which things are asked for. */
export class MissedEvents implements ReadsMissed {
  constructor(private readonly parts: MissedEventParts) {}

  async readMissed(platform: PlatformName): Promise<void> {
    const { platforms, sessions, servers, guards, opening, proposals, notices, sweeps } = this.parts;
    if (!platforms.has(platform)) return;
    await servers.refresh(platform);
    const guarded = await guards.checkAll(sessions.live(), platform);
    await opening.welcomeUnsaid();
    // What stands below the first words waited for them.
    this.parts.effects.wake(platform);
    await proposals.showUnshown(platform);
    await notices.readAll(platform);
    const swept = await sweeps.sweepOpen(sessions.live(), platform);
    if (guarded && swept) return;
    throw new Error(`${platform} gives no answer`);
  }

  /** The platform itself tells that events are missing. Resolves as `CatchingUp.ask` does. */
  gap(platform: PlatformName): Promise<void> {
    // It is told by a connection that is new: what waits for an answer may get one.
    this.parts.effects.wake(platform);
    return this.parts.catchingUp.ask(platform);
  }

  /** Connected after the start had gone on without it. */
  connectedLate(platform: PlatformName): void {
    this.watchLost(platform);
    this.parts.effects.wake(platform);
    this.parts.catchingUp.soon(platform);
  }

  /** Lets the platform watch channels that took no posts when they were last heard of. */
  watchLost(name: PlatformName): void {
    const { platforms, sessions } = this.parts;
    for (const { bindings } of sessions.live())
      for (const to of bindings)
        if (to.platform === name && !to.canPost) platforms.get(name)?.watch?.(to.address);
  }
}
