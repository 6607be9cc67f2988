/**
 * What a round came to: who won and how much of it was liked, beside the round before. Posted once a round has closed;
 * it names nobody.
 */
import { join } from 'node:path';
import type { Card } from '../../src/chat/port.js';
import type { Ballot, Image, Outcome, Round, Session } from '../../src/domain/model.js';
import { card } from './card.js';
import { count, imageName, percent, pictureAlt } from './words.js';

export interface OutcomeView {
  key: string;
  session: Session;
  round: Round;
  /** The closed round before this one on the same line; null in the first. */
  previous: Round | null;
  ballots: readonly Ballot[];
  images: readonly Image[];
  dir: string;
}

export function outcomeCard(view: OutcomeView): Card {
  const { key, session, round, previous, ballots, images, dir } = view;
  const outcome = round.outcome ?? empty;
  const best = images.find((image) => image.index === outcome.best && image.state === 'shown');
  const name = outcome.best === null ? null : imageName(ballots, outcome.best);
  const before = previous?.outcome?.approval ?? null;
  const alt = name === null ? '' : pictureAlt(name, session.prompt, best?.state ?? 'held');
  const file = best ? join(dir, best.file) : null;
  return card('outcome', key, {
    title: `Round ${round.number}: ${percent(outcome.approval)} approval`,
    text: sentences(round, outcome, name, before).join(' '),
    pictures: file ? [{ file, alt: `The best: ${alt}`, spoiler: session.nsfw }] : [],
    data: {
      session: session.id,
      round: round.number,
      approval: outcome.approval,
      previous: before,
      voters: outcome.voters,
      votes: outcome.votes,
      best: name === null ? null : { name, file, alt },
      blurred: session.nsfw,
      liked: outcome.cells.filter((c) => c.seen > 0 && c.up * 2 > c.seen).length,
      images: outcome.cells.length,
    },
  });
}

const empty: Outcome = {
  best: null,
  bestBound: 0,
  approval: 0,
  voters: 0,
  excluded: [],
  votes: 0,
  cells: [],
  method: 'single',
  polarisation: null,
  oneSided: null,
};

function sentences(round: Round, outcome: Outcome, best: string | null, before: number | null): string[] {
  const said = [
    `${count(outcome.voters, 'person', 'people')} voted on ${count(outcome.cells.length, 'picture')}.`,
    best === null ? 'No picture was named the best.' : `**${best}** won.`,
  ];
  if (before !== null) said.push(change(Math.round((outcome.approval - before) * 100)));
  const byChecker = round.feedback?.images.filter((image) => image.by === 'checker').length ?? 0;
  if (byChecker > 0)
    said.push(`The safety checker marked ${count(byChecker, 'picture')}; they count as unsafe.`);
  if (outcome.oneSided === 'no-bad') said.push('Everything was liked.');
  if (outcome.oneSided === 'no-good') said.push('Nothing was liked yet.');
  for (const { reason, count: n } of outcome.excluded) {
    if (n > 0) said.push(`${count(n, 'vote')} not counted (${reasons[reason]}).`);
  }
  return said;
}

const reasons: Record<Outcome['excluded'][number]['reason'], string> = {
  excluded: 'voter excluded by a moderator',
  late: 'came too late',
};

function change(points: number): string {
  if (points === 0) return 'Approval stayed where it was.';
  return `Approval ${points > 0 ? 'rose' : 'fell'} by ${count(Math.abs(points), 'point')}.`;
}
