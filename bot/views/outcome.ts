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
import { faults } from '../../src/domain/state/faults.js';
import type { Session } from '../../src/domain/state/model.js';
import { platforms } from '../../src/domain/state/platforms.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import type { Ballot, Image, Outcome, Round } from '../../src/domain/state/round.js';
import type { Rules } from '../../src/domain/state/rules.js';
import { counted, lines, listed, say, sentences, type Text } from '../../src/words/text.js';
import { card } from './card.js';
import { type PairStep, pairWords } from './pair.js';
import { andListed, imageName, judgedWords, pageWords, percent, picksWords, pictureAlt } from './words.js';

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
  /** Where the page shows the session, on cards that stand elsewhere. */
  page?: string | null;
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
  const told: Told = {
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
  };
  return card('outcome', key, {
    title:
      approval.share === null
        ? say('Round {round}: nothing was judged', { round: round.number })
        : say('Round {round}: {share} approval', { round: round.number, share: percent(approval.share) }),
    text: outcomeText(view, told),
    progress: view.after?.data?.state === 'running' ? view.after.progress : null,
    pictures: [
      ...(file ? [{ file, alt: say('The best: {alt}', { alt }), spoiler: session.nsfw }] : []),
      ...(pair ? [{ file: pair.file, alt: pairWords(session, pair.steps), spoiler: session.nsfw }] : []),
    ],
    buttons: [...(alike?.buttons ?? []), ...guardsButton(session, round)],
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
      // What is told beside the figures, the winner and the pictures of the pair row.
      more: sentences(...remarks(told)),
      ...(view.after?.data?.since !== undefined && { since: view.after.data.since }),
      ...(round.picked && { picked: { ...round.picked, approval: pickedShare(outcome.cells) } }),
    },
  });
}

/** Of a round in which they did something: what they did is told to moderators alone. */
const guardsButton = ({ id }: Session, { number, outcome, lifted = [] }: Round): Button[] =>
  outcome?.guarded || lifted.length > 0
    ? [{ id: 'guards', label: say('Guards'), value: `${id} ${number}` }]
    : [];

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

/** What it came to, and below it what goes on since. */
function outcomeText({ after, pair, page, session }: OutcomeView, told: Told): Text {
  const text = sentences(
    ...figures(told),
    ...remarks(told),
    pair ? pairWords(session, pair.steps) : '',
    pageWords(page),
  );
  return after ? lines([text, say('**{title}**: {text}', { title: after.title, text: after.text })]) : text;
}

/** What a client may show in another way. */
function figures({ session, outcome, approval, best, previous, alike }: Told): Text[] {
  return [
    say('{people} voted: {judged}.', {
      people: counted(outcome.voters, 'person'),
      judged: judgedWords(approval, session.nsfw),
    }),
    best === null ? '' : say('**{best}** won.', { best }),
    previous === null ? '' : change(points(approval.share ?? 0, previous)),
    alike?.words ?? '',
  ];
}

function remarks(told: Told): Text[] {
  const { session, round, outcome, approval, divides, variety } = told;
  const said: Text[] = told.best === null ? [unnamed(told.named)] : [];
  if (divides.length > 0) said.push(dividesWords(divides, session));
  if (!enoughJudged(approval, session.rules)) said.push(tooFew(session.rules));
  if (!told.alike && variety !== null) said.push(varietyKept(session, variety));
  if (outcome.faults) said.push(wrongWords(outcome.faults));
  const byChecker = round.feedback?.images.filter((image) => image.by === 'checker').length ?? 0;
  if (byChecker > 0)
    said.push(
      say('The safety checker marked {pictures}; they count as unsafe.', {
        pictures: counted(byChecker, 'picture'),
      }),
    );
  const base = outcome.cells.filter((cell) => cell.base).length;
  if (base > 0)
    said.push(
      base === 1
        ? say('{pictures} was drawn by the model as it was before any vote, to learn from.', {
            pictures: counted(base, 'more picture'),
          })
        : say('{pictures} were drawn by the model as it was before any vote, to learn from.', {
            pictures: counted(base, 'more picture'),
          }),
    );
  if (round.picked) said.push(picksWords(round.picked, outcome));
  // Of a part of the round that would not be true of the others.
  const whole = approval.judged > 0 && !approval.unpicked;
  if (whole && approval.liked === approval.pictures) said.push(all(session));
  if (whole && approval.liked === 0) said.push(nothing(session));
  for (const { reason, count: n } of outcome.excluded) {
    if (n > 0)
      said.push(
        say('{votes} not counted ({reason}).', { votes: counted(n, 'vote'), reason: reasons[reason] }),
      );
  }
  return said;
}

