/**
 * kill -9 of the whole bot at every step of a round, and amid its engine's work, on the real page, store,
 * queue and engine; then a restart. What must hold: every vote that was accepted is in the ledger, every
 * ballot stands once, the round is trained once (its checkpoint has the very bytes of an undisturbed run),
 * and the next round opens.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { type Crash, isAlive } from '../support/bot-process.js';
import { play, removeFolders } from '../support/crash-round.js';
import { until } from '../support/wait.js';

afterAll(removeFolders);

/**
 * Every step of a round, in order. On the page nothing has to be swept, so it closes and begins to learn in
 * one commit.
 */
const plan: Crash[] = [
  { state: 'generating', when: 'after' },
  { state: 'posting', when: 'before' },
  { state: 'posting', when: 'after' },
  { state: 'open', when: 'before' },
  { state: 'open', when: 'after' },
  { state: 'closing', when: 'before' },
  { state: 'closing', when: 'after' },
  { state: 'done', when: 'before' },
  { state: 'done', when: 'after' },
];

/** Beside each other: much of a life is starting and waiting. */
describe.concurrent('kill -9', () => {
  const undisturbed = play([]);
  // Whoever needs it hears of its fault.
  undisturbed.catch(() => {});

  it('of the bot before and after each step of a round: nothing is lost, doubled or trained twice', async () => {
    const { adapter, crashes } = await play(plan);
    expect([crashes, (await undisturbed).crashes]).toEqual([plan.length, 0]);
    expect(adapter).toBe((await undisturbed).adapter);
  }, 400_000);

  it('amid the work of the engine: of the engine it costs a retry, of the bot it ends both', async () => {
    const wanted = ['engine 1 generating', 'bot 1 generating', 'engine 1 learning', 'bot 1 learning'];
    const gone: number[] = [];
    const { adapter, crashes } = await play([], async (bot, round) => {
      const who = wanted[0]?.split(' ')[0];
      if (wanted[0] !== `${who} ${round}`) return;
      const [engine] = bot.children();
      if (engine === undefined) return;
      wanted.shift();
      gone.push(engine);
      if (who === 'engine') process.kill(engine, 'SIGKILL');
      else await bot.kill();
    });
    expect(crashes).toBe(2);
    expect(adapter).toBe((await undisturbed).adapter);
    expect(gone).toHaveLength(4);
    // An engine looks up between two runs, so it outlives its bot by moments at most.
    await until(() => !gone.some(isAlive), 'every engine to be gone');
  }, 400_000);
});
