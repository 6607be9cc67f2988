// What does the pair row cost? Rounds are drawn with and without it in turn, by one engine in this process, and
// the CPU time that each takes is compared: by the base model, by a learned one, and by a learned one that
// chooses among more noises; of as many pictures as a session begins with, and of the most that it may have. Of
// each the first round with a pair row is told apart: it compiles a network for one picture.
// Usage: npm run bench -- round-time/pair [--model models/mini] [--rounds 5] [--images 18,256] [--out FILE]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { EngineContext } from '../../engine/jobs/context.js';
import { createHandlers } from '../../engine/jobs/handlers.js';
import { ExecutorCache } from '../../engine/runtime/cache.js';
import { pairPlan } from '../../src/domain/rounds/pair.js';
import { projectPath } from '../../src/files/paths.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import { cpuSeconds } from '../lib/asked.mjs';
import { machine, markdown, median } from '../lib/table.mjs';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: projectPath('models', 'mini') },
    rounds: { type: 'string', default: '5' },
    images: { type: 'string', default: '18,256' },
    out: { type: 'string', default: projectPath('bench/out/pair.json') },
  },
});
type Drawn = Partial<JobPayload<'generate'>>;

const cache = new ExecutorCache({ threads: 0 });
const handlers = createHandlers(
  new EngineContext({ cache, threads: 0, device: 'cpu', software: 'acclaim/bench' }),
);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-pair-'));
const quiet = () => ({ signal: new AbortController().signal, progress: () => {} });
const sampler = { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' as const };
const common = {
  ...{
    session: 's',
    attempt: 0,
    seed: 5,
    model: resolve(options.model),
    prompt: 'a black cat',
    negative: '',
  },
  ...{ sampler, width: null, height: null, learner: { name: 'acclaim' as const } },
};
let number = 0;
/** CPU seconds. */
async function draw(count: number, over: Drawn): Promise<number> {
  const before = process.cpuUsage();
  const payload = {
    ...{ ...common, count, round: number++, checkpoint: null, noise: 'learner' as const, trajectory: false },
    ...{ out: join(dir, String(number)), ...over },
  };
  await handlers.generate(payload, quiet());
  rmSync(join(dir, String(number)), { recursive: true, force: true });
  return cpuSeconds(before);
}

// One round, half of it good, makes a model that differs and a model of the votes.
const first = join(dir, 'first');
await draw(18, { round: 0, noise: 'plain', out: first });
const images = Array.from({ length: 18 }, (_, index) => ({ index, good: index % 2, weight: 1 }));
const checkpoint = join(dir, 'checkpoint');
await handlers.learn(
  {
    ...{ ...common, round: 0, roundDir: first, feedback: { images, best: 1 }, checkpoint: null },
    ...{ learner: { name: 'acclaim' as const, steps: 8 }, out: checkpoint },
  },
  quiet(),
);

const ways: Record<string, Drawn> = {
  'base model': {},
  learned: { checkpoint },
  'learned, chosen among more': { checkpoint, picks: true },
};
interface Row {
  count: number;
  name: string;
  pair: { count: number; steps: number };
  without: number[];
  withIt: number[];
  cold: number;
  share: number;
}
const report = { machine: machine(), model: options.model, rows: [] as Row[] };
for (const count of options.images.split(',').map(Number))
  for (const [name, over] of Object.entries(ways)) {
    const plan = { session: { sampler }, rounds: [{ count }] } as unknown as Parameters<typeof pairPlan>[0];
    const pair = pairPlan(plan)!;
    const [without, withIt]: [number[], number[]] = [[], []];
    await draw(count, over);
    const cold = await draw(count, { ...over, pair });
    for (let i = 0; i < Number(options.rounds); i++) {
      without.push(await draw(count, over));
      withIt.push(await draw(count, { ...over, pair }));
    }
    const [a, b] = [median(without), median(withIt)];
    report.rows.push({ count, name, pair, without, withIt, cold, share: b / a - 1 });
  }
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
console.log(
  markdown(
    ['pictures', 'drawn by', 'pair row', 'without', 'with', 'more', 'the first one'],
    report.rows.map(({ count, name, pair, without, withIt, cold, share }) => [
      ...[count, name, `${pair.count} x ${pair.steps} steps`],
      ...[`${median(without).toFixed(2)} s`, `${median(withIt).toFixed(2)} s`, percent(share)],
      `${cold.toFixed(2)} s`,
    ]),
  ),
);
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, JSON.stringify(report, null, 2));
await cache.clear();
rmSync(dir, { recursive: true, force: true });