function mostNamed({ cells }: Outcome, ballots: readonly Ballot[]): string[] {
  const most = Math.max(1, ...cells.map(({ stars }) => stars));
  return cells.flatMap(({ index, stars }) => (stars === most ? [imageName(ballots, index)] : []));
}

/** Stars that name no winner: they are as many for several, or the votes do not bear them out. */
function unnamed(named: readonly string[]): Text {
  const [only, ...others] = named.map((name) => `**${name}**`);
  if (only === undefined) return say('No picture was named the best.');
  if (others.length === 0)
    return say('{only} was named the best, but too few votes bear that out.', { only });
  return say('{named} were named the best equally often: none won.', { named: andListed([only, ...others]) });
}

function dividesWords(names: readonly string[], { nsfw }: Session): Text {
  const pictures = andListed(names.map((name) => `**${name}**`));
  return nsfw
    ? say('You differ most on {pictures}: one part of you calls safe what another does not.', { pictures })
    : say('You differ most on {pictures}: one part of you likes what another does not.', { pictures });
}

/** The most common first; those as common in the menu's order. */
function wrongWords(pictures: NonNullable<Outcome['faults']>): Text {
  const found = faults.flatMap((fault) => (pictures[fault] ? [{ fault, n: pictures[fault] }] : []));
  const words = found
    .sort((a, b) => b.n - a.n)
    .map(({ fault, n }) => say('{what} ({n})', { what: faultWords[fault], n }));
  return say('What was said to be wrong, and with how many pictures: {wrong}.', { wrong: listed(words) });
}

const reasons: Record<Outcome['excluded'][number]['reason'], Text> = {
  excluded: say('voter excluded by a moderator'),
  'other-camp': say('of the other camp'),
  late: say('came too late'),
};

const all = ({ nsfw }: Session) => (nsfw ? say('Everything was called safe.') : say('Everything was liked.'));
const nothing = ({ nsfw }: Session) =>
  nsfw ? say('Nothing was called safe yet.') : say('Nothing was liked yet.');

interface Alike {
  words: Text;
  /** What a moderator can do about it in one press. */
  buttons: Button[];
}

function alikeOf({ session, ballots, before }: OutcomeView, learned: Round): Alike {
  const { number, learned: of } = learned;
  const back = variedRound(before.filter((round) => round.number < number));
  const to = back === 0 ? say('the model as it was before any vote') : say('round {round}', { round: back });
  // A branch needs a channel of its own.
  const branches = ballots.some(({ platform }) => platforms[platform].channelPerSession);
  // The card outlives its session, and another may run in the channel then.
  const value = `${session.id} ${back}`;
  return {
    words: sentences(
      say('**All alike?**'),
      varietyKept(session, { round: number, kept: of!.variety!.kept }),
      moreVariety(session)
        ? say('A moderator can ask for more variety from the next round on, or go back to {to}.', { to })
        : say('A moderator can go back to {to}.', { to }),
    ),
    buttons: [
      ...(moreVariety(session) ? [{ id: 'vary', label: say('More variety'), value }] : []),
      {
        id: 'back',
        label: back === 0 ? say('Back to the start') : say('Back to round {back}', { back }),
        value,
      },
      ...(branches
        ? [
            {
              id: 'branch',
              label: back === 0 ? say('Branch from the start') : say('Branch from round {back}', { back }),
              value,
            },
          ]
        : []),
    ],
  };
}

function varietyKept({ nsfw }: Session, { round, kept }: { round: number; kept: number }): Text {
  const values = { round, kept: percent(kept) };
  return nsfw
    ? say(
        'What was called safe in round {round} is {kept} as varied as it was before anything was learned.',
        values,
      )
    : say(
        'What was liked in round {round} is {kept} as varied as it was before anything was learned.',
        values,
      );
}

function tooFew(rules: Rules): Text {
  const share = percent(smallestShare(rules));
  return rules.goal === null
    ? say('That is too little to compare: it takes {share} of the pictures.', { share })
    : say('That is too little to compare or to count towards the goal: it takes {share} of the pictures.', {
        share,
      });
}

/** Between the figures as they are shown, so that the difference is that of what people read. */
const points = (share: number, before: number) => Math.round(share * 100) - Math.round(before * 100);

function change(points: number): Text {
  if (points === 0) return say('Approval stayed where it was.');
  const by = counted(Math.abs(points), 'point');
  return points > 0 ? say('Approval rose by {by}.', { by }) : say('Approval fell by {by}.', { by });
}
