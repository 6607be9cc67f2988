/**
 * The sessions' status as pages and scripts are told it: each is told of what it may see. Pages follow by
 * themselves: one status for any number of changes within a moment, and none where nothing changed.
 */
import { safely } from '../../../src/machine/safely.js';
import type { Live } from './live.js';
import type { NsfwChannels } from './nsfw.js';
import type { SessionStatus, StatusBody, WebOptions } from './options.js';

/** ms */
const moment = 250;
/** States change without a message too; pages follow within this, ms. */
const every = 2000;

export interface StatusFeedParts {
  /** All that there is. */
  status: WebOptions['status'];
  live: Live;
  nsfw: NsfwChannels;
  fault(error: unknown): void;
}

/** Stop it once made: it looks every two seconds. */
export class StatusFeed {
  private last = '';
  private soonTimer: NodeJS.Timeout | null = null;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly parts: StatusFeedParts) {
    this.timer = setInterval(
      safely(() => this.send(), parts.fault),
      every,
    );
    this.timer.unref();
  }

  /** As a holder of a token, or an admin, may see it. */
  async of(holder: boolean, admin: boolean): Promise<StatusBody> {
    return this.seen(await this.parts.status(), holder, admin);
  }

  /** Something changed. */
  soon(): void {
    const send = () => {
      this.soonTimer = null;
      this.send();
    };
    this.soonTimer ??= setTimeout(safely(send, this.parts.fault), moment);
    this.soonTimer.unref();
  }

  /** A page that opens has no status yet: the next one is sent even if nothing changed. */
  opened(): void {
    this.last = '';
    this.soon();
  }

  stop(): void {
    clearInterval(this.timer);
    if (this.soonTimer) clearTimeout(this.soonTimer);
  }

  private send(): void {
    const { live, status, fault } = this.parts;
    if (live.size === 0) return;
    Promise.resolve(status())
      .then((data) => this.tell(data))
      .catch(fault);
  }

  private tell(data: StatusBody): void {
    const text = JSON.stringify(data);
    if (text === this.last) return;
    this.last = text;
    const frame = (holder: boolean, admin: boolean) => ({
      event: 'status',
      data: this.seen(data, holder, admin),
    });
    const [all, marked, open] = [frame(true, true), frame(true, false), frame(false, false)];
    this.parts.live.broadcast((_, holder, admin) => (admin ? all : holder ? marked : open));
  }

  /**
   * Sessions of other platforms hang in channels that nobody here can be looked up in: the host's own people
   * know them anyway.
   */
  private seen({ sessions }: StatusBody, holder: boolean, admin: boolean): StatusBody {
    const sees = ({ channel, onPage = true }: SessionStatus) =>
      onPage ? this.parts.nsfw.sees(channel, holder) : admin;
    return { sessions: sessions.filter(sees) };
  }
}
