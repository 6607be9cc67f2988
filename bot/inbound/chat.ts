/**
 * What platforms tell -> events of sessions. Awaiting `receive` means that the event is durable. A mark that
 * no longer counts is kept and refused with a coded error, which a platform that can answer privately shows;
 * buttons and commands are answered by reply.
 */
import type { Account, ChatEvent, MessageRef } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Refusal } from '../../src/domain/state/decision.js';
import { pictureName } from '../../src/domain/state/ids.js';
import { guardActs } from '../../src/domain/voting/guard-acts.js';
import { byButtons } from '../../src/domain/voting/presses.js';
import { AcclaimError, type ErrorCode, inSentences, toPlain } from '../../src/errors.js';
import { say } from '../../src/words/text.js';
import type { Commands } from '../commands/table.js';
import type { Messenger } from '../effects/messenger.js';
import type { Watch } from '../monitoring/watch.js';
import type { Admission } from '../services/admission.js';
import type { Agreements } from '../services/agreements.js';
import { Limited } from '../services/limits.js';
import type { MissedEvents } from '../services/missed-events.js';
import type { Notices } from '../services/notices.js';
import type { Asker } from '../services/requests.js';
import type { Servers } from '../services/servers.js';
import type { Voters } from '../services/voters.js';
import type { Withdrawals } from '../services/withdrawals.js';
import type { BallotPlace } from '../sessions/ballot-places.js';
import type { Sessions } from '../sessions/sessions.js';
import { type Answer, replyCard } from '../views/notice.js';
import { doneAnswer } from '../views/thanks.js';
import type { BallotFinder } from './ballot-finder.js';
import { markOf, Presses } from './presses.js';

export interface ChatParts {
  clock: Clock;
  voters: Voters;
  messenger: Messenger;
  sessions: Sessions;
  ballots: BallotFinder;
  admission: Admission;
  agreements: Agreements;
  withdrawals: Withdrawals;
  notices: Notices;
  servers: Servers;
  missed: MissedEvents;
  commands: Commands;
  watch: Watch;
}

const codes: Partial<Record<Refusal['code'], ErrorCode>> = { 'round-closed': 'round-closed' };

type EventOf<K extends ChatEvent['kind']> = Extract<ChatEvent, { kind: K }>;

/** What people do on platforms, put to whom it concerns. */
export class Chat {
  private replies = 0;
  private readonly presses: Presses;

  constructor(private readonly parts: ChatParts) {
    this.presses = new Presses(parts);
  }

  /** Resolves when what was told is durable. Throws a coded error where a mark does not count. */
  async receive(event: ChatEvent): Promise<void> {
    const { watch } = this.parts;
    const began = performance.now();
    try {
      await this.take(event);
    } catch (error) {
      watch.heard(event, began, error);
      throw error;
    }
    watch.heard(event, began);
  }

  private async take(event: ChatEvent): Promise<void> {
    const { sessions, admission, servers, missed } = this.parts;
    switch (event.kind) {
      case 'reaction': {
        await admission.admit('mark', event.account, event.ref.channel, true);
        const place = await this.place(event.ref);
        // There a reaction would say to all what is pressed unseen.
        if (place && byButtons(place.ballot)) return;
        const refusal = await this.mark(event);
        if (refusal)
          throw new AcclaimError(codes[refusal.code] ?? 'not-allowed', refusal.message, refusal.hint);
        return;
      }
      case 'cleared': {
        const { emoji, at } = event;
        const place = await this.place(event.ref);
        if (place)
          await sessions.dispatch(place.session, { kind: 'cleared', ballot: place.ballot.id, emoji, at });
        return;
      }
      case 'message-gone': {
        const { at } = event;
        const place = await this.place(event.ref);
        if (place)
          await sessions.dispatch(place.session, { kind: 'ballot-gone', ballot: place.ballot.id, at });
        return;
      }
      case 'gap':
        return missed.gap(event.platform);
      case 'channel':
        return this.channel(event);
      case 'server':
        return servers.heard(event.platform, event.server, event.present);
      case 'servers':
        return servers.present(event.platform, event.servers);
      case 'consent':
        return this.consent(event);
      case 'button':
        return this.button(event);
      case 'command':
        return this.command(event);
    }
  }

