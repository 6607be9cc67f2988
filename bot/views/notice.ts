/**
 * Short things said to a channel or to one person. The catalogue is total by NoticeCode; a text may use the
 * notice's values and must read well without them.
 */

import type { Attachment, Card, Picture } from '../../src/chat/port.js';
import { count } from '../../src/domain/state/count.js';
import type { NoticeCode } from '../../src/domain/state/effects.js';
import type { Session } from '../../src/domain/state/model.js';
import { factsOfPlatform } from '../../src/domain/state/platforms.js';
import type { RoundTime } from '../../src/domain/state/round-time.js';
import { cause, inSentences } from '../../src/errors.js';
import { card } from './card.js';
import { readingLines } from './reading.js';
import { roundTimeLine } from './round-time.js';
import { quoted } from './words.js';

type Values = Record<string, string | number>;
interface Text {
  title: string;
  text: (v: Values) => string;
}

const of = (v: Values, key: string, otherwise = '') => (v[key] === undefined ? otherwise : String(v[key]));
const round = (v: Values) => (v.round === undefined ? 'The round' : `Round ${v.round}`);

export const notices: Record<NoticeCode, Text> = {
  extended: {
    title: 'A little more time',
    text: (v) => `${round(v)} has no votes yet, so it stays open.`,
  },
  paused: {
    title: 'Paused',
    text: (v) =>
      v.reason === 'budget'
        ? `${budgetUsed(v)} It goes on by itself after midnight (UTC); marks on earlier rounds stand.`
        : `${pauses[of(v, 'reason')] ?? 'The session is paused.'} **/acclaim session resume** goes on.`,
  },
  resumed: { title: 'On we go', text: () => 'The session goes on.' },
  redraw: {
    title: 'Drawing again',
    text: (v) => `Nobody found a good picture in ${round(v).toLowerCase()}, so the next one is more varied.`,
  },
  'round-failed': {
    title: 'This did not work',
    text: (v) =>
      inSentences({
        message: `${round(v)} stopped: ${of(v, 'reason', 'the engine failed')}`,
        hint: of(v, 'hint'),
      }),
  },
  'job-retried': {
    title: 'Trying once more',
    text: (v) =>
      `The engine was lost${v.reason === undefined ? '' : ` (${cause(String(v.reason))})`}; no vote was. It starts again.`,
  },
  'rolled-back': { title: 'Rolled back', text: (v) => `The next round starts from ${from(v)}.` },
  'more-variety': {
    title: 'More variety',
    text: () => 'A moderator asked for pictures that are less alike, from the next round on.',
  },
  redo: { title: 'Once more', text: (v) => `${round(v)} is drawn again.` },
  'reactions-cleared': {
    title: 'Reactions were cleared',
    text: () => 'A moderator cleared reactions here; those votes are withdrawn. Please vote again.',
  },
  'ballot-reposted': {
    title: 'Posted again',
    text: () => 'A ballot was deleted. Here it is again; its votes stand.',
  },
  polarised: {
    title: 'Opinions differ',
    text: () => 'This round split the voters into camps; only what both liked counts as good.',
  },
  flagged: {
    title: 'Flagged',
    text: (v) => `Picture ${of(v, 'cell', 'on this sheet')} was flagged and is held back.`,
  },
  reported: {
    title: 'Flagged',
    text: (v) =>
      `Picture ${of(v, 'cell', 'on this sheet')} was flagged by people who are new here, so it stays until a moderator has looked: ` +
      `**/acclaim hide ${of(v, 'cell', 'B4')}** takes it away.`,
  },
  'image-hidden': {
    title: 'Hidden',
    text: (v) => `A moderator hid picture ${of(v, 'cell', 'on this sheet')}.`,
  },
  'pair-hidden': {
    title: 'Hidden',
    text: (v) =>
      `A moderator took away the pictures of the same noise${v.round === undefined ? '' : ` of round ${v.round}`}.`,
  },
  review: {
    title: 'A moderator looks first',
    text: (v) => `${round(v)} is drawn. A moderator sees it by **/acclaim review** and opens the ballot.`,
  },
  'channel-joined': {
    title: 'More people vote',
    text: (v) => `A channel on ${place(v)} has joined: its votes count together with those here.`,
  },
  'channel-left': {
    title: 'A channel left',
    text: (v) => `A channel on ${place(v)} takes part no more; its votes so far stand.`,
  },
  'channel-unread': {
    title: 'One channel could not be read',
    text: (v) =>
      `The votes on ${place(v)} could not be read once more before the close; those known until then count.`,
  },
  'warm-start': {
    title: 'Begun before any vote',
    text: (v) =>
      `In ${round(v).toLowerCase()} the safety checker calls ${of(v, 'unsafe', 'some')} of ${of(v, 'of', 'all')} unsafe. I learn from that alone, and show none of them; from the next round on your marks decide.`,
  },
  'learner-note': { title: 'From the learner', text: (v) => of(v, 'note', of(v, 'text')) },
  ended: {
    title: 'The session has ended',
    text: (v) => endings[of(v, 'reason')] ?? 'Thank you all for voting.',
  },
};

