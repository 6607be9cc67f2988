/**
 * What an engine tells of a delivery while it works on it. Telling it ends no work: a word that cannot be
 * sent is dropped, and the first of them is logged. Progress is worth something only while it is new: where
 * earlier words are still on their way (Redis is away or slow), it is left out instead of waiting with them
 * in memory.
 */
import { toPlain } from '../../errors.js';
import { aboutJob, type Log } from '../../log.js';
import type { JobProgress } from '../jobs.js';

/** Words under way beyond which progress is left out. */
const MOST_UNDER_WAY = 4;

export interface ProgressReportsParts {
  job: string;
  delivery: number;
  /** May throw as well as reject. */
  send(words: object): Promise<unknown>;
  log: Log;
}

/** Words of one delivery, sent in their order. */
export class ProgressReports {
  private readonly underWay = new Set<Promise<void>>();
  private said = false;

  constructor(private readonly parts: ProgressReportsParts) {}

  progress(progress: JobProgress): void {
    if (this.underWay.size < MOST_UNDER_WAY) this.tell({ type: 'progress', progress });
  }

  tell(words: object): void {
    const sent = this.send(words).finally(() => this.underWay.delete(sent));
    this.underWay.add(sent);
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }

  /** Never rejects. */
  private async send(words: object): Promise<void> {
    const { job, delivery, send, log } = this.parts;
    try {
      await send({ job, delivery, ...words });
    } catch (error) {
      if (!this.said) log.warn({ ...aboutJob(job), ...toPlain(error) }, 'a word of progress is dropped');
      this.said = true;
    }
  }
}
