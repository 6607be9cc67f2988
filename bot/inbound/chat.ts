/**
 * What platforms tell -> events of sessions. Awaiting `receive` means that the event is durable. A mark that no longer
 * counts is kept and refused with a coded error, which a platform that can answer privately shows; buttons and
 * commands are answered by reply.
 */
import type { Account, ChatEvent, MessageRef, PlatformName } from '../../src/chat/port.js';
import type { Clock } from '../../src/clock.js';
import type { Refusal } from '../../src/domain/state/decision.js';
import type { ConsentChanged, Event } from '../../src/domain/state/events.js';
import { pictureName } from '../../src/domain/state/ids.js';
import type { SessionState } from '../../src/domain/state/model.js';
import { communityOn, hasMarksOf } from '../../src/domain/voting/people.js';
import { AcclaimError, type ErrorCode, inSentences, toPlain } from '../../src/errors.js';
import type { Messenger } from '../effects/messenger.js';
import type { BallotPlace } from '../sessions/ballot-places.js';
import type { People } from '../sessions/people.js';
import { spread } from '../sessions/time-slices.js';
import { type Answer, replyCard } from '../views/notice.js';
import { doneAnswer } from '../views/thanks.js';
import { Limited, type Act as LimitedAct } from './limits.js';

export interface ChatParts {
  clock: Clock;
  people: People;
  messenger: Messenger;
  /** Those that are held. */
  sessions(): SessionState[];
  session(id: string): Promise<SessionState | undefined>;
  ballotAt(ref: MessageRef): BallotPlace | undefined;
  /** Of sessions that are not held. */
  oldBallotAt(ref: MessageRef): Promise<BallotPlace | undefined>;
  /** True while a ballot is on its way to the message's channel: a reaction may be faster than the post's answer. */
  posting(ref: MessageRef): boolean;
  dispatch(session: string, event: Event): Promise<Refusal | null>;
  /** Lets who measures see each event and its end. */
  heard(event: ChatEvent, take: () => Promise<void>): Promise<void>;
  /** Events of the platform may have been missed: reads its open ballots. */
  gap(platform: PlatformName): Promise<void>;
  /** Somebody's marks may hang on open ballots since before they agreed. */
  consented(account: Account): Promise<void>;
  withdrawn(account: Account): Promise<void>;
  /** Has agreed to be known. */
  known(voter: string): Promise<boolean>;
  /** Throws `Limited` where somebody asks for more than may be. */
  admit(act: LimitedAct, from: { account: Account; known: boolean; channel: string }): Promise<void>;
  /** Somebody agreed who could not be heard: what hangs on notices is read again then. */
  readNotices(platform: PlatformName, inMs: number): void;
  /** The bot was taken off a server, or is on it. */
  server(platform: PlatformName, server: string | null, present: boolean): Promise<void>;
  /** All that it is on. */
  servers(platform: PlatformName, servers: ReadonlySet<string>): Promise<void>;
  /** A moderator excluded them, whatever was forgotten since. */
  excluded(voter: string): Promise<boolean>;
  /** Consent where no session is held that could hear of it. */
  consentBeforeAll(event: ConsentChanged): Promise<void>;
  /** Runs what was typed and gives the answer. */
  command(text: string, account: Account, channel: string, replyTo: string): Promise<Answer>;
}

/** How long a reaction on an unknown message waits for that message's post to be known. */
const WAIT_MS = 30_000;

const codes: Partial<Record<Refusal['code'], ErrorCode>> = { 'round-closed': 'round-closed' };

type EventOf<K extends ChatEvent['kind']> = Extract<ChatEvent, { kind: K }>;

export class Chat {
  private replies = 0;
  /** Who leaves -> every session has heard of it. */
  private readonly leaving = new Map<string, Promise<unknown>>();

  constructor(private readonly parts: ChatParts) {}

  receive(event: ChatEvent): Promise<void> {
    return this.parts.heard(event, () => this.take(event));
  }

  private async take(event: ChatEvent): Promise<void> {
    const { parts } = this;
    switch (event.kind) {
      case 'reaction': {
        await this.admit('mark', event.account, event.ref.channel, true);
        const refusal = await this.mark(event.ref, event.account, event.emoji, event.present, event.at);
        if (refusal)
          throw new AcclaimError(codes[refusal.code] ?? 'not-allowed', refusal.message, refusal.mend);
        return;
      }
      case 'cleared': {
        const at = await this.place(event.ref);
        if (at)
          await parts.dispatch(at.session, {
            kind: 'cleared',
            ballot: at.ballot.id,
            emoji: event.emoji,
            at: event.at,
          });
        return;
      }
      case 'message-gone': {
        const at = await this.place(event.ref);
        if (at) await parts.dispatch(at.session, { kind: 'ballot-gone', ballot: at.ballot.id, at: event.at });
        return;
      }
      case 'gap':
        return parts.gap(event.platform);
      case 'channel':
        return this.channel(event);
      case 'server':
        return parts.server(event.platform, event.server, event.present);
      case 'servers':
        return parts.servers(event.platform, event.servers);
      case 'consent':
        return this.consent(event.account, event.channel, event.given, event.at);
      case 'button':
        return this.button(event);
      case 'command': {
        const { account, channel } = event;
        const run = () => parts.command(event.text, account, channel, event.replyTo);
        const answer = await this.admit('command', account, channel).then(run).catch(said);
        await this.reply(account, event.replyTo, answer);
        // Nobody waits for it: the asker has an answer, and gets another.
        if (answer.later) this.replyLater(account, event.replyTo, answer.later).catch(() => {});
      }
    }
  }

