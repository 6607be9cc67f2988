/**
 * Short things said to a channel or to one person. The catalogue is total by NoticeCode; a text may use the
 * notice's values and must read well without them.
 */

import type { Attachment, Button, Card, Picture } from '../../src/chat/port.js';
import type { NoticeCode } from '../../src/domain/state/effects.js';
import type { Session } from '../../src/domain/state/model.js';
import { factsOfPlatform } from '../../src/domain/state/platforms.js';
import type { RoundTime } from '../../src/domain/state/round-time.js';
import { type Camp, camps } from '../../src/domain/state/split.js';
import { cause, inSentences } from '../../src/errors.js';
import { counted, lines, say, sentences, type Text, type Value } from '../../src/words/text.js';
import { campLine, campOfSession, howToMove } from './camps.js';
import { card } from './card.js';
import { readingLines } from './reading.js';
import { roundTimeLine } from './round-time.js';
import { platformName, quoted } from './words.js';

type Values = Record<string, Value>;
interface Notice {
  title: Text;
  text: (v: Values) => Text;
}

const of = (v: Values, key: string, otherwise: Text = ''): Text =>
  typeof v[key] === 'number' ? String(v[key]) : (v[key] ?? otherwise);
const round = (v: Values): Text =>
  v.round === undefined ? say('The round') : say('Round {round}', { round: v.round });
/** The same within a sentence. */
const theRound = (v: Values): Text =>
  v.round === undefined ? say('the round') : say('round {round}', { round: v.round });
const onSheet = (v: Values): Text =>
  v.cell === undefined ? say('Picture on this sheet') : say('Picture {cell}', { cell: v.cell });

export const notices: Record<NoticeCode, Notice> = {
  extended: {
    title: say('A little more time'),
    text: (v) => say('{round} has no votes yet, so it stays open.', { round: round(v) }),
  },
  paused: {
    title: say('Paused'),
    text: (v) =>
      v.reason === 'budget'
        ? sentences(
            budgetUsed(v),
            say('It goes on by itself after midnight (UTC); marks on earlier rounds stand.'),
          )
        : sentences(
            pauses[String(v.reason)] ?? say('The session is paused.'),
            say('**/acclaim session resume** goes on.'),
          ),
  },
  resumed: { title: say('On we go'), text: () => say('The session goes on.') },
  redraw: {
    title: say('Drawing again'),
    text: (v) =>
      say('Nobody found a good picture in {round}, so the next one is more varied.', { round: theRound(v) }),
  },
  'round-failed': {
    title: say('This did not work'),
    text: (v) =>
      inSentences({
        message: say('{round} stopped: {reason}', {
          round: round(v),
          reason: of(v, 'reason', say('the engine failed')),
        }),
        hint: of(v, 'hint'),
      }),
  },
  'job-retried': {
    title: say('Trying once more'),
    text: (v) =>
      v.reason === undefined
        ? say('The engine was lost; no vote was. It starts again.')
        : say('The engine was lost ({reason}); no vote was. It starts again.', {
            reason: cause(String(v.reason)),
          }),
  },
  'rolled-back': {
    title: say('Rolled back'),
    text: (v) => say('The next round starts from {from}.', { from: from(v) }),
  },
  'more-variety': {
    title: say('More variety'),
    text: () => say('A moderator asked for pictures that are less alike, from the next round on.'),
  },
  redo: { title: say('Once more'), text: (v) => say('{round} is drawn again.', { round: round(v) }) },
  'reactions-cleared': {
    title: say('Reactions were cleared'),
    text: () => say('A moderator cleared reactions here; those votes are withdrawn. Please vote again.'),
  },
  'ballot-reposted': {
    title: say('Posted again'),
    text: () => say('A ballot was deleted. Here it is again; its votes stand.'),
  },
  polarised: {
    title: say('Opinions differ'),
    text: () => say('This round split the voters into camps; only what both liked counts as good.'),
  },
  flagged: {
    title: say('Flagged'),
    text: (v) => say('{picture} was flagged and is held back.', { picture: onSheet(v) }),
  },
  reported: {
    title: say('Flagged'),
    text: (v) =>
      say(
        '{picture} was flagged by people who are new here, so it stays until a moderator has looked: **/acclaim hide {cell}** takes it away.',
        { picture: onSheet(v), cell: of(v, 'cell', 'B4') },
      ),
  },
  'image-hidden': {
    title: say('Hidden'),
    text: (v) =>
      v.cell === undefined
        ? say('A moderator hid a picture on this sheet.')
        : say('A moderator hid picture {cell}.', { cell: v.cell }),
  },
  'pair-hidden': {
    title: say('Hidden'),
    text: (v) =>
      v.round === undefined
        ? say('A moderator took away the pictures of the same noise.')
        : say('A moderator took away the pictures of the same noise of round {round}.', { round: v.round }),
  },
  review: {
    title: say('A moderator looks first'),
    text: (v) =>
      say('{round} is drawn. A moderator sees it by **/acclaim review** and opens the ballot.', {
        round: round(v),
      }),
  },
  'channel-joined': {
    title: say('More people vote'),
    text: (v) =>
      say('A channel on {place} has joined: its votes count together with those here.', { place: place(v) }),
  },
  'channel-left': {
    title: say('A channel left'),
    text: (v) => say('A channel on {place} takes part no more; its votes so far stand.', { place: place(v) }),
  },
  'channel-unread': {
    title: say('One channel could not be read'),
    text: (v) =>
      say(
        'The votes on {place} could not be read once more before the close; those known until then count.',
        { place: place(v) },
      ),
  },
  'warm-start': {
    title: say('Begun before any vote'),
    text: (v) =>
      say(
        'In {round} the safety checker calls {unsafe} of {of} unsafe. I learn from that alone, and show none of them; from the next round on your marks decide.',
        { round: theRound(v), unsafe: of(v, 'unsafe', '?'), of: of(v, 'of', '?') },
      ),
  },
  'learner-note': { title: say('From the learner'), text: (v) => of(v, 'note', of(v, 'text')) },
  split: {
    title: say('Two camps'),
    text: (v) =>
      lines([
        say('Tastes differ here, so it goes on as two sessions, each with a model of its own.'),
        ...camps.filter((camp) => `people${camp}` in v).map((camp) => campWords(v, camp)),
        howToMove,
      ]),
  },
  ended: {
    title: say('The session has ended'),
    text: (v) => endings[String(v.reason)] ?? say('Thank you all for voting.'),
  },
};

