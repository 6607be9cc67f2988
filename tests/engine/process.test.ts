/**
 * The built engine as a child process behind the queue, on the miniature: what only a real process can show.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readRound } from '../../engine/io/round.js';
import { rows } from '../../engine/runtime/tensor.js';
import { projectPath } from '../../src/files/paths.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';
import { childEngine } from '../../src/queue/local/child-engine.js';
import { describeEnd, type EngineEnd } from '../../src/queue/local/engine-link.js';
import { InProcessQueue } from '../../src/queue/local/in-process.js';
import { isAlive } from '../support/bot-process.js';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const dir = mkdtempSync(join(tmpdir(), 'acclaim-engine-'));
const ends: EngineEnd[] = [];
/** A device of another system than this one: refused, then the CPU is taken. */
const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml';
const readies: { pid: number; device?: string | undefined; notes?: readonly string[] | undefined }[] = [];
let queue: InProcessQueue;

function payload(round: number, steps: number): JobPayload<'generate'> {
  return {
    session: 'test',
    round,
    attempt: 1,
    seed: 3,
    model: projectPath('models/mini'),
    prompt: 'a hand',
    negative: '',
    sampler: { steps, guidance: 3, eta: 1, scheduler: 'ddim' },
    width: null,
    height: null,
    count: 2,
    checkpoint: null,
    noise: 'plain',
    learner: { name: 'acclaim' },
    trajectory: false,
    out: join(dir, `round-${round}`),
  };
}

const generate = (round: number, steps: number, onProgress?: (p: JobProgress) => void) =>
  queue.run({ id: `test.${round}.generate.1`, kind: 'generate', payload: payload(round, steps) }, onProgress);

/** Every file of a folder, with its bytes. */
const filesOf = (name: string) =>
  (readdirSync(join(dir, name), { recursive: true }) as string[])
    .filter((file) => file.includes('.'))
    .sort()
    .map((file) => [file, readFileSync(join(dir, name, file)).toString('base64')]);

const launch = childEngine({
  main: projectPath('dist/engine/main.js'),
  threads: 1,
  devices: [elsewhere, 'cpu'],
  memoryMb: 400,
  runMb: null,
  nice: 0,
});

beforeAll(() => {
  queue = new InProcessQueue({
    launch,
    onReady: (ready) => readies.push(ready),
    backoffMs: 10,
    attempts: 2,
    onEnd: (end) => ends.push(end),
  });
});

afterAll(async () => {
  await queue.close();
  rmSync(dir, { recursive: true, force: true });
});

