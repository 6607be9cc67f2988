/**
 * Codes by which somebody makes a server the host's own: told once, where Acclaim runs. A code lasts an hour,
 * and the hour begins when its platform can take the command. While the host has no server there, one that
 * ran out is followed by another.
 */
import type { PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import { toPlain } from '../../src/errors.js';
import type { Log } from '../../src/log.js';
import { safely } from '../../src/machine/safely.js';
import { codeHash, newCode } from '../../src/store/codes.js';

/** A code for a platform, and how long it is good. */
export interface Claim {
  platform: PlatformName;
  code: string;
  minutes: number;
}

/** Knows which platforms lack a server of the host's. */
export interface LacksServers {
  /** Those of them that take commands now. */
  lacking(): readonly PlatformName[];
}

export interface ClaimParts {
  clock: Clock;
  log: Log;
  /** Of the data folder; codes are kept as hashes under it. */
  secret: Buffer;
  servers: LacksServers;
}

/** How long a code is good. */
export const CLAIM_MINUTES = 60;
/** A connection that is there is noticed within this. */
const OFFER_MS = 1000;

/** Codes that were told, one a platform. */
export class Claims {
  private readonly given = new Map<PlatformName, { hash: string; until: number; used: boolean }>();
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly parts: ClaimParts) {}

  /** Tells each code as soon as it can be used, until it is stopped. */
  begin(tell: (claim: Claim) => void): void {
    const fault = (error: unknown) => this.parts.log.error(toPlain(error), 'a code could not be told');
    const offerNew = safely(() => {
      for (const claim of this.offer()) tell(claim);
    }, fault);
    offerNew();
    this.timer = setInterval(offerNew, OFFER_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  /** Codes for platforms that lack one that is good. */
  offer(): Claim[] {
    const now = this.parts.clock.now();
    return this.parts.servers.lacking().flatMap((platform) => {
      const last = this.given.get(platform);
      if (last && !last.used && last.until > now) return [];
      const code = newCode();
      const until = now + CLAIM_MINUTES * 60_000;
      this.given.set(platform, { hash: this.hashOf(code), until, used: false });
      return [{ platform, code, minutes: CLAIM_MINUTES }];
    });
  }

  isGood(platform: PlatformName, code: string): boolean {
    const claim = this.given.get(platform);
    if (!claim || claim.used || claim.until <= this.parts.clock.now()) return false;
    return claim.hash === this.hashOf(code);
  }

  use(platform: PlatformName): void {
    const claim = this.given.get(platform);
    if (claim) claim.used = true;
  }

  private hashOf(code: string): string {
    return codeHash(this.parts.secret, 'claim', code);
  }
}
