/** A round of duels on the page, over the small app in memory. */
import { ballotCard } from '../../bot/views/ballot.js';
import type { Ballot } from '../../src/domain/state/round.js';
import { pairsOf } from '../../src/domain/voting/pairing.js';
import { makeBallots, makeImages, makeRound } from './rows.js';
import type { WebApp } from './web-app.js';

/** Posts the pairs of `pictures` (absolute files) to a channel; ballot by its message, in their order. */
export async function postDuels(
  app: WebApp,
  pictures: readonly string[],
  channel = 'pairs',
): Promise<Map<string, Ballot>> {
  const session = { ...app.session, id: channel };
  const round = makeRound(session, 1, { state: 'open', count: pictures.length });
  const images = makeImages(round, (i) => pictures[i]!);
  const [first] = makeBallots(session, round);
  const pairs = pairsOf(
    images.map(({ index }) => ({ index, chance: null })),
    session.seed,
  );
  const hung = new Map<string, Ballot>();
  for (const [sheet, cells] of pairs.entries()) {
    const ballot: Ballot = { ...first!, id: `${round.id}.d${sheet}`, style: 'duel', sheet, cells };
    const view = { session, round, ballot, images, dir: '/', file: null, sheets: pairs.length };
    const { message } = await app.platform.post(channel, ballotCard(view));
    hung.set(message, ballot);
  }
  return hung;
}
