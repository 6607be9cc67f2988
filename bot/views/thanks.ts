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
import { attendance, countedIn, marksOf } from '../../src/domain/voting/counted.js';
import { personOf } from '../../src/domain/voting/people.js';
import type { Answer } from './notice.js';

const waits = 'until somebody vouches for you (a moderator, or an invite) they do not count.';
const excluded = 'A moderator excluded you: your marks and reports do not count.';

export function doneAnswer(state: SessionState, round: Round, voter: string): Answer {
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: 'Not counted', text: excluded };
  if (marks === 'waits') return { title: 'Kept', text: `Your marks are kept; ${waits}` };
  return { title: 'Done', text: `Thank you: your votes are in.${rest(state, round)}` };
}

/** Why the round that they are done with has not closed, where that is known. */
function rest(state: SessionState, round: Round): string {
  const { session } = state;
  if (session.state === 'paused') return ' The session rests, and they stand until it goes on.';
  const { quorum, quorumBy, restMs } = session.rules;
  if (round.state !== 'open' || quorumBy !== 'done') return '';
  const { done, voters } = attendance(state, round);
  if (done < quorum || voters < 2) return '';
  return ` The round closes once nobody has changed a mark for ${Math.round(restMs / 1000)} seconds.`;
}

/** The answers to a duel, as buttons say them. */
export const duelWords: Record<DuelAnswer, string> = {
  left: 'Left',
  right: 'Right',
  both: 'Both',
  neither: 'Neither',
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
  if (marks === 'excluded') return { title: 'Not counted', text: excluded };
  const all = ballotsOf(state, round).filter(({ channel }) => channel === ballot.channel);
  const isAnswered = (one: Ballot) =>
    ownMarks(state, one, voter).some((mark) => meaning(mark)?.kind === 'answer');
  const answered = all.filter(isAnswered).length;
  const said = says === null ? 'Your answer is taken back.' : `**${duelWords[says]}** it is.`;
  const kept = marks === 'waits' ? ` It is kept; ${waits.replace('they do', 'it does')}` : '';
  return { title: `${answered} of ${all.length}`, text: `${said}${kept}` };
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
  if (marks === 'excluded') return { title: 'Not counted', text: excluded };
  if (wrong.length === 0) return { title: 'Why', text: `You say nothing of **${cell}** any more.` };
  const said = `**${cell}**: ${wrong.map((fault) => faultWords[fault]).join(', ')}.`;
  if (marks === 'waits')
    return { title: 'Kept', text: `${said} It is kept; ${waits.replace('they do', 'it does')}` };
  const names = new Set([voter, personOf(state.voters, voter)]);
  const own = countedIn(state, round).voterBallots.find((one) => names.has(one.voter));
  const good = own?.votes.find((vote) => vote.index === index)?.up === true;
  return {
    title: 'Why',
    text: good
      ? `${said} But you call it good: take that back, and this counts.`
      : `${said} It counts as not good, and I learn from what is wrong with it.`,
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
    const held = image?.state === 'held' ? ' It stays held back: others reported it too.' : '';
    return { title: 'Taken back', text: `Your report of **${cell}** is taken back.${held}`, data };
  }
  const marks = marksOf(state, round, voter);
  if (marks === 'excluded') return { title: 'Not counted', text: excluded };
  if (marks === 'waits')
    return {
      title: 'Kept',
      text: `Your report of **${cell}** is kept; ${waits.replace('they do', 'it does')}`,
      data,
    };
  return { title: 'Flagged', text: `Thank you: **${cell}** was reported.${after(image)}`, data };
}

function after(image: { state: string; passed?: true; reported?: true } | undefined): string {
  if (image?.state === 'held') return ' It is held back.';
  if (image?.passed) return ' A moderator has looked at it and lets it be seen.';
  return image?.reported ? ' Moderators were told.' : '';
}
