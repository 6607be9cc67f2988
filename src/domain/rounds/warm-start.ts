/**
 * A session that reduces unsafe pictures may begin with what the safety checker says of its first round,
 * before anybody votes: what it marks is unsafe, the rest is safe. Nobody is shown that round; people are
 * told, and from the next one on they decide.
 */

import type { Draft } from '../state/draft.js';
import type { Feedback, Round } from '../state/round.js';
import { notify, showProgress } from '../state/say.js';
import { askJob } from './ask-job.js';

/** False where it is not asked for, or the marks say the same of all pictures: then people vote as ever. */
export function learnFromMarks(draft: Draft, round: Round): boolean {
  const { nsfw, rules, origin } = draft.session;
  // After a way back to the base model it is people who decide.
  const first = origin === null && draft.state.rounds.every(({ learned }) => learned === null);
  const images = draft.state.images.get(round.id) ?? [];
  const unsafe = images.filter(({ heldBy }) => heldBy !== null).length;
  const tells = unsafe > 0 && unsafe < images.length;
  if (!nsfw || !rules.warmStart || !first || !tells) return false;
  const labels: Feedback['images'] = images.map(({ index, heldBy }) => {
    return { index, good: heldBy === null ? 1 : 0, weight: 1, votes: 0, by: 'checker' };
  });
  const feedback = { images: labels, best: null };
  askJob(draft, draft.setRound(round, { state: 'learning', attempt: 1, feedback }), 'learn');
  notify(draft, 'warm-start', { unsafe, of: images.length }, round.number);
  showProgress(draft, round.number);
  return true;
}
