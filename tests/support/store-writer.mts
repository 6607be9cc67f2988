/**
 * A process that writes until it is killed: each commit is a round's row with a counter, three facts and one
 * effect. After each one that is durable it says the counter on stdout. Run as: node store-writer.mjs DIR
 * FROM
 */
import type { RowChange } from '../../src/domain/state/decision.js';
import { Store } from '../../src/store/store.js';

const [dir, from] = process.argv.slice(2) as [string, string];
const store = await Store.open(dir);
const states = await store.load('s');
const round = states!.rounds[0]!;
process.stdout.write('ready\n');
for (let n = Number(from); ; n++) {
  const fact = (emoji: '1' | '2' | '3'): RowChange => ({
    table: 'fact',
    row: { ballot: 's.1.s0.0', voter: `v${n}`, emoji, present: true, source: 'live', at: n, late: false },
  });
  await store.commit(
    [{ table: 'round', row: { ...round, count: n } }, fact('1'), fact('2'), fact('3')],
    [{ kind: 'edit-ballot', key: `e${n}`, session: 's', notBefore: 0, ballot: 's.1.s0.0' }],
  );
  process.stdout.write(`${n}\n`);
}
