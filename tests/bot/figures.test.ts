/**
 * The final figures: what is told while they are drawn (never more than all, never backwards, and all of it
 * at the end), what is drawn at all, and what is kept of the base model between runs.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FiguresOf, type FiguresOptions, finalFigures } from '../../bot/simulate/figures.js';
import { progressLine } from '../../src/cli/progress.js';
import { AcclaimError } from '../../src/errors.js';
import type { JobQueue } from '../../src/queue/contract.js';
import type { JobPayload, JobProgress } from '../../src/queue/jobs.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'acclaim-figures-'));
  mkdirSync(join(dir, 'unet'));
  writeFileSync(join(dir, 'unet/diffusion_pytorch_model.safetensors'), 'weights');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Draws in four steps; every other picture is good. What it wrote can be read unless it says `spoilt`. */
const queue = {
  async run(
    { kind, payload }: { kind: string; payload: Payload },
    tell: (p: JobProgress) => void = () => {},
  ) {
    if (kind === 'generate') {
      for (const done of [0, 1, 2, 3, 4]) tell({ stage: 'sample', done, total: 4, secondsLeft: null });
      tell({ stage: 'write', done: 1, total: 1, secondsLeft: 0 });
      mkdirSync(payload.out, { recursive: true });
      writeFileSync(join(payload.out, 'count'), String(payload.count));
      drawn.push(payload);
      return {};
    }
    if (kind === 'score')
      return { images: Array.from({ length: read(payload.roundDir) }, (_, i) => ({ good: i % 2 === 0 })) };
    const [base, tuned] = [payload.base, payload.tuned].map((dirs) =>
      dirs.reduce((n, dir) => n + read(dir), 0),
    );
    const side = (count: number, diversity: number) => ({ count, good: count / 2, success: 0.5, diversity });
    const traits = { border: { tv: 0.2, floor: 0.1 } };
    return { base: side(base!, 1), tuned: side(tuned!, 0.9), dgood: 0.75, traits };
  },
} as unknown as JobQueue;
type Payload = JobPayload<'generate'> & JobPayload<'measure'> & JobPayload<'score'>;
let drawn: Payload[] = [];
function read(dir: string): number {
  const text = readFileSync(join(dir, 'count'), 'utf8');
  if (text === 'spoilt') throw new AcclaimError('round-corrupt', dir);
  return Number(text);
}

async function told(n: number, learned: boolean, cache: string | null, over: Partial<FiguresOptions> = {}) {
  const said: [number, number][] = [];
  const base = { model: dir, prompt: 'a cat', negative: '' } as FiguresOptions['base'] &
    JobPayload<'generate'>;
  drawn = [];
  const figures = await finalFigures({
    queue,
    task: 'cat',
    base,
    checkpoint: learned ? join(dir, 'checkpoint') : null,
    judge: dir,
    n,
    batch: 64,
    of: 'all',
    dir: mkdtempSync(join(dir, 'scratch-')),
    cache,
    onImages: (done, total) => said.push([done, total]),
    ...over,
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
  for (const [place, of, measured] of [
    [null, 'all', learned ? 4 : 1],
    [cache, 'all', learned ? 4 : 1],
    // What the base drew is there already: it is no part of what is left.
    [cache, 'all', learned ? 3 : 0],
    [cache, 'plain', learned ? 1 : 0],
  ] as [string | null, FiguresOf, number][]) {
    const { said, figures } = await told(n, learned, place, { of });
    const hero = of === 'all' ? 0.5 : null;
    const success = { base_plain: 0.5, tuned_plain: 0.5, base_hero: hero, tuned_hero: hero };
    const variety = {
      diversity: 0.9,
      base_diversity: 1,
      dgood: 0.75,
      tv: { border: { tv: 0.2, floor: 0.1 } },
    };
    expect(figures).toEqual({ n, ...success, ...variety, goods: { base: n / 2, tuned: n / 2 } });
    const total = measured * n;
    expect(drawn.reduce((sum, { count }) => sum + count, 0)).toBe(total);
    for (const [done, of] of said) expect([of, done <= total]).toEqual([total, true]);
    const counts = said.map(([done]) => done);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    if (measured > 0) expect(counts.at(-1)).toBe(total);
    else expect(said).toEqual([]);
  }
});

it('draws the base anew for another model or prompt, where what is kept cannot be read, and not for what older builds kept', async () => {
  const cache = join(dir, 'cache');
  mkdirSync(cache);
  writeFileSync(join(cache, 'base-cat-0123456789abcdef01234567.json'), '{"success":1,"diversity":1}');
  const base = async (over: Partial<FiguresOptions> = {}) => {
    const { figures } = await told(100, true, cache, { of: 'plain', ...over });
    expect(figures.base_plain).toBe(0.5);
    return drawn.filter(({ checkpoint }) => checkpoint === null).reduce((sum, { count }) => sum + count, 0);
  };
  expect([await base(), await base()]).toEqual([100, 0]);
  const kept = readdirSync(cache).filter((name) => !name.endsWith('.json'));
  expect(kept).toEqual([expect.stringMatching(/^base-cat-[0-9a-f]{24}$/)]);
  writeFileSync(join(cache, kept[0]!, '1', 'count'), 'spoilt');
  expect([await base(), await base()]).toEqual([100, 0]);
  const prompt = { base: { model: dir, prompt: 'a black cat', negative: '' } as FiguresOptions['base'] };
  expect([await base(prompt), await base(prompt), await base()]).toEqual([100, 0, 0]);
  expect([await base({ batch: 50 }), await base()]).toEqual([100, 0]);
  writeFileSync(join(dir, 'unet/diffusion_pytorch_model.safetensors'), 'other weights');
  expect([await base(), await base()]).toEqual([100, 0]);
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