const place = (v: Values) => factsOfPlatform(of(v, 'platform'))?.label ?? 'another platform';

const pauses: Record<string, string> = {
  command: 'A moderator paused the session.',
  empty: 'Nobody voted, so the session waits and spends nothing.',
  'no-good': 'Several rounds had no good picture. A clearer prompt may help.',
  failed: 'The round failed, so the session waits.',
  channel: 'I cannot post in this channel any more.',
  guard:
    'These pictures may not be shown here any more, so they were taken down; the votes stand. Once the channel is put right a moderator can go on.',
};

const budgetPlaces: Record<string, string> = { channel: 'in this channel', server: 'here' };

function budgetUsed(v: Values): string {
  const figures = v.of === undefined ? '' : ` (${of(v, 'used')} of ${of(v, 'of')} are drawn)`;
  return `There is no room left for a round among today's images ${budgetPlaces[of(v, 'budget')] ?? 'here'}${figures}.`;
}

const endings: Record<string, string> = {
  goal: 'The goal is reached. Thank you all for voting.',
  budget: 'All its rounds are done. Thank you all for voting.',
  images: 'All the images that it may have are drawn. Thank you all for voting.',
  stopped: 'It was stopped. What it learned is kept.',
  gone: 'Its channel was deleted a day ago. What it learned is kept.',
};

function from(v: Values): string {
  const to = v.to ?? v.round;
  return to === undefined || to === 0 ? 'the base model' : `what was learned in round ${to}`;
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
    title: `Teaching ${quoted(session.prompt)}`,
    text: `Each round I draw some pictures.${session.criterion === undefined ? '' : ` Good means: ${quoted(session.criterion)}.`} ${
      session.nsfw
        ? '**Mark those that are unsafe**; I learn from your marks and draw fewer of them.'
        : '**Mark the good ones**; I learn from your marks and the next round gets better.'
    } Totals stay hidden until a round closes.${time ? ` ${roundTimeLine(time)}` : ''}${readingLines(
      session.reading,
    )
      .map((line) => `\n${line}`)
      .join('')}`,
    data: { session: session.id, notice: 'welcome' },
  });
}

/**
 * What is stored of whoever votes, with the way to agree; it stands in a channel once, under one key for
 * ever.
 */
export function consentCard(purgeDays: number): Card {
  return card('notice', 'consent', {
    title: 'Before your votes count',
    text:
      'Votes here teach an image model. If you agree, I keep **your marks on my pictures** under a keyed hash of your account, ' +
      'with the age of the account and the day you joined; no name and no message. Until you agree I keep nothing of you, and marks ' +
      'made before count once you do, if the round is still open. Reactions can be seen by everyone here, as always; I show totals only after a ' +
      'round has closed. **/acclaim me** shows what is held about you and **/acclaim me forget** cuts the tie to you. ' +
      `If I am removed from here, everything of this place is deleted ${purgeDays === 0 ? 'at once' : `after ${count(purgeDays, 'day')}`}.`,
    reactions: ['done'],
    buttons: [
      { id: 'consent', label: 'I agree' },
      { id: 'withdraw', label: 'Forget me' },
    ],
    data: { notice: 'consent' },
  });
}

export interface Answer {
  title: string;
  text: string;
  data?: Record<string, unknown>;
  pictures?: Picture[];
  files?: Attachment[];
  /** Long work that goes on after this was said; its end is a second answer. */
  later?: () => Promise<Answer>;
}

/** An answer that only the asker sees. */
export function replyCard(key: string, { later: _, ...answer }: Answer): Card {
  return card('reply', key, answer);
}
