/** A round of eleven pictures on two sheets, and the cards of its ballots. */
import { ballotCard as ballotCardSaid } from '../../../bot/views/ballot.js';
import type { Round } from '../../../src/domain/state/round.js';
import { makeBallots, makeImages, makeOutcome, makeRound, makeSession, rules } from '../../support/rows.js';
import { spoken } from '../../support/spoken.js';

export const ballotCard = spoken(ballotCardSaid);

export const session = makeSession({ rules: { ...rules, imagesPerRound: 11 } });
export const dir = '/data/cat/1';
export const outcome = makeOutcome([3, 0, 1, 2, 0, 3, 1, 1, 0, 3, 2], 3, 9);

export function ballots(fill: Partial<Round> = {}) {
  const round = makeRound(session, 1, fill);
  const images = makeImages(round, (i) => `images/${i}.png`);
  const made = makeBallots(session, round);
  const cards = made.map((ballot) =>
    ballotCard({ session, round, ballot, images, dir, file: `/made/${ballot.sheet}.png`, sheets: 2 }),
  );
  return { round, images, made, cards };
}