  private async mark(ref: MessageRef, account: Account, emoji: string, present: boolean, at: number) {
    const place = await this.place(ref);
    if (!place) return null;
    const voter = this.parts.people.seen(account);
    return this.parts.dispatch(place.session, {
      kind: 'reaction',
      ballot: place.ballot.id,
      voter,
      emoji,
      present,
      at,
    });
  }

  /**
   * Consent holds for the whole community. Whoever agrees is one row, which one session decides and all are told; whoever leaves
   * is told to the sessions that have marks of theirs. Nothing is kept of somebody who never agreed, and nothing done.
   */
  private async consent(account: Account, channel: string, given: boolean, at: number): Promise<void> {
    const { parts } = this;
    const voter = parts.people.seen(account);
    const known = await parts.known(voter.key);
    // Nothing is kept of them, and asking for that over and over is a command like others.
    if (!given && !known) return this.admit('command', account, channel, known);
    if (given) await this.mayAgree(account, channel, known);
    const here = parts.sessions().filter((state) => communityOn(state, account.platform) !== undefined);
    const excluded = given && (await parts.excluded(voter.key));
    const event = { kind: 'consent', voter, given, excluded, at } as const;
    const told = given ? this.tellOne(here, event) : this.tellAll(here, event);
    if (!given) this.leaving.set(voter.key, told);
    await told.finally(() => {
      if (this.leaving.get(voter.key) === told) this.leaving.delete(voter.key);
    });
    const decides = given ? here.length > 0 : here.some(({ voters }) => voters.has(voter.key));
    if (!decides) await parts.consentBeforeAll(event);
    await (given ? parts.consented(account) : parts.withdrawn(account));
  }

  /** Throws `Limited`. */
  private async admit(act: LimitedAct, account: Account, channel: string, known?: boolean): Promise<void> {
    const { parts } = this;
    const is = known ?? (await parts.known(parts.people.seen(account).key));
    await parts.admit(act, { account, known: is, channel });
  }

  private async mayAgree(account: Account, channel: string, known: boolean): Promise<void> {
    try {
      await this.admit('agreement', account, channel, known);
    } catch (error) {
      if (error instanceof Limited) this.parts.readNotices(account.platform, error.seconds * 1000);
      throw error;
    }
  }

  /** Resolves when no session is left that has yet to take back the marks of somebody who leaves. */
  async toldAll(voter: string): Promise<void> {
    await this.leaving.get(voter)?.catch(() => {});
  }

  /** Side by side, so that what they decide is written together, and in slices: most have nothing to decide. */
  private async tellAll(states: readonly SessionState[], event: ConsentChanged): Promise<void> {
    const { dispatch } = this.parts;
    const { key } = event.voter;
    const asks = states.find(({ voters }) => voters.has(key)) ?? null;
    const told: Promise<unknown>[] = [];
    const tell = function* () {
      for (const state of states) {
        yield;
        if (state !== asks && !hasMarksOf(state, key)) continue;
        const one = dispatch(state.session.id, { ...event, askedElsewhere: asks !== null && state !== asks });
        // A fault is told of below, and not as one that nobody looks at.
        one.catch(() => {});
        told.push(one);
      }
    };
    await spread(tell());
    await Promise.all(told);
  }

  /** One session of each community. */
  private async tellOne(states: readonly SessionState[], event: ConsentChanged): Promise<void> {
    const { platform } = event.voter;
    const ids = new Map(states.map((state) => [communityOn(state, platform), state.session.id]));
    await Promise.all([...ids.values()].map((id) => this.parts.dispatch(id, event)));
  }