/** What each camp of a session that was split is told by. */
const campWords = (v: Values, camp: Camp): Text =>
  campLine({
    camp,
    people: Number(v[`people${camp}`]),
    address: of(v, `channel${camp}`),
    likes: of(v, `likes${camp}`),
  });

const place = (v: Values): Text => {
  const facts = factsOfPlatform(String(v.platform));
  return facts ? platformName(facts.label) : say('another platform');
};

const pauses: Record<string, Text> = {
  command: say('A moderator paused the session.'),
  empty: say('Nobody voted, so the session waits and spends nothing.'),
  'no-good': say('Several rounds had no good picture. A clearer prompt may help.'),
  failed: say('The round failed, so the session waits.'),
  channel: say('I cannot post in this channel any more.'),
  guard: say(
    'These pictures may not be shown here any more, so they were taken down; the votes stand. Once the channel is put right a moderator can go on.',
  ),
};

function budgetUsed(v: Values): Text {
  const left =
    v.budget === 'channel'
      ? say("There is no room left for a round among today's images in this channel")
      : say("There is no room left for a round among today's images here");
  return v.of === undefined
    ? say('{left}.', { left })
    : say('{left} ({used} of {of} are drawn).', { left, used: of(v, 'used'), of: v.of });
}

const endings: Record<string, Text> = {
  goal: say('The goal is reached. Thank you all for voting.'),
  budget: say('All its rounds are done. Thank you all for voting.'),
  images: say('All the images that it may have are drawn. Thank you all for voting.'),
  stopped: say('It was stopped. What it learned is kept.'),
  gone: say('Its channel was deleted a day ago. What it learned is kept.'),
  split: say('Each camp goes on from what it learned.'),
};

function from(v: Values): Text {
  const to = v.to ?? v.round;
  return to === undefined || to === 0 ? say('the base model') : say('what was learned in round {to}', { to });
}

export interface NoticeView {
  key: string;
  session: Session;
  notice: NoticeCode;
  values: Values;
}

export function noticeCard({ key, session, notice, values }: NoticeView): Card {
  const { title, text } = notices[notice];
  const deadline = notice === 'extended' ? { deadline: values.until ?? null } : {};
  return card('notice', key, {
    title,
    text: text(values),
    data: { session: session.id, notice, ...deadline },
  });
}

/** The first words in a session's channel; `time`: null while nobody knows how long a round takes. */
export function welcomeCard(key: string, session: Session, time: RoundTime | null = null): Card {
  return card('notice', key, {
    title: say('Teaching {prompt}', { prompt: quoted(session.prompt) }),
    text: lines([
      sentences(
        say('Each round I draw some pictures.'),
        session.criterion === undefined
          ? ''
          : say('Good means: {criterion}.', { criterion: quoted(session.criterion) }),
        session.nsfw
          ? say('**Mark those that are unsafe**; I learn from your marks and draw fewer of them.')
          : say('**Mark the good ones**; I learn from your marks and the next round gets better.'),
        say('Totals stay hidden until a round closes.'),
        time ? roundTimeLine(time) : '',
      ),
      ...campOfSession(session),
      ...readingLines(session.reading),
    ]),
    data: { session: session.id, notice: 'welcome' },
  });
}

/**
 * What is stored of whoever votes, with the way to agree; it stands in a channel once, under one key for
 * ever.
 */
export function consentCard(purgeDays: number): Card {
  return card('notice', 'consent', {
    title: say('Before your votes count'),
    text: sentences(
      say('Votes here teach an image model.'),
      say(
        'If you agree, I keep **your marks on my pictures** under a keyed hash of your account, with the age of the account and the day you joined; no name and no message.',
      ),
      say(
        'Until you agree I keep nothing of you, and marks made before count once you do, if the round is still open.',
      ),
      say(
        'Reactions can be seen by everyone here, as always; what you press, by you alone. I show totals only after a round has closed.',
      ),
      say('**/acclaim me** shows what is held about you and **/acclaim me forget** cuts the tie to you.'),
      purgeDays === 0
        ? say('If I am removed from here, everything of this place is deleted at once.')
        : say('If I am removed from here, everything of this place is deleted after {days}.', {
            days: counted(purgeDays, 'day'),
          }),
    ),
    reactions: ['done'],
    buttons: [
      { id: 'consent', label: say('I agree') },
      { id: 'withdraw', label: say('Forget me') },
    ],
    data: { notice: 'consent' },
  });
}

export interface Answer {
  title: Text;
  text: Text;
  data?: Record<string, unknown>;
  pictures?: Picture[];
  files?: Attachment[];
  /** Presses on them are answered in its place. */
  buttons?: Button[];
  /** Long work that goes on after this was said; its end is a second answer. */
  later?: () => Promise<Answer>;
}

/** An answer that only the asker sees. */
export function replyCard(key: string, { later: _, ...answer }: Answer): Card {
  return card('reply', key, answer);
}
