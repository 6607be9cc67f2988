/**
 * An engine that says what it should not, as a real child process: progress that nobody can read costs no
 * work.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it } from 'vitest';
import { type Log, silentLog } from '../../../src/log.js';
import { childEngine } from '../../../src/queue/local/child-engine.js';
import type { EngineEnd, EngineLauncher } from '../../../src/queue/local/engine-link.js';
import { InProcessQueue } from '../../../src/queue/local/in-process.js';
import { scoreJob } from '../../contracts/queue.js';

const dir = mkdtempSync(join(tmpdir(), 'acclaim-child-'));
let queue: InProcessQueue;
let launch: EngineLauncher;
const ends: EngineEnd[] = [];
const lines: string[] = [];
const log: Log = { ...silentLog, warn: (...line: unknown[]) => lines.push(String(line.at(-1))) };
afterEach(() => queue.close());
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** An engine that answers each job with these words; `id` stands for the job's. */
function open(name: string, words: string): void {
  const main = join(dir, `${name}.mjs`);
  const answers = `process.on('message', ({ type, id }) => type === 'stop' ? process.exit(0) : [${words}].forEach((m) => process.send(m)));`;
  writeFileSync(main, `${answers}\nprocess.send({ type: 'ready', pid: process.pid });\n`);
  ends.length = 0;
  lines.length = 0;
  launch = childEngine({ main, threads: 1, devices: ['cpu'], memoryMb: 1, runMb: null, nice: 0, log });
  queue = new InProcessQueue({ launch, attempts: 1, onEnd: (end) => ends.push(end) });
}

const done = "{ type: 'done', id, result: { images: [], diversity: 0 } }";
const progress = (of: string) =>
  `{ type: 'progress', id, progress: { stage: 'score', total: 1, secondsLeft: null, ${of} } }`;

it('drops progress that cannot be read, says so, and takes the answer', async () => {
  const odd = [progress('done: NaN'), progress("done: 1, preview: '?'"), "{ type: 'progress', id }"];
  open('odd', [...odd, progress('done: 1'), done].join());
  const seen: number[] = [];
  const result = await queue.run(scoreJob('a'), (p) => seen.push(p.done));
  expect(result).toEqual({ images: [], diversity: 0 });
  expect(seen).toEqual([1]);
  expect(lines).toEqual(odd.map(() => 'a word of the engine is not taken'));
  expect(ends).toEqual([]);
});

it('tells of an engine that was taken for hung why it was', async () => {
  open('mute', '');
  const end = await new Promise<EngineEnd>((ended) =>
    launch({ message: () => {}, ended }).kill('it was silent for 2 minutes'),
  );
  expect(end).toMatchObject({ signal: 'SIGKILL', hung: 'it was silent for 2 minutes' });
});

it('ends an engine whose answer cannot be read', async () => {
  open('wrong', "{ type: 'done' }");
  await expect(queue.run(scoreJob('a'))).rejects.toMatchObject({ code: 'engine-lost' });
  expect(ends).toMatchObject([{ signal: 'SIGKILL' }]);
  expect(lines).toEqual(['a word of the engine is not taken']);
});
