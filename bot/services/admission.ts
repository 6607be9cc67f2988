/**
 * Asks the limits with what they count by: the person, whether they are known here, and the server where they
 * act.
 */
import type { Account, PlatformName } from '../../src/chat/port.js';
import { page } from '../../src/domain/state/platforms.js';
import type { Homes } from '../sessions/homes.js';
import type { Act, Limits } from './limits.js';
import type { Voters } from './voters.js';

export interface AdmissionParts {
  limits: Limits;
  homes: Homes;
  voters: Voters;
}

/** The door before whatever costs something. */
export class Admission {
  constructor(private readonly parts: AdmissionParts) {}

  /**
   * Throws `Limited` where somebody asks for more than may be. `known`: has agreed, where that was looked up
   * already.
   */
  async admit(act: Act, account: Account, channel: string, known?: boolean): Promise<void> {
    const { limits, voters } = this.parts;
    const is = known ?? (await voters.isKnown(voters.seen(account).key));
    await limits.admit(act, { account, known: is, server: this.serverOf(account.platform, channel) });
  }

  /** A code that is tried counts, right or wrong: it may be a guess. Throws `Limited`. */
  async tryCode(account: Account, voter: string): Promise<void> {
    const known = await this.parts.voters.isKnown(voter);
    await this.parts.limits.admit('code', { account, known, server: account.platform });
  }

  /** The page is one place, and so is a channel whose server is not known yet. */
  private serverOf(platform: PlatformName, channel: string): string {
    if (platform === page) return platform;
    return `${platform} ${this.parts.homes.of(`${platform}-${channel}`) ?? channel}`;
  }
}
