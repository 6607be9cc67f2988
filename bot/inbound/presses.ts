/**
 * Marks that are given by buttons: a press becomes the same events as a reaction, and its answer says what
 * holds now. A person's presses are taken one after the other, so that each sees what the one before did.
 */
import type { ChatEvent } from '../../src/chat/port.js';
import { Turns } from '../../src/chat/turns.js';
import type { Refusal } from '../../src/domain/state/decision.js';
import { isDuelAnswer } from '../../src/domain/state/emoji.js';
import { byButtons, changesOf, standingMarks } from '../../src/domain/voting/presses.js';
import { inSentences } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Voters } from '../services/voters.js';
import type { BallotPlace } from '../sessions/ballot-places.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Answer } from '../views/notice.js';
import { markOfButton, ownBallot } from '../views/own-ballot.js';
import { duelAnswer } from '../views/thanks.js';
import type { BallotFinder } from './ballot-finder.js';

export interface PressesParts {
  voters: Voters;
  sessions: Sessions;
  ballots: BallotFinder;
}

type Press = Extract<ChatEvent, { kind: 'button' }>;

/** The mark that a button stands for; undefined for a button that is no mark. */
export const markOf = (button: string): string | undefined =>
  isDuelAnswer(button) ? button : markOfButton(button);

/** Takes presses of marks. */
export class Presses {
  private readonly turns = new Turns();

  constructor(private readonly parts: PressesParts) {}

  /** Resolves when the marks are durable, with what their voter is told. */
  async answer(press: Press, mark: string): Promise<Answer> {
    let answer: Answer | undefined;
    await this.turns.one(press.ref.channel, press.account.id, async () => {
      answer = await this.take(press, mark);
    });
    return answer!;
  }

  private async take({ ref, account, value, at }: Press, emoji: string): Promise<Answer> {
    const { voters, sessions, ballots } = this.parts;
    // On a private ballot: what is wanted, and the message that it is of.
    const [, wanted, message = ref.message] = /^(on|off) (.+)$/.exec(value ?? '') ?? [];
    const place = await ballots.find({ ...ref, message });
    const before = place && (await sessions.find(place.session));
    if (!place || !before || !(isDuelAnswer(emoji) || byButtons(place.ballot)))
      return refused(say('This ballot is not known here.'));
    const voter = voters.seen(account);
    const own = onSheet(before, place, voter.key);
    for (const change of changesOf(own, emoji, wanted === undefined ? null : wanted === 'on')) {
      const event = { kind: 'reaction', ballot: place.ballot.id, voter, ...change, at } as const;
      const refusal: Refusal | null = await sessions.dispatch(place.session, event);
      if (refusal) return refused(inSentences(refusal));
    }
    const state = (await sessions.find(place.session))!;
    if (!isDuelAnswer(emoji)) return ownBallot(state, place.ballot, { voter: voter.key, message });
    const stands = onSheet(state, place, voter.key).includes(emoji);
    return duelAnswer(state, place.ballot, stands ? emoji : null, voter.key);
  }
}

/** Marks of the person behind an account that stand on a sheet. */
function onSheet(
  state: Parameters<typeof standingMarks>[0],
  { ballot: { round: id, sheet } }: BallotPlace,
  voter: string,
): string[] {
  const round = state.rounds.find((row) => row.id === id);
  const marks = round ? standingMarks(state, round, voter) : [];
  return marks.filter(({ ballot }) => ballot.sheet === sheet).map(({ fact }) => fact.emoji);
}

const refused = (text: Answer['text']): Answer => ({ title: say('Not counted'), text });
