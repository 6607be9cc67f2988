/**
 * `acclaim engine` as real processes over a real Redis: killed, frozen past their lock, and asked to leave in
 * the middle of a job. Whatever happens, another engine takes it, and the round has the very bytes of an
 * undisturbed one.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { openBullQueue } from '../../src/engines/serving.js';
import { projectPath } from '../../src/files/paths.js';
import { silentLog } from '../../src/log.js';
import { modelHash } from '../../src/models/model-hash.js';
import type { JobRequest } from '../../src/queue/contract.js';
import type { BullQueue } from '../../src/queue/redis/bullmq.js';
import { isAlive } from '../support/bot-process.js';
import { acclaim } from '../support/command-line.js';
import { TestRedis } from '../support/redis.js';
import { engineAtWork } from '../support/redis-queue.js';
import { largePreviews } from '../support/sizes.js';
import { until } from '../support/wait.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-engines-'));
const secrets = {
  DISCORD_TOKEN: 'MTIz.secret.one',
  SLACK_BOT_TOKEN: 'xoxb-secret',
  SLACK_APP_TOKEN: 'xapp-secret',
};
let redis: TestRedis;
let undisturbed: string;

const settings = () => [
  `dataDir=${dir}`,
  `queue.redis=${redis.settings.url}`,
  `queue.key=${'k'.repeat(32)}`,
  'queue.lostSeconds=3',
  'engine.threads=1',
  'logLevel=warn',
];

class EngineProcess {
  private constructor(
    readonly name: string,
    readonly child: ChildProcess,
    private readonly usual: boolean,
    private readonly said: { out: string; err: string },
    readonly ended: Promise<{ code: number | null; signal: string | null }>,
  ) {}

  /** Resolves when it takes jobs. */
  static async start(
    name: string,
    more: Record<string, string> = {},
    own: readonly string[] = [],
  ): Promise<EngineProcess> {
    const engine = EngineProcess.spawn(name, more, own);
    await until(
      () => engine.said.out.includes('takes jobs') || engine.child.exitCode !== null,
      'the engine to take jobs',
    );
    expect(engine.child.exitCode, engine.said.err).toBeNull();
    return engine;
  }

  /** The tokens of a bot are in its environment, where they do not belong. */
  static spawn(name: string, more: Record<string, string> = {}, own: readonly string[] = []): EngineProcess {
    const set = [...settings(), ...own].flatMap((one) => ['--set', one]);
    const args = [projectPath('dist/src/acclaim.js'), 'engine', '--name', name, ...set];
    const env = { ...process.env, ...secrets, ...more };
    const child = spawn(process.execPath, args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout!.on('data', (bytes) => (said.out += String(bytes)));
    child.stderr!.on('data', (bytes) => (said.err += String(bytes)));
    const usual = Object.keys(more).length + own.length === 0;
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
      child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    const engine = new EngineProcess(name, child, usual, said, ended);
    running.push(engine);
    return engine;
  }

  /** It is there, and as any other. */
  get serves(): boolean {
    return this.usual && this.child.exitCode === null && this.child.signalCode === null;
  }

  stderr(): string {
    return this.said.err;
  }

  /** The process that computes (Linux); 0 before it is started. */
  get worker(): number {
    const { pid } = this.child;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Two engines: those that outlived the test before, where they are as these shall be. */
async function both(more: Record<string, string> = {}, own: readonly string[] = []): Promise<void> {
  const usual = Object.keys(more).length + own.length === 0;
  await clear((engine) => usual && engine.serves && 'ab'.includes(engine.name));
  const there = [...running];
  const start = async (name: string) =>
    there.find((engine) => engine.name === name) ?? EngineProcess.start(name, more, own);
  running.splice(0, running.length, ...(await Promise.all(['a', 'b'].map(start))));
}

/** The engine that has the job, and the other. */
async function atWork(): Promise<readonly [EngineProcess, EngineProcess]> {
  const name = await engineAtWork(redis, 'acclaim');
  const [a, b] = running as [EngineProcess, EngineProcess];
  return name!.startsWith('a-') ? [a, b] : [b, a];
}

const running: EngineProcess[] = [];
const bots: BullQueue[] = [];
const openBot = async (attempts: number) => {
  const config = loadConfig({ set: [...settings(), `session.attempts=${attempts}`], env: {} });
  const bot = await openBullQueue({ config, log: silentLog, bucket: null });
  bots.push(bot);
  return bot;
};

beforeAll(async () => {
  redis = await TestRedis.start();
  await EngineProcess.start('a');
  const { job, out } = round(0);
  await (await openBot(1)).run(job);
  undisturbed = bytesOf(out);
  await clear(({ serves }) => serves);
}, 120_000);
afterEach(() => clear(({ serves }) => serves));
afterAll(async () => {
  await clear();
  await redis.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Bots leave, and of the engines all that are not kept. */
async function clear(keeps: (engine: EngineProcess) => boolean = () => false): Promise<void> {
  for (const bot of bots.splice(0)) await bot.close();
  const kept = running.filter(keeps);
  const gone = running.filter((engine) => !kept.includes(engine));
  running.splice(0, running.length, ...kept);
  for (const engine of gone) engine.signal('SIGKILL');
  await Promise.all(gone.map(({ ended }) => ended));
}

type Payload = JobRequest<'generate'>['payload'];

/**
 * Every round is drawn from the same seed and number, each under a session of its own: all of them are alike.
 */
function round(n: number, size: Partial<Payload> = {}): { job: JobRequest<'generate'>; out: string } {
  const out = join(dir, 'sessions', `s${n}`, 'rounds', '1');
  const payload = {
    session: `s${n}`,
    round: 1,
    attempt: 1,
    seed: 3,
    model: projectPath('models/mini'),
    prompt: 'a hand',
    negative: '',
    // Its second word is told a second after the first: longer than that on a quick machine as well.
    sampler: { steps: 48, guidance: 3, eta: 1, scheduler: 'ddim' as const },
    width: null,
    height: null,
    count: 4,
    checkpoint: null,
    noise: 'plain' as const,
    learner: { name: 'acclaim' as const },
    trajectory: false,
    out,
    ...size,
  };
  return { job: { id: `s${n}.1.generate.1`, kind: 'generate', payload }, out };
}

function bytesOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort()) {
    const file = join(folder, name);
    if (statSync(file).isFile()) hash.update(name).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/**
 * Runs the job, with two engines there; `disturb` is called once when the first of them is in the middle of
 * it.
 */
async function disturbed(n: number, attempts: number, disturb: (first: EngineProcess) => void) {
  const bot = await openBot(attempts);
  const { job, out } = round(n);
  let struck: Promise<readonly [EngineProcess, EngineProcess]> | null = null;
  await bot.run(job, ({ stage, done }) => {
    if (struck || stage !== 'sample' || done < 1) return;
    struck = atWork().then((engines) => {
      disturb(engines[0]);
      return engines;
    });
  });
  expect(struck).not.toBeNull();
  const [first, second] = await struck!;
  expect(readdirSync(dirname(out))).toEqual(['1']);
  expect(bytesOf(out)).toBe(undisturbed);
  return { first, second };
}

describe('engines', () => {
  it('one that is killed amid a job: another draws the same round', async () => {
    await both();
    const { first } = await disturbed(1, 2, (engine) => engine.signal('SIGKILL'));
    expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
  }, 120_000);

  it('one that is frozen past its lock: another takes over, and what it does when it wakes up counts for nothing', async () => {
    await both();
    const { first, second } = await disturbed(2, 2, (engine) => engine.signal('SIGSTOP'));
    first.signal('SIGCONT');
    // It is as good as any other once it is awake.
    second.signal('SIGTERM');
    await second.ended;
    const { job, out } = round(3);
    await (await openBot(1)).run(job);
    expect(bytesOf(out)).toBe(undisturbed);
    const shared = readdirSync(join(dir, 'sessions', 's2', 'rounds'));
    expect(shared).toEqual(['1']);
  }, 120_000);

  it('one that is asked to leave: it hands the job back, which is no loss of it, and is gone', async () => {
    await both();
    const { first } = await disturbed(4, 1, (engine) => engine.signal('SIGTERM'));
    expect(await first.ended).toEqual({ code: 0, signal: null });
  }, 120_000);

  it('one that is asked to leave amid a step that does not end: it hands the job back all the same, and is gone', async () => {
    await both();
    // Stopped, the process that computes is one whose step takes for ever.
    const { first } = await disturbed(5, 1, (engine) => {
      process.kill(engine.worker, 'SIGSTOP');
      engine.signal('SIGTERM');
    });
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(first.stderr()).toContain('the running step takes too long');
  }, 120_000);

  it.each([
    ['18 images in 20 steps', 6, 18, 20, {}, 5_000],
    ['64 images as of 512x512', 7, 64, 2, largePreviews, 200_000],
  ] as const)(
    'one that is killed amid a round of %s, which is shown as it is drawn',
    async (_, n, count, steps, env, least) => {
      await both(env);
      const { job, out } = round(n, {
        ...{ count, preview: true },
        sampler: { steps, guidance: 3, eta: 1, scheduler: 'ddim' },
      });
      const previews: number[] = [];
      let struck: Promise<readonly [EngineProcess, EngineProcess]> | null = null;
      await (await openBot(2)).run(job, ({ preview }) => {
        if (preview === undefined) return;
        previews.push(preview.length);
        struck ??= atWork().then((engines) => {
          engines[0].signal('SIGKILL');
          return engines;
        });
      });
      const [first, second] = await struck!;
      expect(await first.ended).toMatchObject({ signal: 'SIGKILL' });
      expect(readdirSync(join(out, 'images'))).toHaveLength(count);
      // From the one that is killed, and from the other.
      expect(previews.length).toBeGreaterThan(1);
      expect(Math.min(...previews)).toBeGreaterThan(least);
      expect(second.stderr()).not.toContain('dropped');
    },
    120_000,
  );

  it('one whose process that computes is stopped: it is noticed, another draws the round, and it has a fresh one', async () => {
    await both({}, ['engine.hungSeconds=6']);
    let before = 0;
    const { first } = await disturbed(6, 2, (engine) => {
      before = engine.worker;
      process.kill(before, 'SIGSTOP');
    });
    expect(isAlive(before)).toBe(false);
    // By its silence, or by its step, whichever was heard of last before.
    expect(first.stderr()).toContain('it hangs');
    await until(() => first.worker > 0, 'a fresh process that computes');
    expect(first.child.exitCode).toBeNull();
  }, 120_000);

  it('one that is asked to leave before it has begun: it is gone', async () => {
    const engine = EngineProcess.spawn('a');
    await until(() => engine.worker > 0, 'the process that computes to be started');
    engine.signal('SIGTERM');
    expect(await engine.ended).toEqual({ code: 0, signal: null });
  }, 120_000);

  it('sees a model that is pulled into its folder while it runs, and one that is taken away', async () => {
    await clear();
    const elsewhere = join(dir, 'models-of-the-bot');
    const pulled = await acclaim('pull', projectPath('models/mini'), '--to', elsewhere);
    expect(pulled.status, pulled.err).toBe(0);
    const name = readdirSync(elsewhere).find((entry) => entry.includes('@'))!;
    const model = join(elsewhere, name);
    const its = join(dir, 'models');
    const engine = await EngineProcess.start('a', { ACCLAIM_MODELS: its });
    const bot = await openBot(1);
    const { job, out } = round(7);
    const held: (string | undefined)[] = [];
    const mine = { ...job, payload: { ...job.payload, model } };
    const done = bot.run(mine, undefined, (why) => held.push(why?.code));
    await until(() => held.at(-1) === 'no-model', 'word that no engine has the model');
    cpSync(model, join(its, name), { recursive: true });
    await done;
    expect(existsSync(join(out, 'manifest.json'))).toBe(true);
    expect(engine.child.exitCode).toBeNull();
    rmSync(join(its, name), { recursive: true });
    const hash = await modelHash(model);
    const gone = async () => (await bot.engines()).every(({ models }) => !models.includes(hash));
    await until(gone, 'the engine to see that it is gone');
  }, 120_000);

  it('has no token of a platform, even where its machine has one', async () => {
    const engine = await EngineProcess.start('a');
    const environment = readFileSync(`/proc/${engine.worker}/environ`, 'utf8');
    expect(environment).toContain('PATH=');
    for (const [name, value] of Object.entries(secrets)) {
      expect(environment).not.toContain(name);
      expect(environment).not.toContain(value);
      expect(engine.stderr()).not.toContain(value);
    }
    expect(engine.stderr()).toContain('"discord.token","slack.botToken","slack.appToken"');
  });
});
