// What a round of the usual size asks of Discord, by reactions and by buttons: from one round's opening to the
// next one's, with everything around it (votes, the close, the cards, posts and priming), counted by the
// loopback peer. `npm run bench -- scale/requests`; --voters N and --marks N of each.
import { parseArgs } from 'node:util';
import { Peer, peerToken } from '../../tests/support/discord-peer/peer.js';
import type { Message } from '../../tests/support/discord-peer/world.js';
import { Started } from '../../tests/support/started.js';

const { values: given } = parseArgs({
  options: { voters: { type: 'string', default: '8' }, marks: { type: 'string', default: '11' } },
});
const [voters, marks] = [Number(given.voters), Number(given.marks)];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let waited = 0; waited < 300_000; waited += 100) {
    if (await holds()) return;
    await pause(100);
  }
  throw new Error(`waited in vain for ${what}`);
}

/** Requests by operation, of one round. */
async function counted(ballots: 'sheet' | 'buttons'): Promise<Map<string, number>> {
  const peer = await Peer.start();
  const started = new Started([
    ...[`discord.token=${peerToken}`, `discord.api=${peer.url}`, 'votes.quorum=99'],
    ...['session.images=18', 'session.cells=9', `session.ballots=${ballots}`],
  ]);
  try {
    await started.start();
    const channel = peer.world.channel('roses');
    peer.world.person('mod', { permissions: 0x2000n });
    peer.command('mod', channel, ['acclaim', 'session', 'start'], { prompt: 'a black cat' });
    const quiet = async () => {
      for (let last = -1; last !== peer.requests.length; await pause(8000)) last = peer.requests.length;
    };
    await until(() => started.roundOpen(1), 'the first round');
    await quiet();
    const notice = peer.shown(channel).find((m) => JSON.stringify(m.components).includes('I agree'))!;
    const people = Array.from({ length: voters }, (_, i) => `voter${i}`);
    for (const name of people) peer.press(name, notice, 'I agree');
    await until(async () => (await started.bodies('voter')).length === voters, 'everybody to agree');
    await quiet();
    const before = peer.requests.length;
    const sheets = peer.shown(channel).filter((m) => m.content.startsWith('**Round 1, sheet'));
    for (const [v, name] of people.entries())
      for (let n = 0; n < marks; n++) vote(peer, name, sheets[n % 2]!, 1 + ((v + (n >> 1)) % 9), ballots);
    await until(async () => (await started.facts()).length >= voters * marks, 'the marks');
    peer.command('mod', channel, ['acclaim-mod', 'round', 'close']);
    await until(() => started.roundOpen(2), 'the second round');
    await quiet();
    const found = new Map<string, number>();
    for (const { operation } of peer.requests.slice(before))
      found.set(operation, (found.get(operation) ?? 0) + 1);
    return found;
  } finally {
    await started.remove();
    await peer.stop();
  }
}

function vote(peer: Peer, name: string, sheet: Message, cell: number, ballots: string): void {
  if (ballots === 'sheet') peer.react(name, sheet.id, `${cell}\uFE0F\u20E3`);
  else peer.press(name, peer.world.find(sheet.id)!, String(cell));
}

/** Answers to presses and commands go by another way than what Discord bounds to fifty a second. */
const isAnswer = (operation: string) => /\/(interactions|webhooks)\//.test(operation);

for (const ballots of ['sheet', 'buttons'] as const) {
  const found = [...(await counted(ballots))].sort((a, b) => b[1] - a[1]);
  const sum = (of: (operation: string) => boolean) =>
    found.reduce((all, [operation, n]) => all + (of(operation) ? n : 0), 0);
  console.log(
    `\n${ballots}: ${sum((o) => !isAnswer(o))} requests a round, and ${sum(isAnswer)} answers to presses`,
  );
  for (const [operation, n] of found) console.log(`${String(n).padStart(5)}  ${operation}`);
}
