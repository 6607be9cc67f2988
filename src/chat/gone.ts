/**
 * Messages that vanish. One that somebody else deleted is news, told whether the platform said so or a call
 * found it out; one that we deleted ourselves is none, and acting on it once more does no harm.
 */
import type { MessageRef } from './port.js';
import { isGone } from './refusals.js';

/** Tells of deleted messages that were not deleted from here. */
export class Gone {
  /** Deleted by us, until the platform has said so. */
  private readonly ours = new Set<string>();

  constructor(private readonly tell: (ref: MessageRef) => void) {}

  removing({ message }: MessageRef): void {
    this.ours.add(message);
  }

  /** The platform says that a message was deleted; true when that is news. */
  isNews({ message }: MessageRef): boolean {
    return !this.ours.delete(message);
  }

  /** Runs it; a message that turns out to be gone is told and otherwise harmless. */
  async unlessGone(ref: MessageRef, job: () => Promise<void>): Promise<void> {
    await this.telling(ref, job).catch((error) => {
      if (!isGone(error)) throw error;
    });
  }

  /** The same, but whoever asked hears that there is nothing to read. */
  async telling<T>(ref: MessageRef, job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      if (isGone(error) && !this.ours.has(ref.message)) this.tell(ref);
      throw error;
    }
  }
}