  private async command({ text, account, channel, replyTo }: EventOf<'command'>): Promise<void> {
    const answer = await this.run(text, { account, channel, replyTo }).catch(said);
    await this.reply(account, replyTo, answer);
    // Nobody waits for it: the asker has an answer, and gets another.
    if (answer.later) this.replyLater(account, replyTo, answer.later).catch(() => {});
  }

  private async run(text: string, from: Omit<Asker, 'by'>): Promise<Answer> {
    const { admission, commands, voters } = this.parts;
    await admission.admit('command', from.account, from.channel);
    return commands.run(text, { ...from, by: voters.seen(from.account) });
  }

  private async mark({ ref, account, emoji, present, at }: Omit<EventOf<'reaction'>, 'kind'>) {
    const place = await this.place(ref);
    if (!place) return null;
    const voter = this.parts.voters.seen(account);
    return this.parts.sessions.dispatch(place.session, {
      kind: 'reaction',
      ballot: place.ballot.id,
      voter,
      emoji,
      present,
      at,
    });
  }

  private async consent({ account, channel, given, at }: EventOf<'consent'>): Promise<void> {
    const { agreements, withdrawals, notices } = this.parts;
    if (!given) return withdrawals.withdraw(account, channel, at);
    try {
      await agreements.agree(account, channel, at);
    } catch (error) {
      // What hangs on notices is read again when their time comes.
      if (error instanceof Limited) notices.readLater(account.platform, error.seconds * 1000);
      throw error;
    }
  }

  private async channel(event: EventOf<'channel'>): Promise<void> {
    const { platform, channel, canPost, gone = false, nsfw, at } = event;
    for (const { session, bindings } of this.parts.sessions.holding()) {
      const bound = bindings.find((b) => b.platform === platform && b.address === channel);
      if (!bound || session.state === 'ended') continue;
      await this.parts.sessions.dispatch(session.id, {
        kind: 'channel',
        channel: bound.channel,
        canPost,
        gone,
        nsfw,
        at,
      });
    }
  }