  private async channel(event: EventOf<'channel'>): Promise<void> {
    const { platform, channel, canPost, gone = false, nsfw, at } = event;
    for (const { session, bindings } of this.parts.sessions()) {
      const bound = bindings.find((b) => b.platform === platform && b.address === channel);
      if (!bound || session.state === 'ended') continue;
      await this.parts.dispatch(session.id, {
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
    const refused = await this.admit('command', account, ref.channel).then(() => null, said);
    if (refused) return this.reply(account, replyTo, refused);
    if (button === 'done') {
      const refusal = await this.mark(ref, account, 'done', true, at);
      if (refusal) return this.reply(account, replyTo, { title: 'Not counted', text: inSentences(refusal) });
      return this.reply(account, replyTo, await this.thanks(ref, account));
    }
    if (button === 'flag' || button === 'unflag') {
      const at = await this.place(ref);
      const names = at?.ballot.cells.map((index) => pictureName(at.ballot, index)) ?? [];
      if (!at || value === null || !names.includes(value))
        return this.reply(account, replyTo, { title: 'Flag', text: 'Say which picture of this message.' });
      // Of the ballot that was pressed, though the next round's may hang already.
      const state = await this.parts.session(at.session);
      const round = state?.rounds.find(({ id }) => id === at.ballot.round);
      const back = button === 'unflag' ? ' take-back' : '';
      const asked = `flag ${value}${back}${round ? ` --round ${round.number}` : ''}`;
      return this.typed(asked, event);
    }
    if (button === 'why') {
      const [cell, wrong, and] = (value ?? '').split(' ');
      const round = await this.roundAt(ref);
      if (!cell || !wrong || round === undefined || !/^[#\w]+( [a-z]+(-[a-z]+)*){1,2}$/.test(value ?? ''))
        return this.reply(account, replyTo, { title: 'Why', text: 'Say what is wrong with which picture.' });
      const more = and === undefined ? '' : ` --and ${and}`;
      return this.typed(`why ${cell} ${wrong}${more} --round ${round}`, event);
    }
    if (button in ofOutcome) return this.aboutOutcome(event);
    const [, word] = /^proposal-(show|ok|refuse)$/.exec(button) ?? [];
    if (word !== undefined && /^\d+$/.test(value ?? ''))
      return this.typed(`proposals ${word} ${value}`, event);
    await this.reply(account, replyTo, { title: 'Not known', text: 'This button does nothing any more.' });
  }

  /** The card may be of a session that ended, and commands are about the one that runs in its channel now. */
  private async aboutOutcome(event: EventOf<'button'>): Promise<void> {
    const { button, value, account, replyTo } = event;
    const [, id, round] = /^([\w-]+) (\d{1,9})$/.exec(value ?? '') ?? [];
    const state = id === undefined ? undefined : await this.parts.session(id);
    if (round === undefined || !state || (state.session.state === 'ended' && button !== 'branch'))
      return this.reply(account, replyTo, { title: 'Not done', text: 'That session has ended.' });
    return this.typed(ofOutcome[button]!(round), event);
  }

  /** Number of the round whose ballot hangs there, though the next one's may hang already. */
  private async roundAt(ref: MessageRef): Promise<number | undefined> {
    const at = await this.place(ref);
    const state = at && (await this.parts.session(at.session));
    return state?.rounds.find(({ id }) => id === at?.ballot.round)?.number;
  }

  private async thanks(ref: MessageRef, account: Account): Promise<Answer> {
    const place = await this.place(ref);
    const state = place && (await this.parts.session(place.session));
    const round = state?.rounds.find(({ id }) => id === place?.ballot.round);
    if (!state || !round) return { title: 'Not counted', text: 'This ballot is not known here.' };
    return doneAnswer(state, round, this.parts.people.seen(account).key);
  }

  /** A button that says what a command says. */
  private async typed(text: string, { ref, account, replyTo }: EventOf<'button'>): Promise<void> {
    const answer = await this.parts.command(text, account, ref.channel, replyTo).catch(said);
    await this.reply(account, replyTo, answer);
  }

  private async reply(account: Account, replyTo: string, answer: Answer) {
    const card = replyCard(`reply.${replyTo}.${this.replies++}`, answer);
    // An answer that cannot be delivered any more (the page was closed) changes nothing that was decided.
    await this.parts.messenger
      .platform(account.platform)
      .reply(replyTo, card)
      .catch(() => {});
  }

  private async replyLater(account: Account, replyTo: string, later: () => Promise<Answer>): Promise<void> {
    const answer = await later().catch((error: unknown) => {
      return { title: 'Not done', text: inSentences(toPlain(error)) };
    });
    await this.reply(account, replyTo, answer);
  }

  private async place(ref: MessageRef): Promise<BallotPlace | undefined> {
    const until = this.parts.clock.now() + WAIT_MS;
    for (;;) {
      const found = this.parts.ballotAt(ref);
      if (found) return found;
      if (!this.parts.posting(ref) || this.parts.clock.now() > until) return this.parts.oldBallotAt(ref);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Of a closed round's card: what a moderator may do about pictures that are alike, as a command. */
const ofOutcome: Record<string, (round: string) => string> = {
  vary: () => 'session vary',
  back: (round) => `session rollback ${round}`,
  branch: (round) => `session branch ${round}`,
};

/** A coded error is an answer; anything else is a defect and goes up. */
function said(error: unknown): Answer {
  if (error instanceof AcclaimError) return { title: 'Not done', text: inSentences(error) };
  throw error;
}
