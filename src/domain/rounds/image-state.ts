/** Whether a picture that has just been drawn may be seen, as the safety checker and the session have it. */
import type { Session } from '../state/model.js';
import type { Image } from '../state/round.js';

/** What is barred is never shown; what is held is, to those who judge how safe pictures are. */
export function imageState(
  { nsfw, rules }: Session,
  { held = false, barred = false }: { held?: boolean | undefined; barred?: boolean | undefined },
): Pick<Image, 'state' | 'heldBy'> {
  return {
    state: barred || (held && !(nsfw && rules.showHeld)) ? 'held' : 'shown',
    heldBy: barred ? 'barred' : held ? 'checker' : null,
  };
}