  private async button(event: EventOf<'button'>): Promise<void> {
    const { ref, account, button, value, at, replyTo } = event;
    const { admission, sessions } = this.parts;
    const mark = markOf(button);
    const admitted =
      mark === undefined
        ? admission.admit('command', account, ref.channel)
        : admission.admit('mark', account, ref.channel, true);
    const refused = await admitted.then(() => null, said);
    if (refused) return this.reply(account, replyTo, refused);
    if (mark !== undefined) return this.reply(account, replyTo, await this.presses.answer(event, mark));
    if (button === 'done') {
      const refusal = await this.mark({ ref, account, emoji: 'done', present: true, at });
      if (refusal)
        return this.reply(account, replyTo, { title: say('Not counted'), text: inSentences(refusal) });
      return this.reply(account, replyTo, await this.thanks(ref, account));
    }
    if (button === 'flag' || button === 'unflag') {
      const at = await this.place(ref);
      const names = at?.ballot.cells.map((index) => pictureName(at.ballot, index)) ?? [];
      if (!at || value === null || !names.includes(value))
        return this.reply(account, replyTo, {
          title: say('Flag'),
          text: say('Say which picture of this message.'),
        });
      // Of the ballot that was pressed, though the next round's may hang already.
      const state = await sessions.find(at.session);
      const round = state?.rounds.find(({ id }) => id === at.ballot.round);
      const back = button === 'unflag' ? ' take-back' : '';
      const asked = `flag ${value}${back}${round ? ` --round ${round.number}` : ''}`;
      return this.typed(asked, event);
    }
    if (button === 'best') return this.best(event);
    if (button === 'why') {
      const [cell, wrong, and] = (value ?? '').split(' ');
      const round = await this.roundAt(ref);
      if (!cell || !wrong || round === undefined || !/^[#\w]+( [a-z]+(-[a-z]+)*){1,2}$/.test(value ?? ''))
        return this.reply(account, replyTo, {
          title: say('Why'),
          text: say('Say what is wrong with which picture.'),
        });
      const more = and === undefined ? '' : ` --and ${and}`;
      return this.typed(`why ${cell} ${wrong}${more} --round ${round}`, event);
    }
    if (button in ofOutcome) return this.aboutOutcome(event);
    const [, word] = /^proposal-(show|ok|refuse)$/.exec(button) ?? [];
    if (word !== undefined && /^\d+$/.test(value ?? ''))
      return this.typed(`proposals ${word} ${value}`, event);
    await this.reply(account, replyTo, {
      title: say('Not known'),
      text: say('This button does nothing any more.'),
    });
  }

  /** A star is about the newest ballots, and the one that was pressed may be older. */
  private async best(event: EventOf<'button'>): Promise<void> {
    const place = await this.place(event.ref);
    const state = place && (await this.parts.sessions.find(place.session));
    const names = place?.ballot.cells.map((index) => pictureName(place.ballot, index)) ?? [];
    if (state?.rounds.at(-1)?.id === place?.ballot.round && names.includes(event.value ?? ''))
      return this.typed(`best ${event.value}`, event);
    const text = inSentences({
      message: say('This round has closed.'),
      hint: say('Name the best of the next one.'),
    });
    return this.reply(event.account, event.replyTo, { title: say('Not counted'), text });
  }

  /** The card may be of a session that ended, and commands are about the one that runs in its channel now. */
  private async aboutOutcome(event: EventOf<'button'>): Promise<void> {
    const { button, value, account, replyTo } = event;
    const [, id, round] = /^([\w-]+) (\d{1,9})$/.exec(value ?? '') ?? [];
    const state = id === undefined ? undefined : await this.parts.sessions.find(id);
    if (round === undefined || !state || (state.session.state === 'ended' && button !== 'branch'))
      return this.reply(account, replyTo, { title: say('Not done'), text: say('That session has ended.') });
    return this.typed(ofOutcome[button]!(round), event);
  }

  /** Number of the round whose ballot hangs there, though the next one's may hang already. */
  private async roundAt(ref: MessageRef): Promise<number | undefined> {
    const at = await this.place(ref);
    const state = at && (await this.parts.sessions.find(at.session));
    return state?.rounds.find(({ id }) => id === at?.ballot.round)?.number;
  }

  private async thanks(ref: MessageRef, account: Account): Promise<Answer> {
    const place = await this.place(ref);
    const state = place && (await this.parts.sessions.find(place.session));
    const round = state?.rounds.find(({ id }) => id === place?.ballot.round);
    if (!state || !round) return { title: say('Not counted'), text: say('This ballot is not known here.') };
    return doneAnswer(state, round, this.parts.voters.seen(account).key);
  }

  /** A button that says what a command says. */
  private async typed(text: string, { ref, account, replyTo }: EventOf<'button'>): Promise<void> {
    const { commands, voters } = this.parts;
    const from = { account, by: voters.seen(account), channel: ref.channel, replyTo };
    const answer = await commands.run(text, from).catch(said);
    await this.reply(account, replyTo, answer);
  }

  private place(ref: MessageRef): Promise<BallotPlace | undefined> {
    return this.parts.ballots.find(ref);
  }

  private async reply(account: Account, replyTo: string, answer: Answer) {
    const language = account.language ?? 'en';
    const card = { ...replyCard(`reply.${replyTo}.${this.replies++}`, answer), language };
    // An answer that cannot be delivered any more (the page was closed) changes nothing that was decided.
    await this.parts.messenger
      .platform(account.platform)
      .reply(replyTo, card)
      .catch(() => {});
  }

  private async replyLater(account: Account, replyTo: string, later: () => Promise<Answer>): Promise<void> {
    const answer = await later().catch((error: unknown) => {
      return { title: say('Not done'), text: inSentences(toPlain(error)) };
    });
    await this.reply(account, replyTo, answer);
  }
}

/**
 * Of a closed round's card: what a moderator may do about pictures that are alike, or about guards, as a
 * command.
 */
const ofOutcome: Record<string, (round: string) => string> = {
  vary: () => 'session vary',
  back: (round) => `session rollback ${round}`,
  branch: (round) => `session branch ${round}`,
  guards: (round) => `guards --round ${round}`,
  ...Object.fromEntries(
    guardActs.map((act) => [`lift-${act}`, (round: string) => `guards ${act} --round ${round}`]),
  ),
};

/** A coded error is an answer; anything else is a defect and goes up. */
function said(error: unknown): Answer {
  if (error instanceof AcclaimError) return { title: say('Not done'), text: inSentences(error) };
  throw error;
}
