/**
 * What the newest model draws at other strengths of what was learned: seven times four pictures that nobody
 * votes on, drawn when a moderator asks, by jobs between which rounds come first. They are kept with the
 * session until another model's are asked for.
 */

import { say } from '../../words/text.js';
import type { Draft } from '../state/draft.js';
import type { StrengthsDrawn } from '../state/events.js';

/** Begins them for the head, or shows again what is there. */
export function askStrengths(draft: Draft): void {
  const { head, strengths, pairHidden } = draft.session;
  const known = strengths?.round === head && strengths.state !== 'failed';
  if (pairHidden) draft.refuse('unknown', say('A moderator took the pictures of the same noise away.'), '');
  else if (head === null)
    draft.refuse(
      'unknown',
      say('Nothing has been learned yet.'),
      say('Close a round first: **/acclaim round close**.'),
    );
  else if (known) showStrengths(draft, head);
  else begin(draft, head);
}

function begin(draft: Draft, head: number): void {
  const { id } = draft.session;
  draft.setSession({ strengths: { round: head, state: 'running', at: draft.at, steps: [], failure: null } });
  draft.ask({ kind: 'strengths', key: `${id}.${head}.strengths`, round: head });
  showStrengths(draft, head);
}

/** Taken of the newest alone; of an older one the effect ends. */
export function strengthsDrawn(draft: Draft, { effect, round, found }: StrengthsDrawn): void {
  if (found.state !== 'running') draft.settle(effect);
  const { strengths } = draft.session;
  if (strengths?.round !== round || strengths.state !== 'running') return;
  draft.setSession({ strengths: { ...strengths, ...found } });
  showStrengths(draft, round);
}

/** The card of a round's, in each channel. */
export function showStrengths(draft: Draft, round: number): void {
  for (const { channel, ordinal } of draft.channels) {
    const key = `${draft.session.id}.${round}.strengths.${ordinal}`;
    draft.ask({ kind: 'card', card: 'strengths', key, channel, round });
  }
}
