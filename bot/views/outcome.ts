/**
 * What a round came to: who won and how much of it was liked, beside the round before. Posted once a round
 * has closed; it names nobody.
 */

import { join } from 'node:path';
import { faultWords } from '../../src/chat/fault-words.js';
import type { Button, Card } from '../../src/chat/port.js';
import { isAlike, moreVariety, variedRound } from '../../src/domain/rounds/variety.js';
import {
  type Approval,
  approvalOf,
  approvals,
  enoughJudged,
  pickedShare,
  smallestShare,
} from '../../src/domain/state/approval.js';
import { count } from '../../src/domain/state/count.js';
import { faults } from '../../src/domain/state/faults.js';
import type { Session } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { card } from './card.js';
import { type PairStep, pairWords } from './pair.js';
import { imageName, judgedWords, percent, picksWords, pictureAlt } from './words.js';

export interface OutcomeView {
  key: string;
  session: Session;
  round: Round;
  /** The closed rounds before this one on the same line, in order. */
  before: readonly Round[];
  ballots: readonly Ballot[];
  images: readonly Image[];
  dir: string;
  /** What models drew of the same noises, and the sheet of it; null where there is nothing to compare. */
  pair?: { steps: readonly PairStep[]; file: string } | null;
  /** What goes on since it closed, where that has no message of its own. */
  after?: Card | null;
}

export function outcomeCard(view: OutcomeView): Card {
  const { key, session, round, ballots, images, dir, pair = null } = view;
  const outcome = round.outcome ?? empty;
  const approval = approvalOf(outcome.cells);
  const best = images.find((image) => image.index === outcome.best && image.state === 'shown');
  const name = outcome.best === null ? null : imageName(ballots, outcome.best);
  const before = approvals(view.before).findLast((one) => enoughJudged(one, session.rules))?.share ?? null;
  const previous = enoughJudged(approval, session.rules) ? before : null;
  const alt = name === null ? '' : pictureAlt(name, promptOf(session, round.number), best?.state ?? 'held');
  const file = best ? join(dir, best.file) : null;
  // Learning measures it: of this round it is known once it has been learned from.
  const learned = round.learned?.variety ? round : view.before.at(-1);
  const variety = learned?.learned?.variety?.kept ?? null;
  const alike = learned && isAlike(learned) ? alikeOf(view, learned) : null;
  return card('outcome', key, {
    title: `Round ${round.number}: ${approval.share === null ? 'nothing was judged' : `${percent(approval.share)} approval`}`,
    text: sentences({
      session,
      round,
      outcome,
      approval,
      best: name,
      named: mostNamed(outcome, ballots),
      divides: outcome.divides?.map((index) => imageName(ballots, index)) ?? [],
      previous,
      variety: learned && variety !== null ? { round: learned.number, kept: variety } : null,
      alike,
    })
      .concat(pair ? [pairWords(session, pair.steps)] : [])
      .join(' ')
      .concat(view.after ? `\n**${view.after.title}**: ${view.after.text}` : ''),
    progress: view.after?.data?.state === 'running' ? view.after.progress : null,
    pictures: [
      ...(file ? [{ file, alt: `The best: ${alt}`, spoiler: session.nsfw }] : []),
      ...(pair ? [{ file: pair.file, alt: pairWords(session, pair.steps), spoiler: session.nsfw }] : []),
    ],
    buttons: alike?.buttons ?? [],
    data: {
      session: session.id,
      round: round.number,
      approval: approval.share,
      previous,
      variety,
      alike: alike?.words ?? null,
      ...(pair && { pair: pair.steps }),
      voters: outcome.voters,
      votes: outcome.votes,
      best: name === null ? null : { name, file, alt },
      blurred: session.nsfw,
      judged: approval.judged,
      liked: approval.liked,
      images: approval.pictures,
      words: judgedWords(approval, session.nsfw),
      ...(view.after?.data?.since !== undefined && { since: view.after.data.since }),
      ...(round.picked && { picked: { ...round.picked, approval: pickedShare(outcome.cells) } }),
    },
  });
}

const empty: Outcome = {
  best: null,
  bestBound: 0,
  voters: 0,
  excluded: [],
  votes: 0,
  cells: [],
  method: 'single',
  polarisation: null,
  oneSided: null,
};

interface Told extends Pick<OutcomeView, 'session' | 'round'> {
  outcome: Outcome;
  approval: Approval;
  best: string | null;
  /** What most stars were given to. */
  named: readonly string[];
  /** Pictures on which people differ most. */
  divides: readonly string[];
  /**
   * The share to compare with; null where there is none, or where too few of this round's pictures were
   * judged.
   */
  previous: number | null;
  /** Of the round before, whose votes have been learned from; null while too few pictures were liked. */
  variety: { round: number; kept: number } | null;
  alike: Alike | null;
}

