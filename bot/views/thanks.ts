/**
 * What whoever pressed Done or flagged a picture is told: what is true of their marks, and thanks only where
 * they count.
 */
import { faultWords } from '../../src/chat/fault-words.js';
import { ballotsOf } from '../../src/domain/rounds/rounds.js';
import { ownMarks } from '../../src/domain/sessions/views.js';
import { type DuelAnswer, meaning } from '../../src/domain/state/emoji.js';
import type { Fault } from '../../src/domain/state/faults.js';
import type { SessionState } from '../../src/domain/state/model.js';
import type { Ballot, Round } from '../../src/domain/state/round.js';
import { personOf } from '../../src/domain/voting/people.js';
import { attendance, countedIn, marksOf } from '../../src/domain/voting/who-counts.js';
import { listed, say, sentences, type Text } from '../../src/words/text.js';
import type { Answer } from './notice.js';

export const excluded = say('A moderator excluded you: your marks and reports do not count.');
export const otherCamp = say(
  'It is kept; you are of the other camp, so it does not count here. **/acclaim taste** tells more.',
);
const keptOfOther = { title: say('Kept'), text: otherCamp };

export function doneAnswer(state: SessionState, round: Round, voter: string): Answer {
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: say('Not counted'), text: excluded };
  if (marks === 'waits')
    return {
      title: say('Kept'),
      text: say(
        'Your marks are kept; until somebody vouches for you (a moderator, or an invite) they do not count.',
      ),
    };
  if (marks === 'other-camp') return keptOfOther;
  return { title: say('Done'), text: sentences(say('Thank you: your votes are in.'), rest(state, round)) };
}

/** Why the round that they are done with has not closed, where that is known. */
function rest(state: SessionState, round: Round): Text {
  const { session } = state;
  if (session.state === 'paused') return say('The session rests, and they stand until it goes on.');
  const { quorum, quorumBy, restMs } = session.rules;
  if (round.state !== 'open' || quorumBy !== 'done') return '';
  const { done, voters } = attendance(state, round);
  if (done < quorum || voters < 2) return '';
  return say('The round closes once nobody has changed a mark for {seconds} seconds.', {
    seconds: Math.round(restMs / 1000),
  });
}

/** The answers to a duel, as buttons say them. */
export const duelWords: Record<DuelAnswer, Text> = {
  left: say('Left'),
  right: say('Right'),
  both: say('Both'),
  neither: say('Neither'),
};

/** What somebody is told who answered a duel, or took that back (`says` null), and how far they are. */
export function duelAnswer(
  state: SessionState,
  ballot: Ballot,
  says: DuelAnswer | null,
  voter: string,
): Answer {
  const round = state.rounds.find(({ id }) => id === ballot.round)!;
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: say('Not counted'), text: excluded };
  const all = ballotsOf(state, round).filter(({ channel }) => channel === ballot.channel);
  const isAnswered = (one: Ballot) =>
    ownMarks(state, one, voter).some((mark) => meaning(mark)?.kind === 'answer');
  const answered = all.filter(isAnswered).length;
  const said =
    says === null
      ? say('Your answer is taken back.')
      : say('**{answer}** it is.', { answer: duelWords[says] });
  const kept =
    marks === 'waits'
      ? say('It is kept; until somebody vouches for you (a moderator, or an invite) it does not count.')
      : marks === 'other-camp'
        ? otherCamp
        : '';
  const title = say('{answered} of {all}', { answered, all: all.length });
  return { title, text: sentences(said, kept) };
}

/** A picture, and what somebody says is wrong with it now. */
interface Wrong {
  index: number;
  /** Its name, such as B4. */
  cell: string;
  wrong: readonly Fault[];
  /** Key of the account. */
  voter: string;
}

/** What somebody is told who said why a picture is not good. */
export function whyAnswer(state: SessionState, round: Round, { index, cell, wrong, voter }: Wrong): Answer {
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: say('Not counted'), text: excluded };
  if (wrong.length === 0)
    return { title: say('Why'), text: say('You say nothing of **{cell}** any more.', { cell }) };
  const said = say('**{cell}**: {wrong}.', { cell, wrong: listed(wrong.map((fault) => faultWords[fault])) });
  if (marks === 'waits')
    return {
      title: say('Kept'),
      text: sentences(
        said,
        say('It is kept; until somebody vouches for you (a moderator, or an invite) it does not count.'),
      ),
    };
  if (marks === 'other-camp') return { title: say('Kept'), text: sentences(said, otherCamp) };
  const names = new Set([voter, personOf(state.voters, voter)]);
  const own = countedIn(state, round).voterBallots.find((one) => names.has(one.voter));
  const good = own?.votes.find((vote) => vote.index === index)?.up === true;
  return {
    title: say('Why'),
    text: good
      ? sentences(said, say('But you call it good: take that back, and this counts.'))
      : sentences(said, say('It counts as not good, and I learn from what is wrong with it.')),
  };
}

/** `round`: whose picture it is. `on`: it was reported, or that was taken back; a client may show which. */
export function flagAnswer(
  state: SessionState,
  round: Round,
  { index, cell, on }: { index: number; cell: string; on: boolean },
  voter: string,
): Answer {
  const data = { flag: { session: state.session.id, round: round.number, index, on } };
  const image = state.images.get(round.id)?.find((one) => one.index === index);
  if (!on) {
    const held = image?.state === 'held' ? say('It stays held back: others reported it too.') : '';
    return {
      title: say('Taken back'),
      text: sentences(say('Your report of **{cell}** is taken back.', { cell }), held),
      data,
    };
  }
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: say('Not counted'), text: excluded };
  if (marks === 'waits')
    return {
      title: say('Kept'),
      text: say(
        'Your report of **{cell}** is kept; until somebody vouches for you (a moderator, or an invite) it does not count.',
        { cell },
      ),
      data,
    };
  return {
    title: say('Flagged'),
    text: sentences(say('Thank you: **{cell}** was reported.', { cell }), after(image)),
    data,
  };
}

function after(image: { state: string; passed?: true; reported?: true } | undefined): Text {
  if (image?.state === 'held') return say('It is held back.');
  if (image?.passed) return say('A moderator has looked at it and lets it be seen.');
  return image?.reported ? say('Moderators were told.') : '';
}
