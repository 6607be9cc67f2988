/** What is told while the final figures are drawn: never more than all, never backwards, and all of it at the end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FiguresOptions, finalFigures } from '../../bot/simulate/figures.js';
import { progressLine } from '../../src/cli/progress.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-figures-'));
  mkdirSync(join(dir, 'unet'));
  for (const file of ['unet/diffusion_pytorch_model.safetensors', 'judge.safetensors'])
    writeFileSync(join(dir, file), file);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Draws in four steps; every other picture is good. */
const queue = {
  async run(
    { kind, payload }: { kind: string; payload: { count: number } },
    tell: (p: JobProgress) => void = () => {},
  ) {
    if (kind === 'generate') {
      drawn = payload.count;
      for (const done of [0, 1, 2, 3, 4]) tell({ stage: 'sample', done, total: 4, secondsLeft: null });
      tell({ stage: 'write', done: 1, total: 1, secondsLeft: 0 });
      return {};
    }
    return {
      images: Array.from({ length: drawn }, (_, i) => ({ index: i, good: i % 2 === 0 })),
      diversity: 1,
    };
  },
} as unknown as JobQueue;
let drawn = 0;

async function told(n: number, learned: boolean, cache: string | null) {
  const said: [number, number][] = [];
  const base = { model: dir, prompt: 'a cat', negative: '' } as FiguresOptions['base'] &
    JobPayload<'generate'>;
  const figures = await finalFigures({
    queue,
    task: 'cat',
    base,
    checkpoint: learned ? join(dir, 'checkpoint') : null,
    judge: dir,
    n,
    batch: 64,
    dir,
    cache,
    onImages: (done, total) => said.push([done, total]),
  });
  return { said, figures };
}

it.each([
  [32, true],
  [32, false],
  [100, true],
  [256, true],
])('%d noises of each figure (something was learned: %s)', async (n, learned) => {
  const cache = join(dir, 'cache');
  for (const [place, measured] of [
    [null, learned ? 4 : 1],
    [cache, learned ? 4 : 1],
    // The base's figure is there already: it is no part of what is left.
    [cache, learned ? 3 : 0],
  ] as const) {
    const { said, figures } = await told(n, learned, place);
    expect(figures).toMatchObject({ n, base_plain: 0.5, tuned_plain: 0.5 });
    const total = measured * n;
    for (const [done, of] of said) expect([of, done <= total]).toEqual([total, true]);
    const counts = said.map(([done]) => done);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    if (measured > 0) expect(counts.at(-1)).toBe(total);
    else expect(said).toEqual([]);
  }
});

it('the line of a job never says more than all, nor a time that is over', () => {
  const line = progressLine({ stage: 'pull', done: 12e6, total: 10e6, secondsLeft: -3 });
  expect(line).toContain('10.0 MB of 10.0 MB');
  expect(line).not.toContain('-');
  expect(progressLine({ stage: 'sample', done: 1, total: 4, secondsLeft: -0.5 })).toContain('about 0 s left');
  expect(progressLine({ stage: 'train', done: 1, total: 4, secondsLeft: 2.1 })).toContain(
    '1/4, about 3 s left',
  );
});