function sentences({
  session,
  round,
  outcome,
  approval,
  best,
  named,
  divides,
  previous,
  variety,
  alike,
}: Told): string[] {
  const said = [
    `${count(outcome.voters, 'person', 'people')} voted: ${judgedWords(approval, session.nsfw)}.`,
    best === null ? unnamed(named) : `**${best}** won.`,
  ];
  if (divides.length > 0) said.push(dividesWords(divides, session));
  if (previous !== null) said.push(change(points(approval.share ?? 0, previous)));
  if (!enoughJudged(approval, session.rules)) said.push(tooFew(session.rules));
  if (alike) said.push(alike.words);
  else if (variety !== null) said.push(varietyKept(session, variety));
  if (outcome.faults) said.push(wrongWords(outcome.faults));
  const byChecker = round.feedback?.images.filter((image) => image.by === 'checker').length ?? 0;
  if (byChecker > 0)
    said.push(`The safety checker marked ${count(byChecker, 'picture')}; they count as unsafe.`);
  const base = outcome.cells.filter((cell) => cell.base).length;
  if (base > 0)
    said.push(
      `${count(base, 'more picture')} ${base === 1 ? 'was' : 'were'} drawn by the model as it was before any vote, to learn from.`,
    );
  if (round.picked) said.push(picksWords(round.picked, outcome));
  // Of a part of the round that would not be true of the others.
  const whole = approval.judged > 0 && !approval.unpicked;
  if (whole && approval.liked === approval.pictures) said.push(all(session));
  if (whole && approval.liked === 0) said.push(nothing(session));
  for (const { reason, count: n } of outcome.excluded) {
    if (n > 0) said.push(`${count(n, 'vote')} not counted (${reasons[reason]}).`);
  }
  return said;
}

function mostNamed({ cells }: Outcome, ballots: readonly Ballot[]): string[] {
  const most = Math.max(1, ...cells.map(({ stars }) => stars));
  return cells.flatMap(({ index, stars }) => (stars === most ? [imageName(ballots, index)] : []));
}

/** Stars that name no winner: they are as many for several, or the votes do not bear them out. */
function unnamed(named: readonly string[]): string {
  const [only, ...others] = named.map((name) => `**${name}**`);
  if (only === undefined) return 'No picture was named the best.';
  if (others.length === 0) return `${only} was named the best, but too few votes bear that out.`;
  return `${[only, ...others.slice(0, -1)].join(', ')} and ${others.at(-1)} were named the best equally often: none won.`;
}

function dividesWords(names: readonly string[], { nsfw }: Session): string {
  const found = names.map((name) => `**${name}**`);
  const list = [found.slice(0, -1).join(', '), found.at(-1)].filter(Boolean).join(' and ');
  const what = nsfw ? 'one part of you calls safe' : 'one part of you likes';
  return `You differ most on ${list}: ${what} what another does not.`;
}

/** The most common first; those as common in the menu's order. */
function wrongWords(pictures: NonNullable<Outcome['faults']>): string {
  const found = faults.flatMap((fault) => (pictures[fault] ? [{ fault, n: pictures[fault] }] : []));
  const words = found.sort((a, b) => b.n - a.n).map(({ fault, n }) => `${faultWords[fault]} (${n})`);
  return `What was said to be wrong, and with how many pictures: ${words.join(', ')}.`;
}

const reasons: Record<Outcome['excluded'][number]['reason'], string> = {
  excluded: 'voter excluded by a moderator',
  late: 'came too late',
};

const all = ({ nsfw }: Session) => (nsfw ? 'Everything was called safe.' : 'Everything was liked.');
const nothing = ({ nsfw }: Session) => (nsfw ? 'Nothing was called safe yet.' : 'Nothing was liked yet.');

interface Alike {
  words: string;
  /** What a moderator can do about it in one press. */
  buttons: Button[];
}

function alikeOf({ session, ballots, before }: OutcomeView, learned: Round): Alike {
  const { number, learned: of } = learned;
  const back = variedRound(before.filter((round) => round.number < number));
  const to = back === 0 ? 'the model as it was before any vote' : `round ${back}`;
  const ways = [
    ...(moreVariety(session) ? ['ask for more variety from the next round on'] : []),
    `go back to ${to}`,
  ];
  // A branch needs a channel of its own.
  const branches = ballots.some(({ platform }) => platforms[platform].channelPerSession);
  // The card outlives its session, and another may run in the channel then.
  const value = `${session.id} ${back}`;
  return {
    words: `**All alike?** ${varietyKept(session, { round: number, kept: of!.variety!.kept })} A moderator can ${ways.join(', or ')}.`,
    buttons: [
      ...(moreVariety(session) ? [{ id: 'vary', label: 'More variety', value }] : []),
      { id: 'back', label: back === 0 ? 'Back to the start' : `Back to round ${back}`, value },
      ...(branches
        ? [
            {
              id: 'branch',
              label: back === 0 ? 'Branch from the start' : `Branch from round ${back}`,
              value,
            },
          ]
        : []),
    ],
  };
}

function varietyKept({ nsfw }: Session, { round, kept }: { round: number; kept: number }): string {
  const what = nsfw ? 'What was called safe' : 'What was liked';
  return `${what} in round ${round} is ${percent(kept)} as varied as it was before anything was learned.`;
}

function tooFew(rules: Rules): string {
  const goal = rules.goal === null ? '' : ' or to count towards the goal';
  return `That is too little to compare${goal}: it takes ${percent(smallestShare(rules))} of the pictures.`;
}

/** Between the figures as they are shown, so that the difference is that of what people read. */
const points = (share: number, before: number) => Math.round(share * 100) - Math.round(before * 100);

function change(points: number): string {
  if (points === 0) return 'Approval stayed where it was.';
  return `Approval ${points > 0 ? 'rose' : 'fell'} by ${count(Math.abs(points), 'point')}.`;
}
