/**
 * Marks in the order in which people made them. Some are two reactions on the platform (an ordinary and a
 * super one, a plain and a brown thumb) and one mark here: it is withdrawn with the last of them.
 */
import type { ChatEvent } from '../../../src/chat/port.js';
import { Turns } from '../../../src/chat/turns.js';

export type Mark = Extract<ChatEvent, { kind: 'reaction' }>;

/** One person's marks on a message follow each other; different people's do not wait. */
export class Marks extends Turns {
  /** Marks seen with a twin, "message user emoji": a removal of either is looked at twice. */
  private readonly twins = new Set<string>();

  /** True for a withdrawal after which the mark is there all the same; `stillThere` asks the platform. */
  async stands(
    { ref, account, emoji, present }: Mark,
    twin: boolean,
    stillThere: () => Promise<boolean>,
  ): Promise<boolean> {
    const key = `${ref.message} ${account.id} ${emoji}`;
    if (twin) this.twins.add(key);
    if (present || !this.twins.has(key)) return false;
    if (await stillThere()) return true;
    this.twins.delete(key);
    return false;
  }
}
