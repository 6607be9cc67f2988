/**
 * Sessions whose pictures are NSFW, and the channels that may show them: asked of the platform at the start,
 * at a resume, and when it refuses a post. A channel that may not any more has its pictures taken down at
 * once, and the session is told, which rests it.
 */
import type { PlatformName } from '../../src/chat/port.js';
import { isUnreachable } from '../../src/chat/refusals.js';
import type { Clock } from '../../src/clock.js';
import type { Binding, Place, SessionState } from '../../src/domain/state/model.js';
import { AcclaimError } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Platforms } from './platforms.js';

export interface GuardParts {
  clock: Clock;
  log: Log;
  platforms: Platforms;
  sessions: Pick<Sessions, 'dispatch'>;
}

/** Sees to it that such pictures hang where they may alone. */
export class Guards {
  constructor(private readonly parts: GuardParts) {}

  /** Throws `not-allowed` where the channel may not show them, looked up anew. */
  mustAllow(platform: PlatformName, address: string): Promise<void> {
    return this.parts.platforms.need(platform).mustGuard(address);
  }

  /** Whether a channel that would join may show them. */
  async allows({ platform, address }: Place): Promise<boolean> {
    try {
      await this.mustAllow(platform, address);
      return true;
    } catch (error) {
      if (error instanceof AcclaimError && error.code === 'not-allowed') return false;
      throw error;
    }
  }

  /**
   * What was missed while nobody looked. False where a platform gave no answer: then it is to be asked again.
   */
  async checkAll(states: readonly SessionState[], platform?: PlatformName): Promise<boolean> {
    let answered = true;
    for (const { session, bindings } of states) {
      if (!session.nsfw || session.state === 'ended') continue;
      for (const to of bound(bindings).filter((row) => (platform ?? row.platform) === row.platform))
        await this.refusal(session.id, to).catch((error) => {
          if (isUnreachable(error)) answered = false;
          this.fault(session.id, error);
        });
    }
    return answered;
  }

  /**
   * Before a session goes on: channels put right count again. Throws what the first says when none may show
   * them.
   */
  async mustResume({ session, bindings }: SessionState): Promise<void> {
    if (!session.nsfw) return;
    const refusals: AcclaimError[] = [];
    const here = bound(bindings);
    for (const to of here) {
      const refused = await this.refusal(session.id, to);
      if (refused) refusals.push(refused);
      else await this.tell(session.id, to, true);
    }
    if (refusals[0] && refusals.length === here.length) throw refusals[0];
  }

  /**
   * Why the channel may not show them; then the pictures are down and the session knows. Null where it may.
   */
  async refusal(session: string, to: Binding): Promise<AcclaimError | null> {
    const platform = this.parts.platforms.need(to.platform);
    try {
      await platform.mustGuard(to.address);
      return null;
    } catch (error) {
      if (!(error instanceof AcclaimError && error.code === 'not-allowed')) throw error;
      await platform.takeDown(to.address).catch((fault) => this.fault(session, fault));
      await this.tell(session, to, false);
      return error;
    }
  }

  private async tell(session: string, { channel }: Binding, nsfw: boolean): Promise<void> {
    const at = this.parts.clock.now();
    await this.parts.sessions.dispatch(session, { kind: 'channel', channel, canPost: true, nsfw, at });
  }

  private fault(session: string, error: unknown): void {
    this.parts.log.warn({ session, error: String(error) }, 'a channel could not be looked at');
  }
}

const bound = (bindings: readonly Binding[]) => bindings.filter((row) => row.leftAt === null);
