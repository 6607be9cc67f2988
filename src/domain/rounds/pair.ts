/**
 * The pair row of a session: pictures of noises that stay the same, drawn beside every round by the model
 * that draws it. Between two of them lies what was learned and nothing else. What it may cost is set by the
 * first round and stays, or pictures of different rounds would differ by their steps too.
 */

import { onLine } from '../state/approval.js';
import type { Draft } from '../state/draft.js';
import type { Act, JobDone } from '../state/events.js';
import type { SessionState } from '../state/model.js';
import type { PairPicture, Round } from '../state/round.js';
import { notify, showOutcome, showStory } from '../state/say.js';
import { imageState } from './image-state.js';

/**
 * Pictures of a round for each of the pair row. Drawn alone one takes half as long again as among others
 * (bench/round-time/pair.mts), and drawing is to take a tenth longer at most.
 */
const SHARE = 24;
/** Noises, at most. */
const MOST = 2;
/** Share of the session's sampling steps below which a picture says nothing of the model. */
const LEAST_STEPS = 1 / 3;

/** What is drawn beside each of the session's rounds; null where its rounds are too small to afford it. */
export function pairPlan({ session, rounds }: Pick<SessionState, 'session' | 'rounds'>) {
  const [first] = rounds;
  // As many as were asked for, whatever its minutes left.
  const images = first?.drawn?.plan?.wanted.images ?? first?.count ?? 0;
  if (session.pairHidden) return null;
  const { steps } = session.sampler;
  const worth = images / SHARE;
  if (worth >= 1) return { count: Math.min(MOST, Math.floor(worth)), steps };
  const fewer = Math.ceil(steps * worth);
  return fewer >= steps * LEAST_STEPS ? { count: 1, steps: fewer } : null;
}

/** As an engine drew it. What was asked for before a moderator took the row away goes as well. */
export function pairOf(
  draft: Draft,
  { pair }: Extract<JobDone['result'], { kind: 'generate' }>,
): PairPicture[] | undefined {
  const { session } = draft;
  const hidden = session.pairHidden ?? false;
  if (pair && hidden) askDeletion(draft);
  return pair?.map(({ held, barred, ...drawn }) => ({
    ...drawn,
    ...imageState(session, { held, barred }),
    ...(hidden && { state: 'hidden' }),
  }));
}

const askDeletion = (draft: Draft): void =>
  draft.ask({ kind: 'delete-pair', key: `${draft.session.id}.delete-pair` });

/** The card of the round that was learned from shows what came of it. */
export function showPair(draft: Draft, { parent }: Round): void {
  const learned = draft.state.rounds.find((round) => round.number === parent);
  if (learned?.outcome) showOutcome(draft, learned.number);
}

/** A moderator takes the row of a round away, or of all: files, sheets, and cards that show them. */
export function hidePair(draft: Draft, { round: number }: Extract<Act, { name: 'hide-pair' }>): void {
  const rows = draft.state.rounds.filter(
    (round) =>
      (number ?? round.number) === round.number && round.pair?.some(({ state }) => state !== 'hidden'),
  );
  if (rows.length === 0 && (number !== undefined || !draft.session.strengths)) {
    draft.refuse('unknown', 'There is no pair row to take away.', 'It stands on the card of a round.');
    return;
  }
  for (const round of rows)
    draft.setRound(round, { pair: round.pair!.map((one) => ({ ...one, state: 'hidden' })) });
  if (number === undefined) draft.setSession({ pairHidden: true, strengths: null });
  askDeletion(draft);
  notify(draft, 'pair-hidden', {}, number ?? null);
  // The first model's stands on every card.
  for (const round of draft.state.rounds)
    if (round.outcome && onLine(round)) showOutcome(draft, round.number);
  if (draft.session.state === 'ended') showStory(draft);
}
