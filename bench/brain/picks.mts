// What do votes do by themselves, before anything is trained? A round of base pictures judged by the
// miniature's judge, the vote model fitted to it, and a second round of base pictures that it chooses. Goes
// on where it stopped. Usage: npm run bench -- brain/picks [--tasks hazard,cat] [--seeds 1,2,3] [--votes 16,32]
// [--look 0.2] [--draws 1.5] [--out DIR]
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../../engine/cli/open-engine.js';
import { readCheckpoint, writeCheckpoint } from '../../engine/io/checkpoint.js';
import { createHandlers } from '../../engine/jobs/handlers.js';
import { loadTask } from '../../src/config/tasks.js';
import { projectPath } from '../../src/files/paths.js';
import { markdown, mean } from '../lib/table.mjs';

const { values: options } = parseArgs({
  options: {
    tasks: { type: 'string', default: 'hazard,cat,rose' },
    seeds: { type: 'string', default: '1,2,3' },
    votes: { type: 'string', default: '16,32' },
    look: { type: 'string', default: '' },
    draws: { type: 'string', default: '' },
    out: { type: 'string', default: projectPath('bench/out/picks') },
  },
});
const out = resolve(options.out);
const list = (text: string) => text.split(',').map(Number);
const tasks = options.tasks.split(',');
const asked = {
  ...(options.look && { look: Number(options.look) }),
  ...(options.draws && { draws: Number(options.draws) }),
};
const model = projectPath('models/mini');
mkdirSync(out, { recursive: true });
const { engine, close } = await openEngine({ threads: 1 });
const handlers = createHandlers(engine);
const context = { signal: new AbortController().signal, progress: () => {} };

interface Session {
  /** Of the first round, whether each is good. */
  first: boolean[];
  auc: number | null;
  draws: { cost: number } | null;
  seconds: number;
  second: { pick: string; good: boolean }[];
}

/** One session: `count` votes, then a round of as many pictures. */
async function session(task: string, seed: number, count: number): Promise<Session> {
  const dir = join(out, `${task}-${seed}-${count}`);
  rmSync(dir, { recursive: true, force: true });
  const { prompt, negative } = loadTask(task);
  const learner = { name: 'acclaim' as const, steps: 1, batch: 2, microBatch: 2, ...asked };
  const common = {
    ...{ session: 'picks', attempt: 0, seed, model, prompt, negative, width: null, height: null, learner },
    sampler: { steps: 20, guidance: 3, eta: 1, scheduler: 'ddim' as const },
  };
  const draw = (round: number, checkpoint: string | null, roundDir: string) =>
    handlers.generate(
      {
        ...{ ...common, round, count, checkpoint, out: roundDir, picks: true },
        ...{ noise: 'learner' as const, trajectory: false },
      },
      context,
    );
  const judge = async (roundDir: string) => {
    const job = { session: 'picks', round: 0, attempt: 0, seed, judge: join(model, 'judge'), task, roundDir };
    return (await handlers.score(job, context)).images.map(({ good }) => good);
  };
  const [first, second, learned, untrained] = ['r1', 'r2', 'c1', 'c0'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
    string,
  ];
  await draw(1, null, first);
  const good = await judge(first);
  const images = good.map((is, index) => ({ index, good: Number(is), weight: 1 }));
  await handlers.learn(
    {
      ...{ ...common, round: 1, roundDir: first, checkpoint: null, out: learned },
      feedback: { images, best: null },
    },
    context,
  );
  // The votes' model alone: an optimiser that has taken no step means that nothing was trained.
  const { state, manifest } = readCheckpoint(learned);
  const { voteModel, ...facts } = manifest;
  writeCheckpoint(untrained, { ...state, optimiser: { ...state.optimiser, step: 0 } }, facts);
  const began = performance.now();
  const drawn = await draw(2, untrained, second);
  const seconds = (performance.now() - began) / 1000;
  const verdicts = await judge(second);
  rmSync(dir, { recursive: true, force: true });
  return {
    ...{ first: good, auc: voteModel?.auc ?? null, draws: drawn.draws ?? null, seconds },
    second: drawn.images.map(({ index, pick = 'unpicked' }) => ({ pick, good: verdicts[index]! })),
  };
}

const rows: ReturnType<typeof row>[] = [];
for (const count of list(options.votes))
  for (const task of tasks) {
    const sessions: Session[] = [];
    for (const seed of list(options.seeds)) {
      const file = join(out, `${task}-${seed}-${count}-${JSON.stringify(asked).replace(/\W+/g, '_')}.json`);
      if (!existsSync(file)) writeFileSync(file, JSON.stringify(await session(task, seed, count)));
      sessions.push(JSON.parse(readFileSync(file, 'utf8')));
    }
    rows.push(row(task, count, sessions));
  }
await close();

function row(task: string, votes: number, sessions: readonly Session[]) {
  const all = sessions.flatMap(({ second }) => second);
  const share = (of: Session['second'], wanted?: string) => {
    const own = of.filter(({ pick }) => wanted === undefined || pick === wanted);
    return own.length === 0 ? '' : `${mean(own.map(({ good }) => Number(good))).toFixed(2)} (${own.length})`;
  };
  const picked = sessions.flatMap(({ draws }) => (draws ? [draws] : []));
  return {
    ...{ task, votes, 'sessions that pick': `${picked.length} of ${sessions.length}` },
    'first round': mean(sessions.flatMap(({ first }) => first.map(Number))).toFixed(2),
    ...{ shown: share(all), liked: share(all, 'liked'), unsure: share(all, 'unsure') },
    ...{ unchosen: share(all, 'unpicked') },
    'draws a picture': picked.length ? mean(picked.map(({ cost }) => cost)).toFixed(2) : '',
    seconds: mean(sessions.map(({ seconds }) => seconds)).toFixed(1),
  };
}

console.log(
  markdown(
    Object.keys(rows[0]!),
    rows.map((one) => Object.values(one)),
  ),
);
