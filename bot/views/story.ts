/**
 * A session's story: its first round beside the latest and the share of approval by round. A platform without
 * a page shows the two pictures; the web page draws both itself from `data`.
 */

import { join } from 'node:path';
import type { Card } from '../../src/chat/port.js';
import { approvalOf, approvals, enoughJudged, type RoundApproval } from '../../src/domain/state/approval.js';
import type { Session } from '../../src/domain/state/model.js';
import { promptOf } from '../../src/domain/state/prompts.js';
import type { Image, Round } from '../../src/domain/state/round.js';
import { calledOf } from '../../src/models/adapter-name.js';
import { counted, listed, say, sentences, type Text } from '../../src/words/text.js';
import { card } from './card.js';
import { type PairStep, pairWords } from './pair.js';
import type { StrengthCells } from './strengths.js';
import { judgedWords, pageWords, percent, quoted, shareWords } from './words.js';

export interface StorySide {
  round: Round;
  images: readonly Image[];
  /** Absolute folder of the round. */
  dir: string;
}

export interface StoryView {
  key: string;
  session: Session;
  /** Closed rounds on the session's line, by number. */
  rounds: readonly Round[];
  first: StorySide | null;
  latest: StorySide | null;
  /** Pictures drawn for platforms without a page; null where they are not made. */
  beforeAfterFile: string | null;
  plotFile: string | null;
  /** What each model drew of the same noises, and the sheet of the first and the newest; none = []. */
  pair?: readonly PairStep[];
  pairFile?: string | null;
  /** What the newest drew at other strengths, where that was asked for. */
  strengths?: { round: number; steps: readonly StrengthCells[] } | null;
  /** Where the page shows the session, on cards that stand elsewhere. */
  page?: string | null;
}

export function storyCard(view: StoryView): Card {
  const { key, session, rounds, beforeAfterFile, plotFile, pair = [], pairFile = null } = view;
  const approval = approvals(rounds);
  const line = listed(
    approval.map((a) => say('{round}: {share}', { round: a.round, share: percent(a.share) })),
  );
  const spoiler = session.nsfw;
  return card('story', key, {
    title: say('The story of {title}', { title: session.title }),
    text: sentences(summary(session, rounds.length, approval), pageWords(view.page)),
    pictures: [
      ...(beforeAfterFile
        ? [
            {
              file: beforeAfterFile,
              alt: say('First round beside the latest: {prompt}', { prompt: quoted(session.prompt) }),
              spoiler,
            },
          ]
        : []),
      ...(pairFile ? [{ file: pairFile, alt: pairWords(session, [pair[0]!, pair.at(-1)!]), spoiler }] : []),
      ...(plotFile
        ? [
            {
              file: plotFile,
              alt: say('Approval by round (broken line: variety of what is liked; thin line: loss). {line}', {
                line,
              }),
              spoiler: false,
            },
          ]
        : []),
    ],
    data: {
      session: session.id,
      title: session.title,
      prompt: session.prompt,
      criterion: session.criterion ?? null,
      ended: session.state === 'ended' ? session.end : null,
      blurred: session.nsfw,
      approval,
      ...(pair.length > 1 && { pair }),
      ...(view.strengths && { strengths: view.strengths.steps, strengthsOf: view.strengths.round }),
      adapter: rounds.some((r) => r.learned?.learned === true),
      first: view.first ? side(view.first, promptOf(session, view.first.round.number)) : null,
      latest:
        view.latest && view.latest.round.id !== view.first?.round.id
          ? side(view.latest, promptOf(session, view.latest.round.number))
          : null,
    },
  });
}

function side({ round, images, dir }: StorySide, prompt: string): Record<string, unknown> {
  return {
    round: round.number,
    approval: round.outcome ? approvalOf(round.outcome.cells).share : null,
    cells: images
      .filter((image) => image.state === 'shown')
      .slice(0, 9)
      .map((image) => ({
        file: join(dir, image.file),
        alt: say('Round {round}, picture {number}: {prompt}', {
          round: round.number,
          number: image.index + 1,
          prompt: quoted(prompt),
        }),
      })),
  };
}

function summary(session: Session, closed: number, approval: readonly RoundApproval[]): Text {
  const { prompt, state, end, nsfw, rules } = session;
  if (closed === 0)
    return say('{prompt} has no closed round yet. Vote, and the story begins.', { prompt: quoted(prompt) });
  const picked = approval.findLast((one) => one.picked !== undefined);
  const chosen = picked
    ? say('Of the pictures that votes chose, {picked} in round {round}.', {
        picked: percent(picked.picked!),
        round: picked.round,
      })
    : '';
  const good =
    session.criterion === undefined
      ? ''
      : say('Good meant: {criterion}.', { criterion: quoted(session.criterion) });
  const closing = [good, chosen, drawnWith(session), state === 'ended' ? endings[end ?? 'stopped'] : ''];
  // Like with like: rounds of which enough was judged, where there are two of them.
  const full = approval.filter((one) => enoughJudged(one, rules));
  const [first, last] = [full[0], full.at(-1)];
  if (first && last && first !== last) {
    const went = say('{rounds}: approval went from **{before}** to **{after}** ({judged}).', {
      rounds: counted(closed, 'round'),
      before: percent(first.share),
      after: percent(last.share),
      judged: judgedWords(last, nsfw),
    });
    return sentences(went, ...closing);
  }
  const one = last ?? approval.at(-1);
  const said = one ? shareWords(one, nsfw) : say('nothing was judged');
  const which =
    closed === 1
      ? say('One round so far')
      : say('{rounds}, round {round}', { rounds: counted(closed, 'round'), round: one?.round ?? closed });
  return sentences(say('{which}: {said}.', { which, said }), ...closing);
}

/** The LoRAs beside its own, by their files' names. */
function drawnWith({ sampler: { stack = [] } }: Session): Text {
  if (stack.length === 0) return '';
  const named = stack.map(({ licence, weight, ...one }) =>
    licence === undefined ? `${calledOf(one)} (${weight})` : `${calledOf(one)} (${weight}; ${licence})`,
  );
  return say('Drawn with {named}, and learned without.', { named: listed(named) });
}

const endings: Record<NonNullable<Session['end']>, Text> = {
  goal: say('The goal is reached: thank you all.'),
  budget: say('All its rounds are done: thank you all.'),
  images: say('All the images that it may have are drawn: thank you all.'),
  stopped: say('It was stopped.'),
  gone: say('Its channel was deleted.'),
  split: say('It went on as two sessions, one for each camp of taste.'),
};
