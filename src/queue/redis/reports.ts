/**
 * What an engine tells of a run, as BullMQ's progress of its job. BullMQ sends each word at once, and whoever
 * tells it waits. Here telling ends no work: what cannot be sent is dropped, and the first of it is logged.
 * Every word costs the bot a write and an edited message, and is worth something only while it is new: of a
 * stage one goes out a second at most, and none while another is still on its way (Redis is away or slow).
 */
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import type { Said } from './wire.js';

const EVERY_MS = 1000;

export interface ReportsParts {
  job: string;
  /** May throw as well as reject. */
  send(said: Said): Promise<unknown>;
  log: Log;
  now?: () => number;
}

/** Words of one run, sent in their order. */
export class Reports {
  private underWay = 0;
  private sent: Promise<unknown> = Promise.resolve();
  private last = { stage: '', at: Number.NEGATIVE_INFINITY };
  private dropped = false;

  constructor(private readonly parts: ReportsParts) {}

  tell(said: Said): void {
    if (said.type === 'progress') {
      const { stage, preview } = said.progress;
      const { now = () => performance.now() } = this.parts;
      const soon = stage === this.last.stage && preview === undefined && now() - this.last.at < EVERY_MS;
      if (this.underWay > 0 || soon) return;
      this.last = { stage, at: now() };
    }
    this.underWay += 1;
    this.sent = Promise.all([this.sent, this.send(said)]).then(() => {
      this.underWay -= 1;
    });
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await this.sent;
  }

  /** Never rejects. */
  private async send(said: Said): Promise<void> {
    const { job, send, log } = this.parts;
    try {
      await send(said);
    } catch (error) {
      if (!this.dropped) log.warn({ ...aboutJob(job), ...toPlain(error) }, 'a word of progress is dropped');
      this.dropped = true;
    }
  }
}