describe('the engine process', () => {
  it('draws a round and tells its steps one by one, with the time left', async () => {
    const seen: JobProgress[] = [];
    const { images } = await generate(1, 5, (p) => seen.push(p));
    expect(images).toEqual(
      [0, 1].map((index) => ({
        index,
        file: `images/000${index}.png`,
        width: 64,
        height: 64,
        origin: 'base',
      })),
    );
    const sampled = seen.filter((p) => p.stage === 'sample');
    expect(sampled.map((p) => p.done)).toEqual([0, 1, 2, 3, 4, 5]);
    // Foretold before the first step, told by its pace later.
    expect(sampled[0]!.secondsLeft).toBeGreaterThan(0);
    expect(sampled.at(-2)!.secondsLeft).toBeGreaterThan(0);
    expect(readdirSync(join(dir, 'round-1')).sort()).toContain('manifest.json');
  });

  it('cancels between two steps and leaves nothing half-written', async () => {
    let steps = 0;
    let begun!: () => void;
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const job = generate(2, 500, (p) => {
      if (p.stage === 'sample') {
        steps = p.done;
        begun();
      }
    });
    const ends = expect(job).rejects.toMatchObject({ code: 'cancelled' });
    await started;
    await queue.cancel('test.2.generate.1');
    await ends;
    expect(steps).toBeLessThan(500);
    expect(existsSync(join(dir, 'round-2'))).toBe(false);
    // The same process goes on.
    await generate(3, 2);
    expect(readies).toMatchObject([
      { device: 'cpu', notes: [expect.stringContaining(`${elsewhere} is not used: `)] },
    ]);
  });

  it('gives the job of a killed engine to the next, and the same picture comes out', async () => {
    let killed = false;
    await generate(4, 30, (p) => {
      if (p.stage !== 'sample' || killed) return;
      killed = true;
      process.kill(readies.at(-1)!.pid, 'SIGKILL');
    });
    expect(readies).toHaveLength(2);
    expect(ends.at(-1)).toMatchObject({ signal: 'SIGKILL' });
    const picture = () => readFileSync(join(dir, 'round-4', 'images', '0001.png'));
    const first = picture();
    rmSync(join(dir, 'round-4'), { recursive: true });
    await generate(4, 30);
    expect(picture().equals(first)).toBe(true);
  });

  it('notices an engine that is stopped amid a step, and gives its job to the next', async () => {
    const pids: number[] = [];
    const hung: EngineEnd[] = [];
    const watched = new InProcessQueue({
      launch,
      onReady: ({ pid }) => pids.push(pid),
      onEnd: (end) => hung.push(end),
      patience: { factor: 10, floorMs: 6000 },
    });
    let stopped = false;
    const job = { id: 'test.8.generate.1', kind: 'generate', payload: payload(8, 30) } as const;
    await watched.run(job, ({ stage }) => {
      if (stage !== 'sample' || stopped) return;
      stopped = true;
      process.kill(pids[0]!, 'SIGSTOP');
    });
    await watched.close();
    expect(pids).toHaveLength(2);
    expect(hung[0]).toMatchObject({ signal: 'SIGKILL', hung: expect.stringContaining('stopped') });
    expect(describeEnd(hung[0]!).hint).toContain('engine.hungSeconds');
    expect(isAlive(pids[0]!)).toBe(false);
  });

  it('gives a round that votes choose to the next engine, to the same bytes, wherever the first was killed', async () => {
    const session = {
      ...payload(20, 6),
      count: 16,
      learner: { name: 'acclaim', steps: 0 },
      noise: 'learner',
    } as const;
    const run = (out: string, over: object, onProgress?: (p: JobProgress) => void) =>
      queue.run(
        { id: `test.${out}`, kind: 'generate', payload: { ...session, ...over, out: join(dir, out) } },
        onProgress,
      );
    await run('voted-round', {});
    // Good is what has more of the first latent channel.
    const { latents } = readRound(join(dir, 'voted-round'));
    const channel = latents.shape[2]! * latents.shape[3]!;
    const values = Array.from({ length: 16 }, (_, i) =>
      rows(latents, i, i + 1)
        .data.subarray(0, channel)
        .reduce((sum, v) => sum + v, 0),
    );
    const median = [...values].sort((a, b) => a - b)[8]!;
    const images = values.map((v, index) => ({ index, good: v >= median ? 1 : 0, weight: 1 }));
    const checkpoint = join(dir, 'voted');
    const { noise: _, trajectory: __, count: ___, ...learn } = session;
    await queue.run({
      id: 'test.voted',
      kind: 'learn',
      payload: {
        ...learn,
        ...{ roundDir: join(dir, 'voted-round'), feedback: { images, best: null }, out: checkpoint },
      },
    });
    const picked = { round: 21, checkpoint, picks: true };
    const { draws } = await run('whole', picked);
    expect(draws!.begun).toBeGreaterThan(draws!.finished);
    for (const [name, share] of [
      ['begun', 0.05],
      ['finishing', 0.75],
    ] as const) {
      let killed = 0;
      const result = await run(name, picked, ({ stage, done, total }) => {
        if (killed || stage !== 'sample' || done < share * total) return;
        killed = process.kill(readies.at(-1)!.pid, 'SIGKILL') ? done : 0;
      });
      expect(killed, name).toBeGreaterThan(0);
      expect(ends.at(-1)).toMatchObject({ signal: 'SIGKILL' });
      expect(result.draws).toEqual(draws);
      expect(filesOf(name)).toEqual(filesOf('whole'));
    }
  });

  it('reports a job that kills every engine, with the hint', async () => {
    const job = generate(5, 500, (p) => {
      if (p.stage === 'sample' && p.done < 3) process.kill(readies.at(-1)!.pid, 'SIGKILL');
    });
    await expect(job).rejects.toMatchObject({
      code: 'engine-lost',
      hint: expect.stringMatching(/memory/),
    });
    await generate(6, 2);
  });

  it('passes coded errors on: a model that is not there', async () => {
    const bad = { ...payload(7, 2), model: join(dir, 'nowhere') };
    await expect(
      queue.run({ id: 'test.7.generate.1', kind: 'generate', payload: bad }),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^(model-not-found|file-not-found|model-corrupt)$/),
      hint: expect.stringMatching(/\w/),
    });
    expect(existsSync(bad.out)).toBe(false);
  });
});
