// How long does an engine take to leave? `acclaim engine` of one thread, told SIGTERM at random moments of
// drawing, of learning, of a step that takes longer than it may, and idle, over a real Redis; and whether its
// job was done elsewhere, once, with the same bytes. Usage: npm run bench -- drain/measure [--times 20] [--seed
// 1] [--only sampling,long] [--out FILE]
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../src/config/load.js';
import { openBullQueue } from '../../src/engines/serving.js';
import { projectPath } from '../../src/files/paths.js';
import type { Log } from '../../src/log.js';
import type { JobRequest } from '../../src/queue/contract.js';
import type { JobPayload } from '../../src/queue/jobs.js';
import { Rng } from '../../src/rng.js';
import { engineAtWork, startRedis } from '../lib/redis.mjs';
import { Supervised } from '../lib/supervised.mjs';
import { machine, markdown, median } from '../lib/table.mjs';

const BOUND_S = 10;
const { values: given } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: 'sampling,learning,idle,long sampling,long learning' },
    out: { type: 'string', default: projectPath('bench/out/drain.json') },
  },
});
const times = Number(given.times);
const dir = mkdtempSync(join(tmpdir(), 'acclaim-drain-'));
const { server: redis, port } = await startRedis(dir);
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));

const settings = [
  `dataDir=${dir}`,
  'logLevel=info',
  'engine.threads=1',
  // A long step is one batch, whatever this machine can spare, and whatever it is thought to take.
  'engine.runMb=12000',
  'engine.offerMb=10000000',
  `queue.redis=redis://127.0.0.1:${port}`,
  `queue.key=${randomBytes(32).toString('hex')}`,
];
const engine = (name: string) => {
  const set = [...settings, `queue.engine=${name}`].flatMap((one) => ['--set', one]);
  return new Supervised(name, [process.execPath, projectPath('dist/src/acclaim.js'), 'engine', ...set], {
    dir,
  });
};
const engines = { a: engine('a'), b: engine('b') };

/** What the bot says of jobs that come back. */
const back: { job: string; why: string; lost: number }[] = [];
const log = {
  debug() {},
  info() {},
  error() {},
  warn: (about: object, text: string) => {
    if (text === 'job comes back') back.push(about as (typeof back)[number]);
    else console.error(text);
  },
};
const bot = await openBullQueue({
  config: loadConfig({ set: settings, env: {} }),
  log: log as unknown as Log,
  bucket: null,
});

const learner = { name: 'acclaim', steps: 8, batch: 16, microBatch: 16 };
interface Shape {
  count: number;
  side: number | null;
  steps: number;
  learner: object;
}
type ShapeName = 'short' | 'large' | 'wide';

/**
 * Sides and counts of what is drawn and learned: a step takes a fraction of a second, or longer than an
 * engine may take to leave.
 */
const shapes: Readonly<Record<ShapeName, Shape>> = {
  short: { count: 8, side: null, steps: 40, learner },
  large: { count: 1, side: 1024, steps: 2, learner },
  wide: { count: 4, side: 512, steps: 1, learner: { ...learner, steps: 1, batch: 4, microBatch: 4 } },
};
type Kind = 'generate' | 'learn';
let made = 0;
function job<K extends Kind>(
  kind: K,
  { count, side, steps, learner: taught }: Shape,
  more = {},
): JobRequest<K> {
  const session = `s${++made}`;
  const out = join(dir, 'sessions', session, kind === 'learn' ? 'checkpoints' : 'rounds', '1');
  const payload = {
    session,
    round: 1,
    attempt: 1,
    seed: 3,
    model: projectPath('models/mini'),
    prompt: 'a hand',
    negative: '',
    sampler: { steps, guidance: 3, eta: 1, scheduler: 'ddim' },
    width: side,
    height: side,
    count,
    checkpoint: null,
    noise: 'plain',
    learner: taught,
    trajectory: false,
    out,
    ...more,
  };
  // The queue holds it against the schema of its kind.
  return { id: `${session}.1.${kind}.1`, kind, payload: payload as unknown as JobPayload<K> };
}
/** A learning job reads a round that stands. */
const lessons: Partial<Record<ShapeName, string>> = {};
async function lesson(shape: ShapeName): Promise<object> {
  if (!lessons[shape]) {
    const drawn = job('generate', { ...shapes[shape], steps: 1 });
    await bot.run(drawn);
    lessons[shape] = drawn.payload.out;
  }
  const images = Array.from({ length: shapes[shape].count }, (_, index) => ({
    index,
    good: index % 2,
    weight: 1,
  }));
  return { roundDir: lessons[shape], feedback: { images, best: 1 } };
}

function bytesOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort())
    if (statSync(join(folder, name)).isFile()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex');
}

