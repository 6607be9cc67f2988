/**
 * A round of the built bot on the real page, store, queue and engine, through any number of deaths: what two
 * people do, and what has to be seen and written at the end. Shared by the tests that kill it.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { factsOf } from '../../src/domain/voting/ledger.js';
import { Store } from '../../src/store/store.js';
import { BotProcess, type Crash } from './bot-process.js';
import { Visitor } from './visitor.js';

export const settings = [
  'logLevel=error',
  'engine.threads=1',
  'session.images=4',
  'session.cells=2',
  'session.rounds=3',
  'session.goal=null',
  'sampler.steps=3',
  'votes.quorum=2',
  'learner.steps=2',
  'learner.batch=4',
  'learner.microBatch=4',
];

/** What two people do, in order; every line is tried again until the page has accepted it. */
const script = [
  { who: 0, sheet: 'A', emoji: '1', present: true },
  { who: 0, sheet: 'A', emoji: '2', present: true },
  { who: 1, sheet: 'A', emoji: '1', present: true },
  { who: 0, sheet: 'A', emoji: '2', present: false },
  { who: 0, sheet: 'A', emoji: 'star-1', present: true },
  { who: 1, sheet: 'B', emoji: '2', present: true },
  { who: 0, sheet: 'B', emoji: 'none', present: true },
  { who: 0, sheet: 'A', emoji: 'done', present: true },
  { who: 1, sheet: 'A', emoji: 'done', present: true },
] as const;

const folders: string[] = [];
export const folder = () => {
  const dir = mkdtempSync(join(tmpdir(), 'acclaim-crash-'));
  folders.push(dir);
  return dir;
};

export function removeFolders(): void {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
}

export interface Ended {
  /** SHA-256 of the adapter that round 1 has taught. */
  adapter: string;
  crashes: number;
}

/**
 * Plays round 1 and waits for round 2 to open, through any number of deaths. Life i of the bot is told
 * `plan[i]`; `disturb` is asked at every look at the state and says whether it has done something.
 */
export async function play(
  plan: readonly Crash[],
  disturb: (bot: BotProcess, round: string) => Promise<void> = async () => {},
): Promise<Ended> {
  const dir = folder();
  let crashes = 0;
  let next = 0;
  const cookies: Map<string, string>[] = [];
  for (let life = 0; life <= plan.length + 4; life++) {
    const { bot, died, stderr } = await BotProcess.start(dir, settings, plan[life]);
    let ended = false;
    const death = died.then((how) => {
      ended = true;
      return how;
    });
    if (bot) {
      const people = [0, 1].map((i) => {
        const visitor = new Visitor(bot.url);
        for (const [name, value] of cookies[i] ?? []) visitor.setCookie(name, value);
        return visitor;
      });
      while (!ended) {
        try {
          const { sessions } = await people[0]!.json('/api/status');
          const [session] = sessions;
          if (session) await disturb(bot, `${session.round} ${session.roundState}`);
          if (session?.round === 2 && session.roundState === 'open') break;
          if (session?.round === 1 && session.roundState === 'open' && next < script.length) {
            if (cookies.length === 0) {
              for (const p of people) await p.json('/api/me');
              for (const [i, p] of people.entries())
                cookies[i] = new Map(p.cookieNames().map((n) => [n, cookieOf(p, n)]));
            }
            for (const p of people)
              await p.request('/api/consent', { channel: session.channel, given: true });
            const messages = await people[0]!.messages();
            const { who, sheet, emoji, present } = script[next]!;
            const ballot = messages.find(
              (m) => m.kind === 'ballot' && m.data.sheet === sheet && m.data.round === 1,
            );
            const answer = await people[who]!.request('/api/react', {
              message: ballot.id,
              marks: [{ emoji, present }],
            });
            // Accepted, or closed by this very mark in an earlier life that died before it could answer.
            if (answer.ok || answer.status === 409) next += 1;
          }
        } catch {
          // The server died under a request: the next life goes on.
        }
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
      if (!ended) {
        await check(people[0]!);
        const checkpoint = join(
          dir,
          'sessions',
          await sessionOf(bot),
          'checkpoints',
          '1',
          'adapter.safetensors',
        );
        const adapter = createHash('sha256').update(readFileSync(checkpoint)).digest('hex');
        await bot.kill('SIGTERM');
        await ledger(dir, join(checkpoint, '..', 'manifest.json'));
        return { adapter, crashes };
      }
    }
    const { signal } = await death;
    expect(signal, stderr()).toBe('SIGKILL');
    crashes += 1;
  }
  throw new Error('it died too often');
}

function cookieOf(visitor: Visitor, name: string): string {
  return visitor
    .cookie()
    .split('; ')
    .find((c) => c.startsWith(`${name}=`))!
    .slice(name.length + 1);
}

async function sessionOf(bot: BotProcess): Promise<string> {
  const { sessions } = await new Visitor(bot.url).json('/api/status');
  expect(sessions).toHaveLength(1);
  return sessions[0].id;
}

/** What people see: each ballot once, one welcome, one outcome. */
async function check(visitor: Visitor): Promise<void> {
  const messages = await visitor.messages();
  const ballots = messages.filter((m) => m.kind === 'ballot').map((m) => `${m.data.round}${m.data.sheet}`);
  expect(ballots.sort()).toEqual(['1A', '1B', '2A', '2B']);
  const outcomes = messages.filter((m) => m.kind === 'outcome');
  expect(outcomes.map((m) => [m.data.round, m.data.voters, m.data.votes])).toEqual([[1, 2, 8]]);
  expect(messages.filter((m) => m.data.notice === 'welcome')).toHaveLength(1);
}

/** What is written: the marks that stand are those of the script, and the round was learned once. */
async function ledger(dir: string, manifest: string): Promise<void> {
  const store = await Store.open(dir);
  try {
    const [state] = await store.loadSessions();
    const first = state!.rounds.find((r) => r.number === 1)!;
    expect(first).toMatchObject({ state: 'done', learned: { steps: 2, learned: true } });
    const standing = [...state!.ballots.values()]
      .filter((b) => b.round === first.id)
      .flatMap((b) =>
        factsOf(state!, b)
          .known()
          .filter((f) => f.present)
          .map((f) => `${'AB'[b.sheet]} ${f.emoji}`),
      );
    expect(standing.sort()).toEqual(['A 1', 'A 1', 'A done', 'A done', 'A star-1', 'B 2', 'B none']);
    expect(state!.rounds.map((r) => r.number)).toEqual([1, 2]);
    // The optimiser counts its own steps: trained once.
    expect(JSON.parse(readFileSync(manifest, 'utf8')).optimiser.steps).toBe(2);
    expect([...state!.ballots.values()]).toHaveLength(4);
  } finally {
    await store.close();
  }
}
