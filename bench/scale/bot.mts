// The built app over a filled folder with the in-memory platform, whose reactions are those that the folder
// was filled with. Tells when the first command was answered and then does what it is asked.
import { setTimeout as wait } from 'node:timers/promises';
import { createApp } from '../../bot/create-app.js';
import { FakePlatform, fakeAccount } from '../../bot/platforms/fake/platform.js';
import type { Account, Card, ChatEvent, MessageRef } from '../../src/chat/port.js';
import { loadConfig } from '../../src/config/load.js';
import { createLog } from '../../src/log.js';
import { answer, closeRound, cpuSeconds, stopHouse, watchLag } from '../lib/asked.mjs';
import { peakMb } from '../lib/memory.mjs';
import { accountOf, type Community, channelOf, marksOf, messageOf, sessionOf, votersOf } from './crowd.mjs';

const [, , dir, json] = process.argv;
const options: Community = JSON.parse(json!);
/** Seconds since the process began. */
const clock = () => performance.now() / 1000;
const lag = watchLag();
const mod = fakeAccount('mod', 'moderator');

type Sink = (event: ChatEvent) => Promise<void>;

class Crowded extends FakePlatform {
  #tell: Sink = async () => {};
  answered: { at: number; title: string | null } | null = null;
  readonly swept: string[] = [];
  /** Marks made since the start: message -> emoji -> accounts. */
  readonly changed = new Map<string, Map<string, Account[]>>();

  override async start(sink: Sink): Promise<void> {
    this.#tell = sink;
    await super.start(sink);
    void this.command(channelOf(1), mod, 'session status').then((card) => {
      this.answered = { at: clock(), title: card?.title ?? null };
    });
  }

  override async post(channel: string, card: Card): Promise<MessageRef> {
    return { platform: 'fake', channel, message: `post-${card.key}` };
  }

  override async fetchReactions({ message }: MessageRef): Promise<Map<string, Account[]>> {
    this.swept.push(message);
    const [, s, sheet] = /^m(\d+)-(\d+)$/.exec(message)!.map(Number) as [number, number, number];
    const found = new Map<string, Account[]>();
    for (const voter of votersOf(s, options)) {
      const account = fakeAccount(accountOf(voter));
      for (const emoji of marksOf(s, sheet, voter)) {
        if (!found.has(emoji)) found.set(emoji, []);
        found.get(emoji)!.push(account);
      }
    }
    // As over a network: what the answer is made into is no longer the platform's turn.
    await wait(1);
    for (const [emoji, people] of this.changed.get(message) ?? [])
      found.set(emoji, [...(found.get(emoji) ?? []), ...people]);
    return found;
  }

  /** A new mark, told and found again. */
  vote(s: number, sheet: number, voter: number, emoji: string): Promise<void> {
    const message = messageOf(s, sheet);
    const on = this.changed.get(message) ?? new Map<string, Account[]>();
    this.changed.set(message, on.set(emoji, [...(on.get(emoji) ?? []), fakeAccount(accountOf(voter))]));
    const ref = { platform: 'fake', channel: channelOf(s), message } as const;
    const account = fakeAccount(accountOf(voter));
    return this.tell({ kind: 'reaction', ref, account, emoji, present: true, at: Date.now() });
  }

  tell(event: ChatEvent): Promise<void> {
    return this.#tell(event);
  }
}

const config = loadConfig({ set: [`dataDir=${dir}`, 'logLevel=silent'], env: {} });
const fatal = (error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
};
const platform = new Crowded();
const house = await createApp({ config, log: createLog('silent'), fatal, platforms: () => [platform] });
const { app } = house;
await app.start();
while (!platform.answered) await wait(10);
const ballots = app.sessions.live().reduce((sum, state) => sum + state.ballots.size, 0);
while (new Set(platform.swept).size < ballots) await wait(20);
const facts = () =>
  app.sessions
    .live()
    .reduce((sum, { facts }) => sum + [...facts.values()].reduce((n, f) => n + f.length, 0), 0);

const requests = {
  /**
   * New marks by members of the session, at even distances over all sessions; `forget`: so many others leave
   * meanwhile.
   */
  votes: async ({ rate, seconds, forget = 0 }: { rate: number; seconds: number; forget?: number }) => {
    lag.reset();
    const cpu = process.cpuUsage();
    const times: number[] = [];
    const refused: string[] = [];
    const waiting: Promise<unknown>[] = [];
    const began = performance.now();
    const leaving = Array.from({ length: forget }, async (_, i) => {
      await wait(((i + 0.5) / forget) * seconds * 1000);
      const account = fakeAccount(accountOf(options.voters - 1 - i));
      const asked = performance.now();
      await platform.tell({ kind: 'consent', channel: channelOf(0), account, given: false, at: Date.now() });
      const key = house.voterKey('fake', account.id);
      while (app.sessions.get(sessionOf(0))!.voters.has(key)) await wait(5);
      return performance.now() - asked;
    });
    for (let sent = 0; sent < rate * seconds; ) {
      const due = Math.floor(((performance.now() - began) / 1000) * rate);
      for (; sent < due; sent++) {
        const s = 1 + ((Math.imul(sent, 7919) >>> 0) % (options.sessions - 1));
        const of = votersOf(s, options);
        const voter = of[(sent * 13) % of.length]!;
        const free = ['1', '2', '3', '4', '5', '6', '7', '8', '9'].filter(
          (n) => !marksOf(s, 0, voter).includes(n),
        );
        const at = performance.now();
        const told = platform.vote(s, 0, voter, free[sent % free.length] ?? 'none');
        waiting.push(
          told.then(
            () => times.push(performance.now() - at),
            (error) => refused.push(String(error)),
          ),
        );
      }
      await wait(2);
    }
    await Promise.all(waiting);
    const used = cpuSeconds(cpu);
    const left = await Promise.all(leaving);
    return { times, refused: refused.length, lag: lag.now(), cpu: used, left };
  },
  /** From the word to close to the round counted and durable. */
  close: async ({ s }: { s: number }) => {
    lag.reset();
    const began = performance.now();
    await closeRound(house, sessionOf(s), 'mod');
    const outcome = () => app.sessions.get(sessionOf(s))!.rounds[0]!.outcome;
    while (!outcome()) await wait(1);
    const took = performance.now() - began;
    const { voters, votes, method } = outcome()!;
    return { took, voters, votes, method, lag: lag.now() };
  },
  status: async () => {
    lag.reset();
    const began = performance.now();
    const { sessions } = await app.overview.status();
    await wait(20);
    return { took: performance.now() - began, sessions: sessions.length, lag: lag.now() };
  },
  state: () => ({
    facts: facts(),
    swept: new Set(platform.swept).size,
    rss: process.memoryUsage().rss / 2 ** 20,
    peak: peakMb(),
  }),
  stop: stopHouse(house),
};
export type BotRequests = typeof requests;
export interface BotHello {
  /** Seconds since the process began; what the answer to the first command was headed. */
  answered: { at: number; title: string | null };
  /** Seconds since the process began, when all ballots had been read again. */
  swept: number;
  lag: ReturnType<typeof lag.now>;
}

const hello: BotHello = { answered: platform.answered, swept: clock(), lag: lag.now() };
answer(requests, hello);