/** Deliveries of a job that an engine has ended well. */
const done = (id: string) =>
  Object.keys(engines).flatMap((name) =>
    readFileSync(join(dir, `${name}.log`), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"job done"') && line.includes(`"job":"${id}.`)),
  ).length;

/** Both take jobs. */
async function bothThere() {
  for (const one of Object.values(engines)) if (one.pid === null) one.start();
  const names = async () => (await bot.engines()).filter((b) => !b.draining).map((b) => b.engine[0]);
  for (let tries = 0; new Set(await names()).size < 2; tries++) {
    if (tries > 600) throw new Error(`an engine does not start: see ${dir}`);
    await wait(100);
  }
}

const where = async () => (await engineAtWork(port, 'acclaim'))?.slice(0, 1) as 'a' | 'b' | undefined;

async function timed(leaver: Supervised) {
  const from = performance.now();
  const end = await leaver.leave();
  return { seconds: (performance.now() - from) / 1000, end };
}

/** Resolves with the stage's seconds from its first step to the job's end. */
async function undisturbed(asked: JobRequest<Kind>, stage: Stage) {
  let began = performance.now();
  let seen = false;
  await bot.run(asked, (p) => {
    if (p.stage !== stage || seen) return;
    seen = true;
    began = performance.now();
  });
  return { seconds: (performance.now() - began) / 1000, bytes: bytesOf(asked.payload.out) };
}

type Row = Awaited<ReturnType<typeof timed>> & {
  handedBack: boolean | null;
  once: boolean | null;
  endedThere?: boolean;
};

/** Null: it was over before its moment came. */
async function disturbed(
  asked: JobRequest<Kind>,
  stage: Stage,
  afterMs: number,
  expected: string,
): Promise<Row | null> {
  await bothThere();
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  let once = false;
  const result = bot.run(asked, (p) => {
    if (once || p.stage !== stage) return;
    once = true;
    begin();
  });
  await Promise.race([begun, result]);
  await wait(afterMs);
  const name = await where();
  if (name === undefined) return null;
  const left = await timed(engines[name]);
  await result;
  const returns = back.filter(({ job: id }) => id === asked.id);
  return {
    ...left,
    handedBack:
      returns.length === 1 && returns[0]!.why === 'its engine lets go of it' && returns[0]!.lost === 0,
    // The last step may have been the last of the job.
    endedThere: returns.length === 0,
    once: done(asked.id) === 1 && bytesOf(asked.payload.out) === expected,
  };
}

type Stage = 'sample' | 'train';
interface Moment {
  kind: Kind;
  stage: Stage;
  shape: ShapeName;
  /** Times at most. */
  most?: number;
}

const moments: Readonly<Record<string, Moment | null>> = {
  sampling: { kind: 'generate', stage: 'sample', shape: 'short' },
  learning: { kind: 'learn', stage: 'train', shape: 'short' },
  idle: null,
  'long sampling': { kind: 'generate', stage: 'sample', shape: 'large', most: 3 },
  'long learning': { kind: 'learn', stage: 'train', shape: 'wide', most: 3 },
};

interface Measured {
  name: string;
  stageSeconds?: number;
  rows: Row[];
}

async function measure(name: string): Promise<Measured> {
  const moment = moments[name];
  const rng = new Rng(Number(given.seed), 0, name);
  const rows: Row[] = [];
  if (!moment) {
    for (let i = 0; i < times; i++) {
      await bothThere();
      await wait(rng.uniform() * 1000);
      rows.push({ ...(await timed(engines[rng.uniform() < 0.5 ? 'a' : 'b'])), handedBack: null, once: null });
    }
    return { name, rows };
  }
  const { kind, stage, shape, most = times } = moment;
  const more = kind === 'learn' ? await lesson(shape) : {};
  const make = () => job(kind, shapes[shape], more);
  await bothThere();
  const { seconds, bytes } = await undisturbed(make(), stage);
  const count = Math.min(times, most);
  while (rows.length < count) {
    const row = await disturbed(make(), stage, rng.uniform() * seconds * 900, bytes);
    if (row) rows.push(row);
    process.stderr.write(`${name} ${rows.length}: ${JSON.stringify(row)}\n`);
  }
  return { name, stageSeconds: seconds, rows };
}

const measured: Measured[] = [];
const report = {
  ...{ machine: machine(), boundSeconds: BOUND_S, seed: Number(given.seed) },
  moments: measured,
};
try {
  await bothThere();
  for (const name of given.only.split(',')) report.moments.push(await measure(name));
} finally {
  await bot.close();
  for (const one of [...Object.values(engines), redis]) await one.end();
}
const table = `${report.machine}\n\n${markdown(
  [
    'told to leave while',
    'times',
    'handed back',
    'done elsewhere, once, same bytes',
    'median',
    `slowest (bound: <= ${BOUND_S} s)`,
  ],
  report.moments.map(({ name, stageSeconds, rows }) => {
    const seconds = rows.map((row) => row.seconds);
    const of = (test: (row: Row) => unknown) => (stageSeconds === undefined ? '' : rows.filter(test).length);
    return [
      stageSeconds === undefined ? name : `${name} (${stageSeconds.toFixed(1)} s in all)`,
      rows.length,
      of((row) => row.handedBack),
      of((row) => row.handedBack && row.once),
      `${median(seconds).toFixed(2)} s`,
      `${Math.max(...seconds).toFixed(2)} s`,
    ];
  }),
)}\n`;
mkdirSync(dirname(given.out), { recursive: true });
writeFileSync(given.out, JSON.stringify(report, null, 1));
writeFileSync(given.out.replace(/\.json$/, '.md'), table);
console.log(table);
const wrong = report.moments
  .flatMap(({ rows }) => rows)
  .filter(
    ({ seconds, end, once, handedBack, endedThere }) =>
      seconds > BOUND_S || end !== 0 || once === false || (handedBack === false && !endedThere),
  );
if (wrong.length > 0) console.error(`${wrong.length} not as they should be: ${JSON.stringify(wrong)}`);
process.exit(wrong.length > 0 ? 1 : 0);
